//! Files: what outlives the sessions it came through.
//!
//! What lives here: [`chunked`], streaming encryption of files of any length. What does not: keys for
//! other parties ([`crate::wrap`]); the files themselves, which are the caller's.

pub mod chunked;
