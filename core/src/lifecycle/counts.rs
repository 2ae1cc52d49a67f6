//! How often what happened to keys of each kind.

use core::fmt;

use crate::lifecycle::{KeyAction, KeyEvent, KeyKind};

const KINDS: usize = KeyKind::ALL.len();
const ACTIONS: usize = KeyAction::ALL.len();

/// Counts of events, by kind and action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyCounts([[u64; ACTIONS]; KINDS]);

impl KeyCounts {
    /// All zero.
    #[must_use]
    pub const fn new() -> Self {
        Self([[0; ACTIONS]; KINDS])
    }

    /// Counts an event.
    pub fn add(&mut self, event: KeyEvent) {
        let row = self.0.get_mut(event.kind as usize);
        if let Some(count) = row.and_then(|row| row.get_mut(event.action as usize)) {
            *count = count.saturating_add(1);
        }
    }

    /// How often this happened to keys of this kind.
    #[must_use]
    pub fn of(&self, kind: KeyKind, action: KeyAction) -> u64 {
        let row = self.0.get(kind as usize);
        let count = row.and_then(|row| row.get(action as usize));
        count.copied().unwrap_or_default()
    }

    /// How many keys of this kind are held: those that came and did not go. Negative if more went than
    /// came, as where some came before the counting began.
    #[must_use]
    pub fn held(&self, kind: KeyKind) -> i64 {
        let of = |action| self.of(kind, action).cast_signed();
        of(KeyAction::Generated)
            .saturating_add(of(KeyAction::Renewed))
            .saturating_sub(of(KeyAction::Destroyed))
    }

    /// The kinds that something happened to.
    pub fn kinds(&self) -> impl Iterator<Item = KeyKind> {
        KeyKind::ALL.into_iter().filter(|kind| {
            let mut counts = KeyAction::ALL.iter().map(|action| self.of(*kind, *action));
            counts.any(|count| count > 0)
        })
    }
}

impl Default for KeyCounts {
    fn default() -> Self {
        Self::new()
    }
}

/// A table: a row for each kind that something happened to.
impl fmt::Display for KeyCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:24}", "key")?;
        for action in KeyAction::ALL {
            write!(f, "{action:>11}")?;
        }
        for kind in self.kinds() {
            write!(f, "\n{kind:24}")?;
            for action in KeyAction::ALL {
                write!(f, "{:>11}", self.of(kind, action))?;
            }
        }
        Ok(())
    }
}
