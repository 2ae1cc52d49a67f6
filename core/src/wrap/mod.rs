//! Wrapping: a key sealed for whoever holds a private key.
//!
//! What lives here: [`hpke`] (RFC 9180). What does not: sessions between two online parties, which
//! have forward secrecy and this has not ([`crate::session`]).

pub mod hpke;
