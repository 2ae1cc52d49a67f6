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
use crate::wire::MessageType;

/// Length of a header in bytes.
pub(crate) const HEADER_LEN: usize = 51;
/// Length of the authentication tag in bytes.
pub(crate) const TAG_LEN: usize = 16;

/// A plain header (Double Ratchet section 3.4: `dh`, `pn`, `n`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) suite: Suite,
    /// The sender's ratchet public key.
    pub(crate) ratchet_key: [u8; 32],
    /// How many messages the sender's previous chain had.
    pub(crate) pn: u32,
    /// The message's number in its chain.
    pub(crate) n: u32,
    pub(crate) salt: [u8; 8],
}

impl Header {
    pub(crate) fn encode(&self) -> [u8; HEADER_LEN] {
        let [suite_high, suite_low] = self.suite.id().to_be_bytes();
        let mut bytes = [0; HEADER_LEN];
        let (front, rest) = bytes.split_at_mut(3);
        front.copy_from_slice(&[MessageType::Message.first_byte(), suite_high, suite_low]);
        let (ratchet_key, rest) = rest.split_at_mut(32);
        ratchet_key.copy_from_slice(&self.ratchet_key);
        let (pn, rest) = rest.split_at_mut(4);
        pn.copy_from_slice(&self.pn.to_be_bytes());
        let (n, salt) = rest.split_at_mut(4);
        n.copy_from_slice(&self.n.to_be_bytes());
        salt.copy_from_slice(&self.salt);
        bytes
    }

    /// Reads the fields behind version, type and suite, which the caller has checked.
    pub(crate) fn decode(suite: Suite, bytes: &[u8; HEADER_LEN]) -> Option<Self> {
        let (_, rest) = bytes.split_first_chunk::<3>()?;
        let (ratchet_key, rest) = rest.split_first_chunk()?;
        let (pn, rest) = rest.split_first_chunk()?;
        let (n, salt) = rest.split_first_chunk()?;
        Some(Self {
            suite,
            ratchet_key: *ratchet_key,
            pn: u32::from_be_bytes(*pn),
            n: u32::from_be_bytes(*n),
            salt: *salt.first_chunk()?,
        })
    }

    pub(crate) fn nonce(&self) -> [u8; 12] {
        let mut nonce = [0; 12];
        let (salt, n) = nonce.split_at_mut(8);
        salt.copy_from_slice(&self.salt);
        n.copy_from_slice(&self.n.to_be_bytes());
        nonce
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stand_where_the_format_says() {
        let header = Header {
            suite: Suite::X3dhAes256Gcm,
            ratchet_key: [0xaa; 32],
            pn: 0x0102_0304,
            n: 0x0506_0708,
            salt: [0xbb; 8],
        };
        let bytes = header.encode();
        assert_eq!(bytes[..3], [0x11, 0x00, 0x02]);
        assert_eq!(bytes[3..35], [0xaa; 32]);
        assert_eq!(bytes[35..43], [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(bytes[43..], [0xbb; 8]);
        assert_eq!(Header::decode(header.suite, &bytes), Some(header));
        assert_eq!(header.nonce()[8..], [5, 6, 7, 8]);
    }
}
