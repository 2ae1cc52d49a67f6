//! The group `transport`: channels between a client and a server that are both there.
//!
//! What lives here: records of a channel, whole handshakes, resumptions. What does not: sockets and
//! framing; bytes go from one end to the other by hand.

mod handshake;
mod record;
mod resume;

use sprag::sprag_core::backend::CryptoBackend;
use sprag::sprag_core::suite::AeadAlgorithm;
use sprag::sprag_core::transport::Pattern;

use super::{Operation, Wrong};

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportWork {
    /// Seals a record in place.
    Seal(Carrier, AeadAlgorithm),
    /// Opens one in place.
    Open(Carrier, AeadAlgorithm),
    /// A whole handshake, both sides, each message with 64 bytes.
    Handshake(Pattern, End),
    /// A handshake with a ticket of an earlier channel, both sides.
    Resume(Proof),
}

/// What carries the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// A stream: records in order.
    Stream,
    /// Datagrams, each with its number and a window against copies.
    Datagrams,
}

/// What follows a handshake on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// A channel, with the keys of its next renewal and the secrets of a later resumption.
    Channel,
    /// Messages as plain Noise has them.
    Plain,
}

/// What the server of a resumption proves beside the ticket's secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Nothing.
    Ticket,
    /// Its static key, anew.
    StaticKey,
}

/// Builds the operation on backend `B`, with records of `size` bytes of payload.
///
/// # Errors
/// [`Wrong`] if setting it up gave a wrong result.
pub fn build<B: CryptoBackend>(
    work: TransportWork,
    size: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    match work {
        TransportWork::Seal(carrier, aead) => record::seal::<B>(carrier, aead, size, seed),
        TransportWork::Open(carrier, aead) => record::open::<B>(carrier, aead, size, seed),
        TransportWork::Handshake(pattern, end) => handshake::build::<B>(pattern, end, seed),
        TransportWork::Resume(proof) => resume::build::<B>(proof, seed),
    }
}
