//! The backend over `aws-lc-rs`.

use core::marker::PhantomData;

use aws_lc_rs::aead::{self, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::signature::{self, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use aws_lc_rs::{agreement, digest, hkdf, hmac};
#[cfg(feature = "files")]
use sprag_core::backend::FileBackend;
use sprag_core::backend::{CryptoBackend, HybridBackend, PqBackend};
#[cfg(feature = "files")]
use sprag_core::primitives::ExpandSha512;
use sprag_core::primitives::{Aead, Hmac, KeyAgreement, PrimitiveError, Signature};
use zeroize::{Zeroize, Zeroizing};

#[cfg(feature = "files")]
pub use crate::argon2id::Argon2id;
pub use crate::libcrux_mlkem::{MlKem768, MlKem1024};
pub use crate::libcrux_sha3::Sha3;

use crate::provenance::{Provenance, Row, Wipes};
use crate::{aead_limit, strict_ed25519};

/// The backend over `aws-lc-rs`, which needs a C compiler: everything but ML-KEM.
///
/// The safe ML-KEM calls of aws-lc-rs take no randomness and import no seed, so they have no
/// known answers and cannot restore a stored key; ML-KEM comes from `libcrux-ml-kem`.
///
/// AWS-LC keeps its keys in memory allocated in C, about 600 bytes per AEAD key, and wipes every
/// allocation that it frees.
#[derive(Clone, Copy, Debug)]
pub struct AwsLc;

impl CryptoBackend for AwsLc {
    const NAME: &'static str = "aws-lc-rs";
    type X25519 = X25519;
    type HmacSha256 = HmacSha256;
    type Aes256Gcm = Aes256Gcm;
    type ChaCha20Poly1305 = ChaCha20Poly1305;
    type Ed25519 = Ed25519;
}

impl PqBackend for AwsLc {
    type MlKem768 = MlKem768;
    type MlKem1024 = MlKem1024;
}

impl HybridBackend for AwsLc {
    type Sha3 = Sha3;
}

#[cfg(feature = "files")]
impl FileBackend for AwsLc {
    type Sha512 = Sha512;
    type Argon2id = Argon2id;
}

/// X25519 (RFC 7748) from AWS-LC.
#[derive(Clone, Copy, Debug)]
pub struct X25519;

/// A private key, kept parsed because parsing costs a third of an agreement, and its cached
/// public half. Wiped on drop.
pub struct X25519PrivateKey {
    key: agreement::PrivateKey,
    bytes: Zeroizing<[u8; 32]>,
    public: [u8; 32],
}

impl KeyAgreement for X25519 {
    type PrivateKey = X25519PrivateKey;

    fn private_key(bytes: &[u8; 32]) -> Result<X25519PrivateKey, PrimitiveError> {
        let key = agreement::PrivateKey::from_private_key(&agreement::X25519, bytes)
            .map_err(|_| PrimitiveError::Library)?;
        let mut public = [0; 32];
        let computed = key
            .compute_public_key()
            .map_err(|_| PrimitiveError::Library)?;
        public.copy_from_slice(computed.as_ref());
        Ok(X25519PrivateKey {
            key,
            bytes: Zeroizing::new(*bytes),
            public,
        })
    }

    fn public_key(private: &X25519PrivateKey) -> &[u8; 32] {
        &private.public
    }

    fn private_bytes(private: &X25519PrivateKey) -> &[u8; 32] {
        &private.bytes
    }

    fn agree(
        private: &X25519PrivateKey,
        peer: &[u8; 32],
        shared: &mut [u8; 32],
    ) -> Result<(), PrimitiveError> {
        shared.fill(0);
        let peer = agreement::UnparsedPublicKey::new(&agreement::X25519, peer);
        // Any 32 bytes are a public key, so what is left to fail is the check for all zeros.
        agreement::agree(
            &private.key,
            peer,
            PrimitiveError::NonContributory,
            |agreed| {
                shared.copy_from_slice(agreed);
                Ok(())
            },
        )
    }
}

/// SHA-256, HMAC-SHA-256 and HKDF-SHA-256 (FIPS 180-4, RFC 2104, RFC 5869) from AWS-LC.
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
        let mut step = ChainStep::new(chain_key);
        step.tag(0x01, message_key);
        step.tag(0x02, next);
    }

    fn chain_advance(chain_key: &mut [u8; 32], steps: u32) {
        for _ in 0..steps {
            ChainStep::new(chain_key).tag(0x02, chain_key);
        }
    }
}

/// HMAC of one byte under a chain key (RFC 2104 section 2), over AWS-LC's one-shot SHA-256: its
/// HMAC allocates and copies contexts in C, which costs more than the two compressions that a
/// prepared key would save. Wiped on drop.
struct ChainStep {
    inner: Zeroizing<[u8; 65]>,
    outer: Zeroizing<[u8; 96]>,
}

impl ChainStep {
    fn new(chain_key: &[u8; 32]) -> Self {
        let mut step = Self {
            inner: Zeroizing::new([0x36; 65]),
            outer: Zeroizing::new([0x5c; 96]),
        };
        for (pad, byte) in step.inner.iter_mut().zip(chain_key) {
            *pad ^= byte;
        }
        for (pad, byte) in step.outer.iter_mut().zip(chain_key) {
            *pad ^= byte;
        }
        step
    }

    fn tag(&mut self, message: u8, tag: &mut [u8; 32]) {
        self.inner[64] = message;
        let digest = digest::digest(&digest::SHA256, &*self.inner);
        self.outer[64..].copy_from_slice(digest.as_ref());
        tag.copy_from_slice(digest::digest(&digest::SHA256, &*self.outer).as_ref());
    }
}

/// HKDF-Expand with SHA-512 (RFC 5869, FIPS 180-4) from AWS-LC.
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

/// AES-256-GCM (NIST SP 800-38D) from AWS-LC.
pub type Aes256Gcm = AwsLcAead<Aes256GcmAlgorithm>;

/// ChaCha20-Poly1305 (RFC 8439) from AWS-LC.
pub type ChaCha20Poly1305 = AwsLcAead<ChaCha20Poly1305Algorithm>;

/// One of AWS-LC's AEADs. A prepared key is an allocation in C.
#[derive(Clone, Copy, Debug)]
pub struct AwsLcAead<A>(PhantomData<A>);

impl<A: Algorithm> Aead for AwsLcAead<A> {
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
        let opened = key.open_in_place_separate_tag(nonce, Aad::from(aad), tag, buffer);
        if opened.is_err() {
            buffer.zeroize();
            return Err(PrimitiveError::AuthenticationFailed);
        }
        Ok(())
    }

    fn seal_into(
        key: &LessSafeKey,
        nonce: &[u8; 12],
        aad: &[u8],
        text: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], PrimitiveError> {
        aead_limit::check(text.len(), A::LIMIT)?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let mut tag = [0; 16];
        key.seal_out_of_place_scatter(nonce, Aad::from(aad), text, buffer, &[], &mut tag)
            .map_err(|_| PrimitiveError::InvalidLength)?;
        Ok(tag)
    }

    fn open_into(
        key: &LessSafeKey,
        nonce: &[u8; 12],
        aad: &[u8],
        sealed: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        if sealed.len() != buffer.len() {
            return Err(PrimitiveError::InvalidLength);
        }
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = key.open_separate_gather(nonce, Aad::from(aad), sealed, tag, buffer);
        if opened.is_err() {
            buffer.zeroize();
            return Err(PrimitiveError::AuthenticationFailed);
        }
        Ok(())
    }
}

/// Which AEAD an [`AwsLcAead`] is.
pub trait Algorithm {
    /// aws-lc-rs's name for it.
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

/// Ed25519 (RFC 8032) from AWS-LC.
#[derive(Clone, Copy, Debug)]
pub struct Ed25519;

/// A signing key and its cached public half. Wiped on drop.
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

/// Where the primitives of [`AwsLc`] come from.
pub const PROVENANCE: Provenance = Provenance {
    backend: AwsLc::NAME,
    rows: &[
        Row {
            primitive: "X25519",
            library: "aws-lc-rs",
            wipes: Wipes::Yes,
            note: "",
        },
        Row {
            primitive: "HMAC-SHA-256",
            library: "aws-lc-rs",
            wipes: Wipes::Yes,
            note: "a chain step over its one-shot SHA-256, HMAC's padding our own",
        },
        Row {
            primitive: "AES-256-GCM",
            library: "aws-lc-rs",
            wipes: Wipes::Yes,
            note: "allocates in C per key",
        },
        Row {
            primitive: "ChaCha20-Poly1305",
            library: "aws-lc-rs",
            wipes: Wipes::Yes,
            note: "allocates in C per key",
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
