//! One small trait per primitive, each with its batch call.
//!
//! No `self`, no allocation asked for, protocol sizes as plain arrays. Secret results go into
//! arrays of the caller, who owns their wiping. The contract stands on each method and is tested
//! for every backend by `testing::conformance`; the law of the batch calls is **batch ≡ loop**:
//! same bytes, same outcomes, in the same order.
//!
//! No method takes randomness: callers pass seeds, so that a backend never owns an entropy
//! source and every operation has a known answer.

mod aead;
mod hashes;

use alloc::vec::Vec;
use core::fmt;

pub use aead::{Aead, OpenJob, SealJob};
pub use hashes::{ExpandSha512, PasswordCost, PasswordHash, Sha3};

/// Why a primitive refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PrimitiveError {
    /// The peer's X25519 key has small order: the agreement gave all zeros (RFC 7748 section 6.1).
    NonContributory,
    /// The tag is wrong for this key, nonce, associated data and ciphertext.
    AuthenticationFailed,
    /// The signature is wrong, malleable, or its key or commitment has small order.
    InvalidSignature,
    /// The bytes are not a valid key of this kind.
    InvalidKey,
    /// An input has a length that the primitive does not take.
    InvalidLength,
    /// The library failed for a reason of its own, such as a failed allocation in C.
    Library,
}

impl fmt::Display for PrimitiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NonContributory => "the key agreement was non-contributory",
            Self::AuthenticationFailed => "authentication failed",
            Self::InvalidSignature => "invalid signature",
            Self::InvalidKey => "invalid key",
            Self::InvalidLength => "invalid length",
            Self::Library => "the crypto library failed",
        })
    }
}

impl core::error::Error for PrimitiveError {}

/// X25519 key agreement (RFC 7748).
pub trait KeyAgreement {
    /// A private key, parsed once, with its public half cached. Wiped on drop.
    type PrivateKey: Send + Sync;

    /// Takes 32 bytes as a private key. Any 32 bytes are one; clamping happens on use, so
    /// [`private_bytes`](Self::private_bytes) returns exactly what came in.
    ///
    /// # Errors
    /// [`PrimitiveError::Library`] if the library could not hold the key.
    fn private_key(bytes: &[u8; 32]) -> Result<Self::PrivateKey, PrimitiveError>;

    /// Makes many private keys and appends them to `keys`, which does not grow if it has room for
    /// them; ≡ a loop over [`private_key`](Self::private_key).
    ///
    /// # Errors
    /// The first error; `keys` is then as it was.
    fn private_key_batch(
        bytes: &[&[u8; 32]],
        keys: &mut Vec<Self::PrivateKey>,
    ) -> Result<(), PrimitiveError> {
        let before = keys.len();
        keys.reserve(bytes.len());
        for bytes in bytes {
            match Self::private_key(bytes) {
                Ok(key) => keys.push(key),
                Err(error) => {
                    keys.truncate(before);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// The public half, cached: free to call.
    fn public_key(private: &Self::PrivateKey) -> &[u8; 32];

    /// The 32 bytes the key was made from, for storing it.
    fn private_bytes(private: &Self::PrivateKey) -> &[u8; 32];

    /// Agrees on a shared secret. On failure `shared` is all zeros.
    ///
    /// # Errors
    /// [`PrimitiveError::NonContributory`] if the result is all zeros.
    fn agree(
        private: &Self::PrivateKey,
        peer: &[u8; 32],
        shared: &mut [u8; 32],
    ) -> Result<(), PrimitiveError>;

    /// Agrees many times; ≡ a loop over [`agree`](Self::agree).
    fn agree_batch(jobs: &mut [AgreeJob<'_, Self>]) {
        for job in jobs {
            job.outcome = Self::agree(job.private, job.peer, job.shared);
        }
    }
}

/// One agreement of a batch.
pub struct AgreeJob<'a, K: KeyAgreement + ?Sized> {
    /// Our private key.
    pub private: &'a K::PrivateKey,
    /// The peer's public key.
    pub peer: &'a [u8; 32],
    /// Where the shared secret goes.
    pub shared: &'a mut [u8; 32],
    /// How it went.
    pub outcome: Result<(), PrimitiveError>,
}

/// SHA-256, HMAC-SHA-256 and HKDF-SHA-256.
pub trait Hmac {
    /// SHA-256 of the concatenated parts (FIPS 180-4).
    fn sha256(parts: &[&[u8]]) -> [u8; 32];

    /// HMAC-SHA-256 of the concatenated parts under a key of any length (RFC 2104).
    fn hmac(key: &[u8], parts: &[&[u8]], tag: &mut [u8; 32]);

    /// HKDF-Extract (RFC 5869 section 2.2) over the concatenated parts.
    fn hkdf_extract(salt: &[u8], ikm: &[&[u8]], prk: &mut [u8; 32]) {
        Self::hmac(salt, ikm, prk);
    }

    /// HKDF-Expand (RFC 5869 section 2.3).
    ///
    /// # Errors
    /// [`PrimitiveError::InvalidLength`] if `okm` is longer than 255 × 32 bytes.
    fn hkdf_expand(prk: &[u8; 32], info: &[u8], okm: &mut [u8]) -> Result<(), PrimitiveError>;

    /// Extract, then expand to 64 bytes: the root step of the ratchet, `HKDF(salt, ikm, info)`.
    ///
    /// # Errors
    /// As [`hkdf_expand`](Self::hkdf_expand).
    fn hkdf64(
        salt: &[u8; 32],
        ikm: &[u8; 32],
        info: &[u8],
        okm: &mut [u8; 64],
    ) -> Result<(), PrimitiveError> {
        let mut prk = zeroize::Zeroizing::new([0; 32]);
        Self::hkdf_extract(salt, &[ikm], &mut prk);
        Self::hkdf_expand(&prk, info, okm)
    }

    /// One step of the symmetric chain (Double Ratchet section 7.2):
    /// `message_key = HMAC(chain_key, 0x01)`, `next = HMAC(chain_key, 0x02)`.
    ///
    /// One call, because the two share their padded key.
    fn chain_step(chain_key: &[u8; 32], message_key: &mut [u8; 32], next: &mut [u8; 32]) {
        Self::hmac(chain_key, &[&[0x01]], message_key);
        Self::hmac(chain_key, &[&[0x02]], next);
    }

    /// Walks the chain `steps` keys ahead without making message keys:
    /// `chain_key = HMAC(chain_key, 0x02)`, repeated.
    fn chain_advance(chain_key: &mut [u8; 32], steps: u32) {
        let mut next = zeroize::Zeroizing::new([0; 32]);
        for _ in 0..steps {
            Self::hmac(chain_key, &[&[0x02]], &mut next);
            *chain_key = *next;
        }
    }

    /// Steps many chains; ≡ a loop over [`chain_step`](Self::chain_step).
    fn chain_step_batch(jobs: &mut [ChainStepJob<'_>]) {
        for job in jobs {
            Self::chain_step(job.chain_key, job.message_key, job.next);
        }
    }
}

/// One chain step of a batch.
pub struct ChainStepJob<'a> {
    /// The chain key to step from.
    pub chain_key: &'a [u8; 32],
    /// Where the message key goes.
    pub message_key: &'a mut [u8; 32],
    /// Where the next chain key goes.
    pub next: &'a mut [u8; 32],
}

/// Ed25519 signatures (RFC 8032), deterministic, with strict verification.
///
/// Strict means the same set of accepted signatures on every backend: `s` is below the group
/// order, the public key and `R` are canonical encodings and not of small order, and the
/// equation is checked without the cofactor.
pub trait Signature {
    /// A signing key with its public half cached. Wiped on drop.
    type SigningKey: Send + Sync;

    /// Expands a 32-byte seed (RFC 8032 section 5.1.5).
    ///
    /// # Errors
    /// [`PrimitiveError::Library`] if the library could not hold the key.
    fn signing_key(seed: &[u8; 32]) -> Result<Self::SigningKey, PrimitiveError>;

    /// The public half, cached: free to call. There is no way to sign under another one.
    fn public_key(key: &Self::SigningKey) -> &[u8; 32];

    /// The seed the key was made from, for storing it.
    fn seed(key: &Self::SigningKey) -> &[u8; 32];

    /// Signs `message`.
    fn sign(key: &Self::SigningKey, message: &[u8]) -> [u8; 64];

    /// Verifies strictly.
    ///
    /// # Errors
    /// [`PrimitiveError::InvalidSignature`].
    fn verify(
        public: &[u8; 32],
        message: &[u8],
        signature: &[u8; 64],
    ) -> Result<(), PrimitiveError>;

    /// Verifies many signatures; ≡ a loop over [`verify`](Self::verify).
    ///
    /// A library's batch verification, one equation over random multiples of all signatures, does
    /// not keep this law. Where the key or `R` has a part of small order, the multiples can cancel
    /// what a single equation refuses, and their reduction modulo the group order can bring out
    /// what it does not see: whoever makes the signatures chooses on what two verifiers disagree.
    /// To show that all points are free of such parts costs more than the batch saves.
    fn verify_batch(jobs: &mut [VerifyJob<'_>]) {
        for job in jobs {
            job.outcome = Self::verify(job.public, job.message, job.signature);
        }
    }
}

/// One signature of a batch.
pub struct VerifyJob<'a> {
    /// The signer's public key.
    pub public: &'a [u8; 32],
    /// The signed message.
    pub message: &'a [u8],
    /// The signature.
    pub signature: &'a [u8; 64],
    /// How it went.
    pub outcome: Result<(), PrimitiveError>,
}

/// A key encapsulation mechanism of the ML-KEM family (FIPS 203), deterministic: seeds and
/// encapsulation randomness are arguments.
pub trait Kem {
    /// Length of an encapsulation (public) key in bytes.
    const PUBLIC_LEN: usize;
    /// Length of a ciphertext in bytes.
    const CIPHERTEXT_LEN: usize;

    /// A decapsulation (private) key, ready for use. Wiped on drop. Never stored: store the seed.
    type DecapsulationKey: Send + Sync;

    /// Expands a 64-byte seed `d || z` (FIPS 203 algorithm 16).
    ///
    /// # Errors
    /// [`PrimitiveError::Library`] if the library could not hold the key.
    fn decapsulation_key(seed: &[u8; 64]) -> Result<Self::DecapsulationKey, PrimitiveError>;

    /// Writes the encapsulation key, [`PUBLIC_LEN`](Self::PUBLIC_LEN) bytes.
    ///
    /// # Errors
    /// [`PrimitiveError::InvalidLength`] if `public` has another length.
    fn public_key(key: &Self::DecapsulationKey, public: &mut [u8]) -> Result<(), PrimitiveError>;

    /// Encapsulates to `public` with the randomness `m` (FIPS 203 algorithm 17), after the
    /// modulus check of FIPS 203 section 7.2.
    ///
    /// # Errors
    /// [`PrimitiveError::InvalidKey`] if `public` fails the check,
    /// [`PrimitiveError::InvalidLength`] if a slice has the wrong length. `shared` is then all
    /// zeros.
    fn encapsulate(
        public: &[u8],
        m: &[u8; 32],
        ciphertext: &mut [u8],
        shared: &mut [u8; 32],
    ) -> Result<(), PrimitiveError>;

    /// Decapsulates (FIPS 203 algorithm 18). A forged ciphertext gives a pseudorandom secret
    /// (implicit rejection), not an error.
    ///
    /// # Errors
    /// [`PrimitiveError::InvalidLength`] if `ciphertext` has the wrong length.
    fn decapsulate(
        key: &Self::DecapsulationKey,
        ciphertext: &[u8],
        shared: &mut [u8; 32],
    ) -> Result<(), PrimitiveError>;
}
