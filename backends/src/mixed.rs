//! The composition of the backends `rustcrypto`, `ring` and `aws_lc` and our own [`kernel`] that
//! measures best.
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

#[cfg(feature = "files")]
use sprag_core::backend::FileBackend;
use sprag_core::backend::{CryptoBackend, HybridBackend, PqBackend};
use sprag_core::primitives::{Aead, OpenJob, PrimitiveError, SealJob};
use zeroize::Zeroizing;

#[cfg(feature = "files")]
pub use crate::argon2id::Argon2id;
pub use crate::aws_lc::Ed25519;
#[cfg(feature = "files")]
pub use crate::aws_lc::Sha512;
pub use crate::kernel::HmacSha256;
pub use crate::libcrux_mlkem::{MlKem768, MlKem1024};
pub use crate::libcrux_sha3::Sha3;
pub use crate::ring::ChaCha20Poly1305;

use crate::provenance::{Provenance, Row, Wipes};
use crate::{aws_lc, kernel, ring};

/// The backend that measures best: every primitive from where it is computed fastest.
///
/// | primitive | taken from |
/// |---|---|
/// | X25519 | our [`kernel`] with AVX-512 IFMA, or batches of three and more with AVX2; AWS-LC for keys and all else |
/// | Ed25519 | AWS-LC |
/// | SHA-256, HMAC, HKDF, the ratchet's chain | our [`kernel`]; RustCrypto where the processor has no SHA-256 instructions |
/// | AES-256-GCM | our [`kernel`] under single-use keys and from one buffer into another, ring for very long messages and prepared keys in place |
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

impl HybridBackend for Mixed {
    type Sha3 = Sha3;
}

#[cfg(feature = "files")]
impl FileBackend for Mixed {
    type Sha512 = Sha512;
    type Argon2id = Argon2id;
}

/// X25519 (RFC 7748): keys from AWS-LC, agreements in vector lanes where the processor has them: all
/// with AVX-512 IFMA, batches of three and more with AVX2 and FMA.
pub type X25519 = kernel::X25519<aws_lc::X25519>;

/// Where the kernel has no code for the processor, messages up to this many bytes under a
/// single-use AES-256-GCM key go to RustCrypto, whose key set-up is cheaper; longer ones go to ring,
/// which has more throughput.
///
/// The two cross below 64 bytes on Zen 4, where this was measured, and at about 250 on Zen 3.
pub const SHORT_MESSAGE: usize = 63;

/// AES-256-GCM (NIST SP 800-38D) from our [`kernel`] and ring.
///
/// A single-use key goes to the kernel, up to the length from which on ring is faster on this
/// processor: [`kernel::Aes256Gcm::fastest_up_to`]. The rows
/// `primitive/aes256gcm_seal_fresh` of `sprag-bench run` show where they cross. (AWS-LC, which
/// allocates for every key, is not used.)
#[derive(Clone, Copy, Debug)]
pub struct Aes256Gcm;

impl Aes256Gcm {
    #[inline]
    fn is_short(len: usize) -> bool {
        len <= kernel::Aes256Gcm::fastest_up_to().unwrap_or(SHORT_MESSAGE)
    }
}

/// A key that is used often: prepared for ring, and its bytes for the kernel. The bytes are wiped on
/// drop, what ring prepared is not.
pub struct Aes256GcmKey {
    prepared: <ring::Aes256Gcm as Aead>::Key,
    bytes: Zeroizing<[u8; 32]>,
}

impl Aead for Aes256Gcm {
    /// In place, where the set-up of a key that is used often does not count, ring is faster at every
    /// length; from one buffer into another, the kernel is where it has wide vectors.
    type Key = Aes256GcmKey;

    fn key(bytes: &[u8; 32]) -> Result<Self::Key, PrimitiveError> {
        Ok(Aes256GcmKey {
            prepared: ring::Aes256Gcm::key(bytes)?,
            bytes: Zeroizing::new(*bytes),
        })
    }

    fn seal(
        key: &Self::Key,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], PrimitiveError> {
        ring::Aes256Gcm::seal(&key.prepared, nonce, aad, buffer)
    }

    fn open(
        key: &Self::Key,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        ring::Aes256Gcm::open(&key.prepared, nonce, aad, buffer, tag)
    }

    fn seal_into(
        key: &Self::Key,
        nonce: &[u8; 12],
        aad: &[u8],
        text: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], PrimitiveError> {
        if kernel::Aes256Gcm::is_fastest_between_buffers() {
            kernel::Aes256Gcm::seal_once_into(&key.bytes, nonce, aad, text, buffer)
        } else {
            ring::Aes256Gcm::seal_into(&key.prepared, nonce, aad, text, buffer)
        }
    }

    fn open_into(
        key: &Self::Key,
        nonce: &[u8; 12],
        aad: &[u8],
        sealed: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        if kernel::Aes256Gcm::is_fastest_between_buffers() {
            kernel::Aes256Gcm::open_once_into(&key.bytes, nonce, aad, sealed, buffer, tag)
        } else {
            ring::Aes256Gcm::open_into(&key.prepared, nonce, aad, sealed, buffer, tag)
        }
    }

    #[inline]
    fn seal_once(
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], PrimitiveError> {
        if Self::is_short(buffer.len()) {
            kernel::Aes256Gcm::seal_once(key, nonce, aad, buffer)
        } else {
            ring::Aes256Gcm::seal_once(key, nonce, aad, buffer)
        }
    }

    #[inline]
    fn open_once(
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        if Self::is_short(buffer.len()) {
            kernel::Aes256Gcm::open_once(key, nonce, aad, buffer, tag)
        } else {
            ring::Aes256Gcm::open_once(key, nonce, aad, buffer, tag)
        }
    }

    fn seal_batch(jobs: &mut [SealJob<'_>]) {
        let is_short = |job: &SealJob<'_>| Self::is_short(job.buffer.len());
        for run in jobs.chunk_by_mut(|one, next| is_short(one) == is_short(next)) {
            if run.first().is_some_and(is_short) {
                kernel::Aes256Gcm::seal_batch(run);
            } else {
                ring::Aes256Gcm::seal_batch(run);
            }
        }
    }

    fn open_batch(jobs: &mut [OpenJob<'_>]) {
        let is_short = |job: &OpenJob<'_>| Self::is_short(job.buffer.len());
        for run in jobs.chunk_by_mut(|one, next| is_short(one) == is_short(next)) {
            if run.first().is_some_and(is_short) {
                kernel::Aes256Gcm::open_batch(run);
            } else {
                ring::Aes256Gcm::open_batch(run);
            }
        }
    }
}

/// Where the primitives of [`Mixed`] come from.
pub const PROVENANCE: Provenance = Provenance {
    backend: Mixed::NAME,
    rows: &[
        Row {
            primitive: "X25519",
            library: "own kernel, aws-lc-rs",
            wipes: Wipes::Yes,
            note: "agreements in own code with AVX-512 IFMA, batches of three and more with AVX2; keys, and all other agreements, from aws-lc-rs",
        },
        Row {
            primitive: "HMAC-SHA-256",
            library: "own kernel, sha2",
            wipes: Wipes::Yes,
            note: "own assembly with SHA-NI; elsewhere sha2's compression function",
        },
        Row {
            primitive: "AES-256-GCM",
            library: "own kernel, ring",
            wipes: Wipes::Partly,
            note: "own code under single-use keys on x86-64 with AES instructions, and from one buffer into another with VAES; ring for prepared keys in place and very long messages, whose LessSafeKey is not wiped",
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
        crate::libcrux_sha3::PROVENANCE,
        #[cfg(feature = "files")]
        Row {
            primitive: "HKDF-SHA-512",
            library: "aws-lc-rs",
            wipes: Wipes::Yes,
            note: "",
        },
        #[cfg(feature = "files")]
        crate::argon2id::PROVENANCE,
    ],
};
