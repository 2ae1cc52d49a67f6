//! ML-KEM by a value that travels: the one place where a [`KemAlgorithm`] becomes one of a
//! backend's two types.
//!
//! Private keys are 64-byte seeds and are expanded for each use: with expanded keys ML-KEM loses
//! binding properties that it has with seeds, and a seed is the same bytes on every backend.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use crate::backend::PqBackend;
use crate::codec::{Malformed, Reader};
use crate::primitives::{Hmac, Kem, PrimitiveError};
use crate::secret::Secret;
use crate::suite::KemAlgorithm;

impl KemAlgorithm {
    /// One byte: 0 for none, else the discriminant.
    pub(super) fn byte(algorithm: Option<Self>) -> u8 {
        algorithm.map_or(0, |algorithm| algorithm as u8)
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Malformed> {
        match reader.u8()? {
            0 => Ok(None),
            1 => Ok(Some(Self::MlKem768)),
            2 => Ok(Some(Self::MlKem1024)),
            _ => Err(Malformed),
        }
    }
}

/// An encapsulation key.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct KemPublicKey {
    pub(super) algorithm: KemAlgorithm,
    pub(super) bytes: Box<[u8]>,
}

impl KemPublicKey {
    pub(super) fn read(
        algorithm: KemAlgorithm,
        reader: &mut Reader<'_>,
    ) -> Result<Self, Malformed> {
        Ok(Self {
            algorithm,
            bytes: reader.bytes(algorithm.public_len())?.into(),
        })
    }

    pub(super) fn hash<H: Hmac>(&self) -> [u8; 32] {
        H::sha256(&[&self.bytes])
    }

    /// Encapsulates with the randomness `m`: ciphertext and shared secret.
    pub(super) fn encapsulate<B: PqBackend>(
        &self,
        m: &Secret<32>,
    ) -> Result<(Vec<u8>, Secret<32>), PrimitiveError> {
        let mut ciphertext = vec![0; self.algorithm.ciphertext_len()];
        let mut shared = Secret::zeroed();
        let encapsulate = match self.algorithm {
            KemAlgorithm::MlKem768 => B::MlKem768::encapsulate,
            KemAlgorithm::MlKem1024 => B::MlKem1024::encapsulate,
        };
        encapsulate(
            &self.bytes,
            m.expose(),
            &mut ciphertext,
            shared.expose_mut(),
        )?;
        Ok((ciphertext, shared))
    }
}

impl fmt::Debug for KemPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KemPublicKey({:?})", self.algorithm)
    }
}

/// A decapsulation key, as its seed.
pub(super) struct KemSecretKey {
    pub(super) algorithm: KemAlgorithm,
    pub(super) seed: Secret<64>,
}

impl KemSecretKey {
    pub(super) fn public_key<B: PqBackend>(&self) -> Result<KemPublicKey, PrimitiveError> {
        match self.algorithm {
            KemAlgorithm::MlKem768 => self.public_of::<B::MlKem768>(&self.expand::<B::MlKem768>()?),
            KemAlgorithm::MlKem1024 => {
                self.public_of::<B::MlKem1024>(&self.expand::<B::MlKem1024>()?)
            }
        }
    }

    /// Decapsulates: the hash of the public key, and the shared secret.
    pub(super) fn decapsulate<B: PqBackend>(
        &self,
        ciphertext: &[u8],
    ) -> Result<([u8; 32], Secret<32>), PrimitiveError> {
        match self.algorithm {
            KemAlgorithm::MlKem768 => self.open::<B, B::MlKem768>(ciphertext),
            KemAlgorithm::MlKem1024 => self.open::<B, B::MlKem1024>(ciphertext),
        }
    }

    fn open<B: PqBackend, K: Kem>(
        &self,
        ciphertext: &[u8],
    ) -> Result<([u8; 32], Secret<32>), PrimitiveError> {
        let key = self.expand::<K>()?;
        let mut shared = Secret::zeroed();
        K::decapsulate(&key, ciphertext, shared.expose_mut())?;
        Ok((self.public_of::<K>(&key)?.hash::<B::HmacSha256>(), shared))
    }

    fn expand<K: Kem>(&self) -> Result<K::DecapsulationKey, PrimitiveError> {
        K::decapsulation_key(self.seed.expose())
    }

    fn public_of<K: Kem>(&self, key: &K::DecapsulationKey) -> Result<KemPublicKey, PrimitiveError> {
        let mut bytes = vec![0; self.algorithm.public_len()];
        K::public_key(key, &mut bytes)?;
        Ok(KemPublicKey {
            algorithm: self.algorithm,
            bytes: bytes.into(),
        })
    }
}
