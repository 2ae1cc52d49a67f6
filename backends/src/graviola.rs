//! The backend over `graviola`.

use graviola::aead;
use graviola::hashing::hmac::Hmac as KeyedHmac;
use graviola::hashing::sha2::Sha256Context;
use graviola::hashing::{HashOutput, Sha256};
use graviola::key_agreement::x25519::{PublicKey, StaticPrivateKey};
use graviola::signing::eddsa::{self, Ed25519VerifyingKey};
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

#[cfg(feature = "files")]
use crate::hkdf_sha512;
use crate::provenance::{Provenance, Row, Wipes};
use crate::{aead_limit, strict_ed25519};

/// The backend over `graviola`, which needs no C compiler: everything but ML-KEM.
///
/// graviola's public calls for ML-KEM-768 take no randomness and import no seed, and it has no
/// ML-KEM-1024; ML-KEM comes from `libcrux-ml-kem`.
///
/// # Processors
///
/// graviola has no portable code. This module exists on x86-64 and 64-bit ARM only, and needs a
/// processor with the instructions that graviola's documentation lists: on x86-64 AES, PCLMULQDQ,
/// AVX2, BMI and ADX (most of those made since 2014), on ARM NEON, AES, PMULL and SHA-256.
/// [`is_supported`] tells; ask it before this backend is chosen. On other processors a key is refused
/// with [`PrimitiveError::Library`], so that no identity and no session can be made or loaded, and
/// what cannot fail by its type **panics**: hashing, HMAC and the verification of a signature.
#[derive(Clone, Copy, Debug)]
pub struct Graviola;

impl CryptoBackend for Graviola {
    const NAME: &'static str = "graviola";
    type X25519 = X25519;
    type HmacSha256 = HmacSha256;
    type Aes256Gcm = Aes256Gcm;
    type ChaCha20Poly1305 = ChaCha20Poly1305;
    type Ed25519 = Ed25519;
}

impl PqBackend for Graviola {
    type MlKem768 = MlKem768;
    type MlKem1024 = MlKem1024;
}

impl HybridBackend for Graviola {
    type Sha3 = Sha3;
}

#[cfg(feature = "files")]
impl FileBackend for Graviola {
    type Sha512 = Sha512;
    type Argon2id = Argon2id;
}

/// Whether this processor has every instruction that graviola needs.
#[must_use]
pub fn is_supported() -> bool {
    graviola::util::is_cpu_supported()
}

/// For what may fail: an error where graviola would panic.
fn supported() -> Result<(), PrimitiveError> {
    if is_supported() {
        Ok(())
    } else {
        Err(PrimitiveError::Library)
    }
}

/// X25519 (RFC 7748) from graviola.
#[derive(Clone, Copy, Debug)]
pub struct X25519;

/// A private key as its bytes, since graviola's own holds nothing else, and its cached public half.
/// Wiped on drop.
pub struct X25519PrivateKey {
    bytes: Zeroizing<[u8; 32]>,
    public: [u8; 32],
}

impl KeyAgreement for X25519 {
    type PrivateKey = X25519PrivateKey;

    fn private_key(bytes: &[u8; 32]) -> Result<X25519PrivateKey, PrimitiveError> {
        supported()?;
        Ok(X25519PrivateKey {
            bytes: Zeroizing::new(*bytes),
            public: StaticPrivateKey::from_array(bytes).public_key().as_bytes(),
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
        let agreed = StaticPrivateKey::from_array(&private.bytes)
            .diffie_hellman(&PublicKey::from_array(peer))
            .map_err(|_| PrimitiveError::NonContributory)?;
        shared.copy_from_slice(&agreed.0);
        Ok(())
    }
}

/// SHA-256, HMAC-SHA-256 and HKDF-SHA-256 (FIPS 180-4, RFC 2104, RFC 5869) from graviola.
#[derive(Clone, Copy, Debug)]
pub struct HmacSha256;

impl Hmac for HmacSha256 {
    fn sha256(parts: &[&[u8]]) -> [u8; 32] {
        require_support();
        let mut context = Sha256Context::new();
        for part in parts {
            context.update(part);
        }
        context.finish()
    }

    fn hmac(key: &[u8], parts: &[&[u8]], tag: &mut [u8; 32]) {
        finish(keyed(key), parts, tag);
    }

    fn hkdf_expand(prk: &[u8; 32], info: &[u8], okm: &mut [u8]) -> Result<(), PrimitiveError> {
        if okm.len() > 255 * 32 {
            return Err(PrimitiveError::InvalidLength);
        }
        let keyed = keyed(prk);
        let mut block = Zeroizing::new([0; 32]);
        let mut previous = Zeroizing::new([0; 32]);
        for (counter, chunk) in (1_u8..=255).zip(okm.chunks_mut(32)) {
            let chained: &[u8] = if counter == 1 { &[] } else { &*previous };
            finish(keyed.clone(), &[chained, info, &[counter]], &mut block);
            chunk.copy_from_slice(&block[..chunk.len()]);
            *previous = *block;
        }
        Ok(())
    }

    fn chain_step(chain_key: &[u8; 32], message_key: &mut [u8; 32], next: &mut [u8; 32]) {
        let keyed = keyed(chain_key);
        finish(keyed.clone(), &[&[0x01]], message_key);
        finish(keyed, &[&[0x02]], next);
    }
}

/// graviola's hashes, alone of its functions, do not look at the processor before they use it.
fn require_support() {
    assert!(is_supported(), "this processor lacks what graviola needs");
}

fn keyed(key: &[u8]) -> KeyedHmac<Sha256> {
    require_support();
    KeyedHmac::new(key)
}

/// The tag of the concatenated parts.
fn finish(mut keyed: KeyedHmac<Sha256>, parts: &[&[u8]], tag: &mut [u8; 32]) {
    for part in parts {
        keyed.update(part);
    }
    let mut output: HashOutput = keyed.finish();
    tag.copy_from_slice(output.as_ref());
    output.as_mut().zeroize();
}

/// HKDF-Expand with SHA-512 (RFC 5869, FIPS 180-4): HMAC from graviola.
#[cfg(feature = "files")]
#[derive(Clone, Copy, Debug)]
pub struct Sha512;

#[cfg(feature = "files")]
impl ExpandSha512 for Sha512 {
    fn hkdf_expand(prk: &[u8; 32], info: &[&[u8]], okm: &mut [u8]) -> Result<(), PrimitiveError> {
        supported()?;
        hkdf_sha512::expand(&KeyedHmac::<graviola::hashing::Sha512>::new(prk), info, okm)
    }
}

#[cfg(feature = "files")]
impl hkdf_sha512::KeyedHmac for KeyedHmac<graviola::hashing::Sha512> {
    fn update(&mut self, part: &[u8]) {
        Self::update(self, part);
    }

    fn finish(self, tag: &mut [u8; 64]) {
        let mut output: HashOutput = Self::finish(self);
        tag.copy_from_slice(output.as_ref());
        output.as_mut().zeroize();
    }
}

/// AES-256-GCM (NIST SP 800-38D) from graviola.
#[derive(Clone, Copy, Debug)]
pub struct Aes256Gcm;

/// ChaCha20-Poly1305 (RFC 8439) from graviola.
#[derive(Clone, Copy, Debug)]
pub struct ChaCha20Poly1305;

/// One of graviola's AEADs, prepared keys on the stack, no allocation.
macro_rules! implement_aead {
    ($aead:ident, $cipher:ty, $limit:expr, $bytes:ident => $new:expr) => {
        impl Aead for $aead {
            type Key = $cipher;

            fn key($bytes: &[u8; 32]) -> Result<$cipher, PrimitiveError> {
                supported()?;
                Ok($new)
            }

            fn seal(
                key: &$cipher,
                nonce: &[u8; 12],
                aad: &[u8],
                buffer: &mut [u8],
            ) -> Result<[u8; 16], PrimitiveError> {
                aead_limit::check(buffer.len(), $limit)?;
                let mut tag = [0; 16];
                key.encrypt(nonce, aad, buffer, &mut tag);
                Ok(tag)
            }

            fn open(
                key: &$cipher,
                nonce: &[u8; 12],
                aad: &[u8],
                buffer: &mut [u8],
                tag: &[u8; 16],
            ) -> Result<(), PrimitiveError> {
                // graviola knows no limit; beyond it the block counter would wrap.
                if aead_limit::check(buffer.len(), $limit).is_err()
                    || key.decrypt(nonce, aad, buffer, tag).is_err()
                {
                    buffer.zeroize();
                    return Err(PrimitiveError::AuthenticationFailed);
                }
                Ok(())
            }
        }
    };
}

implement_aead!(Aes256Gcm, aead::AesGcm, aead_limit::AES_GCM, bytes => aead::AesGcm::new(bytes));
implement_aead!(
    ChaCha20Poly1305,
    aead::ChaCha20Poly1305,
    aead_limit::CHACHA20_POLY1305,
    bytes => aead::ChaCha20Poly1305::new(*bytes)
);

/// Ed25519 (RFC 8032) from graviola.
#[derive(Clone, Copy, Debug)]
pub struct Ed25519;

/// A signing key and its cached public half. Wiped on drop.
pub struct Ed25519SigningKey {
    key: eddsa::Ed25519SigningKey,
    seed: Zeroizing<[u8; 32]>,
    public: [u8; 32],
}

impl Signature for Ed25519 {
    type SigningKey = Ed25519SigningKey;

    fn signing_key(seed: &[u8; 32]) -> Result<Ed25519SigningKey, PrimitiveError> {
        supported()?;
        let key =
            eddsa::Ed25519SigningKey::from_bytes(seed).map_err(|_| PrimitiveError::Library)?;
        let public = key.public_key().as_bytes();
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
        key.key.sign(message)
    }

    fn verify(
        public: &[u8; 32],
        message: &[u8],
        signature: &[u8; 64],
    ) -> Result<(), PrimitiveError> {
        strict_ed25519::check(public, signature)?;
        Ed25519VerifyingKey::from_bytes(public)
            .and_then(|key| key.verify(signature, message))
            .map_err(|_| PrimitiveError::InvalidSignature)
    }
}

/// Where the primitives of [`Graviola`] come from.
pub const PROVENANCE: Provenance = Provenance {
    backend: Graviola::NAME,
    rows: &[
        Row {
            primitive: "X25519",
            library: "graviola",
            wipes: Wipes::Yes,
            note: "",
        },
        Row {
            primitive: "HMAC-SHA-256",
            library: "graviola",
            wipes: Wipes::No,
            note: "its hash contexts are not wiped",
        },
        Row {
            primitive: "AES-256-GCM",
            library: "graviola",
            wipes: Wipes::Yes,
            note: "",
        },
        Row {
            primitive: "ChaCha20-Poly1305",
            library: "graviola",
            wipes: Wipes::Partly,
            note: "the key is wiped; the cipher's state, which holds it again, is not",
        },
        Row {
            primitive: "Ed25519",
            library: "graviola",
            wipes: Wipes::Partly,
            note: "the key is wiped; the hash contexts that it and a signature's nonce pass through are not",
        },
        crate::libcrux_mlkem::PROVENANCE,
        crate::libcrux_sha3::PROVENANCE,
        #[cfg(feature = "files")]
        Row {
            primitive: "HKDF-SHA-512",
            library: "graviola",
            wipes: Wipes::No,
            note: "hashing contexts are not wiped",
        },
        #[cfg(feature = "files")]
        crate::argon2id::PROVENANCE,
    ],
};
