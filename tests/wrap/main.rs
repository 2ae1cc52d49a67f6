//! Wrapped keys, on every backend, and the records that hold them.

#![cfg(any(
    feature = "rustcrypto",
    feature = "ring",
    feature = "aws-lc-rs",
    all(
        feature = "graviola",
        any(target_arch = "aarch64", target_arch = "x86_64")
    )
))]

#[path = "../support/mod.rs"]
mod support;
#[path = "../support/two_keys.rs"]
mod two_keys;

mod commitment;
mod envelopes;
mod objects;
