//! The backend over `ring`.

use core::marker::PhantomData;

use ring::aead::{self, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::signature::{self, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use ring::{digest, hkdf, hmac};
#[cfg(feature = "files")]
use sprag_core::backend::FileBackend;
use sprag_core::backend::{CryptoBackend, HybridBackend, PqBackend};
#[cfg(feature = "files")]
use sprag_core::primitives::ExpandSha512;
use sprag_core::primitives::{Aead, Hmac, PrimitiveError, Signature};
use zeroize::{Zeroize, Zeroizing};

#[cfg(feature = "files")]
pub use crate::argon2id::Argon2id;
pub use crate::dalek_x25519::X25519;
pub use crate::libcrux_mlkem::{MlKem768, MlKem1024};
pub use crate::libcrux_sha3::Sha3;

use crate::provenance::{Provenance, Row, Wipes};
use crate::{aead_limit, strict_ed25519};

/// The backend over `ring`: hash, HMAC, HKDF, both AEADs and Ed25519.
///
/// ring has no X25519 private key that can be used twice or made from bytes, so X25519 comes from
/// `x25519-dalek`; it has no ML-KEM, so that comes from `libcrux-ml-kem`.
///
/// ring wipes none of its own keys: `LessSafeKey`, `hmac::Key`, `hkdf::Prk` and `Ed25519KeyPair`
/// stay in memory as they were until it is used again.
#[derive(Clone, Copy, Debug)]
pub struct Ring;

impl CryptoBackend for Ring {
    const NAME: &'static str = "ring";
    type X25519 = X25519;
    type HmacSha256 = HmacSha256;
    type Aes256Gcm = Aes256Gcm;
    type ChaCha20Poly1305 = ChaCha20Poly1305;
    type Ed25519 = Ed25519;
}

impl PqBackend for Ring {
    type MlKem768 = MlKem768;
    type MlKem1024 = MlKem1024;
}

impl HybridBackend for Ring {
    type Sha3 = Sha3;
}

#[cfg(feature = "files")]
impl FileBackend for Ring {
    type Sha512 = Sha512;
    type Argon2id = Argon2id;
}

/// SHA-256, HMAC-SHA-256 and HKDF-SHA-256 (FIPS 180-4, RFC 2104, RFC 5869) from ring.
#[derive(Clone, Copy, Debug)]
pub struct HmacSha256;

impl Hmac for HmacSha256 {
    fn sha256(parts: &[&[u8]]) -> [u8; 32] {
        let mut context = digest::Context::new(&digest::SHA256);
        for part in parts {
            context.update(part);
        }
        let mut digest = [0; 32];
        digest.copy_from_slice(context.finish().as_ref());
        digest
    }

    fn hmac(key: &[u8], parts: &[&[u8]], tag: &mut [u8; 32]) {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let mut context = hmac::Context::with_key(&key);
        for part in parts {
            context.update(part);
        }
        tag.copy_from_slice(context.sign().as_ref());
    }

    fn hkdf_expand(prk: &[u8; 32], info: &[u8], okm: &mut [u8]) -> Result<(), PrimitiveError> {
        hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, prk)
            .expand(&[info], OkmLength(okm.len()))
            .and_then(|expanded| expanded.fill(okm))
            .map_err(|_| PrimitiveError::InvalidLength)
    }

    fn chain_step(chain_key: &[u8; 32], message_key: &mut [u8; 32], next: &mut [u8; 32]) {
        let key = hmac::Key::new(hmac::HMAC_SHA256, chain_key);
        message_key.copy_from_slice(hmac::sign(&key, &[0x01]).as_ref());
        next.copy_from_slice(hmac::sign(&key, &[0x02]).as_ref());
    }
}

/// HKDF-Expand with SHA-512 (RFC 5869, FIPS 180-4) from ring.
#[cfg(feature = "files")]
#[derive(Clone, Copy, Debug)]
pub struct Sha512;

#[cfg(feature = "files")]
impl ExpandSha512 for Sha512 {
    fn hkdf_expand(prk: &[u8; 32], info: &[&[u8]], okm: &mut [u8]) -> Result<(), PrimitiveError> {
        hkdf::Prk::new_less_safe(hkdf::HKDF_SHA512, prk)
            .expand(info, OkmLength(okm.len()))
            .and_then(|expanded| expanded.fill(okm))
            .map_err(|_| PrimitiveError::InvalidLength)
    }
}

/// The output length of one HKDF-Expand.
struct OkmLength(usize);

impl hkdf::KeyType for OkmLength {
    fn len(&self) -> usize {
        self.0
    }
}

/// AES-256-GCM (NIST SP 800-38D) from ring.
pub type Aes256Gcm = RingAead<Aes256GcmAlgorithm>;

/// ChaCha20-Poly1305 (RFC 8439) from ring.
pub type ChaCha20Poly1305 = RingAead<ChaCha20Poly1305Algorithm>;

/// One of ring's AEADs, prepared keys on the stack, no allocation.
#[derive(Clone, Copy, Debug)]
pub struct RingAead<A>(PhantomData<A>);

impl<A: Algorithm> Aead for RingAead<A> {
    type Key = LessSafeKey;

    fn key(bytes: &[u8; 32]) -> Result<LessSafeKey, PrimitiveError> {
        UnboundKey::new(A::ALGORITHM, bytes)
            .map(LessSafeKey::new)
            .map_err(|_| PrimitiveError::Library)
    }

    fn seal(
        key: &LessSafeKey,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], PrimitiveError> {
        aead_limit::check(buffer.len(), A::LIMIT)?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let sealed = key
            .seal_in_place_separate_tag(nonce, Aad::from(aad), buffer)
            .map_err(|_| PrimitiveError::InvalidLength)?;
        let mut tag = [0; 16];
        tag.copy_from_slice(sealed.as_ref());
        Ok(tag)
    }

    fn open(
        key: &LessSafeKey,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened =
            key.open_in_place_separate_tag(nonce, Aad::from(aad), (*tag).into(), buffer, 0..);
        if opened.is_err() {
            buffer.zeroize();
            return Err(PrimitiveError::AuthenticationFailed);
        }
        Ok(())
    }
}

/// Which AEAD a [`RingAead`] is.
pub trait Algorithm {
    /// ring's name for it.
    const ALGORITHM: &'static aead::Algorithm;
    /// The longest message in bytes.
    const LIMIT: u64;
}

/// Names AES-256-GCM.
#[derive(Clone, Copy, Debug)]
pub struct Aes256GcmAlgorithm;

impl Algorithm for Aes256GcmAlgorithm {
    const ALGORITHM: &'static aead::Algorithm = &aead::AES_256_GCM;
    const LIMIT: u64 = aead_limit::AES_GCM;
}

/// Names ChaCha20-Poly1305.
#[derive(Clone, Copy, Debug)]
pub struct ChaCha20Poly1305Algorithm;

impl Algorithm for ChaCha20Poly1305Algorithm {
    const ALGORITHM: &'static aead::Algorithm = &aead::CHACHA20_POLY1305;
    const LIMIT: u64 = aead_limit::CHACHA20_POLY1305;
}

/// Ed25519 (RFC 8032) from ring.
#[derive(Clone, Copy, Debug)]
pub struct Ed25519;

/// A signing key and its cached public half. Our copy of the seed is wiped on drop, ring's
/// expanded key is not.
pub struct Ed25519SigningKey {
    key: Ed25519KeyPair,
    seed: Zeroizing<[u8; 32]>,
    public: [u8; 32],
}

impl Signature for Ed25519 {
    type SigningKey = Ed25519SigningKey;

    fn signing_key(seed: &[u8; 32]) -> Result<Ed25519SigningKey, PrimitiveError> {
        let key = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| PrimitiveError::Library)?;
        let mut public = [0; 32];
        public.copy_from_slice(key.public_key().as_ref());
        Ok(Ed25519SigningKey {
            key,
            seed: Zeroizing::new(*seed),
            public,
        })
    }

    fn public_key(key: &Ed25519SigningKey) -> &[u8; 32] {
        &key.public
    }

    fn seed(key: &Ed25519SigningKey) -> &[u8; 32] {
        &key.seed
    }

    fn sign(key: &Ed25519SigningKey, message: &[u8]) -> [u8; 64] {
        let mut signature = [0; 64];
        signature.copy_from_slice(key.key.sign(message).as_ref());
        signature
    }

    fn verify(
        public: &[u8; 32],
        message: &[u8],
        signature: &[u8; 64],
    ) -> Result<(), PrimitiveError> {
        strict_ed25519::check(public, signature)?;
        UnparsedPublicKey::new(&signature::ED25519, public)
            .verify(message, signature)
            .map_err(|_| PrimitiveError::InvalidSignature)
    }
}

/// Where the primitives of [`Ring`] come from.
pub const PROVENANCE: Provenance = Provenance {
    backend: Ring::NAME,
    rows: &[
        Row {
            primitive: "X25519",
            library: "x25519-dalek",
            wipes: Wipes::Yes,
            note: "ring cannot use an X25519 key twice; in a batch of keys dalek frees denominators of projective points unwiped",
        },
        Row {
            primitive: "HMAC-SHA-256",
            library: "ring",
            wipes: Wipes::No,
            note: "hmac::Key and hkdf::Prk are not wiped",
        },
        Row {
            primitive: "AES-256-GCM",
            library: "ring",
            wipes: Wipes::No,
            note: "LessSafeKey is not wiped",
        },
        Row {
            primitive: "ChaCha20-Poly1305",
            library: "ring",
            wipes: Wipes::No,
            note: "LessSafeKey is not wiped",
        },
        Row {
            primitive: "Ed25519",
            library: "ring",
            wipes: Wipes::Partly,
            note: "our copy of the seed is wiped, Ed25519KeyPair is not",
        },
        crate::libcrux_mlkem::PROVENANCE,
        crate::libcrux_sha3::PROVENANCE,
        #[cfg(feature = "files")]
        Row {
            primitive: "HKDF-SHA-512",
            library: "ring",
            wipes: Wipes::No,
            note: "hkdf::Prk is not wiped",
        },
        #[cfg(feature = "files")]
        crate::argon2id::PROVENANCE,
    ],
};
