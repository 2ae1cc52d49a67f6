//! The header: slots, and what authenticates them.

use alloc::vec;
use alloc::vec::Vec;

use subtle::ConstantTimeEq;

use super::slot::EscrowSlot;
use super::source::exact;
use super::{BackupError, BackupSource, RestoreError};
use crate::backend::CryptoBackend;
use crate::codec::{Reader, Writer};
use crate::primitives::Hmac;
use crate::secret::Secret;
use crate::slot::{PasswordSlot, SecretSlot};
use crate::time::UnixTime;
use crate::wrap::Envelope;

const MAGIC: &[u8; 8] = b"SPRAGSKB";
const VERSION: u8 = 1;
const SUITE: u16 = 0x0001;
const FRONT_LEN: usize = 12;
const MAC_LEN: usize = 32;
const BEHIND_LEN: usize = 10 + MAC_LEN;
const MAX_SLOTS: u8 = 16;
const MAX_SLOT_LEN: usize = 2048;

/// A slot as it was read.
pub(super) enum Slot {
    Password(PasswordSlot),
    Recovery(SecretSlot),
    Recipient(Envelope),
    Escrow(EscrowSlot),
}

impl Slot {
    fn read(kind: u8, data: &[u8]) -> Result<Option<Self>, BackupError> {
        Ok(Some(match kind {
            1 => Self::Password(PasswordSlot::read(data)?),
            2 => Self::Recovery(SecretSlot::read(data)?),
            3 => Self::Recipient(Envelope::decode(data).map_err(|_| BackupError::Malformed)?),
            4 => Self::Escrow(EscrowSlot::read(data)?),
            _ => return Ok(None),
        }))
    }

    fn encode(&self) -> (u8, Vec<u8>) {
        match self {
            Self::Password(slot) => (1, slot.encode()),
            Self::Recovery(slot) => (2, slot.encode()),
            Self::Recipient(envelope) => (3, envelope.encode()),
            Self::Escrow(slot) => (4, slot.encode()),
        }
    }
}

/// Whether slots may stand together.
pub(super) fn check(slots: &[Slot]) -> Result<(), BackupError> {
    let count = |wanted: fn(&Slot) -> bool| slots.iter().filter(|slot| wanted(slot)).count();
    let passwords = count(|slot| matches!(slot, Slot::Password(_)));
    let recipients = count(|slot| matches!(slot, Slot::Recipient(_)));
    let escrows = count(|slot| matches!(slot, Slot::Escrow(_)));
    if passwords > 1 || escrows > 1 || slots.len() > MAX_SLOTS.into() {
        return Err(BackupError::SlotCount);
    }
    if passwords > 0 && recipients > 0 {
        return Err(BackupError::SlotConflict);
    }
    Ok(())
}

/// A header that was read, and whose MAC was not checked.
pub(super) struct Header {
    pub(super) slots: Vec<Slot>,
    pub(super) created: UnixTime,
    pub(super) bytes: Vec<u8>,
}

impl Header {
    /// Reads the front of a file.
    pub(super) fn read<S: BackupSource>(source: &mut S) -> Result<Self, RestoreError<S::Error>> {
        let mut bytes = Vec::new();
        let front = more(source, &mut bytes, FRONT_LEN).map_err(|error| match error {
            RestoreError::Backup(_) => BackupError::Foreign.into(),
            other => other,
        })?;
        let mut front = Reader::new(&front);
        if front.array().map_err(BackupError::from)? != MAGIC {
            return Err(BackupError::Foreign.into());
        }
        let (version, suite) = (front.u8()?, front.u16()?);
        if version != VERSION {
            return Err(BackupError::Newer(version.into()).into());
        }
        if suite != SUITE {
            return Err(BackupError::Newer(suite).into());
        }
        let count = front.u8()?;
        if count == 0 || count > MAX_SLOTS {
            return Err(BackupError::SlotCount.into());
        }
        let mut slots = Vec::new();
        for _ in 0..count {
            let head = more(source, &mut bytes, 3)?;
            let mut head = Reader::new(&head);
            let (kind, len) = (head.u8()?, usize::from(head.u16()?));
            if len > MAX_SLOT_LEN {
                return Err(BackupError::Malformed.into());
            }
            slots.extend(Slot::read(kind, &more(source, &mut bytes, len)?)?);
        }
        check(&slots)?;
        let behind = more(source, &mut bytes, BEHIND_LEN)?;
        let mut behind = Reader::new(&behind);
        let created = UnixTime(behind.u64()?);
        if behind.u16()? != 0 {
            return Err(BackupError::Malformed.into());
        }
        Ok(Self {
            slots,
            created,
            bytes,
        })
    }

    /// Lays out the header of a new file.
    pub(super) fn create<B: CryptoBackend>(
        slots: Vec<Slot>,
        created: UnixTime,
        file_key: &Secret<32>,
    ) -> Result<Self, BackupError> {
        check(&slots)?;
        let count = u8::try_from(slots.len()).map_err(|_| BackupError::SlotCount)?;
        if count == 0 {
            return Err(BackupError::SlotCount);
        }
        let mut bytes = MAGIC.to_vec();
        bytes.put(&[VERSION]);
        bytes.put_u16(SUITE);
        bytes.put(&[count]);
        for slot in &slots {
            let (kind, data) = slot.encode();
            bytes.put(&[kind]);
            bytes.put_u16(data.len() as u16);
            bytes.put(&data);
        }
        bytes.put_u64(created.0);
        bytes.put_u16(0);
        let mac = mac::<B>(file_key, &bytes)?;
        bytes.put(&mac);
        Ok(Self {
            slots,
            created,
            bytes,
        })
    }

    /// Whether the header is as the owner of the file key made it.
    pub(super) fn authenticate<B: CryptoBackend>(
        &self,
        file_key: &Secret<32>,
    ) -> Result<(), BackupError> {
        let (before, read) = self
            .bytes
            .split_last_chunk::<MAC_LEN>()
            .ok_or(BackupError::Malformed)?;
        if !bool::from(mac::<B>(file_key, before)?.ct_eq(read)) {
            return Err(BackupError::HeaderForged);
        }
        Ok(())
    }

    /// The payload's key and context.
    pub(super) fn payload<B: CryptoBackend>(
        &self,
        file_key: &Secret<32>,
    ) -> Result<(Secret<32>, [u8; 32]), BackupError> {
        let mut key = Secret::zeroed();
        B::HmacSha256::hkdf_expand(file_key.expose(), b"SKB1 pay", key.expose_mut())?;
        Ok((key, B::HmacSha256::sha256(&[&self.bytes])))
    }
}

fn mac<B: CryptoBackend>(
    file_key: &Secret<32>,
    header: &[u8],
) -> Result<[u8; MAC_LEN], BackupError> {
    let mut key = Secret::<32>::zeroed();
    B::HmacSha256::hkdf_expand(file_key.expose(), b"SKB1 hdr", key.expose_mut())?;
    let mut mac = [0; MAC_LEN];
    B::HmacSha256::hmac(key.expose(), &[header], &mut mac);
    Ok(mac)
}

/// The next `len` bytes of the file, kept in `bytes` too.
fn more<S: BackupSource>(
    source: &mut S,
    bytes: &mut Vec<u8>,
    len: usize,
) -> Result<Vec<u8>, RestoreError<S::Error>> {
    let mut read = vec![0; len];
    exact(source, &mut read)?;
    bytes.put(&read);
    Ok(read)
}
