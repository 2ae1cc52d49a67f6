//! The composition of the other three backends and our own [`kernel`](crate::kernel) that measures
//! best.
//!
//! Because a backend is only a list, so is every mix, and a user's own is five lines:
//!
//! ```
//! use sprag_backends::{aws_lc, ring, rustcrypto};
//! use sprag_core::CryptoBackend;
//!
//! #[derive(Clone, Copy, Debug)]
//! struct Mine;
//!
//! impl CryptoBackend for Mine {
//!     const NAME: &'static str = "mine";
//!     type X25519 = aws_lc::X25519;
//!     type HmacSha256 = rustcrypto::HmacSha256;
//!     type Aes256Gcm = ring::Aes256Gcm;
//!     type ChaCha20Poly1305 = ring::ChaCha20Poly1305;
//!     type Ed25519 = rustcrypto::Ed25519;
//! }
//! ```

use sprag_core::backend::{CryptoBackend, PqBackend};
use sprag_core::primitives::{Aead, PrimitiveError};

pub use crate::aws_lc::{Ed25519, X25519};
pub use crate::kernel::HmacSha256;
pub use crate::libcrux_mlkem::{MlKem768, MlKem1024};
pub use crate::ring::ChaCha20Poly1305;

use crate::provenance::{Provenance, Row, Wipes};
use crate::{ring, rustcrypto};

/// The backend that measures best: every primitive from where it is computed fastest.
///
/// | primitive | taken from |
/// |---|---|
/// | X25519, Ed25519 | AWS-LC |
/// | SHA-256, HMAC, HKDF, the ratchet's chain | our [`kernel`](crate::kernel); RustCrypto where the processor has no SHA-256 instructions |
/// | AES-256-GCM | RustCrypto up to [`SHORT_MESSAGE`] bytes under a single-use key, ring otherwise |
/// | ChaCha20-Poly1305 | ring |
/// | ML-KEM | libcrux |
///
/// It needs a C compiler, for AWS-LC. What each part leaves unwiped stands at the part.
#[derive(Clone, Copy, Debug)]
pub struct Mixed;

impl CryptoBackend for Mixed {
    const NAME: &'static str = "mixed";
    type X25519 = X25519;
    type HmacSha256 = HmacSha256;
    type Aes256Gcm = Aes256Gcm;
    type ChaCha20Poly1305 = ChaCha20Poly1305;
    type Ed25519 = Ed25519;
}

impl PqBackend for Mixed {
    type MlKem768 = MlKem768;
    type MlKem1024 = MlKem1024;
}

/// Messages up to this many bytes under a single-use AES-256-GCM key go to RustCrypto, whose key
/// set-up is cheaper; longer ones go to ring, which has more throughput.
///
/// The two cross below 64 bytes on Zen 4, where this was measured, and at about 250 on Zen 3,
/// where this costs up to a quarter in between. Measured by
/// `sprag-bench run --filter primitive/aes256gcm_seal_fresh`, whose rows for `rustcrypto` and
/// `ring` show where they cross on another machine. (From 4 KiB on AWS-LC is faster than ring, but
/// allocates for every key.)
pub const SHORT_MESSAGE: usize = 63;

/// AES-256-GCM (NIST SP 800-38D) from RustCrypto and ring, by the length of the message.
#[derive(Clone, Copy, Debug)]
pub struct Aes256Gcm;

impl Aead for Aes256Gcm {
    /// A key that is prepared is used often, so its set-up does not count and ring is faster at
    /// every length.
    type Key = <ring::Aes256Gcm as Aead>::Key;

    fn key(bytes: &[u8; 32]) -> Result<Self::Key, PrimitiveError> {
        ring::Aes256Gcm::key(bytes)
    }

    fn seal(
        key: &Self::Key,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], PrimitiveError> {
        ring::Aes256Gcm::seal(key, nonce, aad, buffer)
    }

    fn open(
        key: &Self::Key,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        ring::Aes256Gcm::open(key, nonce, aad, buffer, tag)
    }

    fn seal_once(
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], PrimitiveError> {
        if buffer.len() <= SHORT_MESSAGE {
            rustcrypto::Aes256Gcm::seal_once(key, nonce, aad, buffer)
        } else {
            ring::Aes256Gcm::seal_once(key, nonce, aad, buffer)
        }
    }

    fn open_once(
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        if buffer.len() <= SHORT_MESSAGE {
            rustcrypto::Aes256Gcm::open_once(key, nonce, aad, buffer, tag)
        } else {
            ring::Aes256Gcm::open_once(key, nonce, aad, buffer, tag)
        }
    }
}

/// Where the primitives of [`Mixed`] come from.
pub const PROVENANCE: Provenance = Provenance {
    backend: Mixed::NAME,
    rows: &[
        Row {
            primitive: "X25519",
            library: "aws-lc-rs",
            wipes: Wipes::Yes,
            note: "",
        },
        Row {
            primitive: "HMAC-SHA-256",
            library: "own kernel, sha2",
            wipes: Wipes::Yes,
            note: "own assembly with SHA-NI; elsewhere sha2's compression function",
        },
        Row {
            primitive: "AES-256-GCM",
            library: "aes-gcm, ring",
            wipes: Wipes::Partly,
            note: "aes-gcm up to 63 bytes under a single-use key; ring's LessSafeKey is not wiped",
        },
        Row {
            primitive: "ChaCha20-Poly1305",
            library: "ring",
            wipes: Wipes::No,
            note: "LessSafeKey is not wiped",
        },
        Row {
            primitive: "Ed25519",
            library: "aws-lc-rs",
            wipes: Wipes::Yes,
            note: "",
        },
        crate::libcrux_mlkem::PROVENANCE,
    ],
};
