//! The header of a message and its place in the wire format.
//!
//! ```text
//! 0: version << 4 | 1   1: suite (2)   3: ratchet key (32)   35: pn (4)   39: n (4)
//! 43: salt (8)   51: body ‖ tag (16)
//! ```
//! The nonce is `salt ‖ n`. The salt is random: if a state was rolled back and a message key is
//! used twice, the nonce still differs. This file alone knows the layout, so that a format with
//! encrypted headers is a second one beside it.

use crate::suite::Suite;
use crate::wire::{MessageType, front_bytes};

/// Length of what stands before the salt, in bytes.
pub(crate) const FRONT_LEN: usize = 43;
/// Length of the salt in bytes.
pub(crate) const SALT_LEN: usize = 8;
/// Length of a header in bytes.
pub(crate) const HEADER_LEN: usize = FRONT_LEN + SALT_LEN;
/// Length of the authentication tag in bytes.
pub(crate) const TAG_LEN: usize = 16;

/// A plain header (Double Ratchet section 3.4: `dh`, `pn`, `n`), where its ratchet key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header<'a> {
    /// The sender's ratchet public key.
    pub(crate) ratchet_key: &'a [u8; 32],
    /// How many messages the sender's previous chain had.
    pub(crate) pn: u32,
    /// The message's number in its chain.
    pub(crate) n: u32,
}

impl<'a> Header<'a> {
    /// Writes everything but the salt.
    #[inline]
    pub(crate) fn write(&self, suite: Suite, bytes: &mut [u8; FRONT_LEN]) {
        let (front, rest) = bytes.split_at_mut(3);
        front.copy_from_slice(&front_bytes(MessageType::Message, suite));
        let (ratchet_key, rest) = rest.split_at_mut(32);
        ratchet_key.copy_from_slice(self.ratchet_key);
        let (pn, n) = rest.split_at_mut(4);
        pn.copy_from_slice(&self.pn.to_be_bytes());
        n.copy_from_slice(&self.n.to_be_bytes());
    }

    /// Reads the fields behind version, type and suite, which the caller has checked, and the salt.
    #[inline]
    pub(crate) fn decode(bytes: &'a [u8; HEADER_LEN]) -> Option<(Self, &'a [u8; SALT_LEN])> {
        let (_, rest) = bytes.split_first_chunk::<3>()?;
        let (ratchet_key, rest) = rest.split_first_chunk()?;
        let (pn, rest) = rest.split_first_chunk()?;
        let (n, salt) = rest.split_first_chunk()?;
        let (pn, n) = (u32::from_be_bytes(*pn), u32::from_be_bytes(*n));
        let header = Self { ratchet_key, pn, n };
        Some((header, salt.first_chunk()?))
    }

    #[inline]
    pub(crate) fn nonce(&self, drawn: &[u8; SALT_LEN]) -> [u8; 12] {
        let mut nonce = [0; 12];
        let (salt, n) = nonce.split_at_mut(SALT_LEN);
        salt.copy_from_slice(drawn);
        n.copy_from_slice(&self.n.to_be_bytes());
        nonce
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn fields_stand_where_the_format_says() {
        let header = Header {
            ratchet_key: &[0xaa; 32],
            pn: 0x0102_0304,
            n: 0x0506_0708,
        };
        let mut bytes = [0xbb; HEADER_LEN];
        header.write(Suite::X3dhAes256Gcm, bytes.first_chunk_mut().unwrap());
        assert_eq!(bytes[..3], [0x11, 0x00, 0x02]);
        assert_eq!(bytes[3..35], [0xaa; 32]);
        assert_eq!(bytes[35..43], [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(bytes[43..], [0xbb; 8]);
        assert_eq!(Header::decode(&bytes), Some((header, &[0xbb; 8])));
        assert_eq!(header.nonce(&[0xcc; 8])[..8], [0xcc; 8]);
        assert_eq!(header.nonce(&[0xcc; 8])[8..], [5, 6, 7, 8]);
    }
}
