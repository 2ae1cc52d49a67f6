//! The key of one message: used directly as the AEAD key, once.

use crate::backend::CryptoBackend;
use crate::primitives::{Aead, PrimitiveError};
use crate::secret::Secret;
use crate::suite::AeadAlgorithm;

/// A single-use AEAD key.
#[derive(Debug)]
pub(crate) struct MessageKey(Secret<32>);

impl MessageKey {
    pub(crate) const fn zeroed() -> Self {
        Self(Secret::zeroed())
    }

    pub(crate) const fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }

    pub(crate) const fn expose_mut(&mut self) -> &mut [u8; 32] {
        self.0.expose_mut()
    }

    #[inline]
    /// Seals in place and returns the tag.
    pub(crate) fn seal<B: CryptoBackend>(
        &self,
        aead: AeadAlgorithm,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], PrimitiveError> {
        match aead {
            AeadAlgorithm::Aes256Gcm => B::Aes256Gcm::seal_once(self.expose(), nonce, aad, buffer),
            AeadAlgorithm::ChaCha20Poly1305 => {
                B::ChaCha20Poly1305::seal_once(self.expose(), nonce, aad, buffer)
            }
        }
    }

    #[inline]
    /// Opens in place; on failure the buffer is all zeros.
    pub(crate) fn open<B: CryptoBackend>(
        &self,
        aead: AeadAlgorithm,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        match aead {
            AeadAlgorithm::Aes256Gcm => {
                B::Aes256Gcm::open_once(self.expose(), nonce, aad, buffer, tag)
            }
            AeadAlgorithm::ChaCha20Poly1305 => {
                B::ChaCha20Poly1305::open_once(self.expose(), nonce, aad, buffer, tag)
            }
        }
    }
}
