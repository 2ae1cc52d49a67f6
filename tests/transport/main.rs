//! Transport sessions: the Noise handshake against vectors and another implementation, and what
//! hostile input does to it.

#![cfg(any(
    feature = "rustcrypto",
    feature = "ring",
    feature = "aws-lc-rs",
    all(
        feature = "graviola",
        any(target_arch = "aarch64", target_arch = "x86_64")
    )
))]

#[macro_use]
mod backends;
mod interop;
mod noise_refusals;
mod noise_vectors;
mod world;
