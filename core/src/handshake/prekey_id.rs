//! The id of a prekey: a number from one counter per device, for every kind of prekey, that never
//! comes back.

use core::fmt;
use core::num::NonZeroU32;

use crate::codec::{Malformed, Reader};
use crate::handshake::error::HandshakeError;

/// A prekey's id, 1 to 2³² - 1; zero stands for "none" on the wire.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PrekeyId(NonZeroU32);

impl PrekeyId {
    /// The number.
    #[must_use]
    pub const fn value(self) -> u32 {
        self.0.get()
    }

    /// The id with this number, `None` for zero.
    #[must_use]
    pub const fn from_value(value: u32) -> Option<Self> {
        match NonZeroU32::new(value) {
            Some(value) => Some(Self(value)),
            None => None,
        }
    }

    /// The id that lies `offset` behind this one.
    pub(super) fn offset(self, offset: u32) -> Result<Self, HandshakeError> {
        self.0
            .checked_add(offset)
            .map(Self)
            .ok_or(HandshakeError::IdsExhausted)
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Self::read_optional(reader)?.ok_or(Malformed)
    }

    pub(super) fn read_optional(reader: &mut Reader<'_>) -> Result<Option<Self>, Malformed> {
        reader.u32().map(Self::from_value)
    }

    pub(super) const fn to_bytes(self) -> [u8; 4] {
        self.value().to_be_bytes()
    }
}

impl fmt::Debug for PrekeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrekeyId({})", self.0)
    }
}

impl fmt::Display for PrekeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The next id to hand out. The very last id is never handed out, so that there is always a next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IdCounter {
    pub(super) next: PrekeyId,
}

impl IdCounter {
    pub(super) const fn new() -> Self {
        Self {
            next: PrekeyId(NonZeroU32::MIN),
        }
    }

    /// Takes `count` consecutive ids and returns the first.
    pub(super) fn take(&mut self, count: u32) -> Result<PrekeyId, HandshakeError> {
        let first = self.next;
        self.next = first.offset(count)?;
        Ok(first)
    }

    /// Whether this id was handed out at some time.
    pub(super) fn handed_out(self, id: PrekeyId) -> bool {
        id < self.next
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn ids_rise_and_run_out_without_coming_back() {
        let mut ids = IdCounter::new();
        assert_eq!(ids.take(3).unwrap().value(), 1);
        assert_eq!(ids.take(1).unwrap().value(), 4);
        assert!(ids.handed_out(PrekeyId::from_value(4).unwrap()));
        assert!(!ids.handed_out(PrekeyId::from_value(5).unwrap()));

        let mut last = IdCounter {
            next: PrekeyId::from_value(u32::MAX - 1).unwrap(),
        };
        let before = last;
        assert_eq!(last.take(2), Err(HandshakeError::IdsExhausted));
        assert_eq!(last, before);
        assert_eq!(last.take(1).unwrap().value(), u32::MAX - 1);
        assert_eq!(last.take(1), Err(HandshakeError::IdsExhausted));
    }
}
