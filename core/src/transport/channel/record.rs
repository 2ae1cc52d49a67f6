//! What records look like.
//!
//! ```text
//! stream    len(2) || AEAD(kind(1) || payload)                             len counts what follows it
//! datagram  0x16 || epoch(1) || seq(6) || AEAD(seen(4 bits) kind(4 bits) || payload)
//! ```
//! What stands before the AEAD is its associated data.

use alloc::vec::Vec;

use zeroize::Zeroize;

use crate::transport::cipher::TAG_LEN;
use crate::transport::error::TransportError;

/// Length of what stands before the payload of a stream's record, in bytes.
pub const STREAM_HEADER_LEN: usize = 3;
/// How much longer a stream's record is than its payload, in bytes.
pub const STREAM_OVERHEAD: usize = STREAM_HEADER_LEN + TAG_LEN;
/// Length of what stands before the payload of a datagram, in bytes.
pub const DATAGRAM_HEADER_LEN: usize = 9;
/// How much longer a datagram is than its payload, in bytes.
pub const DATAGRAM_OVERHEAD: usize = DATAGRAM_HEADER_LEN + TAG_LEN;
/// Longest payload of a record in bytes.
pub const MAX_PAYLOAD_LEN: usize = 65535 - 1 - TAG_LEN;

/// First byte of a datagram: version 1, type 6.
pub(super) const DATAGRAM: u8 = 0x16;

/// What a record is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Data = 0,
    /// A stream: the sender's next record is under the next key. A datagram: nothing but its header.
    Update = 1,
    /// The same, and the peer shall renew its key too.
    UpdateAndAsk = 2,
    /// No record follows.
    Close = 3,
    /// A handshake message inside of a stream.
    Agreement = 4,
    /// The sender's next record is under the key of that handshake.
    Switch = 5,
    /// A ticket for a later resumption, from the responder.
    Ticket = 6,
}

impl Kind {
    pub(super) const fn from_byte(byte: u8) -> Result<Self, TransportError> {
        Ok(match byte {
            0 => Self::Data,
            1 => Self::Update,
            2 => Self::UpdateAndAsk,
            3 => Self::Close,
            4 => Self::Agreement,
            5 => Self::Switch,
            6 => Self::Ticket,
            _ => return Err(TransportError::UnexpectedRecord),
        })
    }
}

/// A record with `payload` behind `FRONT` bytes, as `seal` seals it. If it does not, nothing is left of
/// the payload.
pub(super) fn sealed<const FRONT: usize>(
    payload: &[u8],
    seal: impl FnOnce(&mut [u8]) -> Result<(), TransportError>,
) -> Result<Vec<u8>, TransportError> {
    if payload.len() > MAX_PAYLOAD_LEN {
        return Err(TransportError::MessageTooLong);
    }
    let overhead = FRONT.saturating_add(TAG_LEN);
    let mut record = Vec::with_capacity(payload.len().saturating_add(overhead));
    record.extend_from_slice(&[0; FRONT]);
    record.extend_from_slice(payload);
    record.extend_from_slice(&[0; TAG_LEN]);
    if let Err(error) = seal(&mut record) {
        record.zeroize();
        return Err(error);
    }
    Ok(record)
}

/// The parts of a record: associated data, kind and payload together, tag.
pub(super) type Parts<'a, const AD: usize> =
    (&'a mut [u8; AD], &'a mut [u8], &'a mut [u8; TAG_LEN]);

/// Splits a record; at least the kind is there.
pub(super) fn split<const AD: usize>(record: &mut [u8]) -> Option<Parts<'_, AD>> {
    let (head, rest) = record.split_first_chunk_mut()?;
    let (body, tag) = rest.split_last_chunk_mut()?;
    (!body.is_empty()).then_some((head, body, tag))
}
