//! What stands in the store: sealed, in its place, under the right key, not set back.

use std::sync::Arc;

use crate::world::{Device, Faulty, World, key, open, with};
use sprag::{SessionError, SessionPolicy};
use sprag_core::durable::{DurableError, Rewrap, StoreKeys};
use sprag_core::store::{Change, Record, RecordId, RecordKind, Store};

fn overwrite(store: &Faulty, id: &RecordId, blob: Vec<u8>) {
    let revision = store.memory.load(std::slice::from_ref(id)).unwrap()[0]
        .as_ref()
        .map(|record| record.revision);
    let new = Record {
        revision: revision.unwrap(),
        blob,
    };
    let change = Change {
        id: id.clone(),
        expected: revision,
        new: Some(new),
    };
    store.memory.commit(&[change]).unwrap();
}

fn conversation(store: &Faulty) -> (RecordId, Record) {
    let mut found = store
        .memory
        .scan(RecordKind::Conversation, None, 1)
        .unwrap();
    found.pop().unwrap()
}

#[test]
fn another_key_opens_nothing_and_says_so() {
    let world = World::met(40);
    let before = world.alice.snapshot();
    let wrong = StoreKeys::new(key(2));
    let opened = Device::open(Arc::clone(&world.alice), wrong, SessionPolicy::default());
    assert_eq!(opened.unwrap_err(), DurableError::WrongStoreKey);
    assert_eq!(world.alice.snapshot(), before);
}

#[test]
fn an_empty_store_holds_no_identity_and_a_full_one_keeps_it() {
    let mut world = World::met(41);
    let empty = Arc::new(Faulty::default());
    let opened = Device::open(empty, StoreKeys::new(key(1)), SessionPolicy::default());
    assert_eq!(opened.unwrap_err(), DurableError::NoIdentity);
    let again = sprag::rustcrypto::Identity::generate(
        crate::world::account("alice"),
        1,
        crate::world::NOW,
        &mut world.rng,
    );
    let prekeys = sprag::rustcrypto::Prekeys::generate(
        sprag::PrekeyPolicy::default(),
        crate::world::NOW,
        &mut world.rng,
    );
    let created = Device::create(
        Arc::clone(&world.alice),
        StoreKeys::new(key(1)),
        SessionPolicy::default(),
        again.unwrap(),
        prekeys.unwrap(),
        &mut world.rng,
    );
    assert_eq!(created.unwrap_err(), DurableError::IdentityExists);
}

#[test]
fn every_changed_byte_of_a_record_is_found() {
    let mut world = World::met(42);
    let (id, record) = conversation(&world.alice);
    for place in 0..record.blob.len() {
        let mut changed = record.blob.clone();
        changed[place] ^= 2;
        overwrite(&world.alice, &id, changed);
        let sent = open(&world.alice).encrypt(&with("bob"), b"", &mut world.rng);
        match place {
            0 => assert_eq!(sent, Err(DurableError::NewerBlob(3))),
            1..9 => assert_eq!(sent, Err(DurableError::WrongStoreKey)),
            _ => assert_eq!(sent, Err(DurableError::Damaged(id.clone())), "byte {place}"),
        }
    }
    let mut older = record.blob.clone();
    older[0] = 0;
    overwrite(&world.alice, &id, older);
    let sent = open(&world.alice).encrypt(&with("bob"), b"", &mut world.rng);
    assert_eq!(sent, Err(DurableError::Damaged(id.clone())));
    for len in [0, 1, 8, 36, 52, record.blob.len() - 1] {
        overwrite(&world.alice, &id, record.blob[..len].to_vec());
        let sent = open(&world.alice).encrypt(&with("bob"), b"", &mut world.rng);
        assert_eq!(sent, Err(DurableError::Damaged(id.clone())), "{len} bytes");
    }
}

#[test]
fn the_record_of_another_conversation_does_not_fit() {
    let mut world = World::met(43);
    let (_, record) = conversation(&world.alice);
    let other = RecordId::new(RecordKind::Conversation, b"\0\0\0\x01carol").unwrap();
    let change = Change {
        id: other.clone(),
        expected: None,
        new: Some(record),
    };
    world.alice.memory.commit(&[change]).unwrap();
    let sent = open(&world.alice).encrypt(&with("carol"), b"", &mut world.rng);
    assert_eq!(sent, Err(DurableError::Damaged(other)));
}

#[test]
fn a_worker_notices_that_its_store_was_set_back() {
    let mut world = World::met(44);
    let old = world.alice.snapshot();
    let mut alice = open(&world.alice);
    for _ in 0..3 {
        alice.encrypt(&with("bob"), b"", &mut world.rng).unwrap();
    }
    world.alice.restore(&old);
    let sent = alice.encrypt(&with("bob"), b"", &mut world.rng);
    let (id, _) = conversation(&world.alice);
    assert_eq!(sent, Err(DurableError::RolledBack(id)));
    assert_eq!(world.alice.snapshot(), old, "nothing was put on top");
}

#[test]
fn a_state_that_others_built_on_the_old_copy_is_not_overwritten() {
    let mut world = World::met(45);
    let old = world.alice.snapshot();
    let mut alice = open(&world.alice);
    for _ in 0..3 {
        alice.encrypt(&with("bob"), b"", &mut world.rng).unwrap();
    }
    world.alice.restore(&old);
    // As many commits on the old copy, so the same count; one of them opens a message.
    let news = open(&world.bob).encrypt(&with("alice"), b"news", &mut world.rng);
    let news = news.unwrap();
    let mut other = open(&world.alice);
    assert_eq!(
        other.decrypt(&with("bob"), &news, &mut world.rng).unwrap(),
        b"news"
    );
    for _ in 0..2 {
        other.encrypt(&with("bob"), b"", &mut world.rng).unwrap();
    }
    let (_, theirs) = conversation(&world.alice);
    let ours = alice.encrypt(&with("bob"), b"", &mut world.rng);
    // Whether ours went on from theirs or noticed that it was set back: theirs is not gone.
    assert!(
        matches!(ours, Ok(_) | Err(DurableError::RolledBack(_))),
        "{ours:?}"
    );
    let (_, now) = conversation(&world.alice);
    assert!(now == theirs || now.revision >> 20 == (theirs.revision >> 20) + 1);
    let again = open(&world.alice).decrypt(&with("bob"), &news, &mut world.rng);
    assert_eq!(again, Err(DurableError::Duplicate(None)));
}

#[test]
fn after_a_restored_backup_old_sessions_only_receive() {
    let mut world = World::met(46);
    let old = world.alice.snapshot();
    let mut lost = open(&world.alice);
    let sent = lost.encrypt(&with("bob"), b"sent before", &mut world.rng);
    let mut bob = open(&world.bob);
    let late = bob.encrypt(&with("alice"), b"still read", &mut world.rng);
    let opened = bob.decrypt(&with("alice"), &sent.unwrap(), &mut world.rng);
    assert_eq!(opened.unwrap(), b"sent before");
    world.alice.restore(&old);

    let mut alice = open(&world.alice);
    alice.restored(&mut world.rng).unwrap();
    let closed = Err(DurableError::Session(SessionError::Closed));
    let sent = alice.encrypt(&with("bob"), b"twice?", &mut world.rng);
    assert_eq!(sent, closed);
    // Alone and among others.
    let jobs = [(with("bob"), b"twice?".as_slice())];
    assert_eq!(
        alice.encrypt_batch(&jobs, &mut world.rng).unwrap(),
        [closed]
    );
    let opened = alice.decrypt(&with("bob"), &late.unwrap(), &mut world.rng);
    assert_eq!(opened.unwrap(), b"still read");
    // What answers a message that the copy does not know of is lost.
    let answer = bob.encrypt(&with("alice"), b"to the lost one", &mut world.rng);
    let lost = alice.decrypt(&with("bob"), &answer.unwrap(), &mut world.rng);
    let unknown = DurableError::Session(SessionError::UnknownRatchetKey);
    assert_eq!(lost, Err(unknown));

    let bundle = world.bundle();
    alice.observe_time(crate::world::NOW);
    let policy = sprag::InitiatePolicy::default();
    let first = alice.initiate(&with("bob"), &bundle, b"anew", &policy, &mut world.rng);
    assert_eq!(world.accept(&first.unwrap()).unwrap(), b"anew");
    let sent = alice.encrypt(&with("bob"), b"healed", &mut world.rng);
    let opened = open(&world.bob).decrypt(&with("alice"), &sent.unwrap(), &mut world.rng);
    assert_eq!(opened.unwrap(), b"healed");
}

#[test]
fn a_new_store_key_takes_over_in_pieces() {
    let mut world = World::met(47);
    let keys = || StoreKeys::new(key(9)).with_older(key(1));
    let policy = SessionPolicy::default();
    let mut worker = Device::open(Arc::clone(&world.alice), keys(), policy).unwrap();
    let (mut from, mut sealed) = (Some(Rewrap::default()), 0);
    while let Some(position) = from {
        // A restart between any two pieces.
        let mut piece = Device::open(Arc::clone(&world.alice), keys(), policy).unwrap();
        let done = piece.rewrap(position, 1, &mut world.rng).unwrap();
        sealed += done.sealed;
        from = done.next;
        worker.encrypt(&with("bob"), b"", &mut world.rng).unwrap();
    }
    assert!(sealed >= 2, "identity and prekeys, at least");
    let only_new = StoreKeys::new(key(9));
    let mut alice = Device::open(Arc::clone(&world.alice), only_new, policy).unwrap();
    alice.encrypt(&with("bob"), b"", &mut world.rng).unwrap();
    alice
        .change_prekeys(|_, _, _| Ok(()), &mut world.rng)
        .unwrap();
}
