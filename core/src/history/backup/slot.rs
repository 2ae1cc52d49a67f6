//! Slots that a secret opens: its key-encryption key, the commitment to it, the wrapped file key.

use alloc::vec::Vec;

use rand_core::TryCryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use super::{BackupError, Password, PasswordLimits, RecoveryKey};
use crate::backend::FileBackend;
use crate::codec::{Reader, Writer};
use crate::entropy;
use crate::primitives::{Aead, Hmac, PasswordCost, PasswordHash, PrimitiveError};
use crate::secret::Secret;

const PASSWORD: &[u8] = b"SKB1 pw";
const RECOVERY: &[u8] = b"SKB1 rk";

/// A slot for a password.
pub(super) struct PasswordSlot {
    pub(super) cost: PasswordCost,
    salt: [u8; 16],
    sealed: Sealed,
}

impl PasswordSlot {
    pub(super) fn seal<B: FileBackend, R: TryCryptoRng + ?Sized>(
        file_key: &Secret<32>,
        password: &Password,
        cost: PasswordCost,
        rng: &mut R,
    ) -> Result<Self, BackupError> {
        let mut salt = [0; 16];
        entropy::fill(rng, &mut salt)?;
        let root = root::<B>(password, &salt, &cost)?;
        let sealed = Sealed::seal::<B>(&root, PASSWORD, &front(&cost, &salt), file_key)?;
        Ok(Self { cost, salt, sealed })
    }

    pub(super) fn open<B: FileBackend>(
        &self,
        password: &Password,
        limits: &PasswordLimits,
    ) -> Result<Secret<32>, BackupError> {
        if !limits.allow(&self.cost) {
            return Err(BackupError::CostRefused(self.cost));
        }
        let root = root::<B>(password, &self.salt, &self.cost)?;
        let front = front(&self.cost, &self.salt);
        let opened = self.sealed.open::<B>(&root, PASSWORD, &front)?;
        opened.ok_or(BackupError::WrongPassword)
    }

    pub(super) fn read(data: &[u8]) -> Result<Self, BackupError> {
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

    pub(super) fn encode(&self) -> Vec<u8> {
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
) -> Result<Secret<32>, BackupError> {
    let mut root = Secret::zeroed();
    B::Argon2id::argon2id(password.bytes(), salt, cost, root.expose_mut()).map_err(|error| {
        match error {
            PrimitiveError::InvalidLength => BackupError::CostRefused(*cost),
            _ => BackupError::OutOfMemory,
        }
    })?;
    Ok(root)
}

/// A slot for a recovery key. The salt lets one key open many backups.
pub(super) struct RecoverySlot {
    salt: [u8; 16],
    sealed: Sealed,
}

impl RecoverySlot {
    pub(super) fn seal<B: FileBackend, R: TryCryptoRng + ?Sized>(
        file_key: &Secret<32>,
        key: &RecoveryKey,
        rng: &mut R,
    ) -> Result<Self, BackupError> {
        let mut salt = [0; 16];
        entropy::fill(rng, &mut salt)?;
        let root = extract::<B>(key, &salt);
        let sealed = Sealed::seal::<B>(&root, RECOVERY, &salt, file_key)?;
        Ok(Self { salt, sealed })
    }

    pub(super) fn open<B: FileBackend>(
        &self,
        key: &RecoveryKey,
    ) -> Result<Option<Secret<32>>, BackupError> {
        let root = extract::<B>(key, &self.salt);
        self.sealed.open::<B>(&root, RECOVERY, &self.salt)
    }

    pub(super) fn read(data: &[u8]) -> Result<Self, BackupError> {
        let mut reader = Reader::new(data);
        let slot = Self {
            salt: *reader.array()?,
            sealed: Sealed::read(&mut reader)?,
        };
        reader.finish()?;
        Ok(slot)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut data = self.salt.to_vec();
        self.sealed.write(&mut data);
        data
    }
}

fn extract<B: FileBackend>(key: &RecoveryKey, salt: &[u8; 16]) -> Secret<32> {
    let mut root = Secret::zeroed();
    let ikm = key.secret().expose();
    B::HmacSha256::hkdf_extract(salt, &[ikm], root.expose_mut());
    root
}

/// The file key under a key-encryption key that is used this once.
struct Sealed {
    commitment: [u8; 32],
    wrapped: [u8; 32],
    tag: [u8; 16],
}

impl Sealed {
    fn seal<B: FileBackend>(
        root: &Secret<32>,
        label: &[u8],
        front: &[u8],
        file_key: &Secret<32>,
    ) -> Result<Self, BackupError> {
        let ad = [label, front].concat();
        let (kek, commitment) = derive::<B>(root, &ad)?;
        let mut wrapped = *file_key.expose();
        match B::Aes256Gcm::seal_once(kek.expose(), &[0; 12], &ad, &mut wrapped) {
            Ok(tag) => Ok(Self {
                commitment,
                wrapped,
                tag,
            }),
            Err(error) => {
                wrapped.zeroize();
                Err(error.into())
            }
        }
    }

    /// `None` if the root is another one.
    fn open<B: FileBackend>(
        &self,
        root: &Secret<32>,
        label: &[u8],
        front: &[u8],
    ) -> Result<Option<Secret<32>>, BackupError> {
        let ad = [label, front].concat();
        let (kek, commitment) = derive::<B>(root, &ad)?;
        if !bool::from(commitment.ct_eq(&self.commitment)) {
            return Ok(None);
        }
        let mut file_key = Secret::new(self.wrapped);
        let key = file_key.expose_mut();
        match B::Aes256Gcm::open_once(kek.expose(), &[0; 12], &ad, key, &self.tag) {
            Ok(()) => Ok(Some(file_key)),
            Err(PrimitiveError::AuthenticationFailed) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, BackupError> {
        Ok(Self {
            commitment: *reader.array()?,
            wrapped: *reader.array()?,
            tag: *reader.array()?,
        })
    }

    fn write(&self, data: &mut Vec<u8>) {
        data.put(&self.commitment);
        data.put(&self.wrapped);
        data.put(&self.tag);
    }
}

fn derive<B: FileBackend>(
    root: &Secret<32>,
    info: &[u8],
) -> Result<(Secret<32>, [u8; 32]), BackupError> {
    let mut derived = Secret::<64>::zeroed();
    B::HmacSha256::hkdf_expand(root.expose(), info, derived.expose_mut())?;
    let mut reader = Reader::new(derived.expose());
    Ok((Secret::new(*reader.array()?), *reader.array()?))
}
