//! HPKE on every backend: the RFC's vectors, X-Wing's, and what must be refused.

#[path = "../support/given.rs"]
mod given;
#[path = "../support/hex.rs"]
mod hex;
#[path = "../support/mod.rs"]
mod support;

mod refusals;
mod rfc9180;
mod xwing;
