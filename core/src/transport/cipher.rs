//! An AEAD key of whichever cipher the protocol names, prepared for many messages.
//!
//! What lives here: the choice between the two ciphers of a backend, and their numbers. What does not: nonces, which
//! the raw Noise transport and the channel's records make in ways of their own.

use crate::backend::CryptoBackend;
use crate::primitives::{Aead, PrimitiveError};
use crate::secret::Secret;
use crate::suite::AeadAlgorithm;

/// Length of an authentication tag in bytes.
pub const TAG_LEN: usize = 16;

/// Both, by ascending number.
pub(super) const CIPHERS: [AeadAlgorithm; 2] =
    [AeadAlgorithm::ChaCha20Poly1305, AeadAlgorithm::Aes256Gcm];

/// A cipher's number in offers and tickets (docs/PROTOCOL.md section 15.2).
pub(super) const fn cipher_number(aead: AeadAlgorithm) -> u8 {
    match aead {
        AeadAlgorithm::ChaCha20Poly1305 => 1,
        AeadAlgorithm::Aes256Gcm => 2,
    }
}

/// A prepared key. Wiped on drop, by the backend.
pub(super) enum CipherKey<B: CryptoBackend> {
    Aes256Gcm(<B::Aes256Gcm as Aead>::Key),
    ChaCha20Poly1305(<B::ChaCha20Poly1305 as Aead>::Key),
}

impl<B: CryptoBackend> CipherKey<B> {
    pub(super) fn new(aead: AeadAlgorithm, key: &Secret<32>) -> Result<Self, PrimitiveError> {
        Ok(match aead {
            AeadAlgorithm::Aes256Gcm => Self::Aes256Gcm(B::Aes256Gcm::key(key.expose())?),
            AeadAlgorithm::ChaCha20Poly1305 => {
                Self::ChaCha20Poly1305(B::ChaCha20Poly1305::key(key.expose())?)
            }
        })
    }

    #[inline]
    pub(super) fn seal(
        &self,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; TAG_LEN], PrimitiveError> {
        match self {
            Self::Aes256Gcm(key) => B::Aes256Gcm::seal(key, nonce, aad, buffer),
            Self::ChaCha20Poly1305(key) => B::ChaCha20Poly1305::seal(key, nonce, aad, buffer),
        }
    }

    #[inline]
    pub(super) fn open(
        &self,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG_LEN],
    ) -> Result<(), PrimitiveError> {
        match self {
            Self::Aes256Gcm(key) => B::Aes256Gcm::open(key, nonce, aad, buffer, tag),
            Self::ChaCha20Poly1305(key) => B::ChaCha20Poly1305::open(key, nonce, aad, buffer, tag),
        }
    }
}
