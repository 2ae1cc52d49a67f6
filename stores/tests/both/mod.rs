//! A store that is two stores over the same records, in turns: what one commits, the other sees.

use std::sync::atomic::{AtomicUsize, Ordering};

use sprag_core::store::{Change, CommitError, Record, RecordId, RecordKind, Store, StoreError};

pub(crate) struct Both<S> {
    stores: [S; 2],
    turn: AtomicUsize,
}

impl<S: Store> Both<S> {
    pub(crate) fn new(one: S, other: S) -> Self {
        Self {
            stores: [one, other],
            turn: AtomicUsize::new(0),
        }
    }

    fn next(&self) -> &S {
        &self.stores[self.turn.fetch_add(1, Ordering::Relaxed) % 2]
    }
}

impl<S: Store> Store for Both<S> {
    fn load(&self, ids: &[RecordId]) -> Result<Vec<Option<Record>>, StoreError> {
        self.next().load(ids)
    }

    fn commit(&self, changes: &[Change]) -> Result<(), CommitError> {
        self.next().commit(changes)
    }

    fn scan(
        &self,
        kind: RecordKind,
        after: Option<&RecordId>,
        limit: usize,
    ) -> Result<Vec<(RecordId, Record)>, StoreError> {
        self.next().scan(kind, after, limit)
    }
}
