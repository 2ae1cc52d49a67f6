//! Files: what outlives the sessions it came through.
//!
//! What lives here: [`chunked`], streaming encryption of files of any length; [`backup`], one file
//! that a password, a recovery key or another party's key opens. What does not: keys for other
//! parties ([`crate::wrap`]); the state of sessions and devices, which is never part of a backup
//! ([`crate::durable`] keeps it); the files themselves, which are the caller's.

pub mod backup;
pub mod chunked;
