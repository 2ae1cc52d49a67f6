//! Several workers on one conversation.

use sprag::{InitiatePolicy, SessionError};
use sprag_core::durable::DurableError;
use sprag_core::store::StoreErrorKind;

use crate::world::{Device, Fault, NOW, World, open, with};

#[test]
fn a_conversation_goes_on_after_every_restart() {
    let mut world = World::met(1);
    for round in 0..10_u8 {
        let text = [round; 20];
        let sent = open(&world.alice).encrypt(&with("bob"), &text, &mut world.rng);
        let opened = open(&world.bob).decrypt(&with("alice"), &sent.unwrap(), &mut world.rng);
        assert_eq!(opened.unwrap(), text);
        let sent = open(&world.bob).encrypt(&with("alice"), &text, &mut world.rng);
        let opened = open(&world.alice).decrypt(&with("bob"), &sent.unwrap(), &mut world.rng);
        assert_eq!(opened.unwrap(), text);
    }
}

#[test]
fn workers_in_turns_never_use_a_number_twice() {
    let mut world = World::met(2);
    let mut workers = [(); 3].map(|()| open(&world.alice));
    let mut readers = [(); 2].map(|()| open(&world.bob));
    let mut read = Vec::new();
    for n in 0..60_u32 {
        let worker = &mut workers[(n % 3) as usize];
        let sent = worker.encrypt(&with("bob"), &n.to_be_bytes(), &mut world.rng);
        let reader = &mut readers[(n % 2) as usize];
        let text = reader.decrypt(&with("alice"), &sent.unwrap(), &mut world.rng);
        read.push(u32::from_be_bytes(text.unwrap().try_into().unwrap()));
        if n % 10 == 9 {
            // The ratchet turns while the other workers hold the state from before.
            let answer = readers[0].encrypt(&with("alice"), b"ok", &mut world.rng);
            let text = workers[0].decrypt(&with("bob"), &answer.unwrap(), &mut world.rng);
            assert_eq!(text.unwrap(), b"ok");
        }
    }
    assert!(read.iter().copied().eq(0..60));
}

#[test]
fn what_a_store_refuses_is_not_handed_out_and_leaves_no_gap() {
    let mut world = World::met(3);
    let mut alice = open(&world.alice);
    let before = world.alice.snapshot();
    world.alice.fail(&[Fault::Full]);
    let refused = alice.encrypt(&with("bob"), b"no", &mut world.rng);
    let Err(DurableError::Store(error)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(error.kind(), StoreErrorKind::Full);
    assert_eq!(world.alice.snapshot(), before, "nothing changed");
    let sent = alice.encrypt(&with("bob"), b"yes", &mut world.rng).unwrap();
    let mut bob = open(&world.bob);
    let opened = bob.decrypt(&with("alice"), &sent, &mut world.rng);
    assert_eq!(opened.unwrap(), b"yes");
}

#[test]
fn a_batch_is_one_commit_and_a_bad_job_disturbs_no_other() {
    let mut world = World::met(4);
    let mut alice = open(&world.alice);
    let before = world.alice.commits();
    let jobs = [
        (with("nobody"), b"lost".as_slice()),
        (with("bob"), b"kept".as_slice()),
    ];
    let outcomes = alice.encrypt_batch(&jobs, &mut world.rng).unwrap();
    assert_eq!(world.alice.commits(), before + 1);
    assert_eq!(outcomes[0], Err(DurableError::NoConversation));
    let message = outcomes[1].as_ref().unwrap();
    let opened = open(&world.bob).decrypt(&with("alice"), message, &mut world.rng);
    assert_eq!(opened.unwrap(), b"kept");
}

#[test]
fn in_a_batch_no_outcome_is_taken_for_anothers() {
    let mut world = World::met(6);
    let mut alice = open(&world.alice);
    alice.observe_time(NOW);
    let policy = InitiatePolicy::default();
    let meet = |alice: &mut Device, name, world: &mut World| {
        let bundle = world.bundle();
        alice.initiate(&with(name), &bundle, b"", &policy, &mut world.rng)
    };
    meet(&mut alice, "carol", &mut world).unwrap();
    alice.restored(&mut world.rng).unwrap();
    let first = meet(&mut alice, "bob", &mut world).unwrap();
    world.accept(&first).unwrap();
    // The first conversation only receives, the third does not exist.
    let jobs = ["carol", "bob", "nobody"].map(|name| (with(name), name.as_bytes()));
    let outcomes = alice.encrypt_batch(&jobs, &mut world.rng).unwrap();
    let [closed, sent, none] = outcomes.as_slice() else {
        panic!("{outcomes:?}");
    };
    assert_eq!(*closed, Err(DurableError::Session(SessionError::Closed)));
    assert_eq!(*none, Err(DurableError::NoConversation));
    let opened = open(&world.bob).decrypt(&with("alice"), sent.as_ref().unwrap(), &mut world.rng);
    assert_eq!(opened.unwrap(), b"bob");
}

#[test]
fn a_forged_message_changes_nothing() {
    let mut world = World::met(5);
    let sent = open(&world.alice).encrypt(&with("bob"), b"text", &mut world.rng);
    let mut forged = sent.unwrap();
    *forged.last_mut().unwrap() ^= 1;
    let before = world.bob.snapshot();
    let mut bob = open(&world.bob);
    assert!(
        bob.decrypt(&with("alice"), &forged, &mut world.rng)
            .is_err()
    );
    assert_eq!(world.bob.snapshot(), before);
    *forged.last_mut().unwrap() ^= 1;
    let opened = bob.decrypt(&with("alice"), &forged, &mut world.rng);
    assert_eq!(opened.unwrap(), b"text");
}
