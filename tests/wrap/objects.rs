//! The keys of objects in a store: wrapped anew, replaced, and never lost to a destroyed generation.

use std::sync::Mutex;

use sprag::Secret;
use sprag::default::Backend as B;
use sprag::store::{Change, CommitError, Record, RecordId, RecordKind, Store, StoreError};
use sprag::stores::Memory;
use sprag::wrap::hpke::{DhKem, PrivateKey};
use sprag::wrap::{KekRing, Objects, RewrapCursor, WrapAlgorithm, WrapError, references};

type Ring = KekRing<B, DhKem>;
const ID: [u8; 16] = [3; 16];

fn fresh() -> PrivateKey<B> {
    PrivateKey::generate(&mut sprag::entropy::system()).unwrap()
}

fn ring() -> Ring {
    Ring::new(ID, WrapAlgorithm::DhKemAes256Gcm, fresh()).unwrap()
}

fn filled<S: Store>(store: S, count: u8) -> (Objects<S, B, DhKem>, Vec<Secret<32>>) {
    let rng = &mut sprag::entropy::system();
    let objects = Objects::new(store, ring());
    let keys: Vec<_> = (0..count).map(|_| Secret::random(rng).unwrap()).collect();
    for (n, key) in (0..).zip(&keys) {
        objects
            .insert(&[n], key, format!("bucket/{n}").as_bytes(), rng)
            .unwrap();
    }
    (objects, keys)
}

fn all_there<S: Store>(objects: &Objects<S, B, DhKem>, keys: &[Secret<32>]) {
    for (n, key) in (0..).zip(keys) {
        let object = objects.get(&[n]).unwrap();
        assert_eq!(object.key.expose(), key.expose());
        assert_eq!(object.location, format!("bucket/{n}").as_bytes());
    }
}

#[test]
fn a_pass_is_resumable_and_idempotent_and_ends_with_the_old_generation_unused() {
    let rng = &mut sprag::entropy::system();
    let store = Memory::new();
    rewraps(&store, rng);
}

#[cfg(feature = "sqlite")]
#[test]
fn so_it_is_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let store = sprag::stores::Sqlite::open(folder.path().join("store")).unwrap();
    rewraps(&store, &mut sprag::entropy::system());
}

fn rewraps<S: Store>(store: &S, rng: &mut sprag::entropy::SysRng) {
    let (mut objects, keys) = filled(store, 10);
    objects.ring_mut().rotate(fresh()).unwrap();
    let refused = objects.destroy_generation(1);
    assert_eq!(refused, Err(WrapError::Referenced(10)));

    let first = objects.rewrap(&RewrapCursor::default(), 4, rng).unwrap();
    assert_eq!((first.rewrapped, first.passed), (4, 0));
    let counts = references(store, &ID).unwrap();
    assert_eq!((counts[&1], counts[&2]), (6, 4));
    assert_eq!(objects.destroy_generation(1), Err(WrapError::Referenced(6)));
    all_there(&objects, &keys);

    // Broken off and begun anew: what was done is passed over.
    let (mut rewrapped, mut cursor) = (0, Some(RewrapCursor::default()));
    while let Some(from) = cursor {
        let page = objects.rewrap(&from, 3, rng).unwrap();
        rewrapped += page.rewrapped;
        cursor = page.next;
    }
    assert_eq!(rewrapped, 6);
    let again = objects.rewrap(&RewrapCursor::default(), 100, rng).unwrap();
    assert_eq!((again.rewrapped, again.passed), (0, 0));
    assert_eq!(objects.destroy_generation(1), Ok(()));
    all_there(&objects, &keys);
}

#[test]
fn encrypting_anew_swaps_key_and_place_at_once_with_a_grace_period() {
    let rng = &mut sprag::entropy::system();
    let (mut objects, keys) = filled(Memory::new(), 2);
    let seen = objects.get(&[0]).unwrap();
    let (anew, lost) = (Secret::random(rng).unwrap(), Secret::random(rng).unwrap());
    objects
        .replace(&[0], &seen, &anew, b"elsewhere", rng)
        .unwrap();
    // Somebody who read the same version comes too late.
    let late = objects.replace(&[0], &seen, &lost, b"nowhere", rng);
    assert_eq!(late, Err(WrapError::Conflict));

    let object = objects.get(&[0]).unwrap();
    assert_eq!(object.key.expose(), anew.expose());
    assert_eq!(object.location, b"elsewhere");
    let (key, location) = object.previous.unwrap();
    assert_eq!(
        (key.expose(), &location[..]),
        (keys[0].expose(), &b"bucket/0"[..])
    );

    // The previous key counts as a reference, and is wrapped anew with the other.
    objects.ring_mut().rotate(fresh()).unwrap();
    assert_eq!(objects.destroy_generation(1), Err(WrapError::Referenced(3)));
    objects.rewrap(&RewrapCursor::default(), 10, rng).unwrap();
    assert_eq!(objects.destroy_generation(1), Ok(()));
    assert!(objects.get(&[0]).unwrap().previous.is_some());
    let forgotten = objects.forget_previous(&[0], rng).unwrap();
    assert_eq!(forgotten.as_deref(), Some(&b"bucket/0"[..]));
    assert!(objects.get(&[0]).unwrap().previous.is_none());
    assert_eq!(objects.forget_previous(&[0], rng), Ok(None));
}

#[test]
fn names_are_taken_once_and_records_do_not_move() {
    let rng = &mut sprag::entropy::system();
    let store = Memory::new();
    let (objects, keys) = filled(&store, 2);
    let taken = objects.insert(&[0], &keys[1], b"", rng);
    assert_eq!(taken, Err(WrapError::Exists));
    assert_eq!(objects.get(b"none").err(), Some(WrapError::NotFound));
    let long = objects.insert(b"long", &keys[1], &[0; 65536], rng);
    assert_eq!(long, Err(WrapError::Malformed));
    objects.insert(b"long", &keys[1], &[7; 65535], rng).unwrap();
    assert_eq!(objects.get(b"long").unwrap().location, [7; 65535]);

    // The store puts one object's record in another's place.
    let id = |name: &[u8]| RecordId::new(RecordKind::Object, name).unwrap();
    let found = store.load(&[id(&[0]), id(&[1])]).unwrap();
    let [Some(zero), Some(one)] = &found[..] else {
        panic!("both are there")
    };
    let blob = one.blob.clone();
    let revision = zero.revision + 1;
    let change = Change {
        id: id(&[0]),
        expected: Some(zero.revision),
        new: Some(Record { revision, blob }),
    };
    store.commit(&[change]).unwrap();
    let moved = objects.get(&[0]).err();
    assert_eq!(moved, Some(WrapError::AuthenticationFailed));
    objects.remove(&[1]).unwrap();
    assert_eq!(objects.get(&[1]).err(), Some(WrapError::NotFound));
}

#[test]
fn the_durable_sessions_beside_them_leave_them_alone() {
    use sprag::default::{Durable, Identity, Prekeys};
    use sprag::{AccountId, PrekeyPolicy, SessionPolicy, StoreKeys, UnixTime};

    let rng = &mut sprag::entropy::system();
    let store = Memory::new();
    let (objects, keys) = filled(&store, 3);
    let (now, account) = (UnixTime(1), AccountId::new("alice").unwrap());
    let identity = Identity::generate(account, 1, now, rng).unwrap();
    let prekeys = Prekeys::generate(PrekeyPolicy::default(), now, rng).unwrap();
    let [old, new] = [(); 2].map(|()| Secret::random(rng).unwrap());
    let policy = SessionPolicy::default();
    let first = StoreKeys::new(old.duplicate());
    Durable::create(&store, first, policy, identity, prekeys, rng).unwrap();
    let rotated = StoreKeys::new(new).with_older(old);
    let mut device = Durable::open(&store, rotated, policy).unwrap();
    let (mut sealed, mut next) = (0, Some(Default::default()));
    while let Some(from) = next {
        let page = device.rewrap(from, 10, rng).unwrap();
        sealed += page.sealed;
        next = page.next;
    }
    assert_eq!(sealed, 2);
    all_there(&objects, &keys);
}

/// A store in which somebody else changes a record between a page's reading and its first commit.
struct Meddled<'a> {
    store: &'a Memory,
    once: Mutex<Option<Box<dyn FnOnce() + Send + 'a>>>,
}

impl Store for Meddled<'_> {
    fn load(&self, ids: &[RecordId]) -> Result<Vec<Option<Record>>, StoreError> {
        self.store.load(ids)
    }

    fn commit(&self, changes: &[Change]) -> Result<(), CommitError> {
        if let Some(meddle) = self.once.lock().unwrap().take() {
            meddle();
        }
        self.store.commit(changes)
    }

    fn scan(
        &self,
        kind: RecordKind,
        after: Option<&RecordId>,
        limit: usize,
    ) -> Result<Vec<(RecordId, Record)>, StoreError> {
        self.store.scan(kind, after, limit)
    }
}

#[test]
fn what_somebody_else_changed_meanwhile_is_not_undone() {
    let rng = &mut sprag::entropy::system();
    let store = Memory::new();
    let key = fresh();
    let bytes = key.to_bytes();
    let algorithm = WrapAlgorithm::DhKemAes256Gcm;
    let again = || PrivateKey::from_bytes(&bytes).unwrap();
    let objects = Objects::new(&store, Ring::new(ID, algorithm, key).unwrap());
    let old = Secret::random(rng).unwrap();
    objects.insert(b"object", &old, b"here", rng).unwrap();

    let other = Objects::new(&store, Ring::new(ID, algorithm, again()).unwrap());
    let new = Secret::random(rng).unwrap();
    let newer = new.duplicate();
    let meddle = move || {
        let seen = other.get(b"object").unwrap();
        let rng = &mut sprag::entropy::system();
        other
            .replace(b"object", &seen, &newer, b"there", rng)
            .unwrap();
    };
    let meddled = Meddled {
        store: &store,
        once: Mutex::new(Some(Box::new(meddle))),
    };
    let mut mine = Objects::new(meddled, Ring::new(ID, algorithm, again()).unwrap());
    mine.ring_mut().rotate(fresh()).unwrap();
    let page = mine.rewrap(&RewrapCursor::default(), 10, rng).unwrap();
    assert_eq!((page.rewrapped, page.passed), (0, 1));
    let object = mine.get(b"object").unwrap();
    assert_eq!(object.key.expose(), new.expose());
    assert_eq!(object.location, b"there");
}
