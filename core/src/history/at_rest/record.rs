//! Records of the history: sealed each under its own key, bound to name and revision.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use rand_core::TryCryptoRng;
use zeroize::Zeroize;

use super::{EpochKey, History, HistoryError};
use crate::backend::CryptoBackend;
use crate::codec::{Reader, Writer};
use crate::entropy;
use crate::lifecycle::{KeyKind, once};
use crate::primitives::{Aead, Hmac, PrimitiveError};
use crate::secret::{Secret, SecretBytes};
use crate::store::{Change, Record, RecordId, RecordKind, Store};
use crate::wrap::hpke::HpkeKem;
use crate::wrap::{replace, unexpected};

const LABEL: &[u8] = b"SPRAG1 rec";
const FORMAT: u8 = 1;
const HEAD_LEN: usize = 13;
const TAG_LEN: usize = 16;
const EPOCH_LEN: usize = 8;

/// Records of one epoch, by ascending name: each with its text.
pub type HistoryPage = Vec<(Vec<u8>, SecretBytes)>;

impl<S: Store, B: CryptoBackend, K: HpkeKem<B>> History<S, B, K> {
    /// Writes a record of at most 152 bytes of name, in place of one that has the same name.
    ///
    /// # Errors
    /// [`HistoryError::NameTooLong`], [`HistoryError::TooLong`];
    /// [`WrapError::Conflict`](crate::wrap::WrapError::Conflict) if somebody else wrote it at this
    /// moment; the store's errors.
    pub fn put<R: TryCryptoRng + ?Sized>(
        &self,
        epoch: &EpochKey,
        id: &[u8],
        text: &[u8],
        rng: &mut R,
    ) -> Result<(), HistoryError> {
        self.put_all(epoch, [(id, text)], rng)
    }

    /// Writes many records in one commit, all of them or none, each as [`put`](Self::put) does: what a
    /// restore writes, a page at a time. Of two with one name the later stays.
    ///
    /// # Errors
    /// As [`put`](Self::put), for any of them; nothing was written.
    pub fn put_all<'a, R: TryCryptoRng + ?Sized>(
        &self,
        epoch: &EpochKey,
        records: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
        rng: &mut R,
    ) -> Result<(), HistoryError> {
        let mut texts = BTreeMap::new();
        for (id, text) in records {
            texts.insert(record_id(epoch.number(), id)?, text);
        }
        let (names, texts): (Vec<_>, Vec<_>) = texts.into_iter().unzip();
        let mut before = self.store.load(&names)?.into_iter();
        let mut changes = Vec::with_capacity(names.len());
        for (name, text) in names.iter().zip(texts) {
            let before = before.next().flatten().map(|record| record.revision);
            changes.push(written::<B, R>(epoch, name, before, text, rng)?);
        }
        self.store.commit(&changes).map_err(unexpected)?;
        changes.iter().for_each(|_| told::<B>(epoch));
        Ok(())
    }

    /// A record's text, if there is one.
    ///
    /// # Errors
    /// [`HistoryError::Damaged`]; the store's errors.
    pub fn get(&self, epoch: &EpochKey, id: &[u8]) -> Result<Option<SecretBytes>, HistoryError> {
        let name = record_id(epoch.number(), id)?;
        let record = self.load_one(&name)?;
        record
            .map(|record| open::<B>(epoch, &name, &record))
            .transpose()
    }

    /// At most `limit` records of an epoch whose names come after `after`.
    ///
    /// # Errors
    /// [`HistoryError::Damaged`]; the store's errors.
    pub fn page(
        &self,
        epoch: &EpochKey,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<HistoryPage, HistoryError> {
        let records = self.scan_epoch(epoch.number(), after, limit)?;
        records
            .into_iter()
            .map(|(name, record)| {
                let text = open::<B>(epoch, &name, &record)?;
                let id = name.name().get(EPOCH_LEN..).unwrap_or_default();
                Ok((id.to_vec(), text))
            })
            .collect()
    }

    /// Removes a record, if there is one.
    ///
    /// # Errors
    /// [`WrapError::Conflict`](crate::wrap::WrapError::Conflict) if somebody else wrote it at this
    /// moment; the store's errors.
    pub fn remove(&self, epoch: u64, id: &[u8]) -> Result<(), HistoryError> {
        let name = record_id(epoch, id)?;
        match self.load_one(&name)? {
            Some(record) => self.remove_all(Vec::from([(name, record)])),
            None => Ok(()),
        }
    }

    /// Removes at most `limit` records of an epoch that was erased, and says how many; 0 when none
    /// are left.
    ///
    /// # Errors
    /// [`HistoryError::NoEpoch`], [`HistoryError::NotErased`]; the store's errors.
    pub fn sweep(&self, epoch: u64, limit: usize) -> Result<usize, HistoryError> {
        match self.open_epoch(epoch) {
            Err(HistoryError::Erased) => {}
            Err(error) => return Err(error),
            Ok(_) => return Err(HistoryError::NotErased),
        }
        let records = self.scan_epoch(epoch, None, limit)?;
        let count = records.len();
        self.remove_all(records)?;
        Ok(count)
    }

    fn scan_epoch(
        &self,
        epoch: u64,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<(RecordId, Record)>, HistoryError> {
        // The empty name is the epoch's first; a scan starts behind a name.
        let first = record_id(epoch, b"")?;
        let start = match after {
            Some(id) => record_id(epoch, id)?,
            None => first.clone(),
        };
        let mut found = Vec::new();
        if after.is_none() && limit > 0 {
            found.extend(self.load_one(&first)?.map(|record| (first, record)));
        }
        let left = limit.saturating_sub(found.len());
        let page = self.store.scan(RecordKind::History, Some(&start), left)?;
        let prefix = epoch.to_be_bytes();
        found.extend(
            page.into_iter()
                .take_while(|(id, _)| id.name().starts_with(&prefix)),
        );
        Ok(found)
    }

    fn remove_all(&self, records: Vec<(RecordId, Record)>) -> Result<(), HistoryError> {
        let gone = records.into_iter().map(|(id, record)| Change {
            id,
            expected: Some(record.revision),
            new: None,
        });
        let gone: Vec<_> = gone.collect();
        Ok(self.store.commit(&gone).map_err(unexpected)?)
    }
}

fn record_id(epoch: u64, id: &[u8]) -> Result<RecordId, HistoryError> {
    let name = [&epoch.to_be_bytes(), id].concat();
    Ok(RecordId::new(RecordKind::History, &name)?)
}

/// The change that writes a record in place of the one of revision `before`.
fn written<B: CryptoBackend, R: TryCryptoRng + ?Sized>(
    epoch: &EpochKey,
    name: &RecordId,
    before: Option<u64>,
    text: &[u8],
    rng: &mut R,
) -> Result<Change, HistoryError> {
    let mut change = replace(name, before, Vec::new(), rng)?;
    if let Some(record) = &mut change.new {
        record.blob = seal::<B, R>(epoch, name, record.revision, text, rng)?;
    }
    Ok(change)
}

fn seal<B: CryptoBackend, R: TryCryptoRng + ?Sized>(
    epoch: &EpochKey,
    name: &RecordId,
    revision: u64,
    text: &[u8],
    rng: &mut R,
) -> Result<Vec<u8>, HistoryError> {
    let mut nonce = [0; 12];
    entropy::fill(rng, &mut nonce)?;
    let mut blob = Vec::with_capacity(text.len().saturating_add(HEAD_LEN + TAG_LEN));
    blob.put(&[FORMAT]);
    blob.put(&nonce);
    blob.put(text);
    let key = key::<B>(epoch, name)?;
    let body = blob.get_mut(HEAD_LEN..).unwrap_or_default();
    match B::Aes256Gcm::seal_once(key.expose(), &nonce, &associated(name, revision), body) {
        Ok(tag) => blob.put(&tag),
        Err(error) => {
            blob.zeroize();
            return Err(error.into());
        }
    }
    Ok(blob)
}

fn open<B: CryptoBackend>(
    epoch: &EpochKey,
    name: &RecordId,
    record: &Record,
) -> Result<SecretBytes, HistoryError> {
    let damaged = || HistoryError::Damaged(name.clone());
    let mut reader = Reader::new(&record.blob);
    if reader.u8().map_err(|_| damaged())? != FORMAT {
        return Err(damaged());
    }
    let nonce = reader.array::<12>().map_err(|_| damaged())?;
    let len = reader
        .remaining()
        .checked_sub(TAG_LEN)
        .ok_or_else(damaged)?;
    let body = reader.bytes(len).map_err(|_| damaged())?;
    let tag = reader.array::<TAG_LEN>().map_err(|_| damaged())?;
    let key = key::<B>(epoch, name)?;
    let mut text = SecretBytes::from(body);
    let ad = associated(name, record.revision);
    match B::Aes256Gcm::open_once(key.expose(), nonce, &ad, &mut text, tag) {
        Ok(()) => {
            told::<B>(epoch);
            Ok(text)
        }
        Err(PrimitiveError::AuthenticationFailed) => Err(damaged()),
        Err(error) => Err(error.into()),
    }
}

/// The epoch's key gave a record's, which was used and wiped.
fn told<B: CryptoBackend>(epoch: &EpochKey) {
    epoch.life.used();
    once::<B>(KeyKind::RecordKey, 1);
}

fn key<B: CryptoBackend>(epoch: &EpochKey, name: &RecordId) -> Result<Secret<32>, HistoryError> {
    let id = name.name().get(EPOCH_LEN..).unwrap_or_default();
    let mut key = Secret::zeroed();
    let info = [LABEL, id].concat();
    B::HmacSha256::hkdf_expand(epoch.key.expose(), &info, key.expose_mut())?;
    Ok(key)
}

fn associated(name: &RecordId, revision: u64) -> Vec<u8> {
    let mut ad = LABEL.to_vec();
    ad.put(&[FORMAT, name.name().len() as u8]);
    ad.put(name.name());
    ad.put_u64(revision);
    ad
}
