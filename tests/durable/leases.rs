//! Sending numbers taken ahead.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use sprag::rustcrypto::{Backend, Identity, Prekeys, Session};
use sprag::{InitiatePolicy, PrekeyPolicy, PublishedPrekeys, SessionError, SessionPolicy};

use crate::world::{NOW, World, account, open, peer, with};
use sprag_core::durable::DurableError;

#[test]
fn workers_lease_apart_and_a_crash_leaves_a_gap() {
    let mut world = World::met(20);
    let commits = world.alice.commits();
    let mut one = open(&world.alice)
        .lease(&with("bob"), 8, &mut world.rng)
        .unwrap();
    let mut two = open(&world.alice)
        .lease(&with("bob"), 8, &mut world.rng)
        .unwrap();
    assert_eq!(world.alice.commits(), commits + 2);
    let mut messages = Vec::new();
    for n in 0..8_u8 {
        messages.push((n, one.encrypt(&[n], &mut world.rng).unwrap()));
        if n < 5 {
            messages.push((100 + n, two.encrypt(&[100 + n], &mut world.rng).unwrap()));
        }
    }
    assert_eq!(
        world.alice.commits(),
        commits + 2,
        "no commit for a message"
    );
    assert_eq!((one.remaining(), two.remaining()), (0, 3));
    let over = one.encrypt(b"over", &mut world.rng);
    assert_eq!(over, Err(SessionError::ChainExhausted));
    // The second worker dies here.
    drop(two);
    let after = open(&world.alice).encrypt(&with("bob"), &[200], &mut world.rng);
    messages.push((200, after.unwrap()));
    messages.reverse();
    let mut bob = open(&world.bob);
    for (n, message) in messages {
        let opened = bob.decrypt(&with("alice"), &message, &mut world.rng);
        assert_eq!(opened.unwrap(), [n]);
    }
}

#[test]
fn a_lease_outlives_a_turn_of_the_ratchet() {
    let mut world = World::met(21);
    let mut lease = open(&world.alice)
        .lease(&with("bob"), 4, &mut world.rng)
        .unwrap();
    let mut bob = open(&world.bob);
    let first = lease.encrypt(b"a", &mut world.rng).unwrap();
    assert_eq!(
        bob.decrypt(&with("alice"), &first, &mut world.rng).unwrap(),
        b"a"
    );
    let answer = bob.encrypt(&with("alice"), b"b", &mut world.rng).unwrap();
    let mut alice = open(&world.alice);
    assert_eq!(
        alice
            .decrypt(&with("bob"), &answer, &mut world.rng)
            .unwrap(),
        b"b"
    );
    let turned = alice.encrypt(&with("bob"), b"c", &mut world.rng).unwrap();
    assert_eq!(
        bob.decrypt(&with("alice"), &turned, &mut world.rng)
            .unwrap(),
        b"c"
    );
    let old = lease.encrypt(b"d", &mut world.rng).unwrap();
    assert_eq!(
        bob.decrypt(&with("alice"), &old, &mut world.rng).unwrap(),
        b"d"
    );
}

#[test]
fn a_lease_that_a_peer_would_not_skip_is_refused() {
    let mut world = World::met(22);
    let before = world.alice.snapshot();
    let lease = open(&world.alice).lease(&with("bob"), 1001, &mut world.rng);
    let refused = DurableError::Session(SessionError::ChainExhausted);
    assert_eq!(lease.unwrap_err(), refused);
    assert_eq!(world.alice.snapshot(), before);
}

#[test]
fn leased_messages_are_those_of_a_loop() {
    let rng = &mut ChaCha20Rng::seed_from_u64(23);
    let bob_account = account("bob");
    let alice = Identity::generate(account("alice"), 1, NOW, rng).unwrap();
    let bob = Identity::generate(bob_account.clone(), 1, NOW, rng).unwrap();
    let prekeys = Prekeys::generate(PrekeyPolicy::default(), NOW, rng).unwrap();
    let record = prekeys.record(&bob).unwrap();
    let mut server = PublishedPrekeys::new::<Backend>(record).unwrap();
    let bundle = server.take_bundle(NOW);
    let bundle = bundle.verify::<Backend>(&peer(&bob_account), NOW).unwrap();
    let policy = InitiatePolicy::default();
    let started = sprag::initiate(&alice, &bundle, b"", &policy, NOW, rng).unwrap();
    let state = started.session.encode();

    let session = || Session::decode(&state, SessionPolicy::default()).unwrap();
    let (mut by_lease, mut by_loop) = (session(), session());
    let (one, two) = (&mut rng.clone(), &mut rng.clone());
    for count in [1, 5, 0, 64] {
        let mut lease = by_lease.lease(count, one).unwrap();
        let leased = (0..count).map(|n| lease.encrypt(&n.to_be_bytes(), one).unwrap());
        let looped = (0..count).map(|n| by_loop.encrypt(&n.to_be_bytes(), two).unwrap());
        assert!(leased.eq(looped), "a lease of {count}");
        assert_eq!(*by_lease.encode(), *by_loop.encode(), "a lease of {count}");
    }
}

#[test]
fn many_leases_are_one_commit_and_a_bad_one_disturbs_no_other() {
    let mut world = World::met(24);
    let commits = world.alice.commits();
    let jobs = [(with("nobody"), 2), (with("bob"), 2)];
    let mut alice = open(&world.alice);
    let leases = alice.lease_batch(&jobs, &mut world.rng).unwrap();
    assert_eq!(world.alice.commits(), commits + 1);
    let [Err(none), Ok(lease)] = <[_; 2]>::try_from(leases).unwrap() else {
        panic!("the first conversation does not exist, the second does");
    };
    assert_eq!(none, DurableError::NoConversation);
    let mut lease = lease;
    let mut bob = open(&world.bob);
    for text in [b"one", b"two"] {
        let sent = lease.encrypt(text, &mut world.rng).unwrap();
        let opened = bob.decrypt(&with("alice"), &sent, &mut world.rng);
        assert_eq!(opened.unwrap(), text);
    }
}
