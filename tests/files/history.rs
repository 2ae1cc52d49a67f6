//! The history at rest: records under the keys of epochs, in any store.

use sprag::default::Backend as B;
use sprag::history::{EpochState, History, HistoryError};
use sprag::store::{Change, Record, RecordId, RecordKind, Store};
use sprag::stores::Memory;
use sprag::wrap::hpke::{DhKem, PrivateKey, XWing, XWingPrivateKey};
use sprag::wrap::{KekRing, Objects, RewrapCursor, WrapAlgorithm, WrapError};

fn fresh() -> PrivateKey<B> {
    PrivateKey::generate(&mut sprag::entropy::system()).unwrap()
}

fn ring() -> KekRing<B, DhKem> {
    KekRing::new([3; 16], WrapAlgorithm::DhKemAes256Gcm, fresh()).unwrap()
}

#[test]
fn records_live_as_long_as_their_epoch() {
    lives(&Memory::new());
}

#[cfg(feature = "sqlite")]
#[test]
fn so_it_is_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    lives(&sprag::stores::Sqlite::open(folder.path().join("store")).unwrap());
}

fn lives<S: Store>(store: &S) {
    let rng = &mut sprag::entropy::system();
    let mut history = History::new(store, ring());
    let (march, april) = (
        history.begin_epoch(3, rng).unwrap(),
        history.begin_epoch(4, rng).unwrap(),
    );
    for n in 0..20_u8 {
        let epoch = if n % 2 == 0 { &march } else { &april };
        history.put(epoch, &[n], &[n; 50], rng).unwrap();
    }
    history.put(&march, &[0], b"changed", rng).unwrap();
    history.put(&march, b"", b"no name", rng).unwrap();

    // Another process, later.
    let march = history.open_epoch(3).unwrap();
    assert_eq!(*history.get(&march, &[0]).unwrap().unwrap(), b"changed"[..]);
    assert_eq!(*history.get(&march, &[2]).unwrap().unwrap(), [2; 50]);
    assert!(history.get(&march, &[1]).unwrap().is_none());
    let mut names = Vec::new();
    let mut after = None;
    loop {
        let page = history.page(&march, after.as_deref(), 4).unwrap();
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        names.extend(page.into_iter().map(|(name, _)| name));
    }
    let even: Vec<_> = (0..20).step_by(2).map(|n| vec![n]).collect();
    assert_eq!(names[0], b"");
    assert_eq!(names[1..], even);
    history.remove(3, &[2]).unwrap();
    assert!(history.get(&march, &[2]).unwrap().is_none());

    // A new generation of the device's key: epochs are wrapped anew, records stay as they are.
    history.ring_mut().rotate(fresh()).unwrap();
    let refused = history.destroy_generation(1);
    assert_eq!(refused, Err(HistoryError::Wrap(WrapError::Referenced(2))));
    let page = history.rewrap(&RewrapCursor::default(), 10, rng).unwrap();
    assert_eq!((page.rewrapped, page.passed), (2, 0));
    history.destroy_generation(1).unwrap();
    let march = history.open_epoch(3).unwrap();
    assert_eq!(*history.get(&march, &[0]).unwrap().unwrap(), b"changed"[..]);

    assert_eq!(history.sweep(3, 10), Err(HistoryError::NotErased));
    history.erase_epoch(3, rng).unwrap();
    assert_eq!(history.open_epoch(3).err(), Some(HistoryError::Erased));
    assert_eq!(
        history.begin_epoch(3, rng).err(),
        Some(HistoryError::Erased)
    );
    let epochs = history.epochs(None, 10).unwrap();
    assert_eq!(epochs, [(3, EpochState::Erased), (4, EpochState::Alive)]);
    let swept = [(); 4].map(|()| history.sweep(3, 4).unwrap());
    assert_eq!(swept, [4, 4, 2, 0]);
    let april = history.open_epoch(4).unwrap();
    assert_eq!(history.page(&april, None, 100).unwrap().len(), 10);
    assert_eq!(history.erase_epoch(5, rng), Err(HistoryError::NoEpoch));
    assert_eq!(history.sweep(5, 1), Err(HistoryError::NoEpoch));
}

#[test]
fn many_records_are_written_together_or_not_at_all() {
    let rng = &mut sprag::entropy::system();
    let store = Memory::new();
    let history = History::new(&store, ring());
    let epoch = history.begin_epoch(1, rng).unwrap();
    history.put(&epoch, b"a", b"before", rng).unwrap();
    let records: [(&[u8], &[u8]); 4] = [(b"a", b"1"), (b"b", b"2"), (b"c", b"3"), (b"b", b"4")];
    history.put_all(&epoch, records, rng).unwrap();
    history.put_all(&epoch, [], rng).unwrap();
    let all = |history: &History<_, _, _>| {
        let page = history.page(&epoch, None, 10).unwrap().into_iter();
        page.map(|(name, text)| (name, text.to_vec()))
            .collect::<Vec<_>>()
    };
    let expected = [(b"a", b"1"), (b"b", b"4"), (b"c", b"3")];
    let expected = expected.map(|(name, text)| (name.to_vec(), text.to_vec()));
    assert_eq!(all(&history), expected);

    // One name too long among good ones: none is written.
    let long = [0; 153];
    let records: [(&[u8], &[u8]); 2] = [(b"d", b"5"), (&long, b"6")];
    let refused = history.put_all(&epoch, records, rng);
    assert_eq!(refused, Err(HistoryError::NameTooLong));
    assert_eq!(all(&history), expected);
}

#[test]
fn an_erased_epochs_records_open_under_no_key_that_is_left() {
    let rng = &mut sprag::entropy::system();
    let store = Memory::new();
    let history = History::new(&store, ring());
    let epoch = history.begin_epoch(1, rng).unwrap();
    history.put(&epoch, b"id", b"text", rng).unwrap();
    let old = store.scan(RecordKind::Epoch, None, 1).unwrap();
    drop(epoch);
    history.erase_epoch(1, rng).unwrap();
    let left = store.scan(RecordKind::Epoch, None, 1).unwrap();
    assert_eq!(left[0].1.blob, [1, 0], "the wrapped key is gone");
    assert!(old[0].1.blob.len() > 100);
    // The record is still there, and no epoch's key is the one it wants.
    let other = history.begin_epoch(2, rng).unwrap();
    let record = store
        .scan(RecordKind::History, None, 1)
        .unwrap()
        .remove(0)
        .1;
    let moved = RecordId::new(RecordKind::History, b"\0\0\0\0\0\0\0\x02id").unwrap();
    put(&store, &moved, record);
    let refused = history.get(&other, b"id").err();
    assert_eq!(refused, Some(HistoryError::Damaged(moved)));
}

#[test]
fn records_neither_move_nor_go_back() {
    let rng = &mut sprag::entropy::system();
    let store = Memory::new();
    let history = History::new(&store, ring());
    let epoch = history.begin_epoch(1, rng).unwrap();
    let id = |name: &[u8]| {
        let name = [&1_u64.to_be_bytes(), name].concat();
        RecordId::new(RecordKind::History, &name).unwrap()
    };
    let load = |name: &[u8]| store.load(&[id(name)]).unwrap().remove(0).unwrap();
    history.put(&epoch, b"a", b"first", rng).unwrap();
    let first = load(b"a");
    history.put(&epoch, b"a", b"second", rng).unwrap();
    let second = load(b"a");
    let damaged = |name: &[u8], blob: Vec<u8>| {
        let revision = second.revision;
        put(&store, &id(name), Record { revision, blob });
        let refused = history.get(&epoch, name).err();
        assert_eq!(refused, Some(HistoryError::Damaged(id(name))));
    };
    damaged(b"b", second.blob.clone());
    damaged(b"a", first.blob);
    for at in 0..second.blob.len() {
        let mut changed = second.blob.clone();
        changed[at] ^= 1;
        damaged(b"a", changed);
        damaged(b"a", second.blob[..at].to_vec());
    }
    put(&store, &id(b"a"), second);
    assert_eq!(*history.get(&epoch, b"a").unwrap().unwrap(), b"second"[..]);
    let long = history.put(&epoch, &[0; 153], b"", rng);
    assert_eq!(long, Err(HistoryError::NameTooLong));
    history.put(&epoch, &[0; 152], b"", rng).unwrap();
}

/// Puts a record there, whatever was there before.
fn put(store: &Memory, id: &RecordId, record: Record) {
    let before = store.load(std::slice::from_ref(id)).unwrap().remove(0);
    let change = Change {
        id: id.clone(),
        expected: before.map(|record| record.revision),
        new: Some(record),
    };
    store.commit(&[change]).unwrap();
}

#[test]
fn a_generation_that_any_kind_of_record_refers_to_stays() {
    let rng = &mut sprag::entropy::system();
    let store = Memory::new();
    let key = fresh();
    let bytes = key.to_bytes();
    let algorithm = WrapAlgorithm::DhKemAes256Gcm;
    let same = || {
        let key = PrivateKey::from_bytes(&bytes).unwrap();
        KekRing::<B, DhKem>::new([3; 16], algorithm, key).unwrap()
    };
    let history = History::new(&store, same());
    history.begin_epoch(1, rng).unwrap();
    let mut objects = Objects::new(&store, same());
    objects.ring_mut().rotate(fresh()).unwrap();
    assert_eq!(objects.destroy_generation(1), Err(WrapError::Referenced(1)));
}

#[test]
fn the_hybrid_kem_serves_too() {
    let rng = &mut sprag::entropy::system();
    let key = XWingPrivateKey::<B>::generate(rng).unwrap();
    let ring = KekRing::<B, XWing>::new([3; 16], WrapAlgorithm::XWingAes256Gcm, key).unwrap();
    let history = History::new(Memory::new(), ring);
    let epoch = history.begin_epoch(1, rng).unwrap();
    history.put(&epoch, b"id", b"text", rng).unwrap();
    let again = history.open_epoch(1).unwrap();
    assert_eq!(*history.get(&again, b"id").unwrap().unwrap(), b"text"[..]);
}
