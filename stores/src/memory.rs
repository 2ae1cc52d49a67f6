//! A store that forgets everything when the process ends.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sprag_core::store::{Change, CommitError, Record, RecordId, RecordKind, Store, StoreError};

/// Records in memory, for tests and for devices that live as long as their process.
#[derive(Debug, Default)]
pub struct Memory {
    records: Mutex<BTreeMap<RecordId, Record>>,
}

impl Memory {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    // A thread that panics holds the lock between whole commits only.
    fn records(&self) -> MutexGuard<'_, BTreeMap<RecordId, Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Memory {
    fn load(&self, ids: &[RecordId]) -> Result<Vec<Option<Record>>, StoreError> {
        let records = self.records();
        Ok(ids.iter().map(|id| records.get(id).cloned()).collect())
    }

    fn commit(&self, changes: &[Change]) -> Result<(), CommitError> {
        let mut records = self.records();
        let stale = changes.iter().filter(|change| {
            records.get(&change.id).map(|record| record.revision) != change.expected
        });
        let stale: Vec<RecordId> = stale.map(|change| change.id.clone()).collect();
        if !stale.is_empty() {
            return Err(CommitError::Conflict(stale));
        }
        for Change { id, new, .. } in changes {
            match new {
                None => drop(records.remove(id)),
                Some(new) => match records.get_mut(id) {
                    Some(record) => record.clone_from(new),
                    None => drop(records.insert(id.clone(), new.clone())),
                },
            }
        }
        Ok(())
    }

    fn scan(
        &self,
        kind: RecordKind,
        after: Option<&RecordId>,
        limit: usize,
    ) -> Result<Vec<(RecordId, Record)>, StoreError> {
        let records = self.records();
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let found = records.range((from, Bound::Unbounded));
        Ok(found
            .skip_while(|(id, _)| id.kind() < kind)
            .take_while(|(id, _)| id.kind() == kind)
            .take(limit)
            .map(|(id, record)| (id.clone(), record.clone()))
            .collect())
    }
}
