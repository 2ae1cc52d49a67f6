//! What every store must do, as a test: run [`check`] on an empty one.
//!
//! It panics with the rule that was broken. What no test in one process can show, that a commit
//! survives a crash and that a lost connection is reported as unknown, is for the store's own tests.

#![allow(clippy::panic)]

mod commits;
mod concurrency;
mod records;

use alloc::vec::Vec;

use crate::store::{Change, Record, RecordId, RecordKind, Store};

/// Checks a store, which must be empty and which nobody else uses meanwhile.
///
/// # Panics
/// If the store broke a rule of the contract.
pub fn check<S: Store>(store: &S) {
    records::check(store);
    commits::check(store);
    concurrency::check(store);
}

fn id(kind: RecordKind, name: &[u8]) -> RecordId {
    match RecordId::new(kind, name) {
        Ok(id) => id,
        Err(error) => panic!("{error}"),
    }
}

fn conversation(name: &str) -> RecordId {
    id(RecordKind::Conversation, name.as_bytes())
}

fn record(revision: u64, blob: &[u8]) -> Record {
    let blob = blob.to_vec();
    Record { revision, blob }
}

fn put(id: &RecordId, expected: Option<u64>, new: Record) -> Change {
    Change {
        id: id.clone(),
        expected,
        new: Some(new),
    }
}

fn remove(id: &RecordId, expected: u64) -> Change {
    Change {
        id: id.clone(),
        expected: Some(expected),
        new: None,
    }
}

fn load<S: Store>(store: &S, ids: &[RecordId]) -> Vec<Option<Record>> {
    match store.load(ids) {
        Ok(records) => records,
        Err(error) => panic!("a load failed: {error}"),
    }
}

fn load_one<S: Store>(store: &S, id: &RecordId) -> Option<Record> {
    load(store, core::slice::from_ref(id)).pop().flatten()
}

fn commit<S: Store>(store: &S, changes: &[Change]) {
    if let Err(error) = store.commit(changes) {
        panic!("a commit that nothing speaks against was refused: {error}");
    }
}
