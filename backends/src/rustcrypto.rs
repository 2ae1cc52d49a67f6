//! The pure-Rust backend, over the RustCrypto and dalek crates.

mod chacha20_poly1305;
mod hmac;
mod mlkem;
mod poly1305;
mod sha3;
#[cfg(feature = "files")]
mod sha512;

use aes_gcm::aead::{AeadInOut, KeyInit, consts::U12, inout::InOutBuf};
use aes_gcm::{AesGcm, aes::Aes256Enc};
use ed25519_dalek::{Signer, SigningKey, Verifier, VerifyingKey};
#[cfg(feature = "files")]
use sprag_core::backend::FileBackend;
use sprag_core::backend::{CryptoBackend, HybridBackend, PqBackend};
use sprag_core::primitives::{Aead, PrimitiveError, Signature};
use zeroize::{Zeroize, ZeroizeOnDrop};

#[cfg(feature = "files")]
pub use crate::argon2id::Argon2id;
pub use crate::dalek_x25519::X25519;
pub use chacha20_poly1305::ChaCha20Poly1305;
pub use hmac::HmacSha256;
pub use mlkem::{MlKem768, MlKem1024};
pub use sha3::Sha3;
#[cfg(feature = "files")]
pub use sha512::Sha512;

use crate::provenance::{Provenance, Row, Wipes};
use crate::{aead_limit, strict_ed25519};

/// The pure-Rust backend: runs everywhere Rust does, needs no C compiler.
///
/// The primitives come from the RustCrypto and dalek crates. Our own is what stands around two of
/// them: the padding and key schedule of HMAC around the compression function of `sha2`, and
/// Poly1305 beside `chacha20`, each because the ready-made part is slower; the types say how much.
#[derive(Clone, Copy, Debug)]
pub struct RustCrypto;

impl CryptoBackend for RustCrypto {
    const NAME: &'static str = "rustcrypto";
    type X25519 = X25519;
    type HmacSha256 = HmacSha256;
    type Aes256Gcm = Aes256Gcm;
    type ChaCha20Poly1305 = ChaCha20Poly1305;
    type Ed25519 = Ed25519;
}

impl PqBackend for RustCrypto {
    type MlKem768 = MlKem768;
    type MlKem1024 = MlKem1024;
}

impl HybridBackend for RustCrypto {
    type Sha3 = Sha3;
}

#[cfg(feature = "files")]
impl FileBackend for RustCrypto {
    type Sha512 = Sha512;
    type Argon2id = Argon2id;
}

/// AES-256-GCM (NIST SP 800-38D) from `aes-gcm`, without AES's decryption schedule, which GCM
/// never uses.
#[derive(Clone, Copy, Debug)]
pub struct Aes256Gcm;

type Cipher = AesGcm<Aes256Enc, U12>;

/// A prepared AES-256-GCM key. Wiped on drop.
pub struct Aes256GcmKey(Cipher);

impl Aead for Aes256Gcm {
    type Key = Aes256GcmKey;

    fn key(bytes: &[u8; 32]) -> Result<Aes256GcmKey, PrimitiveError> {
        Ok(Aes256GcmKey(Cipher::new(bytes.into())))
    }

    fn seal(
        key: &Aes256GcmKey,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], PrimitiveError> {
        key.seal(nonce, aad, buffer.into())
    }

    fn open(
        key: &Aes256GcmKey,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        key.open(nonce, aad, buffer.into(), tag)
    }

    fn seal_into(
        key: &Aes256GcmKey,
        nonce: &[u8; 12],
        aad: &[u8],
        text: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], PrimitiveError> {
        key.seal(nonce, aad, between(text, buffer)?)
    }

    fn open_into(
        key: &Aes256GcmKey,
        nonce: &[u8; 12],
        aad: &[u8],
        sealed: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        key.open(nonce, aad, between(sealed, buffer)?, tag)
    }
}

fn between<'i, 'o>(
    from: &'i [u8],
    to: &'o mut [u8],
) -> Result<InOutBuf<'i, 'o, u8>, PrimitiveError> {
    InOutBuf::new(from, to).map_err(|_| PrimitiveError::InvalidLength)
}

impl Aes256GcmKey {
    fn seal(
        &self,
        nonce: &[u8; 12],
        aad: &[u8],
        text: InOutBuf<'_, '_, u8>,
    ) -> Result<[u8; 16], PrimitiveError> {
        aead_limit::check(text.len(), aead_limit::AES_GCM)?;
        self.0
            .encrypt_inout_detached(nonce.into(), aad, text)
            .map(Into::into)
            .map_err(|_| PrimitiveError::InvalidLength)
    }

    fn open(
        &self,
        nonce: &[u8; 12],
        aad: &[u8],
        mut sealed: InOutBuf<'_, '_, u8>,
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        self.0
            .decrypt_inout_detached(nonce.into(), aad, sealed.reborrow(), tag.into())
            .map_err(|_| {
                sealed.get_out().zeroize();
                PrimitiveError::AuthenticationFailed
            })
    }
}

/// Ed25519 (RFC 8032) from `ed25519-dalek`.
#[derive(Clone, Copy, Debug)]
pub struct Ed25519;

/// A signing key and its cached public half. The seed is wiped on drop.
pub struct Ed25519SigningKey {
    key: SigningKey,
    public: [u8; 32],
}

impl Signature for Ed25519 {
    type SigningKey = Ed25519SigningKey;

    fn signing_key(seed: &[u8; 32]) -> Result<Ed25519SigningKey, PrimitiveError> {
        let key = SigningKey::from_bytes(seed);
        let public = key.verifying_key().to_bytes();
        Ok(Ed25519SigningKey { key, public })
    }

    fn public_key(key: &Ed25519SigningKey) -> &[u8; 32] {
        &key.public
    }

    fn seed(key: &Ed25519SigningKey) -> &[u8; 32] {
        key.key.as_bytes()
    }

    fn sign(key: &Ed25519SigningKey, message: &[u8]) -> [u8; 64] {
        key.key.sign(message).to_bytes()
    }

    fn verify(
        public: &[u8; 32],
        message: &[u8],
        signature: &[u8; 64],
    ) -> Result<(), PrimitiveError> {
        strict_ed25519::check(public, signature)?;
        // Together with the check above this accepts what `verify_strict` does, without its
        // decompression of `R`.
        VerifyingKey::from_bytes(public)
            .and_then(|key| key.verify(message, &signature.into()))
            .map_err(|_| PrimitiveError::InvalidSignature)
    }
}

/// Where the primitives of [`RustCrypto`] come from.
pub const PROVENANCE: Provenance = Provenance {
    backend: RustCrypto::NAME,
    rows: &[
        Row {
            primitive: "X25519",
            library: "x25519-dalek",
            wipes: Wipes::Yes,
            note: "in a batch of keys dalek frees denominators of projective points unwiped",
        },
        Row {
            primitive: "HMAC-SHA-256",
            library: "sha2",
            wipes: Wipes::Yes,
            note: "compression function from sha2, padding and key schedule our own",
        },
        Row {
            primitive: "AES-256-GCM",
            library: "aes-gcm",
            wipes: Wipes::Yes,
            note: "",
        },
        Row {
            primitive: "ChaCha20-Poly1305",
            library: "chacha20",
            wipes: Wipes::Yes,
            note: "Poly1305 our own: that of the crate poly1305 costs 1.3 us per message with AVX2",
        },
        Row {
            primitive: "Ed25519",
            library: "ed25519-dalek",
            wipes: Wipes::Yes,
            note: "",
        },
        Row {
            primitive: "ML-KEM-768, ML-KEM-1024",
            library: "ml-kem",
            wipes: Wipes::Yes,
            note: "portable code, four to six times the time of libcrux-ml-kem",
        },
        Row {
            primitive: "SHA-3",
            library: "sha3, shake",
            wipes: Wipes::Yes,
            note: "",
        },
        #[cfg(feature = "files")]
        Row {
            primitive: "HKDF-SHA-512",
            library: "sha2",
            wipes: Wipes::Yes,
            note: "",
        },
        #[cfg(feature = "files")]
        crate::argon2id::PROVENANCE,
    ],
};

// A dependency that stops wiping breaks the build here. (The key of GHASH has no such marker; it
// is wiped under the same feature of `aes-gcm` that gives the cipher its own.)
const fn assert_wipes<T: ZeroizeOnDrop>() {}
const _: () = {
    assert_wipes::<Cipher>();
    assert_wipes::<SigningKey>();
};
