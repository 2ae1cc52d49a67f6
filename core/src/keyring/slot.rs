//! The slots of a scope: who can open it.

use alloc::vec::Vec;

use super::name::Name;
use crate::codec::{Malformed, Reader, Writer};
use crate::slot::{PasswordSlot, SecretSlot};
use crate::wrap::{Envelope, KekName};

/// What opens a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotKind {
    /// A password.
    Password,
    /// A 32-byte secret that a device keeps.
    DeviceKey,
    /// The private key of a key-encryption key, of this name and generation.
    Recipient(KekName),
}

/// A slot under its name.
#[derive(Clone)]
pub(super) struct NamedSlot {
    pub(super) name: Name,
    pub(super) slot: Slot,
}

#[derive(Clone)]
pub(super) enum Slot {
    Password(PasswordSlot),
    Device(SecretSlot),
    Recipient(Envelope),
}

impl NamedSlot {
    pub(super) fn kind(&self) -> SlotKind {
        match &self.slot {
            Slot::Password(_) => SlotKind::Password,
            Slot::Device(_) => SlotKind::DeviceKey,
            Slot::Recipient(envelope) => SlotKind::Recipient(envelope.kek()),
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let name = Name::read(reader)?;
        let kind = reader.u8()?;
        let data = reader.prefixed()?;
        let slot = match kind {
            1 => Slot::Password(PasswordSlot::read(data)?),
            2 => Slot::Device(SecretSlot::read(data)?),
            3 => Slot::Recipient(Envelope::decode(data).map_err(|_| Malformed)?),
            _ => return Err(Malformed),
        };
        Ok(Self { name, slot })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let (kind, data) = match &self.slot {
            Slot::Password(slot) => (1, slot.encode()),
            Slot::Device(slot) => (2, slot.encode()),
            Slot::Recipient(envelope) => (3, envelope.encode()),
        };
        self.name.write(out);
        out.put(&[kind]);
        out.put_u16(data.len() as u16);
        out.put(&data);
    }
}
