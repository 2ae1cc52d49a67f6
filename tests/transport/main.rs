//! Transport sessions: the Noise handshake against vectors and another implementation, channels,
//! negotiation and tickets, and what hostile input does to them.

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

mod adapters;
#[cfg(feature = "tokio")]
mod asynchronous;
mod datagrams;
mod document;
mod downgrade;
mod hybrid;
mod interop;
mod noise_refusals;
mod noise_vectors;
mod renewals;
mod second;
mod streams;
mod tickets;
mod world;
