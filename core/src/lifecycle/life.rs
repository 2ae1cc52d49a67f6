//! How the engine tells of its keys.

use core::fmt;

use crate::backend::CryptoBackend;
use crate::lifecycle::{KeyAction, KeyEvent, KeyKind};

/// Tells of one key.
#[inline]
pub(crate) fn tell<B: CryptoBackend>(kind: KeyKind, action: KeyAction) {
    B::observe(KeyEvent { kind, action });
}

/// Tells the same of so many keys.
#[inline]
pub(crate) fn each<B: CryptoBackend>(kind: KeyKind, action: KeyAction, count: usize) {
    for _ in 0..count {
        tell::<B>(kind, action);
    }
}

/// Tells of so many keys that were made, used once and wiped.
#[inline]
pub(crate) fn once<B: CryptoBackend>(kind: KeyKind, count: usize) {
    for _ in 0..count {
        tell::<B>(kind, KeyAction::Generated);
        tell::<B>(kind, KeyAction::Used);
        tell::<B>(kind, KeyAction::Destroyed);
    }
}

/// Stands beside a key that is held for long, and tells of its end when both are dropped.
///
/// It remembers whom to tell, as some that hold keys don't name a backend. Not for what every message
/// makes and drops: a call through a pointer is not compiled away.
pub(crate) struct Life {
    kind: KeyKind,
    observe: fn(KeyEvent),
}

impl Life {
    /// A key that begins to be held.
    pub(crate) fn begins<B: CryptoBackend>(kind: KeyKind) -> Self {
        Self::after::<B>(kind, KeyAction::Generated)
    }

    /// The same, and whether it takes the place of another one.
    pub(crate) fn after<B: CryptoBackend>(kind: KeyKind, action: KeyAction) -> Self {
        tell::<B>(kind, action);
        let observe = B::observe;
        Self { kind, observe }
    }

    /// A key of which so far nobody is told.
    pub(crate) const fn untold(kind: KeyKind) -> Self {
        let observe = |_| {};
        Self { kind, observe }
    }

    /// Another key, told to the same observer.
    pub(crate) fn next(&self, action: KeyAction) -> Self {
        self.tell(action);
        let Self { kind, observe } = *self;
        Self { kind, observe }
    }

    pub(crate) fn used(&self) {
        self.tell(KeyAction::Used);
    }

    fn tell(&self, action: KeyAction) {
        let Self { kind, observe } = *self;
        observe(KeyEvent { kind, action });
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.tell(KeyAction::Destroyed);
    }
}

impl fmt::Debug for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Life").field(&self.kind).finish()
    }
}
