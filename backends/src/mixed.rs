//! The composition that measures best, of parts of the other three backends.

use sprag_core::backend::{CryptoBackend, PqBackend};

/// stub
#[derive(Clone, Copy, Debug)]
pub struct Mixed;

impl CryptoBackend for Mixed {
    const NAME: &'static str = "mixed";
    type X25519 = crate::aws_lc::X25519;
    type HmacSha256 = crate::rustcrypto::HmacSha256;
    type Aes256Gcm = crate::ring::Aes256Gcm;
    type ChaCha20Poly1305 = crate::ring::ChaCha20Poly1305;
    type Ed25519 = crate::aws_lc::Ed25519;
}

impl PqBackend for Mixed {
    type MlKem768 = crate::libcrux_mlkem::MlKem768;
    type MlKem1024 = crate::libcrux_mlkem::MlKem1024;
}

/// Where the primitives of [`Mixed`] come from.
pub const PROVENANCE: crate::provenance::Provenance = crate::provenance::Provenance { backend: "mixed", rows: &[] };
