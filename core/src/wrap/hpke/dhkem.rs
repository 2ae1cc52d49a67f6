//! DHKEM(X25519, HKDF-SHA256) (RFC 9180 section 4.1), KEM 0x0020.

use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;

use super::{HpkeError, HpkeKem, labeled};
use crate::agreement;
use crate::backend::CryptoBackend;
use crate::primitives::KeyAgreement;
use crate::secret::Secret;

const SUITE: &[u8] = b"KEM\x00\x20";

/// The KEM.
#[derive(Clone, Copy, Debug)]
pub struct DhKem;

/// A recipient's or sender's public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Takes the 32 bytes of a canonical public key.
    ///
    /// # Errors
    /// [`HpkeError::InvalidKey`] if the bytes are another spelling of a key.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, HpkeError> {
        agreement::check_peer(bytes)?;
        Ok(Self(*bytes))
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A recipient's or sender's private key. Wiped on drop.
pub struct PrivateKey<B: CryptoBackend>(<B::X25519 as KeyAgreement>::PrivateKey);

impl<B: CryptoBackend> PrivateKey<B> {
    /// Draws a key: 32 bytes, taken to [`derive`](Self::derive).
    ///
    /// # Errors
    /// [`HpkeError::Entropy`], [`HpkeError::Backend`].
    pub fn generate<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, HpkeError> {
        Self::derive(Secret::<32>::random(rng)?.expose())
    }

    /// `DeriveKeyPair(ikm)`; `ikm` has at least 32 bytes of entropy.
    ///
    /// # Errors
    /// [`HpkeError::Backend`].
    pub fn derive(ikm: &[u8]) -> Result<Self, HpkeError> {
        let prk = labeled::extract::<B::HmacSha256>(SUITE, &[], b"dkp_prk", ikm);
        let mut bytes = Secret::zeroed();
        labeled::expand::<B::HmacSha256>(SUITE, &prk, b"sk", &[], bytes.expose_mut())?;
        Self::from_bytes(&bytes)
    }

    /// Takes the 32 bytes of a private key.
    ///
    /// # Errors
    /// [`HpkeError::Backend`].
    pub fn from_bytes(bytes: &Secret<32>) -> Result<Self, HpkeError> {
        Ok(Self(B::X25519::private_key(bytes.expose())?))
    }

    /// The 32 bytes, for storing them sealed.
    #[must_use]
    pub fn to_bytes(&self) -> Secret<32> {
        Secret::new(*B::X25519::private_bytes(&self.0))
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(*B::X25519::public_key(&self.0))
    }

    fn agree(&self, peer: &PublicKey) -> Result<Secret<32>, HpkeError> {
        Ok(agreement::agree::<B::X25519>(&self.0, &peer.0)?)
    }
}

impl<B: CryptoBackend> fmt::Debug for PrivateKey<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey").finish_non_exhaustive()
    }
}

impl<B: CryptoBackend> HpkeKem<B> for DhKem {
    const ID: u16 = Self::NUMBER;
    type PublicKey = PublicKey;
    type PrivateKey = PrivateKey<B>;

    fn public(key: &PrivateKey<B>) -> PublicKey {
        key.public()
    }

    fn encapsulate<R: TryCryptoRng + ?Sized>(
        to: &PublicKey,
        rng: &mut R,
    ) -> Result<(Vec<u8>, Secret<32>), HpkeError> {
        let ephemeral = PrivateKey::<B>::generate(rng)?;
        let dh = ephemeral.agree(to)?;
        let enc = ephemeral.public();
        let shared = shared_secret::<B>(dh.expose(), &[&enc.0, &to.0])?;
        Ok((enc.0.to_vec(), shared))
    }

    fn decapsulate(key: &PrivateKey<B>, enc: &[u8]) -> Result<Secret<32>, HpkeError> {
        let enc = encapsulated(enc)?;
        let dh = key.agree(&enc)?;
        shared_secret::<B>(dh.expose(), &[&enc.0, &key.public().0])
    }
}

impl DhKem {
    /// The KEM's number, whatever the backend.
    pub(in crate::wrap) const NUMBER: u16 = 0x0020;
    /// Length of an encapsulated key in bytes.
    pub(in crate::wrap) const ENC_LEN: usize = 32;

    /// `AuthEncap(pkR, skS)`.
    pub(super) fn encapsulate_from<B: CryptoBackend, R: TryCryptoRng + ?Sized>(
        from: &PrivateKey<B>,
        to: &PublicKey,
        rng: &mut R,
    ) -> Result<(Vec<u8>, Secret<32>), HpkeError> {
        let ephemeral = PrivateKey::<B>::generate(rng)?;
        let dh = both(&ephemeral.agree(to)?, &from.agree(to)?);
        let enc = ephemeral.public();
        let context = [&enc.0[..], &to.0, &from.public().0];
        let shared = shared_secret::<B>(dh.expose(), &context)?;
        Ok((enc.0.to_vec(), shared))
    }

    /// `AuthDecap(enc, skR, pkS)`.
    pub(super) fn decapsulate_from<B: CryptoBackend>(
        from: &PublicKey,
        key: &PrivateKey<B>,
        enc: &[u8],
    ) -> Result<Secret<32>, HpkeError> {
        let enc = encapsulated(enc)?;
        let dh = both(&key.agree(&enc)?, &key.agree(from)?);
        shared_secret::<B>(dh.expose(), &[&enc.0, &key.public().0, &from.0])
    }
}

fn encapsulated(enc: &[u8]) -> Result<PublicKey, HpkeError> {
    PublicKey::from_bytes(enc.try_into().map_err(|_| HpkeError::InvalidKey)?)
}

fn both(ephemeral: &Secret<32>, sender: &Secret<32>) -> Secret<64> {
    let mut both = Secret::zeroed();
    let parts = ephemeral.expose().iter().chain(sender.expose());
    both.expose_mut()
        .iter_mut()
        .zip(parts)
        .for_each(|(to, from)| *to = *from);
    both
}

/// `ExtractAndExpand(dh, kem_context)`.
fn shared_secret<B: CryptoBackend>(dh: &[u8], context: &[&[u8]]) -> Result<Secret<32>, HpkeError> {
    let prk = labeled::extract::<B::HmacSha256>(SUITE, &[], b"eae_prk", dh);
    let mut shared = Secret::zeroed();
    let okm = shared.expose_mut();
    labeled::expand::<B::HmacSha256>(SUITE, &prk, b"shared_secret", context, okm)?;
    Ok(shared)
}
