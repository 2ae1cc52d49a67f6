//! The group `peers`: other people's protocols, called as their documentation says.
//!
//! They are not the same work. vodozemac's Olm (version 1) is a triple Diffie-Hellman without
//! signatures and a Double Ratchet with AES-256-CBC and an HMAC cut to eight bytes; it computes the
//! public half of its ratchet key anew for every message, and its message objects are neither
//! written to bytes nor read from them here, which favours it. snow's Noise is a handshake between
//! two who are online, without signatures or prekeys, and then one key each way: no ratchet, no
//! forward secrecy from message to message. Both draw their randomness from the system. The rows
//! `peers/noise` are the same work: the same messages by our own Noise.

mod noise;
mod olm;

use super::{Operation, Wrong};

pub use noise::Noise;
pub use olm::Olm;

/// What a peer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerWork {
    /// vodozemac.
    Olm(Olm),
    /// snow.
    Noise(Noise),
}

/// Builds the operation, with messages of `size` bytes.
///
/// # Errors
/// [`Wrong`] if setting it up gave a wrong result.
pub fn build(work: PeerWork, size: usize) -> Result<Box<dyn Operation>, Wrong> {
    match work {
        PeerWork::Olm(work) => olm::build(work, size),
        PeerWork::Noise(work) => noise::build(work, size),
    }
}
