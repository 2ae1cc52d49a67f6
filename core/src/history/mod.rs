//! Files and history at rest: what outlives the sessions it came through.
//!
//! What lives here: [`chunked`], streaming encryption of files of any length; [`backup`], one file
//! that a password, a recovery key or another party's key opens; [`History`], records in a store
//! under the keys of epochs, each of which can be erased with one key. What does not: keys for other
//! parties ([`crate::wrap`]); the state of sessions and devices, which is never part of a backup
//! ([`crate::durable`] keeps it); the files themselves, which are the caller's.

mod at_rest;
pub mod backup;
pub mod chunked;

pub(crate) use at_rest::EpochRecord;
pub use at_rest::{EpochKey, EpochState, History, HistoryError, HistoryPage};
