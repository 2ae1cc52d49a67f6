//! Transport sessions: a client and a server that are both there.
//!
//! What lives here: the Noise handshake ([`Handshake`]). What does not: sockets, framing on them, and
//! clocks; bytes and times are arguments and results. Sessions with peers that are offline are in
//! [`crate::session`].
//!
//! Invariants: nothing changes before it was authenticated, so a forged, repeated or garbled input is
//! refused and the next genuine one opens; counters never wrap; a direction's keys are gone once it is
//! closed. docs/PROTOCOL.md section 11.

mod cipher;
mod error;
mod noise;

pub use cipher::TAG_LEN;
pub use error::{KeyKind, LimitKind, TransportError};
pub use noise::{
    FundamentalPattern, Handshake, HandshakeBuilder, MAX_MESSAGE_LEN, NoiseProtocol,
    NoiseTransport, Pattern, StaticKey,
};
