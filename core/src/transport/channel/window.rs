//! Which datagrams of an epoch were opened: the last 1024 numbers (RFC 6479's window, one bit each).

use crate::transport::error::TransportError;

/// How far behind the highest number a record may arrive.
pub const WINDOW: u64 = 1024;
const WORDS: usize = 16;

/// Bit `n % 1024` says whether `n` was opened, for the 1024 numbers below `end`.
pub(super) struct Window {
    /// One above the highest number that was opened.
    end: u64,
    bits: [u64; WORDS],
}

impl Window {
    pub(super) const fn new() -> Self {
        Self {
            end: 0,
            bits: [0; WORDS],
        }
    }

    /// Whether this number may be opened. Changes nothing.
    pub(super) fn check(&self, number: u64) -> Result<(), TransportError> {
        if number >= self.end {
            return Ok(());
        }
        if self.end.saturating_sub(number) > WINDOW {
            return Err(TransportError::TooOld);
        }
        let (word, bit) = place(number);
        let opened = self.bits.get(word).is_some_and(|word| word & bit != 0);
        (!opened).then_some(()).ok_or(TransportError::Duplicate)
    }

    /// Notes a number whose record was opened.
    pub(super) fn accept(&mut self, number: u64) {
        if number >= self.end {
            let skipped = number.saturating_sub(self.end);
            if skipped >= WINDOW {
                self.bits = [0; WORDS];
            } else {
                for passed in self.end..number {
                    self.set(passed, false);
                }
            }
            self.end = number.saturating_add(1);
        }
        self.set(number, true);
    }

    fn set(&mut self, number: u64, opened: bool) {
        let (word, bit) = place(number);
        if let Some(word) = self.bits.get_mut(word) {
            *word = if opened { *word | bit } else { *word & !bit };
        }
    }
}

const fn place(number: u64) -> (usize, u64) {
    let within = number & (WINDOW - 1);
    ((within >> 6) as usize, 1 << (within & 63))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn it_is_the_set_of_what_was_opened(
            steps in proptest::collection::vec((0_u64..3, 0_u64..1100), 1..400),
        ) {
            let (mut window, mut opened) = (Window::new(), BTreeSet::new());
            let mut highest: Option<u64> = None;
            for (kind, distance) in steps {
                let base = highest.unwrap_or(0);
                let number = match kind {
                    0 => base.saturating_sub(distance),
                    1 => base.saturating_add(distance & 7),
                    _ => base.saturating_add(distance),
                };
                let expected = if opened.contains(&number) {
                    if base.saturating_sub(number) >= WINDOW {
                        Err(TransportError::TooOld)
                    } else {
                        Err(TransportError::Duplicate)
                    }
                } else if highest.is_some() && base.saturating_sub(number) >= WINDOW {
                    Err(TransportError::TooOld)
                } else {
                    Ok(())
                };
                prop_assert_eq!(window.check(number), expected);
                if expected.is_ok() {
                    window.accept(number);
                    opened.insert(number);
                    highest = highest.max(Some(number));
                }
            }
        }
    }
}
