//! What a responder refuses, and that refusing changes nothing.

use sprag_core::Suite;
use sprag_core::handshake::{
    AccountId, Expected, HandshakeError, Identity, InitiatePolicy, Peer, PrekeyBundle,
    PrekeyPolicy, accept, initiate,
};
use sprag_core::session::{SessionError, SessionPolicy};

use crate::world::{ALICE_DEVICE, B, BOB_DEVICE, DAY, NOW, World, account, offering, only, peer};

/// Where the fields of an INIT header lie.
const AGREEMENT_KEY: usize = 3 + 32;
const EPHEMERAL: usize = 143;
const SIGNED_PREKEY_ID: usize = 175;
const ONE_TIME_ID: usize = 179;
const KEM_ID: usize = 184;

const NOT_AUTHENTIC: HandshakeError = HandshakeError::Session(SessionError::AuthenticationFailed);

#[test]
fn every_changed_byte_of_a_first_message_is_refused_without_a_trace() {
    for suite in [Suite::X3dhChaCha20Poly1305, Suite::Pqxdh768ChaCha20Poly1305] {
        for one_time in [0, 1] {
            let mut world = World::with(&offering(suite), one_time);
            let mut message = world.first_message(&only(&suite)).message;
            let before = world.prekeys.encode();
            for i in 0..message.len() {
                message[i] ^= 1 << (i % 8);
                assert!(world.take(&message).is_err(), "{suite}, byte {i}");
                assert_eq!(*world.prekeys.encode(), *before, "{suite}, byte {i}");
                message[i] ^= 1 << (i % 8);
            }
            assert_eq!(world.take(&message).unwrap().payload, b"hello");
        }
    }
}

#[test]
fn every_truncated_first_message_is_refused() {
    let mut world = World::new(1);
    let message = world.first_message(&InitiatePolicy::default()).message;
    for len in 0..message.len() {
        assert!(world.take(&message[..len]).is_err(), "length {len}");
    }
    assert!(world.take(&[message.as_slice(), &[0]].concat()).is_err());
    assert!(world.take(&message).is_ok());
}

#[test]
fn a_replay_is_refused_whatever_prekey_it_used() {
    for (suite, one_time, expected) in [
        (Suite::X3dhAes256Gcm, 1, HandshakeError::PrekeySpent),
        (Suite::X3dhAes256Gcm, 0, HandshakeError::Replay),
        (Suite::Pqxdh768Aes256Gcm, 1, HandshakeError::PrekeySpent),
        (Suite::Pqxdh768Aes256Gcm, 0, HandshakeError::Replay),
    ] {
        let mut world = World::with(&offering(suite), one_time);
        let message = world.first_message(&only(&suite)).message;
        let other = world.first_message(&only(&suite)).message;
        world.take(&message).unwrap();
        assert_eq!(world.take(&message).unwrap_err(), expected);
        // A rotation does not make it new.
        world.prekeys.rotate(NOW, &mut world.rng).unwrap();
        assert_eq!(world.take(&message).unwrap_err(), expected);
        // Neither does losing the keys.
        world.prekeys.rotate(NOW, &mut world.rng).unwrap();
        assert_eq!(
            world.take(&message).unwrap_err(),
            HandshakeError::PrekeySpent
        );
        assert_eq!(world.take(&other).unwrap_err(), HandshakeError::PrekeySpent);
    }
}

#[test]
fn a_one_time_prekey_goes_with_the_change_and_not_before() {
    let mut world = World::new(1);
    let message = world.first_message(&InitiatePolicy::default()).message;
    let before = world.prekeys.encode();
    let first = world.accept(&message).unwrap();
    let again = world.accept(&message).unwrap();
    assert_eq!(*world.prekeys.encode(), *before);
    assert_eq!(world.prekeys.one_time_kept(), 1);

    world.prekeys.apply(first.change).unwrap();
    assert_eq!(world.prekeys.one_time_kept(), 0);
    let after = world.prekeys.encode();
    assert_eq!(
        world.prekeys.apply(again.change),
        Err(HandshakeError::PrekeySpent)
    );
    assert_eq!(*world.prekeys.encode(), *after);
}

#[test]
fn a_change_is_refused_by_the_prekeys_of_another_device() {
    for one_time in [1, 0] {
        let mut world = World::new(one_time);
        // The same ids, other keys.
        let mut other = World::new(one_time).prekeys;
        other.rotate(NOW, &mut world.rng).unwrap();
        other.rotate(NOW, &mut world.rng).unwrap();
        let before = other.encode();
        let message = world.first_message(&InitiatePolicy::default()).message;
        let accepted = world.accept(&message).unwrap();
        let refused = other.apply(accepted.change);
        assert_eq!(refused, Err(HandshakeError::UnknownPrekey));
        assert_eq!(*other.encode(), *before);
        world.prekeys.apply(accepted.change).unwrap();
    }
}

#[test]
fn a_full_replay_record_fails_closed_until_rotation() {
    let policy = PrekeyPolicy {
        low: 0,
        replay_capacity: 2,
        ..PrekeyPolicy::default()
    };
    let mut world = World::with_policy(policy);
    let messages: Vec<_> = (0..3)
        .map(|_| world.first_message(&InitiatePolicy::default()).message)
        .collect();
    // Both were read before either was applied.
    let late = world.accept(&messages[2]).unwrap();
    world.take(&messages[0]).unwrap();
    world.take(&messages[1]).unwrap();
    let full = world.prekeys.encode();
    assert_eq!(
        world.take(&messages[2]).unwrap_err(),
        HandshakeError::ReplayRecordFull
    );
    assert_eq!(
        world.prekeys.apply(late.change),
        Err(HandshakeError::ReplayRecordFull)
    );
    assert_eq!(
        world.take(&messages[0]).unwrap_err(),
        HandshakeError::Replay
    );
    assert_eq!(*world.prekeys.encode(), *full);

    world.prekeys.rotate(NOW, &mut world.rng).unwrap();
    let record = world.prekeys.record(&world.bob).unwrap();
    world.server.replace_record::<B>(record).unwrap();
    let message = world.first_message(&InitiatePolicy::default()).message;
    assert!(world.take(&message).is_ok());
}

#[test]
fn rotated_keys_answer_until_their_time_is_over() {
    let mut world = World::new(0);
    let retention = world.prekeys.policy().retention;
    let message = world.first_message(&InitiatePolicy::default()).message;
    world.prekeys.rotate(NOW.plus(DAY), &mut world.rng).unwrap();
    let last = NOW.plus(DAY + retention);
    assert!(world.accept_at(&message, last).is_ok());
    assert_eq!(
        world.accept_at(&message, last.plus(1)).unwrap_err(),
        HandshakeError::PrekeySpent
    );
    world.prekeys.purge(last);
    assert!(world.accept_at(&message, last).is_ok());
    world.prekeys.purge(last.plus(1));
    assert_eq!(
        world.accept(&message).unwrap_err(),
        HandshakeError::PrekeySpent
    );
}

#[test]
fn lapsed_one_time_prekeys_are_wiped() {
    let mut world = World::new(3);
    let policy = world.prekeys.policy().clone();
    let message = world.first_message(&InitiatePolicy::default()).message;
    let last = NOW.plus(policy.one_time_lifetime + policy.retention);
    assert!(world.accept_at(&message, last).is_ok());
    assert_eq!(
        world.accept_at(&message, last.plus(1)).unwrap_err(),
        HandshakeError::PrekeySpent
    );
    world.prekeys.purge(last.plus(1));
    assert_eq!(world.prekeys.one_time_kept(), 0);
}

#[test]
fn ids_that_never_were_are_told_from_ids_that_are_gone() {
    let mut world = World::new(1);
    let message = world.first_message(&InitiatePolicy::default()).message;
    let with_id = |offsets: &[usize], id: u32| {
        let mut message = message.clone();
        for offset in offsets {
            message[*offset..*offset + 4].copy_from_slice(&id.to_be_bytes());
        }
        world.accept(&message).unwrap_err()
    };
    assert_eq!(
        with_id(&[SIGNED_PREKEY_ID], 1_000_000),
        HandshakeError::UnknownPrekey
    );
    assert_eq!(
        with_id(&[ONE_TIME_ID, KEM_ID], 1_000_000),
        HandshakeError::UnknownPrekey
    );
    assert_eq!(with_id(&[SIGNED_PREKEY_ID], 0), HandshakeError::Malformed);
    assert_eq!(
        with_id(&[ONE_TIME_ID], 1_000_000),
        HandshakeError::Malformed
    );
}

#[test]
fn names_devices_and_identities_must_be_those_meant() {
    let mut world = World::new(2);
    let message = world.first_message(&InitiatePolicy::default()).message;
    let (alice, mallory) = (account("alice"), account("mallory"));
    let bobs = *world.bob.record();
    let accept_from = |account: &AccountId, device, expected| {
        let from = Peer {
            account,
            device,
            expected,
        };
        let policy = SessionPolicy::default();
        accept(&world.bob, &world.prekeys, &from, &message, policy, NOW).map(|a| a.payload)
    };
    let unknown = Expected::Unknown;
    let mismatch = Err(HandshakeError::IdentityMismatch);
    assert_eq!(
        accept_from(&mallory, ALICE_DEVICE, unknown),
        Err(NOT_AUTHENTIC)
    );
    assert_eq!(accept_from(&alice, ALICE_DEVICE + 1, unknown), mismatch);
    assert_eq!(
        accept_from(&alice, ALICE_DEVICE, Expected::Identity(&bobs)),
        mismatch
    );
    let wrong = Expected::Fingerprint(world.bob.fingerprint());
    assert_eq!(accept_from(&alice, ALICE_DEVICE, wrong), mismatch);
    assert!(accept_from(&alice, ALICE_DEVICE, unknown).is_ok());

    // Alice believes that the bundle is Carol's.
    let bytes = world.server.take_bundle(NOW).encode();
    let carol = account("carol");
    let bundle = PrekeyBundle::decode(&bytes).unwrap();
    let bundle = bundle.verify::<B>(&peer(&carol, BOB_DEVICE), NOW).unwrap();
    let sent = world.initiate(&bundle, &InitiatePolicy::default()).unwrap();
    assert_eq!(world.take(&sent.message).unwrap_err(), NOT_AUTHENTIC);
}

#[test]
fn a_first_message_to_another_device_of_the_account_is_refused() {
    let mut world = World::new(1);
    let message = world.first_message(&InitiatePolicy::default()).message;
    let other = Identity::generate(account("bob"), BOB_DEVICE + 1, NOW, &mut world.rng).unwrap();
    let alice = account("alice");
    let from = peer(&alice, ALICE_DEVICE);
    let policy = SessionPolicy::default();
    let refused = accept(&other, &world.prekeys, &from, &message, policy, NOW);
    assert_eq!(refused.unwrap_err(), NOT_AUTHENTIC);
}

#[test]
fn nobody_talks_to_himself() {
    let mut world = World::new(2);
    let bundle = world.fetch();
    let policy = InitiatePolicy::default();
    let refused = initiate(&world.bob, &bundle, b"me", &policy, NOW, &mut world.rng);
    assert_eq!(refused.unwrap_err(), HandshakeError::SelfHandshake);

    // Bob's own record as the sender.
    let mut message = world.first_message(&policy).message;
    message[3..143].copy_from_slice(&world.bob.record().encode());
    let bob = account("bob");
    let from = peer(&bob, BOB_DEVICE);
    let refused = accept(
        &world.bob,
        &world.prekeys,
        &from,
        &message,
        SessionPolicy::default(),
        NOW,
    );
    assert_eq!(refused.unwrap_err(), HandshakeError::SelfHandshake);
}

#[test]
fn nobody_pairs_anothers_signing_key_with_his_own_agreement_key() {
    let mut world = World::new(2);
    let mallory = Identity::<B>::generate(account("m"), 1, NOW, &mut world.rng).unwrap();
    let mut message = world.first_message(&InitiatePolicy::default()).message;
    message[AGREEMENT_KEY..AGREEMENT_KEY + 32].copy_from_slice(mallory.record().agreement_key());
    assert_eq!(
        world.take(&message).unwrap_err(),
        HandshakeError::BadSignature
    );
}

#[test]
fn a_respelled_ephemeral_key_is_no_new_message() {
    use curve25519_dalek::constants::EIGHT_TORSION;
    use curve25519_dalek::montgomery::MontgomeryPoint;

    for one_time in [0, 1] {
        let mut world = World::new(one_time);
        let original = world.first_message(&InitiatePolicy::default()).message;
        let key: [u8; 32] = original[EPHEMERAL..EPHEMERAL + 32].try_into().unwrap();
        let point = MontgomeryPoint(key).to_edwards(0).unwrap();
        for torsion in &EIGHT_TORSION[1..] {
            let respelled = (point + torsion).to_montgomery().to_bytes();
            assert_ne!(respelled, key);
            let mut message = original.clone();
            message[EPHEMERAL..EPHEMERAL + 32].copy_from_slice(&respelled);
            assert_eq!(world.take(&message).unwrap_err(), NOT_AUTHENTIC);
        }
        let mut high_bit = original.clone();
        high_bit[EPHEMERAL + 31] |= 0x80;
        assert_eq!(
            world.take(&high_bit).unwrap_err(),
            HandshakeError::InvalidKey
        );
        assert!(world.take(&original).is_ok());
    }
}
