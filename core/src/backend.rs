//! A backend is a list of primitives, and nothing else.
//!
//! Because the lists carry no methods of their own, a composition of several libraries is five lines of
//! associated types, and a primitive that a library lacks is named from another one in plain
//! sight.

use core::fmt::Debug;

use crate::lifecycle::KeyEvent;
use crate::primitives::{
    Aead, ExpandSha512, Hmac, Kem, KeyAgreement, PasswordHash, Sha3, Signature,
};

/// The classical primitives every session needs.
///
/// A backend is a type without values: everything is dispatched statically. All backends must
/// give the same bytes; `testing::conformance::check` tests that.
pub trait CryptoBackend: Debug + Copy + Send + Sync + 'static {
    /// The backend's name in reports, lower case, e.g. `"aws-lc-rs"`.
    const NAME: &'static str;
    /// X25519 (RFC 7748).
    type X25519: KeyAgreement;
    /// SHA-256, HMAC-SHA-256 and HKDF-SHA-256 (FIPS 180-4, RFC 2104, RFC 5869).
    type HmacSha256: Hmac;
    /// AES-256-GCM (NIST SP 800-38D).
    type Aes256Gcm: Aead;
    /// ChaCha20-Poly1305 (RFC 8439).
    type ChaCha20Poly1305: Aead;
    /// Ed25519 (RFC 8032) with strict verification.
    type Ed25519: Signature;

    /// Something happened to a key of the engine ([`crate::lifecycle`]). Backends leave this as it is,
    /// or hand it on to one that they wrap; who wants to be told wraps a backend in
    /// [`Observed`](crate::lifecycle::Observed).
    #[inline]
    fn observe(_event: KeyEvent) {}
}

/// The post-quantum primitives of the PQXDH handshake.
pub trait PqBackend: CryptoBackend {
    /// ML-KEM-768 (FIPS 203).
    type MlKem768: Kem;
    /// ML-KEM-1024 (FIPS 203).
    type MlKem1024: Kem;
}

/// What X-Wing, the hybrid KEM of [`crate::wrap`], needs beside ML-KEM-768 and X25519.
pub trait HybridBackend: PqBackend {
    /// SHA3-256 and SHAKE256 (FIPS 202).
    type Sha3: Sha3;
}

/// The primitives of backups and of the history at rest ([`crate::history`]).
///
/// A list of its own, so that a backend for messages alone stays five lines.
pub trait FileBackend: CryptoBackend {
    /// HKDF-Expand with SHA-512 (RFC 5869, FIPS 180-4).
    type Sha512: ExpandSha512;
    /// Argon2id (RFC 9106).
    type Argon2id: PasswordHash;
}
