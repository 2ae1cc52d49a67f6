//! Commits of which the store does not say whether they happened.

use std::sync::atomic::Ordering;

use crate::world::{Fault, World, open, with};
use sprag_core::durable::DurableError;
use sprag_core::store::CommitError;

/// Sends three messages, the second under a fault, and opens what came out, each exactly once.
fn send_three(fault: Fault) {
    let mut world = World::met(10);
    let mut alice = open(&world.alice);
    let mut messages = Vec::new();
    for (n, text) in [b"one", b"two", b"six"].into_iter().enumerate() {
        if n == 1 {
            world.alice.fail(&[fault]);
        }
        messages.push(alice.encrypt(&with("bob"), text, &mut world.rng).unwrap());
        for late in world.alice.deliver_late() {
            assert!(matches!(late, Err(CommitError::Conflict(_))), "{late:?}");
        }
    }
    let mut bob = open(&world.bob);
    for (message, text) in messages.iter().zip([b"one", b"two", b"six"]) {
        let opened = bob.decrypt(&with("alice"), message, &mut world.rng);
        assert_eq!(opened.unwrap(), text);
        let again = bob.decrypt(&with("alice"), message, &mut world.rng);
        assert_eq!(again, Err(DurableError::Duplicate(None)));
    }
}

#[test]
fn a_commit_that_happened_silently_gives_its_message() {
    send_three(Fault::Silent);
}

#[test]
fn a_commit_that_was_lost_is_made_again() {
    send_three(Fault::Lost);
}

#[test]
fn a_commit_that_comes_late_finds_the_door_shut() {
    send_three(Fault::Late);
}

#[test]
fn while_the_store_does_not_answer_nothing_else_is_done() {
    for fault in [Fault::Silent, Fault::Lost] {
        let mut world = World::met(11);
        let mut alice = open(&world.alice);
        // The state is in memory from here on, so that only the question fails.
        let sent = alice.encrypt(&with("bob"), b"one", &mut world.rng);
        sent.unwrap();
        world.alice.fail(&[fault]);
        world.alice.away.store(3, Ordering::Relaxed);
        let sent = alice.encrypt(&with("bob"), b"two", &mut world.rng);
        assert!(matches!(sent, Err(DurableError::InDoubt(_))), "{sent:?}");
        let other = alice.encrypt(&with("bob"), b"three", &mut world.rng);
        assert!(matches!(other, Err(DurableError::InDoubt(_))), "{other:?}");
        for _ in 0..2 {
            let asked = alice.resolve(&mut world.rng);
            assert!(matches!(asked, Err(DurableError::InDoubt(_))), "{asked:?}");
        }
        let found = alice.resolve(&mut world.rng).unwrap();
        let message = match fault {
            Fault::Silent => found.unwrap().messages.pop().unwrap(),
            _ => {
                assert!(found.is_none(), "it never happened");
                alice.encrypt(&with("bob"), b"two", &mut world.rng).unwrap()
            }
        };
        let opened = open(&world.bob).decrypt(&with("alice"), &message, &mut world.rng);
        assert_eq!(opened.unwrap(), b"two");
    }
}

#[test]
fn a_message_whose_commit_others_built_upon_comes_out() {
    let mut world = World::met(12);
    let mut alice = open(&world.alice);
    alice.encrypt(&with("bob"), b"one", &mut world.rng).unwrap();
    world.alice.fail(&[Fault::Silent]);
    world.alice.away.store(1, Ordering::Relaxed);
    let sent = alice.encrypt(&with("bob"), b"two", &mut world.rng);
    assert!(matches!(sent, Err(DurableError::InDoubt(_))));
    let mut other = open(&world.alice);
    for _ in 0..3 {
        other
            .encrypt(&with("bob"), b"more", &mut world.rng)
            .unwrap();
    }
    let found = alice.resolve(&mut world.rng).unwrap().unwrap();
    let opened = open(&world.bob).decrypt(&with("alice"), &found.messages[0], &mut world.rng);
    assert_eq!(opened.unwrap(), b"two");
}

#[test]
fn a_commit_that_too_much_was_built_upon_is_taken_for_lost_and_harms_nothing() {
    let mut world = World::met(13);
    let mut alice = open(&world.alice);
    alice.encrypt(&with("bob"), b"one", &mut world.rng).unwrap();
    world.alice.fail(&[Fault::Silent]);
    world.alice.away.store(1, Ordering::Relaxed);
    let sent = alice.encrypt(&with("bob"), b"two", &mut world.rng);
    assert!(matches!(sent, Err(DurableError::InDoubt(_))));
    let mut other = open(&world.alice);
    let mut messages = Vec::new();
    for _ in 0..8 {
        messages.push(
            other
                .encrypt(&with("bob"), b"more", &mut world.rng)
                .unwrap(),
        );
    }
    assert!(alice.resolve(&mut world.rng).unwrap().is_none());
    messages.push(alice.encrypt(&with("bob"), b"two", &mut world.rng).unwrap());
    let mut bob = open(&world.bob);
    for message in &messages {
        bob.decrypt(&with("alice"), message, &mut world.rng)
            .unwrap();
    }
}
