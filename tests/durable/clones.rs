//! A peer that exists twice: two genuine messages under one number.

use std::sync::Arc;

use sprag::{SessionError, SessionPolicy, StoreKeys};
use sprag_core::durable::DurableError;

use crate::world::{Device, World, key, open, with};

const CLONED: DurableError = DurableError::Session(SessionError::CloneSuspected);
const DUPLICATE: DurableError = DurableError::Duplicate(None);

/// Bob, who keeps the keys of so many opened messages.
fn watchful(world: &World, clone_window: u8) -> Device {
    let policy = SessionPolicy {
        clone_window,
        ..SessionPolicy::default()
    };
    Device::open(Arc::clone(&world.bob), StoreKeys::new(key(1)), policy).unwrap()
}

/// What Alice sends, and what she sends after her store was set back to before that.
fn sent_twice(world: &mut World) -> (Vec<u8>, Vec<u8>) {
    // A chain that both copies go on with: each would begin another one.
    let first = open(&world.alice).encrypt(&with("bob"), b"first", &mut world.rng);
    let opened = open(&world.bob).decrypt(&with("alice"), &first.unwrap(), &mut world.rng);
    assert_eq!(opened.unwrap(), b"first");
    let backup = world.alice.snapshot();
    let send = |world: &mut World, text: &[u8]| {
        let sent = open(&world.alice).encrypt(&with("bob"), text, &mut world.rng);
        sent.unwrap()
    };
    let one = send(world, b"one");
    world.alice.restore(&backup);
    (one, send(world, b"two"))
}

#[test]
fn a_second_genuine_message_of_a_number_is_reported() {
    let mut world = World::met(40);
    let (one, two) = sent_twice(&mut world);
    let decrypt = |world: &mut World, message: &[u8]| {
        watchful(world, 4).decrypt(&with("alice"), message, &mut world.rng)
    };
    assert_eq!(decrypt(&mut world, &one).unwrap(), b"one");
    let before = world.bob.snapshot();
    assert_eq!(decrypt(&mut world, &two), Err(CLONED));
    assert_eq!(decrypt(&mut world, &one), Err(DUPLICATE));
    for place in [60, two.len() - 1] {
        let mut forged = two.clone();
        forged[place] ^= 1;
        assert_eq!(decrypt(&mut world, &forged), Err(DUPLICATE));
    }
    assert_eq!(world.bob.snapshot(), before);
    // The conversation goes on.
    let next = open(&world.alice).encrypt(&with("bob"), b"next", &mut world.rng);
    assert_eq!(decrypt(&mut world, &next.unwrap()).unwrap(), b"next");
}

#[test]
fn no_more_keys_are_kept_than_the_policy_says() {
    let mut world = World::met(41);
    let (one, two) = sent_twice(&mut world);
    let later: Vec<Vec<u8>> = (0..3)
        .map(|_| {
            let sent = open(&world.alice).encrypt(&with("bob"), b"later", &mut world.rng);
            sent.unwrap()
        })
        .collect();
    let decrypt = |world: &mut World, window, message: &[u8]| {
        watchful(world, window).decrypt(&with("alice"), message, &mut world.rng)
    };
    decrypt(&mut world, 3, &one).unwrap();
    decrypt(&mut world, 3, &later[0]).unwrap();
    decrypt(&mut world, 3, &later[1]).unwrap();
    assert_eq!(decrypt(&mut world, 3, &two), Err(CLONED));
    decrypt(&mut world, 3, &later[2]).unwrap();
    assert_eq!(decrypt(&mut world, 3, &two), Err(DUPLICATE));
}

#[test]
fn a_policy_that_keeps_none_drops_those_that_are_kept() {
    let mut world = World::met(42);
    let (one, two) = sent_twice(&mut world);
    let next = open(&world.alice).encrypt(&with("bob"), b"next", &mut world.rng);
    let mut bob = watchful(&world, 64);
    bob.decrypt(&with("alice"), &one, &mut world.rng).unwrap();
    let mut bob = watchful(&world, 0);
    bob.decrypt(&with("alice"), &next.unwrap(), &mut world.rng)
        .unwrap();
    let again = watchful(&world, 64).decrypt(&with("alice"), &two, &mut world.rng);
    assert_eq!(again, Err(DUPLICATE));
}
