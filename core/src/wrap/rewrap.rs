//! Re-encryption by wrapping anew: the envelopes of a store, page by page, for the current
//! generation.
//!
//! The bytes that the wrapped keys protect are not touched. What is current already is passed over,
//! so a pass can be broken off, resumed or repeated; each record is replaced only on top of the
//! revision that was read, so what somebody else changes meanwhile is never undone.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use rand_core::TryCryptoRng;

use super::hpke::HpkeKem;
use super::objects::Versions;
use super::{Binding, Envelope, KekName, KekRing, WrapError};
use crate::backend::CryptoBackend;
use crate::history::EpochRecord;
use crate::keyring;
use crate::lifecycle::{KeyAction, KeyKind, each};
use crate::store::revision::{self, NoRevision};
use crate::store::{Change, CommitError, Record, RecordId, RecordKind, Store};

/// How far a pass has come. [`default`](Default::default) is the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RewrapCursor {
    after: Option<RecordId>,
}

/// What a page of a pass did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RewrapProgress {
    /// How many records were wrapped anew.
    pub rewrapped: usize,
    /// How many others changed meanwhile: make another pass.
    pub passed: usize,
    /// Where to go on, `None` at the end.
    pub next: Option<RewrapCursor>,
}

/// A kind of record that holds envelopes.
pub(crate) trait Holder: Sized {
    const KIND: RecordKind;

    fn decode(id: &RecordId, blob: &[u8]) -> Result<Self, WrapError>;

    fn encode(&self) -> Vec<u8>;

    /// All envelopes in it.
    fn envelopes(&mut self) -> impl Iterator<Item = &mut Envelope>;

    /// Calls `then` with what the envelopes of a record of this name are bound to.
    fn bound<B: CryptoBackend, T>(id: &RecordId, then: impl FnOnce(&Binding<'_>) -> T) -> T;
}

/// Wraps the envelopes of at most `limit` records anew.
pub(crate) fn rewrap_page<H: Holder, B, K, S, R>(
    store: &S,
    ring: &KekRing<B, K>,
    from: &RewrapCursor,
    limit: usize,
    rng: &mut R,
) -> Result<RewrapProgress, WrapError>
where
    B: CryptoBackend,
    K: HpkeKem<B>,
    S: Store + ?Sized,
    R: TryCryptoRng + ?Sized,
{
    let page = store.scan(H::KIND, from.after.as_ref(), limit)?;
    let mut done = RewrapProgress::default();
    for (id, record) in page {
        let mut holder = H::decode(&id, &record.blob)?;
        let anew = H::bound::<B, _>(&id, |binding| rewrap(&mut holder, ring, binding, rng))?;
        if anew > 0 {
            let change = replace(&id, Some(record.revision), holder.encode(), rng)?;
            match store.commit(&[change]) {
                Ok(()) => {
                    done.rewrapped = done.rewrapped.saturating_add(1);
                    each::<B>(KeyKind::WrappedKey, KeyAction::Renewed, anew);
                    each::<B>(KeyKind::WrappedKey, KeyAction::Destroyed, anew);
                }
                Err(CommitError::Conflict(_)) => done.passed = done.passed.saturating_add(1),
                Err(error) => return Err(unexpected(error)),
            }
        }
        let after = Some(id);
        done.next = Some(RewrapCursor { after });
    }
    Ok(done)
}

/// How many were wrapped anew.
fn rewrap<H: Holder, B, K, R>(
    holder: &mut H,
    ring: &KekRing<B, K>,
    binding: &Binding<'_>,
    rng: &mut R,
) -> Result<usize, WrapError>
where
    B: CryptoBackend,
    K: HpkeKem<B>,
    R: TryCryptoRng + ?Sized,
{
    let mut changed = 0_usize;
    for envelope in holder.envelopes() {
        if let Some(anew) = ring.rewrap(envelope, binding, rng)? {
            *envelope = anew;
            changed = changed.saturating_add(1);
        }
    }
    Ok(changed)
}

/// How many keys a store holds wrapped for each generation of a key-encryption key, over every kind
/// of record that holds any.
///
/// # Errors
/// [`WrapError::Damaged`]; the store's errors.
pub fn references<S: Store + ?Sized>(
    store: &S,
    kek_id: &[u8; 16],
) -> Result<BTreeMap<u32, usize>, WrapError> {
    let mut counts = BTreeMap::new();
    count(
        store,
        Versions::KIND,
        named::<Versions>,
        kek_id,
        &mut counts,
    )?;
    count(
        store,
        EpochRecord::KIND,
        named::<EpochRecord>,
        kek_id,
        &mut counts,
    )?;
    let of_ring = |id: &RecordId, blob: &[u8]| {
        keyring::recipients(blob).map_err(|_| WrapError::Damaged(id.clone()))
    };
    count(store, RecordKind::KeyRing, of_ring, kek_id, &mut counts)?;
    Ok(counts)
}

/// The key-encryption keys that a record's envelopes are for.
fn named<H: Holder>(id: &RecordId, blob: &[u8]) -> Result<Vec<KekName>, WrapError> {
    let mut holder = H::decode(id, blob)?;
    Ok(holder.envelopes().map(|envelope| envelope.kek()).collect())
}

fn count(
    store: &(impl Store + ?Sized),
    kind: RecordKind,
    named: impl Fn(&RecordId, &[u8]) -> Result<Vec<KekName>, WrapError>,
    kek_id: &[u8; 16],
    counts: &mut BTreeMap<u32, usize>,
) -> Result<(), WrapError> {
    const PAGE: usize = 256;
    let mut after = None;
    loop {
        let page = store.scan(kind, after.as_ref(), PAGE)?;
        for (id, record) in &page {
            let names = named(id, &record.blob)?.into_iter();
            for name in names.filter(|name| name.id == *kek_id) {
                let count = counts.entry(name.generation).or_default();
                *count = count.saturating_add(1);
            }
        }
        match page.into_iter().last() {
            Some((id, _)) => after = Some(id),
            None => return Ok(()),
        }
    }
}

/// A record's change on top of a revision, `None` if it must not exist.
pub(crate) fn replace<R: TryCryptoRng + ?Sized>(
    id: &RecordId,
    expected: Option<u64>,
    blob: Vec<u8>,
    rng: &mut R,
) -> Result<Change, WrapError> {
    let revision = revision::after(expected, rng).map_err(|error| match error {
        NoRevision::UsedUp => WrapError::Damaged(id.clone()),
        NoRevision::Entropy => WrapError::Entropy,
    })?;
    Ok(Change {
        id: id.clone(),
        expected,
        new: Some(Record { revision, blob }),
    })
}

/// A commit that did not go through.
pub(crate) fn unexpected(error: CommitError) -> WrapError {
    match error {
        CommitError::Conflict(_) => WrapError::Conflict,
        CommitError::Refused(error) => error.into(),
        CommitError::Unknown(error) => WrapError::Unknown(error.into()),
    }
}
