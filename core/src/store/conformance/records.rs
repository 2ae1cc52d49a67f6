//! Names, contents, order: what goes in comes out.

use alloc::vec;
use alloc::vec::Vec;

use super::{commit, conversation, id, load, load_one, put, record, remove};
use crate::store::{RecordId, RecordKind, Store};

pub(super) fn check<S: Store>(store: &S) {
    nothing_is_there(store);
    every_name_is_another(store);
    every_content_comes_back(store);
    a_load_keeps_its_order(store);
    a_scan_is_ordered_and_has_pages(store);
}

fn nothing_is_there<S: Store>(store: &S) {
    let unknown = conversation("unknown");
    assert_eq!(load_one(store, &unknown), None, "an unknown record is None");
    assert!(load(store, &[]).is_empty(), "of nothing, nothing is loaded");
    commit(store, &[]);
    for kind in RecordKind::ALL {
        let page = store.scan(kind, None, 10).unwrap_or_default();
        assert!(page.is_empty(), "the store is not empty: {page:?}");
    }
}

fn every_name_is_another<S: Store>(store: &S) {
    let longest = [0xff; RecordId::MAX_NAME];
    let names: [&[u8]; 8] = [
        b"",
        b"\0",
        b"\0\0",
        b"a",
        b"A",
        b"a\0",
        b"\xff\xfe",
        &longest,
    ];
    let mut ids = Vec::new();
    for kind in RecordKind::ALL {
        ids.extend(names.iter().map(|name| id(kind, name)));
    }
    let changes: Vec<_> = (1..)
        .zip(&ids)
        .map(|(n, id)| put(id, None, record(n, &n.to_be_bytes())))
        .collect();
    commit(store, &changes);
    for (n, id) in (1..).zip(&ids) {
        let expected = Some(record(n, &n.to_be_bytes()));
        assert_eq!(load_one(store, id), expected, "{id} is mixed up");
    }
    let gone: Vec<_> = (1..).zip(&ids).map(|(n, id)| remove(id, n)).collect();
    commit(store, &gone);
    let left = load(store, &ids);
    assert!(left.iter().all(Option::is_none), "removed is gone");
}

fn every_content_comes_back<S: Store>(store: &S) {
    let every_byte: Vec<u8> = (0..=255).collect();
    let contents = [vec![], vec![0], every_byte, vec![0xa5; 1 << 20]];
    let name = conversation("content");
    let mut last = None;
    for (revision, content) in [1, 2, 1 << 32, i64::MAX as u64].into_iter().zip(contents) {
        let new = record(revision, &content);
        commit(store, &[put(&name, last, new.clone())]);
        let found = load_one(store, &name);
        assert!(
            found == Some(new),
            "{} bytes at revision {revision}",
            content.len()
        );
        last = Some(revision);
    }
    commit(store, &[remove(&name, i64::MAX as u64)]);
}

fn a_load_keeps_its_order<S: Store>(store: &S) {
    let names = ["c", "a", "b"].map(conversation);
    let [c, a, b] = &names;
    let changes = [put(a, None, record(1, b"a")), put(c, None, record(3, b"c"))];
    commit(store, &changes);
    let found = load(store, &names);
    let expected = vec![Some(record(3, b"c")), Some(record(1, b"a")), None];
    assert_eq!(found, expected, "records come in the order of the names");
    commit(store, &[remove(a, 1), remove(c, 3)]);
    assert_eq!(load_one(store, b), None, "a load makes nothing");
}

fn a_scan_is_ordered_and_has_pages<S: Store>(store: &S) {
    let mut names: Vec<RecordId> = (0..25_u8)
        .map(|n| id(RecordKind::Delivery, &[n.wrapping_mul(11), n]))
        .collect();
    let put_all = names.iter().map(|id| put(id, None, record(1, id.name())));
    commit(store, &put_all.collect::<Vec<_>>());
    commit(store, &[put(&conversation("x"), None, record(1, b""))]);
    names.sort();
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = store.scan(RecordKind::Delivery, after.as_ref(), 10);
        let page = page.unwrap_or_else(|error| panic!("a scan failed: {error}"));
        assert!(page.len() <= 10, "a page is as long as was asked at most");
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        for (id, found) in page {
            assert_eq!(found, record(1, id.name()), "a scan gives the records");
            seen.push(id);
        }
    }
    assert_eq!(
        seen, names,
        "a scan gives every name of its kind, ascending"
    );
    let gone = names.iter().map(|id| remove(id, 1));
    commit(store, &gone.collect::<Vec<_>>());
    commit(store, &[remove(&conversation("x"), 1)]);
}
