//! What stands at the front of every message: version, type, suite.
//!
//! ```text
//! 0: version << 4 | type (1)   1: suite (2)   …
//! ```
//! An INIT message is an INIT header (laid out in [`crate::handshake`]) followed by a complete
//! ordinary message; the header's length follows from the suite alone, so either part can be
//! found without trusting a length field.

use crate::suite::{KemAlgorithm, Suite};

/// The protocol version this crate speaks.
pub const VERSION: u8 = 1;

/// Length of an INIT header without its ML-KEM ciphertext, in bytes.
pub const INIT_HEADER_LEN: usize = 188;

/// What kind of message it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum MessageType {
    /// A message of an established session.
    Message = 1,
    /// A first message: an INIT header, then a message.
    Init = 2,
}

impl MessageType {
    /// The first byte of a message of this type.
    #[inline]
    #[must_use]
    pub const fn first_byte(self) -> u8 {
        VERSION << 4 | self as u8
    }
}

/// The front of a message of this type and suite.
#[inline]
pub(crate) const fn front_bytes(kind: MessageType, suite: Suite) -> [u8; 3] {
    let [high, low] = suite.id().to_be_bytes();
    [kind.first_byte(), high, low]
}

/// Why the front of a message could not be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrontError {
    /// Too short, or a type that does not exist.
    Malformed,
    /// Another protocol version.
    UnsupportedVersion(u8),
    /// A suite that does not exist.
    UnknownSuite(u16),
}

/// Reads type and suite off the front of a message.
///
/// # Errors
/// [`FrontError`], by what is wrong first.
pub fn front(message: &[u8]) -> Result<(MessageType, Suite), FrontError> {
    let &[first, high, low, ..] = message else {
        return Err(FrontError::Malformed);
    };
    if first >> 4 != VERSION {
        return Err(FrontError::UnsupportedVersion(first >> 4));
    }
    let kind = match first & 0x0f {
        1 => MessageType::Message,
        2 => MessageType::Init,
        _ => return Err(FrontError::Malformed),
    };
    let id = u16::from_be_bytes([high, low]);
    let suite = Suite::from_id(id).ok_or(FrontError::UnknownSuite(id))?;
    Ok((kind, suite))
}

/// Length of an INIT header of this suite, its ciphertext included, in bytes.
#[must_use]
pub fn init_header_len(suite: Suite) -> usize {
    let ciphertext = suite.kem().map_or(0, KemAlgorithm::ciphertext_len);
    INIT_HEADER_LEN.saturating_add(ciphertext)
}
