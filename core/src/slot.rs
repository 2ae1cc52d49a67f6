//! Slots: a 32-byte key that a secret opens.
//!
//! What lives here: the slot of a password and that of a random secret, for whatever file holds them
//! ([`crate::history::backup`], [`crate::keyring`]). What does not: which slots a file may have and
//! what authenticates them; labels, which the files bring along.
//!
//! ```text
//! password  memory(4) || passes(4) || lanes(4) || salt(16) || commitment(32) || wrapped(48)
//! secret    salt(16) || commitment(32) || wrapped(48)
//!
//! root      Argon2id(password, salt), or HKDF-Extract(salt, secret)
//! kek(32) || commitment(32) = HKDF-Expand(root, label || data before the commitment, 64)
//! wrapped   AES-256-GCM(kek, nonce 0^12, ad = label || data before the commitment, key)
//! ```
//! The commitment is compared before anything is unwrapped: AES-256-GCM alone does not commit to its
//! key. A key-encryption key is used this once, for its salt is drawn.

use alloc::vec::Vec;

use rand_core::TryCryptoRng;
use subtle::ConstantTimeEq;

use crate::backend::{CryptoBackend, FileBackend};
use crate::codec::{Malformed, Reader, Writer};
use crate::entropy::{self, EntropyError};
use crate::password::{Password, PasswordLimits};
use crate::primitives::{Hmac, PasswordCost, PasswordHash, PrimitiveError};
use crate::sealed_key::SealedKey;
use crate::secret::Secret;

/// Why a slot was not made or not tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlotError {
    /// The cost lies outside of the limits, or of what Argon2 allows. No memory was reserved.
    CostRefused(PasswordCost),
    /// The memory that the cost asks for cannot be had.
    OutOfMemory,
    /// The random number generator failed.
    Entropy,
    /// The crypto library failed for a reason of its own.
    Backend,
}

impl From<EntropyError> for SlotError {
    fn from(_: EntropyError) -> Self {
        Self::Entropy
    }
}

impl From<PrimitiveError> for SlotError {
    fn from(_: PrimitiveError) -> Self {
        Self::Backend
    }
}

/// A slot for a password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PasswordSlot {
    cost: PasswordCost,
    salt: [u8; 16],
    sealed: Sealed,
}

impl PasswordSlot {
    pub(crate) fn seal<B: FileBackend, R: TryCryptoRng + ?Sized>(
        key: &Secret<32>,
        password: &Password,
        cost: PasswordCost,
        label: &[u8],
        rng: &mut R,
    ) -> Result<Self, SlotError> {
        let mut salt = [0; 16];
        entropy::fill(rng, &mut salt)?;
        let root = root::<B>(password, &salt, &cost)?;
        let sealed = Sealed::seal::<B>(&root, label, &front(&cost, &salt), key)?;
        Ok(Self { cost, salt, sealed })
    }

    /// `None` if the password is another one.
    pub(crate) fn open<B: FileBackend>(
        &self,
        password: &Password,
        limits: &PasswordLimits,
        label: &[u8],
    ) -> Result<Option<Secret<32>>, SlotError> {
        if !limits.allow(&self.cost) {
            return Err(SlotError::CostRefused(self.cost));
        }
        let root = root::<B>(password, &self.salt, &self.cost)?;
        let front = front(&self.cost, &self.salt);
        self.sealed.open::<B>(&root, label, &front)
    }

    pub(crate) fn read(data: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(data);
        let slot = Self {
            cost: PasswordCost {
                memory: reader.u32()?,
                passes: reader.u32()?,
                lanes: reader.u32()?,
            },
            salt: *reader.array()?,
            sealed: Sealed::read(&mut reader)?,
        };
        reader.finish()?;
        Ok(slot)
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut data = front(&self.cost, &self.salt);
        self.sealed.write(&mut data);
        data
    }
}

fn front(cost: &PasswordCost, salt: &[u8; 16]) -> Vec<u8> {
    let mut front = Vec::with_capacity(28);
    front.put_u32(cost.memory);
    front.put_u32(cost.passes);
    front.put_u32(cost.lanes);
    front.put(salt);
    front
}

fn root<B: FileBackend>(
    password: &Password,
    salt: &[u8; 16],
    cost: &PasswordCost,
) -> Result<Secret<32>, SlotError> {
    let mut root = Secret::zeroed();
    B::Argon2id::argon2id(password.bytes(), salt, cost, root.expose_mut()).map_err(|error| {
        match error {
            PrimitiveError::InvalidLength => SlotError::CostRefused(*cost),
            _ => SlotError::OutOfMemory,
        }
    })?;
    Ok(root)
}

/// A slot for a random secret. The salt lets one secret open many slots.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SecretSlot {
    salt: [u8; 16],
    sealed: Sealed,
}

impl SecretSlot {
    pub(crate) fn seal<B: CryptoBackend, R: TryCryptoRng + ?Sized>(
        key: &Secret<32>,
        secret: &Secret<32>,
        label: &[u8],
        rng: &mut R,
    ) -> Result<Self, SlotError> {
        let mut salt = [0; 16];
        entropy::fill(rng, &mut salt)?;
        let root = extract::<B>(secret, &salt);
        let sealed = Sealed::seal::<B>(&root, label, &salt, key)?;
        Ok(Self { salt, sealed })
    }

    /// `None` if the secret is another one.
    pub(crate) fn open<B: CryptoBackend>(
        &self,
        secret: &Secret<32>,
        label: &[u8],
    ) -> Result<Option<Secret<32>>, SlotError> {
        let root = extract::<B>(secret, &self.salt);
        self.sealed.open::<B>(&root, label, &self.salt)
    }

    pub(crate) fn read(data: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(data);
        let slot = Self {
            salt: *reader.array()?,
            sealed: Sealed::read(&mut reader)?,
        };
        reader.finish()?;
        Ok(slot)
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut data = self.salt.to_vec();
        self.sealed.write(&mut data);
        data
    }
}

fn extract<B: CryptoBackend>(secret: &Secret<32>, salt: &[u8; 16]) -> Secret<32> {
    let mut root = Secret::zeroed();
    B::HmacSha256::hkdf_extract(salt, &[secret.expose()], root.expose_mut());
    root
}

/// The key under a key-encryption key that is used this once.
#[derive(Clone, PartialEq, Eq)]
struct Sealed {
    commitment: [u8; 32],
    wrapped: SealedKey,
}

impl Sealed {
    fn seal<B: CryptoBackend>(
        root: &Secret<32>,
        label: &[u8],
        front: &[u8],
        key: &Secret<32>,
    ) -> Result<Self, SlotError> {
        let ad = [label, front].concat();
        let (kek, commitment) = derive::<B>(root, &ad)?;
        Ok(Self {
            commitment,
            wrapped: SealedKey::seal::<B>(&kek, &[0; 12], &ad, key)?,
        })
    }

    /// `None` if the root is another one.
    fn open<B: CryptoBackend>(
        &self,
        root: &Secret<32>,
        label: &[u8],
        front: &[u8],
    ) -> Result<Option<Secret<32>>, SlotError> {
        let ad = [label, front].concat();
        let (kek, commitment) = derive::<B>(root, &ad)?;
        if !bool::from(commitment.ct_eq(&self.commitment)) {
            return Ok(None);
        }
        Ok(self.wrapped.open::<B>(&kek, &[0; 12], &ad)?)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            commitment: *reader.array()?,
            wrapped: SealedKey::read(reader)?,
        })
    }

    fn write(&self, data: &mut Vec<u8>) {
        data.put(&self.commitment);
        self.wrapped.write(data);
    }
}

fn derive<B: CryptoBackend>(
    root: &Secret<32>,
    info: &[u8],
) -> Result<(Secret<32>, [u8; 32]), SlotError> {
    let mut derived = Secret::<64>::zeroed();
    B::HmacSha256::hkdf_expand(root.expose(), info, derived.expose_mut())?;
    let mut reader = Reader::new(derived.expose());
    // 64 bytes hold both halves.
    match (reader.array(), reader.array()) {
        (Ok(kek), Ok(commitment)) => Ok((Secret::new(*kek), *commitment)),
        _ => Err(SlotError::Backend),
    }
}
