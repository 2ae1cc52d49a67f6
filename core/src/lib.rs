//! The sprag session-key engine, without any crypto library.
//!
//! What lives here: the traits a crypto backend implements ([`primitives`], [`backend`]), the
//! handshake (X3DH and PQXDH, [`handshake`]), sessions: the Double Ratchet and its stored state
//! ([`session`]), transport sessions of clients and servers: Noise ([`transport`]), wrapped keys
//! ([`wrap`]), key rings ([`keyring`]) and files ([`history`]). What does not: any implementation of a
//! primitive, any database, any thread pool, any source of randomness or time; those are arguments.
//!
//! The crate is `no_std` and needs `alloc`. With the feature `conformance` (which needs `std`)
//! it adds `testing`: what an author of a backend needs to check and to count it.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(any(test, feature = "conformance"))]
extern crate std;

pub(crate) mod agreement;
pub mod backend;
pub mod codec;
pub mod durable;
pub mod entropy;
pub mod ephemeral;
pub mod handshake;
pub mod history;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]
mod hostile_bytes;
pub mod keyring;
pub mod lifecycle;
mod nonce;
mod password;
pub mod primitives;
pub(crate) mod ratchet;
mod sealed_key;
pub mod secret;
pub mod session;
mod slot;
pub mod store;
pub mod suite;
#[cfg(any(test, feature = "conformance"))]
pub mod testing;
pub mod time;
pub mod transport;
pub mod wire;
pub mod wrap;

pub use backend::{CryptoBackend, FileBackend, HybridBackend, PqBackend};
pub use secret::{Secret, SecretBytes};
pub use suite::Suite;
pub use time::UnixTime;
