//! Transport sessions: a client and a server that are both there.
//!
//! What lives here: the choice of a protocol ([`Offer`]), the Noise handshake ([`Handshake`]), the
//! channels that follow it ([`Channel`], [`DatagramChannel`]), and tickets for a shorter handshake the
//! next time ([`TicketKeys`], [`ClientTicket`]). What does not: sockets, framing on them, and clocks;
//! bytes and times are arguments and results. Sessions with peers that are offline are in
//! [`crate::session`].
//!
//! Invariants: nothing changes before it was authenticated, so a forged, repeated or garbled input is
//! refused and the next genuine one opens; counters never wrap; a direction's keys are gone once it is
//! closed. docs/PROTOCOL.md section 15.

mod channel;
mod cipher;
mod error;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]
mod hostile_bytes;
mod negotiation;
mod noise;
mod resumption;

pub use channel::{
    Channel, ChannelPolicy, DATAGRAM_HEADER_LEN, DATAGRAM_OVERHEAD, DatagramChannel, Limits,
    MAX_PAYLOAD_LEN, PREVIOUS_EPOCH_AGE, Received, ReceivedDatagram, Renewal, STREAM_HEADER_LEN,
    STREAM_OVERHEAD, WINDOW,
};
pub use cipher::TAG_LEN;
pub use error::{KeyKind, LimitKind, TransportError};
pub use negotiation::{Agreed, Offer, Purpose, TRANSPORT_VERSION};
pub use noise::{
    FundamentalPattern, Handshake, HandshakeBuilder, HybridHandshake, MAX_MESSAGE_LEN,
    NoiseProtocol, NoiseTransport, Pattern, StaticKey,
};
pub use resumption::{
    ClientTicket, MemoryRegister, Resumed, Resumption, StrikeRegister, TicketId, TicketKeys,
    TicketPolicy,
};
