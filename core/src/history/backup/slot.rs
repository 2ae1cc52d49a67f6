//! The labels of a backup's slots, and the slot of an escrow service.
//!
//! What lives here beside the labels: `length(2) || opaque` in front of a [`SecretSlot`], which
//! commits to it. What does not: the service, and what it is told.

use alloc::vec::Vec;

use rand_core::TryCryptoRng;

use super::BackupError;
use crate::backend::CryptoBackend;
use crate::codec::{Malformed, Reader, Writer};
use crate::secret::Secret;
use crate::slot::{SecretSlot, SlotError};

pub(super) const PASSWORD: &[u8] = b"SKB1 pw";
pub(super) const RECOVERY: &[u8] = b"SKB1 rk";
const ESCROW: &[u8] = b"SKB1 es";

/// The most bytes that an escrow service is told.
pub const MAX_OPAQUE: usize = 1024;

/// A slot whose secret an external service gives back.
pub(super) struct EscrowSlot {
    opaque: Vec<u8>,
    slot: SecretSlot,
}

impl EscrowSlot {
    pub(super) fn seal<B: CryptoBackend, R: TryCryptoRng + ?Sized>(
        file_key: &Secret<32>,
        opaque: &[u8],
        secret: &Secret<32>,
        rng: &mut R,
    ) -> Result<Self, BackupError> {
        if opaque.len() > MAX_OPAQUE {
            return Err(BackupError::TooLong);
        }
        let slot = SecretSlot::seal::<B, R>(file_key, secret, &label(opaque), rng)?;
        let opaque = opaque.to_vec();
        Ok(Self { opaque, slot })
    }

    /// `None` if the secret is another one, or what the service is told was changed.
    pub(super) fn open<B: CryptoBackend>(
        &self,
        secret: &Secret<32>,
    ) -> Result<Option<Secret<32>>, SlotError> {
        self.slot.open::<B>(secret, &label(&self.opaque))
    }

    pub(super) fn opaque(&self) -> &[u8] {
        &self.opaque
    }

    pub(super) fn read(data: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(data);
        let opaque = reader.prefixed()?;
        if opaque.len() > MAX_OPAQUE {
            return Err(Malformed);
        }
        let rest = reader.remaining();
        Ok(Self {
            opaque: opaque.to_vec(),
            slot: SecretSlot::read(reader.bytes(rest)?)?,
        })
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut data = front(&self.opaque);
        data.put(&self.slot.encode());
        data
    }
}

/// The slot commits to what the service is told.
fn label(opaque: &[u8]) -> Vec<u8> {
    [ESCROW, &front(opaque)].concat()
}

fn front(opaque: &[u8]) -> Vec<u8> {
    let mut front = Vec::with_capacity(opaque.len().saturating_add(2));
    front.put_u16(opaque.len() as u16);
    front.put(opaque);
    front
}
