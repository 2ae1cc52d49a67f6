//! What follows a handshake: records that are sealed, renewed and ended.
//!
//! What lives here: channels over streams and over datagrams, the keys of their directions, the limits
//! of a key. What does not: the handshake, sockets, clocks. docs/PROTOCOL.md sections 15.3 and 15.4.
//!
//! Invariants: a key and a number meet once; a record that was not authenticated moves nothing; the
//! secret that a key came from is gone before the key is used.

mod datagram;
mod epoch;
mod facts;
mod policy;
mod record;
mod stream;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]
mod tests;
mod window;

pub use datagram::{DatagramChannel, PREVIOUS_EPOCH_AGE, ReceivedDatagram};
pub use policy::{ChannelPolicy, Limits};
pub use record::{
    DATAGRAM_HEADER_LEN, DATAGRAM_OVERHEAD, MAX_PAYLOAD_LEN, STREAM_HEADER_LEN, STREAM_OVERHEAD,
};
pub use stream::{Channel, Received, Renewal};
pub use window::WINDOW;
