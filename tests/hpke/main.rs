//! HPKE on every backend: the RFC's vectors, X-Wing's, and what must be refused.

#![cfg(any(
    feature = "rustcrypto",
    feature = "ring",
    feature = "aws-lc-rs",
    all(
        feature = "graviola",
        any(target_arch = "aarch64", target_arch = "x86_64")
    )
))]

#[path = "../support/given.rs"]
mod given;
#[path = "../support/hex.rs"]
mod hex;
#[path = "../support/hostile_points.rs"]
mod hostile_points;
#[path = "../support/mod.rs"]
mod support;

mod refusals;
mod rfc9180;
mod xwing;
