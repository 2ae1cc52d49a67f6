//! The best composition of the libraries without our own kernel: what `mixed` is measured against
//! to see what the kernel gains.

use sprag::sprag_core::backend::{CryptoBackend, FileBackend, PqBackend};
use sprag::sprag_core::primitives::{Aead, PrimitiveError};
use sprag::{aws_lc, ring, rustcrypto};

/// X25519 and Ed25519 from AWS-LC, HMAC from RustCrypto, AES-256-GCM from the fastest for the
/// length, ChaCha20-Poly1305 from ring, ML-KEM from libcrux.
#[derive(Clone, Copy, Debug)]
pub struct Libraries;

impl CryptoBackend for Libraries {
    const NAME: &'static str = "libraries";
    type X25519 = <aws_lc::Backend as CryptoBackend>::X25519;
    type HmacSha256 = <rustcrypto::Backend as CryptoBackend>::HmacSha256;
    type Aes256Gcm = Aes256Gcm;
    type ChaCha20Poly1305 = <ring::Backend as CryptoBackend>::ChaCha20Poly1305;
    type Ed25519 = <aws_lc::Backend as CryptoBackend>::Ed25519;
}

impl PqBackend for Libraries {
    type MlKem768 = <aws_lc::Backend as PqBackend>::MlKem768;
    type MlKem1024 = <aws_lc::Backend as PqBackend>::MlKem1024;
}

impl FileBackend for Libraries {
    type Sha512 = <aws_lc::Backend as FileBackend>::Sha512;
    type Argon2id = <aws_lc::Backend as FileBackend>::Argon2id;
}

/// Messages of at least this many bytes go to AWS-LC, shorter ones to ring. Measured by
/// `sprag-bench run --filter primitive/aes256gcm`.
const LONG_MESSAGE: usize = 1024;

type Short = <ring::Backend as CryptoBackend>::Aes256Gcm;
type Long = <aws_lc::Backend as CryptoBackend>::Aes256Gcm;

/// AES-256-GCM from the fastest library for the length.
#[derive(Clone, Copy, Debug)]
pub struct Aes256Gcm;

impl Aead for Aes256Gcm {
    type Key = <Long as Aead>::Key;

    fn key(bytes: &[u8; 32]) -> Result<Self::Key, PrimitiveError> {
        Long::key(bytes)
    }

    fn seal(
        key: &Self::Key,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], PrimitiveError> {
        Long::seal(key, nonce, aad, buffer)
    }

    fn open(
        key: &Self::Key,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        Long::open(key, nonce, aad, buffer, tag)
    }

    fn seal_once(
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], PrimitiveError> {
        if buffer.len() < LONG_MESSAGE {
            Short::seal_once(key, nonce, aad, buffer)
        } else {
            Long::seal_once(key, nonce, aad, buffer)
        }
    }

    fn open_once(
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        if buffer.len() < LONG_MESSAGE {
            Short::open_once(key, nonce, aad, buffer, tag)
        } else {
            Long::open_once(key, nonce, aad, buffer, tag)
        }
    }
}
