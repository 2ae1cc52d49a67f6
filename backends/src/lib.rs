//! Crypto backends of the sprag session-key engine.
//!
//! What lives here: one module per backend, each behind the feature of its name, and what they
//! share. What does not: any protocol; the traits and their contract are
//! [`sprag_core::primitives`].
//!
//! All backends give the same bytes and refuse the same inputs, so a state saved under one
//! continues under another; `sprag_core::testing::conformance` checks that. Where a library lacks
//! a primitive, the backend takes it from another one, and says so in the documentation of its
//! type and in its [`provenance`].

#![cfg_attr(not(test), no_std)]
#![deny(unsafe_code)]

pub mod provenance;

#[cfg(feature = "rustcrypto")]
#[allow(unsafe_code)]
pub mod kernel;

#[cfg(feature = "aws-lc-rs")]
pub mod aws_lc;
#[cfg(all(
    feature = "graviola",
    any(target_arch = "aarch64", target_arch = "x86_64")
))]
pub mod graviola;
#[cfg(feature = "mixed")]
pub mod mixed;
#[cfg(feature = "ring")]
pub mod ring;
#[cfg(feature = "rustcrypto")]
pub mod rustcrypto;

#[cfg(any(
    feature = "rustcrypto",
    feature = "ring",
    feature = "aws-lc-rs",
    all(
        feature = "graviola",
        any(target_arch = "aarch64", target_arch = "x86_64")
    )
))]
mod aead_limit;
#[cfg(feature = "files")]
pub mod argon2id;
#[cfg(any(feature = "rustcrypto", feature = "ring"))]
mod dalek_x25519;
#[cfg(all(
    feature = "files",
    any(
        feature = "rustcrypto",
        all(
            feature = "graviola",
            any(target_arch = "aarch64", target_arch = "x86_64")
        )
    )
))]
mod hkdf_sha512;
#[cfg(feature = "rustcrypto")]
mod hmac_sha256;
#[cfg(any(
    feature = "ring",
    feature = "aws-lc-rs",
    all(
        feature = "graviola",
        any(target_arch = "aarch64", target_arch = "x86_64")
    )
))]
mod libcrux_mlkem;
#[cfg(any(
    feature = "ring",
    feature = "aws-lc-rs",
    all(
        feature = "graviola",
        any(target_arch = "aarch64", target_arch = "x86_64")
    )
))]
mod libcrux_sha3;
#[cfg(any(
    feature = "rustcrypto",
    feature = "ring",
    feature = "aws-lc-rs",
    all(
        feature = "graviola",
        any(target_arch = "aarch64", target_arch = "x86_64")
    )
))]
mod strict_ed25519;
