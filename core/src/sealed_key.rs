//! A 32-byte key under another one that is used this once.
//!
//! ```text
//! sealed    AES-256-GCM(under, nonce, ad, key)      32 bytes and the tag
//! ```
//! What lives here: sealing and opening, for slots and for the keys of a key ring. What does not: what
//! it is sealed under, and what it is bound to.

use alloc::vec::Vec;

use crate::backend::CryptoBackend;
use crate::codec::{Malformed, Reader, Writer};
use crate::primitives::{Aead, PrimitiveError};
use crate::secret::Secret;

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SealedKey {
    sealed: [u8; 32],
    tag: [u8; 16],
}

impl SealedKey {
    pub(crate) fn seal<B: CryptoBackend>(
        under: &Secret<32>,
        nonce: &[u8; 12],
        ad: &[u8],
        key: &Secret<32>,
    ) -> Result<Self, PrimitiveError> {
        // A secret until it is sealed, which may fail.
        let mut sealed = key.duplicate();
        let tag = B::Aes256Gcm::seal_once(under.expose(), nonce, ad, sealed.expose_mut())?;
        let sealed = *sealed.expose();
        Ok(Self { sealed, tag })
    }

    /// `None` if this is not what was sealed.
    pub(crate) fn open<B: CryptoBackend>(
        &self,
        under: &Secret<32>,
        nonce: &[u8; 12],
        ad: &[u8],
    ) -> Result<Option<Secret<32>>, PrimitiveError> {
        let mut key = Secret::new(self.sealed);
        let text = key.expose_mut();
        match B::Aes256Gcm::open_once(under.expose(), nonce, ad, text, &self.tag) {
            Ok(()) => Ok(Some(key)),
            Err(PrimitiveError::AuthenticationFailed) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            sealed: *reader.array()?,
            tag: *reader.array()?,
        })
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.put(&self.sealed);
        out.put(&self.tag);
    }
}
