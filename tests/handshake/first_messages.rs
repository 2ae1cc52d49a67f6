//! A first message to an offline peer works, with payload, in one call on each side.

use sprag_core::Suite;
use sprag_core::handshake::{Expected, InitiatePolicy, Peer, PrekeyUse, SafetyNumber, accept};
use sprag_core::session::SessionPolicy;

use crate::world::{ALICE_DEVICE, NOW, World, account, offering, only};

#[test]
fn every_suite_round_trips_with_and_without_one_time_prekeys() {
    for suite in Suite::ALL {
        for one_time in [0, 3] {
            let mut world = World::with(&offering(suite), one_time);
            let sent = world.first_message(&only(&suite));
            assert_eq!(sent.suite, suite);
            match (one_time, suite.kem()) {
                (0, None) => assert_eq!(sent.used, PrekeyUse::SignedPrekeyOnly),
                (0, Some(_)) => assert!(matches!(sent.used, PrekeyUse::LastResort(_))),
                _ => assert!(matches!(sent.used, PrekeyUse::OneTime(_))),
            }

            let accepted = world.take(&sent.message).unwrap();
            assert_eq!(accepted.payload, b"hello");
            assert_eq!((accepted.suite, accepted.used), (suite, sent.used));
            assert_eq!(&accepted.peer, world.alice.record());

            let (mut alice, mut bob) = (sent.session, accepted.session);
            assert_eq!(alice.id(), bob.id());
            assert_eq!(alice.peer(), world.bob.fingerprint());
            assert_eq!(bob.peer(), world.alice.fingerprint());
            for turn in 0..3_u8 {
                let message = bob.encrypt(&[turn], &mut world.rng).unwrap();
                assert_eq!(alice.decrypt(&message).unwrap(), [turn]);
                let message = alice.encrypt(&[turn, turn], &mut world.rng).unwrap();
                assert_eq!(bob.decrypt(&message).unwrap(), [turn, turn]);
            }
        }
    }
}

#[test]
fn messages_before_the_first_reply_open_in_any_order() {
    let mut world = World::new(1);
    let sent = world.first_message(&InitiatePolicy::default());
    let mut alice = sent.session;
    let second = alice.encrypt(b"second", &mut world.rng).unwrap();
    let accepted = world.take(&second).unwrap();
    assert_eq!(accepted.payload, b"second");
    let mut bob = accepted.session;
    assert_eq!(bob.decrypt(&sent.message).unwrap(), b"hello");
}

#[test]
fn an_empty_and_a_large_payload_travel() {
    let mut world = World::new(2);
    for payload in [&[][..], &vec![0x5a; 100_000]] {
        let bundle = world.fetch();
        let policy = InitiatePolicy::default();
        let sent = sprag_core::handshake::initiate(
            &world.alice,
            &bundle,
            payload,
            &policy,
            NOW,
            &mut world.rng,
        );
        let accepted = world.take(&sent.unwrap().message).unwrap();
        assert_eq!(accepted.payload, payload);
    }
}

#[test]
fn a_known_sender_is_accepted_by_record_and_by_fingerprint() {
    let mut world = World::new(2);
    let alice = account("alice");
    let record = *world.alice.record();
    for expected in [
        Expected::Identity(&record),
        Expected::Fingerprint(world.alice.fingerprint()),
    ] {
        let sent = world.first_message(&InitiatePolicy::default());
        let from = Peer {
            account: &alice,
            device: ALICE_DEVICE,
            expected,
        };
        let policy = SessionPolicy::default();
        let accepted = accept(
            &world.bob,
            &world.prekeys,
            &from,
            &sent.message,
            policy,
            NOW,
        )
        .unwrap();
        assert_eq!(accepted.payload, b"hello");
    }
}

#[test]
fn both_sides_see_the_same_safety_number_and_others_see_another() {
    let world = World::new(0);
    let (alice, bob) = (account("alice"), account("bob"));
    let hers = SafetyNumber::new(&world.alice, &bob, world.bob.fingerprint());
    let his = SafetyNumber::new(&world.bob, &alice, world.alice.fingerprint());
    assert_eq!(hers, his);
    let text = hers.to_string();
    assert_eq!(text.split(' ').count(), 12);
    assert!(
        text.split(' ')
            .all(|group| group.len() == 5 && group.parse::<u32>().is_ok())
    );
    let renamed = SafetyNumber::new(&world.bob, &account("alicf"), world.alice.fingerprint());
    assert_ne!(his, renamed);
}
