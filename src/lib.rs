//! See the README.
#![forbid(unsafe_code)]

#[cfg(feature = "aws-lc-rs")]
pub mod aws_lc;
#[cfg(feature = "mixed")]
pub mod mixed;
#[cfg(feature = "ring")]
pub mod ring;
#[cfg(feature = "rustcrypto")]
pub mod rustcrypto;

pub use sprag_backends::provenance;
#[cfg(feature = "conformance")]
pub use sprag_core::testing;
