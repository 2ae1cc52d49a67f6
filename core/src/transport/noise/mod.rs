//! The Noise protocol framework, revision 34, with X25519, SHA-256 and either AEAD.
//!
//! What lives here: the handshake by any pattern of Noise's tables with at most one pre-shared key,
//! and messages after it as plain Noise has them; an experimental hybrid with ML-KEM. What does not: how messages travel, and the channel
//! that follows a handshake between two sprags ([`crate::transport`]).
//!
//! Stricter than the specification: a key agreement that gives zeros is refused always, and so is a
//! public key that is not canonical (docs/PROTOCOL.md section 2.1).

mod builder;
mod cipher_state;
mod handshake;
mod hybrid;
mod keys;
mod outcome;
mod pattern;
mod peer_key;
mod protocol;
mod symmetric;
mod transport;

pub use builder::HandshakeBuilder;
pub use handshake::{Handshake, MAX_MESSAGE_LEN};
pub use hybrid::HybridHandshake;
pub use keys::StaticKey;
pub(in crate::transport) use outcome::Outcome;
pub use pattern::{FundamentalPattern, Pattern};
pub use protocol::NoiseProtocol;
pub use transport::NoiseTransport;
