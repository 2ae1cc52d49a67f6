//! Sealing records anew under the current store key, beside everything else that goes on.
//!
//! Resumable by construction: what is sealed under the current key already is passed over, so the
//! position only saves reading. A record that somebody changes meanwhile is theirs to seal.

use alloc::vec::Vec;

use rand_core::TryCryptoRng;

use crate::backend::PqBackend;
use crate::durable::{Durable, DurableError, unexpected};
use crate::store::{Change, CommitError, Record, RecordId, RecordKind, Store, revision};

/// How far sealing anew has come. [`default`](Default::default) is the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rewrap {
    /// The last record that was looked at.
    after: Option<RecordId>,
}

/// What a part of sealing anew did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrapped {
    /// How many records were sealed anew.
    pub sealed: usize,
    /// How many others changed meanwhile: if those workers don't have the new key yet, go through
    /// the store once more when they do.
    pub passed: usize,
    /// Where to go on, `None` at the end.
    pub next: Option<Rewrap>,
}

impl<B: PqBackend, S: Store> Durable<B, S> {
    /// Seals the next `limit` records under the current key of the [`StoreKeys`](super::StoreKeys).
    /// When a pass ended without any that were passed over, the older keys are no longer needed.
    ///
    /// # Errors
    /// [`DurableError::Store`]; [`DurableError::WrongStoreKey`], [`DurableError::Damaged`] for a
    /// record that can't be opened.
    pub fn rewrap<R: TryCryptoRng + ?Sized>(
        &mut self,
        from: Rewrap,
        limit: usize,
        rng: &mut R,
    ) -> Result<Rewrapped, DurableError> {
        let first = from.after.as_ref().map(RecordId::kind);
        let kinds = RecordKind::ALL
            .into_iter()
            .filter(|kind| kind.is_sealed_under_store_key() && Some(*kind) >= first);
        let mut done = Rewrapped {
            sealed: 0,
            passed: 0,
            next: None,
        };
        for kind in kinds {
            let after = from.after.as_ref().filter(|id| id.kind() == kind);
            let page = self.store.scan(kind, after, limit)?;
            let Some((last, _)) = page.last() else {
                continue;
            };
            let after = Some(last.clone());
            for (id, record) in page {
                self.rewrap_one(id, &record, &mut done, rng)?;
            }
            done.next = Some(Rewrap { after });
            break;
        }
        Ok(done)
    }

    fn rewrap_one<R: TryCryptoRng + ?Sized>(
        &mut self,
        id: RecordId,
        record: &Record,
        done: &mut Rewrapped,
        rng: &mut R,
    ) -> Result<(), DurableError> {
        let keys = &self.set.keys;
        if keys.is_current(&record.blob) {
            return Ok(());
        }
        let text = keys.open::<B>(&id, record.revision, &record.blob)?;
        let revision = revision::after(Some(record.revision), rng)?;
        let blob = keys.seal::<B, R>(&id, revision, &text, rng)?;
        let ids = Vec::from([id.clone()]);
        let change = Change {
            id,
            expected: Some(record.revision),
            new: Some(Record { revision, blob }),
        };
        match self.store.commit(&[change]) {
            Ok(()) => done.sealed = done.sealed.saturating_add(1),
            Err(CommitError::Conflict(_)) => done.passed = done.passed.saturating_add(1),
            Err(error) => return Err(unexpected(error)),
        }
        self.set.evict(&ids);
        Ok(())
    }
}
