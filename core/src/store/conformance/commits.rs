//! Compare-and-swap, all or nothing.

use alloc::format;
use alloc::vec;
use alloc::vec::Vec;
use core::slice::from_ref;

use super::{commit, conversation, load, load_one, put, record, remove};
use crate::store::{Change, CommitError, RecordId, Store};

pub(super) fn check<S: Store>(store: &S) {
    what_exists_is_not_made_again(store);
    a_stale_revision_changes_nothing(store);
    one_stale_change_refuses_all(store);
    a_commit_may_be_large(store);
}

/// The names that a commit was refused for.
fn conflict<S: Store>(store: &S, changes: &[Change], rule: &str) -> Vec<RecordId> {
    match store.commit(changes) {
        Err(CommitError::Conflict(ids)) => ids,
        Err(error) => panic!("{rule}: expected a conflict, not: {error}"),
        Ok(()) => panic!("{rule}: the commit was accepted"),
    }
}

fn what_exists_is_not_made_again<S: Store>(store: &S) {
    let name = conversation("made");
    commit(store, &[put(&name, None, record(7, b"first"))]);
    let rule = "what exists is not made again";
    let again = [put(&name, None, record(8, b"second"))];
    assert_eq!(conflict(store, &again, rule), *from_ref(&name), "{rule}");
    assert_eq!(load_one(store, &name), Some(record(7, b"first")), "{rule}");
    commit(store, &[remove(&name, 7)]);
}

fn a_stale_revision_changes_nothing<S: Store>(store: &S) {
    let name = conversation("stale");
    let rule = "what does not exist has no revision";
    let changes = [put(&name, Some(1), record(2, b""))];
    assert_eq!(conflict(store, &changes, rule), *from_ref(&name), "{rule}");
    let changes = [remove(&name, 1)];
    assert_eq!(conflict(store, &changes, rule), *from_ref(&name), "{rule}");
    assert_eq!(load_one(store, &name), None, "{rule}");

    commit(store, &[put(&name, None, record(10, b"ten"))]);
    commit(store, &[put(&name, Some(10), record(11, b"eleven"))]);
    let rule = "a stale revision changes nothing";
    for stale in [10, 9, 12, 0] {
        let changes = [put(&name, Some(stale), record(13, b"lost"))];
        assert_eq!(conflict(store, &changes, rule), *from_ref(&name), "{rule}");
        let changes = [remove(&name, stale)];
        assert_eq!(conflict(store, &changes, rule), *from_ref(&name), "{rule}");
    }
    let kept = Some(record(11, b"eleven"));
    assert_eq!(load_one(store, &name), kept, "{rule}");
    commit(store, &[remove(&name, 11)]);
}

fn one_stale_change_refuses_all<S: Store>(store: &S) {
    let rule = "a commit happens as a whole or not at all";
    let names: Vec<RecordId> = (0..4).map(|n| conversation(&format!("all {n}"))).collect();
    let [changed, removed, stale, made] = names.as_slice() else {
        return;
    };
    let before = [changed, removed, stale].map(|id| put(id, None, record(1, b"before")));
    commit(store, &before);
    // The stale one in every place, so that none is the first that is looked at.
    for turn in 0..4 {
        let mut changes = vec![
            put(changed, Some(1), record(2, b"after")),
            remove(removed, 1),
            put(stale, Some(5), record(6, b"after")),
            put(made, None, record(1, b"after")),
        ];
        changes.rotate_left(turn);
        assert_eq!(conflict(store, &changes, rule), *from_ref(stale), "{rule}");
        let old = Some(record(1, b"before"));
        let expected = [old.clone(), old.clone(), old, None];
        assert_eq!(load(store, &names), expected, "{rule}");
    }
    let gone = [changed, removed, stale].map(|id| remove(id, 1));
    commit(store, &gone);
}

fn a_commit_may_be_large<S: Store>(store: &S) {
    let names: Vec<RecordId> = (0..1000).map(|n| conversation(&format!("{n}"))).collect();
    let step = |expected: Option<u64>, revision: u64| {
        let change = |id: &RecordId| put(id, expected, record(revision, &[7; 700]));
        names.iter().map(change).collect::<Vec<_>>()
    };
    commit(store, &step(None, 1));
    commit(store, &step(Some(1), 2));
    let found = load(store, &names);
    let rule = "a thousand changes in one commit";
    let all = found
        .iter()
        .all(|found| *found == Some(record(2, &[7; 700])));
    assert!(all && found.len() == 1000, "{rule}");
    commit(
        store,
        &names.iter().map(|id| remove(id, 2)).collect::<Vec<_>>(),
    );
}
