//! An AEAD key of whichever cipher the protocol names, prepared for many messages.
//!
//! What lives here: the choice between the two ciphers of a backend, and their numbers; where a prepared
//! key lies. What does not: nonces, which the raw Noise transport and the channel's records make in
//! ways of their own.

use alloc::boxed::Box;
use core::borrow::Borrow;

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

/// A prepared key, which lies where `P` says. Wiped on drop, by the backend.
pub(super) enum CipherKey<B: CryptoBackend, P: Place = Inline> {
    Aes256Gcm(P::Of<<B::Aes256Gcm as Aead>::Key>),
    ChaCha20Poly1305(P::Of<<B::ChaCha20Poly1305 as Aead>::Key>),
}

/// Where a prepared key lies.
pub(super) trait Place {
    type Of<K>: Borrow<K>;

    fn put<K>(key: K) -> Self::Of<K>;
}

/// Where its holder is: for one that is used and dropped where it was made.
pub(super) enum Inline {}

impl Place for Inline {
    type Of<K> = K;

    fn put<K>(key: K) -> K {
        key
    }
}

/// In a box of its own: for one whose holder moves, maybe to the heap. The place of the larger key that
/// a smaller one leaves, and the gap behind one that is aligned, are not written and would carry there
/// what was left on the stack.
pub(super) enum Boxed {}

impl Place for Boxed {
    type Of<K> = Box<K>;

    fn put<K>(key: K) -> Box<K> {
        Box::new(key)
    }
}

impl<B: CryptoBackend, P: Place> CipherKey<B, P> {
    pub(super) fn new(aead: AeadAlgorithm, key: &Secret<32>) -> Result<Self, PrimitiveError> {
        Ok(match aead {
            AeadAlgorithm::Aes256Gcm => Self::Aes256Gcm(P::put(B::Aes256Gcm::key(key.expose())?)),
            AeadAlgorithm::ChaCha20Poly1305 => {
                Self::ChaCha20Poly1305(P::put(B::ChaCha20Poly1305::key(key.expose())?))
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
            Self::Aes256Gcm(key) => B::Aes256Gcm::seal(key.borrow(), nonce, aad, buffer),
            Self::ChaCha20Poly1305(key) => {
                B::ChaCha20Poly1305::seal(key.borrow(), nonce, aad, buffer)
            }
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
            Self::Aes256Gcm(key) => B::Aes256Gcm::open(key.borrow(), nonce, aad, buffer, tag),
            Self::ChaCha20Poly1305(key) => {
                B::ChaCha20Poly1305::open(key.borrow(), nonce, aad, buffer, tag)
            }
        }
    }
}
