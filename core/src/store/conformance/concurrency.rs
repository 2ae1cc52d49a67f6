//! Several workers at once: nothing is lost, nothing is seen half done.

use core::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::vec::Vec;

use super::{commit, conversation, load, load_one, put, record, remove};
use crate::store::{CommitError, Record, RecordId, Store};

const WORKERS: u64 = 4;
const STEPS: u64 = 25;

pub(super) fn check<S: Store>(store: &S) {
    let [left, right] = ["left", "right"].map(conversation);
    let start = [&left, &right].map(|id| put(id, None, record(1, &0_u64.to_be_bytes())));
    commit(store, &start);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let workers: [_; WORKERS as usize] = core::array::from_fn(|worker| {
            // In both orders, so that a store that locks rows as they come would lock up.
            let ids = match worker.checked_rem(2) {
                Some(0) => [left.clone(), right.clone()],
                _ => [right.clone(), left.clone()],
            };
            scope.spawn(move || work(store, &ids))
        });
        let reader = scope.spawn(|| watch(store, &[left.clone(), right.clone()], &done));
        for worker in workers {
            assert!(worker.join().is_ok(), "a worker failed");
        }
        done.store(true, Ordering::Relaxed);
        assert!(reader.join().is_ok(), "the reader failed");
    });
    let last = WORKERS.saturating_mul(STEPS);
    for id in [left, right] {
        let found = load_one(store, &id);
        let revision = last.saturating_add(1);
        let expected = record(revision, &last.to_be_bytes());
        assert_eq!(found, Some(expected), "every accepted commit counts once");
        commit(store, &[remove(&id, revision)]);
    }
}

/// Counts both records up, together, by compare-and-swap.
fn work<S: Store>(store: &S, ids: &[RecordId; 2]) {
    let mut steps = 0;
    while steps < STEPS {
        let found = load(store, ids);
        let changes: Vec<_> = ids
            .iter()
            .zip(&found)
            .filter_map(|(id, found)| {
                let found = found.as_ref()?;
                let next = count(found).saturating_add(1);
                let revision = found.revision.saturating_add(1);
                let new = record(revision, &next.to_be_bytes());
                Some(put(id, Some(found.revision), new))
            })
            .collect();
        match store.commit(&changes) {
            Ok(()) => steps = steps.saturating_add(1),
            Err(CommitError::Conflict(_)) => {}
            Err(error) => panic!("contention is a conflict, not: {error}"),
        }
    }
}

/// Sees both always equal, and never falling.
fn watch<S: Store>(store: &S, ids: &[RecordId; 2], done: &AtomicBool) {
    let mut last = 0;
    while !done.load(Ordering::Relaxed) {
        let found = load(store, ids);
        let counts: Vec<u64> = found.iter().flatten().map(count).collect();
        let [left, right] = counts.as_slice() else {
            panic!("a record disappeared");
        };
        assert_eq!(left, right, "a load sees one moment");
        assert!(*left >= last, "what was seen is not undone");
        last = *left;
    }
}

fn count(record: &Record) -> u64 {
    let bytes = record.blob.first_chunk();
    bytes.map_or(0, |bytes| u64::from_be_bytes(*bytes))
}
