//! Messaging models side by side: what a relay, a server, a store and the devices of one can read.
//!
//! What lives here: the harness (the [`conductor`] that starts each party as a process of its own,
//! the [`net`] between them, the [`search`] of a party's memory and files, the [`journal`] of the
//! keys a device used), the parts models are built of ([`relay`], [`store`], [`device`], [`backup`],
//! [`keybag`]; [`channel`], [`cloud`]), the [`models`], and the [`table`] that compares them. What does
//! not: any cryptography; it is all `sprag`'s.
//!
//! The parts take addresses and are generic over the backend, so that they run as well on threads of
//! one process, without a conductor. Relays and stores do what anybody asks of them: a real one asks who
//! that is, and here the question is what it can read.

#![forbid(unsafe_code)]

pub mod address;
pub mod backend;
pub mod backup;
pub mod channel;
pub mod cloud;
pub mod conductor;
pub mod device;
pub mod fan_out;
pub mod fields;
pub mod journal;
pub mod keybag;
pub mod models;
pub mod net;
pub mod party;
pub mod relay;
pub mod renewal;
pub mod report;
pub mod scrub;
pub mod search;
pub mod store;
pub mod table;

/// What all parts return: an error ends the party, and the model with it.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
