//! Making a device's records, and opening them again.

use alloc::sync::Arc;
use alloc::vec;

use rand_core::TryCryptoRng;

use crate::backend::PqBackend;
use crate::durable::{Durable, DurableError, StoreKeys, WorkingSet, unexpected};
use crate::handshake::{Identity, Prekeys};
use crate::session::SessionPolicy;
use crate::store::{Change, CommitError, Record, RecordId, RecordKind, Store, revision};

impl<B: PqBackend, S: Store> Durable<B, S> {
    /// Puts a new device into a store: its identity and its prekeys, in one commit.
    ///
    /// # Errors
    /// [`DurableError::IdentityExists`] if there is one already, [`DurableError::Store`],
    /// [`DurableError::InDoubt`], after which [`open`](Self::open) tells;
    /// [`DurableError::Entropy`], [`DurableError::Library`].
    pub fn create<R: TryCryptoRng + ?Sized>(
        store: S,
        keys: StoreKeys,
        policy: SessionPolicy,
        identity: Identity<B>,
        prekeys: Prekeys<B>,
        rng: &mut R,
    ) -> Result<Self, DurableError> {
        let set = WorkingSet::new(keys, policy);
        let id = RecordId::only(RecordKind::Identity);
        let revision = revision::after(None, rng)?;
        let blob = set
            .keys
            .seal::<B, R>(&id, revision, &identity.encode(), rng)?;
        let new = Some(Record { revision, blob });
        let mut changes = vec![Change {
            id,
            expected: None,
            new,
        }];
        changes.push(set.seal_prekeys(prekeys, rng)?);
        match store.commit(&changes) {
            Ok(()) => Ok(Self {
                store,
                set,
                identity: Arc::new(identity),
                doubt: None,
            }),
            Err(CommitError::Conflict(_)) => Err(DurableError::IdentityExists),
            Err(error) => Err(unexpected(error)),
        }
    }

    /// Opens the device that a store holds.
    ///
    /// # Errors
    /// [`DurableError::NoIdentity`] if it holds none, [`DurableError::WrongStoreKey`],
    /// [`DurableError::NewerBlob`], [`DurableError::Damaged`], [`DurableError::Handshake`],
    /// [`DurableError::Store`].
    pub fn open(store: S, keys: StoreKeys, policy: SessionPolicy) -> Result<Self, DurableError> {
        let set = WorkingSet::new(keys, policy);
        let id = RecordId::only(RecordKind::Identity);
        let record = store.load(core::slice::from_ref(&id))?.pop().flatten();
        let record = record.ok_or(DurableError::NoIdentity)?;
        let identity = set.open_identity(&id, &record)?;
        Ok(Self {
            store,
            set,
            identity: Arc::new(identity),
            doubt: None,
        })
    }

    /// Keeps at most so many records in memory, as [`WorkingSet::with_capacity`].
    #[must_use]
    pub fn with_capacity(mut self, records: usize) -> Self {
        self.set = self.set.with_capacity(records);
        self
    }
}
