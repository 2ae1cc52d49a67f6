//! Wrapped keys, on every backend, and the records that hold them.

#[path = "../support/mod.rs"]
mod support;
#[path = "../support/two_keys.rs"]
mod two_keys;

mod commitment;
mod envelopes;
mod objects;
