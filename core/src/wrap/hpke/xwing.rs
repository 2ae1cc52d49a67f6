//! X-Wing (draft-connolly-cfrg-xwing-kem), KEM 0x647a: secret while either ML-KEM-768 or X25519 is.
//!
//! ```text
//! private key  seed(32);  SHAKE256(seed, 96) = d || z (64) || X25519 private key (32)
//! public key   ML-KEM-768 key(1184) || X25519 key(32)
//! enc          ML-KEM-768 ciphertext(1088) || ephemeral X25519 key(32)
//! secret       SHA3-256(ss_M || ss_X || ephemeral key || X25519 key || "\.//^\")
//! ```
//! Stricter than the draft: X25519 keys are canonical, and an all-zero agreement is refused.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;

use super::{HpkeError, HpkeKem};
use crate::agreement;
use crate::backend::HybridBackend;
use crate::codec::Reader;
use crate::entropy;
use crate::primitives::{Kem, KeyAgreement, Sha3};
use crate::secret::Secret;

const LABEL: &[u8] = br"\.//^\";
const PQ_PUBLIC: usize = 1184;
const PQ_CIPHERTEXT: usize = 1088;

/// The KEM.
#[derive(Clone, Copy, Debug)]
pub struct XWing;

impl XWing {
    /// The KEM's number, whatever the backend.
    pub(in crate::wrap) const NUMBER: u16 = 0x647a;
    /// Length of an encapsulated key in bytes.
    pub(in crate::wrap) const ENC_LEN: usize = PQ_CIPHERTEXT + 32;
}

/// A recipient's public key.
#[derive(Clone, PartialEq, Eq)]
pub struct XWingPublicKey {
    pq: Box<[u8]>,
    classical: [u8; 32],
}

impl XWingPublicKey {
    /// Its length in bytes.
    pub const LEN: usize = 1216;

    /// Takes [`LEN`](Self::LEN) bytes. Whether the ML-KEM half is in range is found out when it is
    /// used.
    ///
    /// # Errors
    /// [`HpkeError::InvalidKey`] if the length is wrong or the X25519 half is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, HpkeError> {
        let (pq, classical) = halves(bytes, PQ_PUBLIC)?;
        let pq = pq.into();
        Ok(Self { pq, classical })
    }

    /// The bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        [&self.pq, &self.classical[..]].concat()
    }
}

impl fmt::Debug for XWingPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("XWingPublicKey").finish_non_exhaustive()
    }
}

/// A recipient's private key, with its public half. Wiped on drop.
pub struct XWingPrivateKey<B: HybridBackend> {
    seed: Secret<32>,
    pq: <B::MlKem768 as Kem>::DecapsulationKey,
    classical: <B::X25519 as KeyAgreement>::PrivateKey,
    public: XWingPublicKey,
}

impl<B: HybridBackend> XWingPrivateKey<B> {
    /// Draws a key.
    ///
    /// # Errors
    /// [`HpkeError::Entropy`], [`HpkeError::Backend`].
    pub fn generate<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, HpkeError> {
        Self::from_seed(Secret::random(rng)?)
    }

    /// Expands the 32 bytes that a key is stored as.
    ///
    /// # Errors
    /// [`HpkeError::Backend`].
    pub fn from_seed(seed: Secret<32>) -> Result<Self, HpkeError> {
        let mut expanded = Secret::<96>::zeroed();
        B::Sha3::shake256(seed.expose(), expanded.expose_mut());
        let mut reader = Reader::new(expanded.expose());
        let (Ok(pq), Ok(classical)) = (reader.array(), reader.array()) else {
            return Err(HpkeError::Backend);
        };
        let pq = B::MlKem768::decapsulation_key(pq)?;
        let classical = B::X25519::private_key(classical)?;
        let mut public = alloc::vec![0; PQ_PUBLIC];
        B::MlKem768::public_key(&pq, &mut public)?;
        let public = XWingPublicKey {
            pq: public.into(),
            classical: *B::X25519::public_key(&classical),
        };
        Ok(Self {
            seed,
            pq,
            classical,
            public,
        })
    }

    /// The 32 bytes, for storing them sealed.
    #[must_use]
    pub const fn seed(&self) -> &Secret<32> {
        &self.seed
    }

    /// The public half.
    #[must_use]
    pub const fn public(&self) -> &XWingPublicKey {
        &self.public
    }
}

impl<B: HybridBackend> fmt::Debug for XWingPrivateKey<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("XWingPrivateKey").finish_non_exhaustive()
    }
}

impl<B: HybridBackend> HpkeKem<B> for XWing {
    const ID: u16 = Self::NUMBER;
    type PublicKey = XWingPublicKey;
    type PrivateKey = XWingPrivateKey<B>;

    fn public(key: &XWingPrivateKey<B>) -> XWingPublicKey {
        key.public.clone()
    }

    fn encapsulate<R: TryCryptoRng + ?Sized>(
        to: &XWingPublicKey,
        rng: &mut R,
    ) -> Result<(Vec<u8>, Secret<32>), HpkeError> {
        let (mut m, mut ephemeral) = (Secret::<32>::zeroed(), Secret::<32>::zeroed());
        entropy::fill(rng, m.expose_mut())?;
        entropy::fill(rng, ephemeral.expose_mut())?;

        let mut enc = alloc::vec![0; PQ_CIPHERTEXT];
        let mut pq = Secret::zeroed();
        B::MlKem768::encapsulate(&to.pq, m.expose(), &mut enc, pq.expose_mut())?;
        let ephemeral = B::X25519::private_key(ephemeral.expose())?;
        let classical = agreement::agree::<B::X25519>(&ephemeral, &to.classical)?;
        let sent = B::X25519::public_key(&ephemeral);
        enc.extend_from_slice(sent);
        Ok((enc, combine::<B>(&pq, &classical, sent, &to.classical)))
    }

    fn decapsulate(key: &XWingPrivateKey<B>, enc: &[u8]) -> Result<Secret<32>, HpkeError> {
        let (ciphertext, sent) = halves(enc, PQ_CIPHERTEXT)?;
        let mut pq = Secret::zeroed();
        B::MlKem768::decapsulate(&key.pq, ciphertext, pq.expose_mut())?;
        let classical = agreement::agree::<B::X25519>(&key.classical, &sent)?;
        let own = &key.public.classical;
        Ok(combine::<B>(&pq, &classical, &sent, own))
    }
}

/// The ML-KEM part in front, and the canonical X25519 key behind it.
fn halves(bytes: &[u8], pq: usize) -> Result<(&[u8], [u8; 32]), HpkeError> {
    let (pq, classical) = bytes.split_at_checked(pq).ok_or(HpkeError::InvalidKey)?;
    let classical = classical.try_into().map_err(|_| HpkeError::InvalidKey)?;
    agreement::check_peer(&classical)?;
    Ok((pq, classical))
}

fn combine<B: HybridBackend>(
    pq: &Secret<32>,
    classical: &Secret<32>,
    sent: &[u8; 32],
    recipient: &[u8; 32],
) -> Secret<32> {
    let mut shared = Secret::zeroed();
    let parts = [pq.expose(), classical.expose(), sent, recipient, LABEL];
    B::Sha3::sha3_256(&parts, shared.expose_mut());
    shared
}
