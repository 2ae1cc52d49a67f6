//! The handshake: from a published prekey bundle to a session, with the peer offline.
//!
//! X3DH (revision 1) and PQXDH (revision 3) with our own layouts: a transcript hash over
//! everything either side knows goes into the key derivation, so the associated data of a message
//! is 32 bytes and nobody can pair keys, names, prekeys or capabilities that were not meant for
//! each other. One file per protocol noun, each stating its bytes:
//!
//! | file | noun |
//! |---|---|
//! | `account` | the account name, the peer that is expected |
//! | `identity` | a device's two long-term keys, its record and fingerprint |
//! | `safety_number` | the digits two people compare |
//! | `capabilities` | the signed list of suites |
//! | `record` | the signed, reusable part of a bundle |
//! | `one_time`, `merkle` | batches of one-time prekeys under one signature |
//! | `bundle` | what an initiator fetches and verifies |
//! | `published` | what a server keeps and hands out |
//! | `prekeys`, `replenish` | the private half of all prekeys, its `policy`, new one-time ones |
//! | `init` | the header of a first message |
//! | `transcript` | the transcript hash and the key derivation |
//! | `initiate`, `accept`, `batch` | the two sides, one at a time and many |
//! | `state` | private state as bytes |
//! | `generation`, `prekey_id` | the reusable prekeys of one rotation; the ids of all |
//! | `kem`, `statement`, `draws` | the primitives as a handshake uses them |
//!
//! Integers are big-endian, `lp(x)` is `x` behind its length as `u16`, encodings are canonical
//! and trailing bytes are refused. The first byte of everything that travels is
//! `version << 4 | type` with version 1: `0x11` message, `0x12` first message, `0x13` bundle,
//! `0x14` prekey record, `0x15` one-time batch.
//!
//! Invariants: nothing here changes private state before the first message authenticated;
//! [`initiate()`] takes only a [`VerifiedBundle`]; a
//! one-time prekey disappears, and a replay is recorded, by applying the
//! [`PrekeyChange`] that came with the session.

mod accept;
mod account;
mod batch;
mod bundle;
mod capabilities;
mod draws;
mod error;
mod generation;
mod identity;
mod init;
mod initiate;
mod kem;
mod merkle;
mod one_time;
mod policy;
mod prekey_id;
mod prekeys;
mod published;
mod record;
mod replenish;
mod safety_number;
mod state;
mod statement;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]
mod tests;
mod transcript;

pub use accept::{Accepted, accept};
pub use account::{AccountId, Expected, Peer};
pub use batch::{AcceptJob, AcceptPart, InitiateJob, InitiatePart, accept_batch, initiate_batch};
pub use bundle::{PrekeyBundle, VerifiedBundle};
pub use capabilities::Capabilities;
pub use error::HandshakeError;
pub use identity::{Fingerprint, Identity, IdentityRecord};
pub use init::PrekeyUse;
pub use initiate::{Initiated, initiate};
pub use one_time::OneTimeBatch;
pub use policy::{InitiatePolicy, OneTimePolicy, PrekeyPolicy};
pub use prekey_id::PrekeyId;
pub use prekeys::{PrekeyChange, Prekeys};
pub use published::PublishedPrekeys;
pub use record::PrekeyRecord;
pub use safety_number::SafetyNumber;
