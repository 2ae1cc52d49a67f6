//! What a device can do: the list of suites, the lowest protocol version and the date until which
//! its prekey record holds.
//!
//! ```text
//! caps   count(1) suite(2) * count min_version(1) not_after(8)
//! ```
//!
//! Suites stand in strictly ascending order, 1 to 32 of them. Ids that we do not know are kept,
//! since their bytes are signed and hashed into the transcript: that is what makes stripping a
//! suite useless.

use alloc::vec::Vec;

use crate::codec::{Malformed, Reader, Writer};
use crate::suite::Suite;
use crate::time::UnixTime;
use crate::wire::VERSION;

const MAX_SUITES: usize = 32;

/// A device's capability list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    suites: Vec<u16>,
    min_version: u8,
    not_after: UnixTime,
}

impl Capabilities {
    pub(super) fn new(suites: &[Suite], not_after: UnixTime) -> Self {
        let mut suites: Vec<u16> = suites.iter().map(|suite| suite.id()).collect();
        suites.sort_unstable();
        suites.dedup();
        Self {
            suites,
            min_version: VERSION,
            not_after,
        }
    }

    /// Whether the suite is listed.
    #[must_use]
    pub fn offers(&self, suite: Suite) -> bool {
        self.suites.binary_search(&suite.id()).is_ok()
    }

    /// The lowest protocol version the device speaks.
    #[must_use]
    pub const fn min_version(&self) -> u8 {
        self.min_version
    }

    /// The last second at which the prekey record may be used.
    #[must_use]
    pub const fn not_after(&self) -> UnixTime {
        self.not_after
    }

    /// The encoding: what is signed, sent and hashed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.encoded_len());
        bytes.put(&[u8::try_from(self.suites.len()).unwrap_or(u8::MAX)]);
        for suite in &self.suites {
            bytes.put_u16(*suite);
        }
        bytes.put(&[self.min_version]);
        bytes.put_u64(self.not_after.0);
        bytes
    }

    pub(super) fn encoded_len(&self) -> usize {
        self.suites.len().saturating_mul(2).saturating_add(10)
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let count = usize::from(reader.u8()?);
        if !(1..=MAX_SUITES).contains(&count) {
            return Err(Malformed);
        }
        let suites = (0..count)
            .map(|_| reader.u16())
            .collect::<Result<Vec<_>, _>>()?;
        if !suites.is_sorted_by(|a, b| a < b) {
            return Err(Malformed);
        }
        let min_version = reader.u8()?;
        let not_after = UnixTime(reader.u64()?);
        Ok(Self {
            suites,
            min_version,
            not_after,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn decode(bytes: &[u8]) -> Result<Capabilities, Malformed> {
        let mut reader = Reader::new(bytes);
        let caps = Capabilities::read(&mut reader)?;
        reader.finish()?;
        Ok(caps)
    }

    #[test]
    fn encoding_is_canonical() {
        let caps = Capabilities::new(
            &[
                Suite::Pqxdh768Aes256Gcm,
                Suite::X3dhAes256Gcm,
                Suite::X3dhAes256Gcm,
            ],
            UnixTime(9),
        );
        let bytes = caps.encode();
        assert_eq!(bytes, [2, 0, 2, 0, 0x12, 1, 0, 0, 0, 0, 0, 0, 0, 9]);
        assert_eq!(decode(&bytes), Ok(caps));
        for bad in [
            &[0, 1, 0, 0, 0, 0, 0, 0, 0, 9][..],
            &[2, 0, 0x12, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 9],
            &[2, 0, 2, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 9],
        ] {
            assert_eq!(decode(bad), Err(Malformed));
        }
    }

    #[test]
    fn suites_of_the_future_are_kept() {
        let bytes = [2, 0, 1, 0x7f, 0xff, 1, 0, 0, 0, 0, 0, 0, 0, 9];
        let caps = decode(&bytes).unwrap();
        assert!(caps.offers(Suite::X3dhChaCha20Poly1305));
        assert_eq!(caps.encode(), bytes);
    }
}
