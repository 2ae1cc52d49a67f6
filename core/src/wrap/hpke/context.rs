//! Encryption contexts (RFC 9180 section 5.2) and export (section 5.3).

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroize;

use super::{Aead, HpkeError, labeled};
use crate::backend::CryptoBackend;
use crate::nonce;
use crate::primitives::{Aead as _, PrimitiveError};
use crate::secret::{Secret, SecretBytes};

const TAG_LEN: usize = 16;

/// What both sides derive.
pub(super) struct Context<B: CryptoBackend> {
    cipher: Cipher<B>,
    base_nonce: Secret<12>,
    exporter: Secret<32>,
    /// HPKE's suite identifier.
    suite: Vec<u8>,
    /// Number of the next message. The RFC allows 2^96 - 1; the last one here is 2^64 - 2.
    sequence: u64,
}

enum Cipher<B: CryptoBackend> {
    Aes256Gcm(<B::Aes256Gcm as crate::primitives::Aead>::Key),
    ChaCha20Poly1305(<B::ChaCha20Poly1305 as crate::primitives::Aead>::Key),
    None,
}

impl<B: CryptoBackend> Context<B> {
    pub(super) fn new(
        aead: Aead,
        key: &Secret<32>,
        base_nonce: Secret<12>,
        exporter: Secret<32>,
        suite: Vec<u8>,
    ) -> Result<Self, HpkeError> {
        let cipher = match aead {
            Aead::Aes256Gcm => Cipher::Aes256Gcm(B::Aes256Gcm::key(key.expose())?),
            Aead::ChaCha20Poly1305 => {
                Cipher::ChaCha20Poly1305(B::ChaCha20Poly1305::key(key.expose())?)
            }
            Aead::ExportOnly => Cipher::None,
        };
        Ok(Self {
            cipher,
            base_nonce,
            exporter,
            suite,
            sequence: 0,
        })
    }

    /// The nonce of the next message, and the number of the one after it.
    fn next(&self) -> Result<([u8; 12], u64), HpkeError> {
        let after = self.sequence.checked_add(1);
        let after = after.ok_or(HpkeError::MessageLimit)?;
        Ok((
            nonce::numbered(self.base_nonce.expose(), self.sequence),
            after,
        ))
    }

    fn seal(&mut self, aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, HpkeError> {
        let (nonce, after) = self.next()?;
        let mut sealed = Vec::with_capacity(plaintext.len().saturating_add(TAG_LEN));
        sealed.extend_from_slice(plaintext);
        let tag = match &self.cipher {
            Cipher::Aes256Gcm(key) => B::Aes256Gcm::seal(key, &nonce, aad, &mut sealed),
            Cipher::ChaCha20Poly1305(key) => {
                B::ChaCha20Poly1305::seal(key, &nonce, aad, &mut sealed)
            }
            Cipher::None => {
                sealed.zeroize();
                return Err(HpkeError::ExportOnly);
            }
        };
        match tag {
            Ok(tag) => sealed.extend_from_slice(&tag),
            Err(error) => {
                sealed.zeroize();
                return Err(match error {
                    PrimitiveError::InvalidLength => HpkeError::TooLong,
                    other => other.into(),
                });
            }
        }
        self.sequence = after;
        Ok(sealed)
    }

    fn open(&mut self, aad: &[u8], ciphertext: &[u8]) -> Result<SecretBytes, HpkeError> {
        let (nonce, after) = self.next()?;
        let (body, tag) = ciphertext
            .split_last_chunk::<TAG_LEN>()
            .ok_or(HpkeError::Truncated)?;
        let mut text = SecretBytes::from(body);
        match &self.cipher {
            Cipher::Aes256Gcm(key) => B::Aes256Gcm::open(key, &nonce, aad, &mut text, tag)?,
            Cipher::ChaCha20Poly1305(key) => {
                B::ChaCha20Poly1305::open(key, &nonce, aad, &mut text, tag)?;
            }
            Cipher::None => return Err(HpkeError::ExportOnly),
        }
        self.sequence = after;
        Ok(text)
    }

    fn export(&self, context: &[u8], secret: &mut [u8]) -> Result<(), HpkeError> {
        labeled::expand::<B::HmacSha256>(&self.suite, &self.exporter, b"sec", &[context], secret)
            .map_err(|error| match error {
                PrimitiveError::InvalidLength => HpkeError::ExportTooLong,
                other => other.into(),
            })
    }
}

/// The sender's context: seals any number of messages, in order.
pub struct Sender<B: CryptoBackend>(pub(super) Context<B>);

impl<B: CryptoBackend> Sender<B> {
    /// Seals the next message: the ciphertext, 16 bytes longer.
    ///
    /// # Errors
    /// [`HpkeError::MessageLimit`], [`HpkeError::ExportOnly`], [`HpkeError::TooLong`].
    pub fn seal(&mut self, aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, HpkeError> {
        self.0.seal(aad, plaintext)
    }

    /// `Context.Export`: fills `secret`, at most 8160 bytes, by the name `context`. The recipient
    /// gets the same.
    ///
    /// # Errors
    /// [`HpkeError::ExportTooLong`].
    pub fn export(&self, context: &[u8], secret: &mut [u8]) -> Result<(), HpkeError> {
        self.0.export(context, secret)
    }
}

/// The recipient's context: opens messages in the order in which they were sealed.
pub struct Receiver<B: CryptoBackend>(pub(super) Context<B>);

impl<B: CryptoBackend> Receiver<B> {
    /// Opens the next message. One that is refused changes nothing: the genuine one opens after it.
    ///
    /// # Errors
    /// [`HpkeError::AuthenticationFailed`], [`HpkeError::Truncated`],
    /// [`HpkeError::MessageLimit`], [`HpkeError::ExportOnly`].
    pub fn open(&mut self, aad: &[u8], ciphertext: &[u8]) -> Result<SecretBytes, HpkeError> {
        self.0.open(aad, ciphertext)
    }

    /// As [`Sender::export`].
    ///
    /// # Errors
    /// [`HpkeError::ExportTooLong`].
    pub fn export(&self, context: &[u8], secret: &mut [u8]) -> Result<(), HpkeError> {
        self.0.export(context, secret)
    }
}

impl<B: CryptoBackend> fmt::Debug for Sender<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl<B: CryptoBackend> fmt::Debug for Receiver<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::testing::null::Null;

    fn context() -> Context<Null> {
        let key = Secret::new([7; 32]);
        let (nonce, exporter) = (Secret::new([1; 12]), Secret::new([2; 32]));
        Context::new(Aead::Aes256Gcm, &key, nonce, exporter, Vec::new()).unwrap()
    }

    #[test]
    fn the_last_numbers_are_used_once_and_then_refused() {
        let (mut sender, mut receiver) = (context(), context());
        sender.sequence = u64::MAX - 2;
        receiver.sequence = u64::MAX - 2;
        for _ in 0..2 {
            let sealed = sender.seal(b"", b"text").unwrap();
            receiver.open(b"", &sealed).unwrap();
        }
        for _ in 0..2 {
            assert_eq!(sender.seal(b"", b"text"), Err(HpkeError::MessageLimit));
            let refused = receiver.open(b"", &[0; 20]);
            assert_eq!(refused, Err(HpkeError::MessageLimit));
        }
    }
}
