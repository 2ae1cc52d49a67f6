//! Epochs: their keys, wrapped, and how they end.

use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;

use super::{History, HistoryError};
use crate::backend::CryptoBackend;
use crate::codec::{Malformed, Reader, Writer};
use crate::lifecycle::{KeyAction, KeyKind, Life, tell};
use crate::secret::Secret;
use crate::store::{Record, RecordId, RecordKind, Store};
use crate::wrap::hpke::HpkeKem;
use crate::wrap::{
    Binding, Envelope, Holder, Purpose, RewrapCursor, RewrapProgress, WrapError, replace,
    rewrap_page, unexpected,
};

const FORMAT: u8 = 1;

/// An epoch's key, unwrapped. Wiped on drop. Whoever still holds one can read the epoch after it
/// was erased.
pub struct EpochKey {
    number: u64,
    pub(super) key: Secret<32>,
    pub(super) life: Life,
}

impl EpochKey {
    fn new<B: CryptoBackend>(number: u64, key: Secret<32>) -> Self {
        let life = Life::begins::<B>(KeyKind::EpochKey);
        Self { number, key, life }
    }

    /// The epoch's number.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }
}

impl fmt::Debug for EpochKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EpochKey({})", self.number)
    }
}

/// What has become of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EpochState {
    /// It can be read and written.
    Alive,
    /// Its key is gone.
    Erased,
}

impl<S: Store, B: CryptoBackend, K: HpkeKem<B>> History<S, B, K> {
    /// The key of an epoch; a new one if the epoch has not begun.
    ///
    /// # Errors
    /// [`HistoryError::Erased`]: an epoch's number is never used again. [`WrapError::Conflict`] if
    /// somebody else began it at this moment: try again. The store's errors.
    pub fn begin_epoch<R: TryCryptoRng + ?Sized>(
        &self,
        number: u64,
        rng: &mut R,
    ) -> Result<EpochKey, HistoryError> {
        match self.open_epoch(number) {
            Err(HistoryError::NoEpoch) => {}
            found => return found,
        }
        let id = epoch_id(number)?;
        let key = Secret::random(rng)?;
        let to = self.ring.current();
        let envelope = bound(&id, |binding| Envelope::seal(&key, &to, binding, rng))?;
        let blob = EpochRecord(Some(envelope)).encode();
        let change = replace(&id, None, blob, rng)?;
        self.store.commit(&[change]).map_err(unexpected)?;
        tell::<B>(KeyKind::WrappedKey, KeyAction::Generated);
        Ok(EpochKey::new::<B>(number, key))
    }

    /// The key of an epoch that has begun.
    ///
    /// # Errors
    /// [`HistoryError::NoEpoch`], [`HistoryError::Erased`], and as
    /// [`KekRing::open`](crate::wrap::KekRing::open); the store's errors.
    pub fn open_epoch(&self, number: u64) -> Result<EpochKey, HistoryError> {
        let id = epoch_id(number)?;
        let record = self.load_one(&id)?.ok_or(HistoryError::NoEpoch)?;
        let epoch = EpochRecord::decode(&id, &record.blob)?;
        let envelope = epoch.0.ok_or(HistoryError::Erased)?;
        let key = bound(&id, |binding| self.ring.open(&envelope, binding))?;
        tell::<B>(KeyKind::WrappedKey, KeyAction::Used);
        Ok(EpochKey::new::<B>(number, key))
    }

    /// Erases an epoch: its key is gone, and its number with it. [`sweep`](Self::sweep) then removes
    /// the records that nobody can read any more.
    ///
    /// # Errors
    /// [`HistoryError::NoEpoch`]; [`WrapError::Conflict`] if somebody else changed the epoch; the
    /// store's errors.
    pub fn erase_epoch<R: TryCryptoRng + ?Sized>(
        &self,
        number: u64,
        rng: &mut R,
    ) -> Result<(), HistoryError> {
        let id = epoch_id(number)?;
        let record = self.load_one(&id)?.ok_or(HistoryError::NoEpoch)?;
        let alive = EpochRecord::decode(&id, &record.blob)?.0.is_some();
        let blob = EpochRecord(None).encode();
        let change = replace(&id, Some(record.revision), blob, rng)?;
        self.store.commit(&[change]).map_err(unexpected)?;
        if alive {
            tell::<B>(KeyKind::WrappedKey, KeyAction::Destroyed);
        }
        Ok(())
    }

    /// At most `limit` epochs that come after `after`, by ascending number.
    ///
    /// # Errors
    /// [`WrapError::Damaged`]; the store's errors.
    pub fn epochs(
        &self,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(u64, EpochState)>, HistoryError> {
        let after = after.map(epoch_id).transpose()?;
        let page = self.store.scan(RecordKind::Epoch, after.as_ref(), limit)?;
        page.iter()
            .map(|(id, record)| {
                let epoch = EpochRecord::decode(id, &record.blob)?;
                let number = number(id).ok_or_else(|| WrapError::Damaged(id.clone()))?;
                let alive = epoch.0.map_or(EpochState::Erased, |_| EpochState::Alive);
                Ok((number, alive))
            })
            .collect()
    }

    /// Wraps the keys of the next `limit` epochs for the current generation of the key-encryption
    /// key.
    ///
    /// # Errors
    /// As [`KekRing::rewrap`](crate::wrap::KekRing::rewrap); the store's errors. What was done
    /// before stays done.
    pub fn rewrap<R: TryCryptoRng + ?Sized>(
        &self,
        from: &RewrapCursor,
        limit: usize,
        rng: &mut R,
    ) -> Result<RewrapProgress, HistoryError> {
        let (store, ring) = (&self.store, &self.ring);
        Ok(rewrap_page::<EpochRecord, B, K, S, R>(
            store, ring, from, limit, rng,
        )?)
    }

    /// Wipes an older generation of the key-encryption key, once nothing in the store refers to it.
    ///
    /// # Errors
    /// As [`KekRing::destroy`](crate::wrap::KekRing::destroy).
    pub fn destroy_generation(&mut self, generation: u32) -> Result<(), HistoryError> {
        Ok(self.ring.destroy(generation, &self.store)?)
    }

    pub(super) fn load_one(&self, id: &RecordId) -> Result<Option<Record>, HistoryError> {
        let found = self.store.load(core::slice::from_ref(id))?;
        Ok(found.into_iter().next().flatten())
    }
}

/// What an epoch's record holds: its key, or nothing once it was erased.
pub(crate) struct EpochRecord(Option<Envelope>);

impl EpochRecord {
    fn read(blob: &[u8]) -> Result<Self, WrapError> {
        let mut reader = Reader::new(blob);
        if reader.u8()? != FORMAT {
            return Err(WrapError::Malformed);
        }
        let alive = reader.flag()?;
        let rest = reader.remaining();
        let rest = reader.bytes(rest)?;
        match (alive, rest.is_empty()) {
            (true, _) => Envelope::decode(rest).map(|envelope| Self(Some(envelope))),
            (false, true) => Ok(Self(None)),
            (false, false) => Err(WrapError::Malformed),
        }
    }
}

impl Holder for EpochRecord {
    const KIND: RecordKind = RecordKind::Epoch;

    fn decode(id: &RecordId, blob: &[u8]) -> Result<Self, WrapError> {
        Self::read(blob).map_err(|_| WrapError::Damaged(id.clone()))
    }

    fn encode(&self) -> Vec<u8> {
        let mut blob = Vec::from([FORMAT, u8::from(self.0.is_some())]);
        if let Some(envelope) = &self.0 {
            blob.put(&envelope.encode());
        }
        blob
    }

    fn envelopes(&mut self) -> impl Iterator<Item = &mut Envelope> {
        self.0.as_mut().into_iter()
    }

    fn bound<B: CryptoBackend, T>(id: &RecordId, then: impl FnOnce(&Binding<'_>) -> T) -> T {
        bound(id, then)
    }
}

fn epoch_id(number: u64) -> Result<RecordId, Malformed> {
    RecordId::new(RecordKind::Epoch, &number.to_be_bytes())
}

fn number(id: &RecordId) -> Option<u64> {
    id.name().try_into().ok().map(u64::from_be_bytes)
}

fn bound<T>(id: &RecordId, then: impl FnOnce(&Binding<'_>) -> T) -> T {
    let mut key_id = [0; 16];
    let end = key_id.iter_mut().rev().zip(id.name().iter().rev());
    end.for_each(|(to, from)| *to = *from);
    then(&Binding {
        purpose: Purpose::Epoch,
        key_id: &key_id,
        context: b"",
    })
}
