//! A long-term X25519 key of a client or a server.

use core::fmt;

use rand_core::TryCryptoRng;

use crate::backend::CryptoBackend;
use crate::lifecycle::{KeyKind, Life};
use crate::primitives::{KeyAgreement, PrimitiveError};
use crate::secret::Secret;
use crate::transport::error::TransportError;

/// A static key pair of Noise, made once and shared by all handshakes.
///
/// It is for Noise over SHA-256 alone (Noise section 14): use no identity's key here.
pub struct StaticKey<B: CryptoBackend> {
    key: <B::X25519 as KeyAgreement>::PrivateKey,
    life: Life,
}

impl<B: CryptoBackend> StaticKey<B> {
    /// A fresh key.
    ///
    /// # Errors
    /// [`TransportError::Entropy`], [`TransportError::Library`].
    pub fn generate<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, TransportError> {
        Ok(Self::new(&Secret::random(rng)?)?)
    }

    /// The key of these 32 bytes, as [`expose`](Self::expose) gave them.
    ///
    /// # Errors
    /// [`PrimitiveError::Library`] if the library could not hold the key.
    pub fn new(bytes: &Secret<32>) -> Result<Self, PrimitiveError> {
        let key = B::X25519::private_key(bytes.expose())?;
        let life = Life::begins::<B>(KeyKind::StaticKey);
        Ok(Self { key, life })
    }

    /// The public half: what peers know this side by.
    #[must_use]
    pub fn public(&self) -> &[u8; 32] {
        B::X25519::public_key(&self.key)
    }

    /// The private bytes, for storing them.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        B::X25519::private_bytes(&self.key)
    }

    pub(super) fn used(&self) {
        self.life.used();
    }

    pub(super) const fn private(&self) -> &<B::X25519 as KeyAgreement>::PrivateKey {
        &self.key
    }
}

impl<B: CryptoBackend> fmt::Debug for StaticKey<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaticKey")
            .field("public", self.public())
            .finish_non_exhaustive()
    }
}
