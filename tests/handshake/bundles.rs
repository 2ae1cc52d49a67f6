//! Nobody but the device itself can make or change a bundle.

use proptest::prelude::*;
use sprag_core::handshake::{
    Expected, HandshakeError, Identity, OneTimeBatch, Peer, PrekeyBundle, PrekeyPolicy,
    PrekeyRecord, PublishedPrekeys,
};
use sprag_core::{Suite, UnixTime};

use crate::world::{B, BOB_DEVICE, DAY, NOW, World, account, peer};

fn verify(bytes: &[u8], now: UnixTime) -> Result<(), HandshakeError> {
    let bob = account("bob");
    let bundle = PrekeyBundle::decode(bytes)?;
    assert_eq!(bundle.encode(), bytes, "a bundle that decodes is canonical");
    bundle.verify::<B>(&peer(&bob, BOB_DEVICE), now).map(drop)
}

#[test]
fn every_changed_byte_is_noticed() {
    for (suites, one_time) in [
        (vec![Suite::X3dhAes256Gcm], 0),
        (vec![Suite::X3dhAes256Gcm], 5),
        (PrekeyPolicy::default().suites, 5),
    ] {
        let mut world = World::with(&suites, one_time);
        let mut bytes = world.server.take_bundle(NOW).encode();
        assert_eq!(verify(&bytes, NOW), Ok(()));
        for i in 0..bytes.len() {
            bytes[i] ^= 1 << (i % 8);
            assert!(verify(&bytes, NOW).is_err(), "byte {i} of {}", bytes.len());
            bytes[i] ^= 1 << (i % 8);
        }
    }
}

#[test]
fn truncated_and_extended_bundles_are_malformed() {
    let mut world = World::new(3);
    let mut bytes = world.server.take_bundle(NOW).encode();
    for len in 0..bytes.len() {
        assert_eq!(
            PrekeyBundle::decode(&bytes[..len]),
            Err(HandshakeError::Malformed)
        );
    }
    bytes.push(0);
    assert_eq!(PrekeyBundle::decode(&bytes), Err(HandshakeError::Malformed));
}

#[test]
fn an_expired_bundle_is_refused_to_the_second() {
    let lifetime = PrekeyPolicy::default().lifetime;
    let mut world = World::new(1);
    let bytes = world.server.take_bundle(NOW).encode();
    assert_eq!(verify(&bytes, NOW.plus(lifetime)), Ok(()));
    assert_eq!(
        verify(&bytes, NOW.plus(lifetime + 1)),
        Err(HandshakeError::Expired)
    );

    let policy = PrekeyPolicy {
        low: 1,
        one_time_lifetime: DAY,
        ..PrekeyPolicy::default()
    };
    let mut world = World::with_policy(policy);
    let bytes = world.server.take_bundle(NOW).encode();
    assert_eq!(verify(&bytes, NOW.plus(DAY)), Ok(()));
    assert_eq!(
        verify(&bytes, NOW.plus(DAY + 1)),
        Err(HandshakeError::Expired)
    );
    // The server does not even hand it out.
    let late = world.server.take_bundle(NOW.plus(DAY + 1)).encode();
    assert_eq!(verify(&late, NOW.plus(DAY + 1)), Ok(()));
    assert_eq!(world.server.remaining(), 0);
}

#[test]
fn identity_wanted_is_compared_with_identity_got() {
    let mut world = World::new(3);
    let bob = account("bob");
    let bundle = world.server.take_bundle(NOW);
    let wanted = |expected, device| {
        let peer = Peer {
            account: &bob,
            device,
            expected,
        };
        bundle.clone().verify::<B>(&peer, NOW).map(drop)
    };
    let (alice, bobs) = (*world.alice.record(), *world.bob.record());
    let mismatch = Err(HandshakeError::IdentityMismatch);
    assert_eq!(wanted(Expected::Identity(&bobs), BOB_DEVICE), Ok(()));
    assert_eq!(
        wanted(Expected::Fingerprint(world.bob.fingerprint()), BOB_DEVICE),
        Ok(())
    );
    assert_eq!(wanted(Expected::Identity(&alice), BOB_DEVICE), mismatch);
    assert_eq!(
        wanted(Expected::Fingerprint(world.alice.fingerprint()), BOB_DEVICE),
        mismatch
    );
    assert_eq!(wanted(Expected::Unknown, BOB_DEVICE + 1), mismatch);
}

#[test]
fn a_known_record_does_not_excuse_a_wrong_one_time_signature_or_another_record() {
    let mut world = World::new(3);
    let bob = account("bob");
    let known = world.fetch();
    let wanted = Peer {
        account: &bob,
        device: BOB_DEVICE,
        expected: Expected::Bundle(&known),
    };

    let mut bytes = world.server.take_bundle(NOW).encode();
    assert!(
        PrekeyBundle::decode(&bytes)
            .unwrap()
            .verify::<B>(&wanted, NOW)
            .is_ok()
    );
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let refused = PrekeyBundle::decode(&bytes)
        .unwrap()
        .verify::<B>(&wanted, NOW)
        .map(drop);
    assert_eq!(refused, Err(HandshakeError::BadSignature));

    bytes[last] ^= 1;
    // A byte of the signed prekey: behind kind, identity, capabilities and id.
    bytes[1 + 1 + 140 + 18 + 4 + 3] ^= 1;
    let refused = PrekeyBundle::decode(&bytes)
        .unwrap()
        .verify::<B>(&wanted, NOW)
        .map(drop);
    assert_eq!(refused, Err(HandshakeError::BadSignature));
}

#[test]
fn a_batch_of_bundles_verifies_like_a_loop() {
    let mut world = World::new(6);
    let bob = account("bob");
    let mut encoded: Vec<_> = (0..6)
        .map(|_| world.server.take_bundle(NOW).encode())
        .collect();
    encoded.push(world.server.take_bundle(NOW).encode());
    let last = encoded[1].len() - 1;
    encoded[1][last] ^= 1;
    encoded[3][1 + 1 + 140 + 18 + 4 + 3] ^= 1;
    let bundles: Vec<_> = encoded
        .iter()
        .map(|bytes| PrekeyBundle::decode(bytes).unwrap())
        .collect();
    let known = world.fetch();
    let peers: Vec<_> = (0..bundles.len())
        .map(|i| Peer {
            account: &bob,
            device: if i == 4 { 0 } else { BOB_DEVICE },
            expected: if i == 5 {
                Expected::Bundle(&known)
            } else {
                Expected::Unknown
            },
        })
        .collect();
    let looped: Vec<_> = bundles
        .iter()
        .zip(&peers)
        .map(|(bundle, peer)| bundle.clone().verify::<B>(peer, NOW).map(|v| v.one_time()))
        .collect();
    let jobs = bundles.into_iter().zip(peers).collect();
    let batched: Vec<_> = PrekeyBundle::verify_batch::<B>(jobs, NOW)
        .into_iter()
        .map(|result| result.map(|v| v.one_time()))
        .collect();
    assert_eq!(looped, batched);
    assert_eq!(looped.iter().filter(|result| result.is_err()).count(), 3);
}

#[test]
fn the_server_refuses_uploads_that_are_not_the_devices() {
    let mut world = World::new(2);
    let late = NOW.plus(DAY);
    let mallory = Identity::<B>::generate(account("bob"), BOB_DEVICE, NOW, &mut world.rng).unwrap();
    let foreign = world.prekeys.record(&mallory).unwrap();
    assert_eq!(
        world.server.replace_record::<B>(foreign),
        Err(HandshakeError::UploadRefused)
    );
    let batch = world
        .prekeys
        .replenish(&mallory, 0, late, &mut world.rng)
        .unwrap()
        .unwrap();
    assert_eq!(
        world.server.add_batch::<B>(batch),
        Err(HandshakeError::BadSignature)
    );

    let batch = world
        .prekeys
        .replenish(&world.bob, 0, late, &mut world.rng)
        .unwrap()
        .unwrap();
    assert_eq!(world.server.add_batch::<B>(batch.clone()), Ok(()));
    assert_eq!(
        world.server.add_batch::<B>(batch),
        Err(HandshakeError::UploadRefused)
    );
    assert_eq!(world.server.remaining(), 4);

    let old = world.prekeys.record(&world.bob).unwrap();
    world.prekeys.rotate(late, &mut world.rng).unwrap();
    let new = world.prekeys.record(&world.bob).unwrap();
    assert_eq!(world.server.replace_record::<B>(new), Ok(()));
    assert_eq!(
        world.server.replace_record::<B>(old),
        Err(HandshakeError::UploadRefused)
    );
}

#[test]
fn each_one_time_prekey_is_handed_out_once() {
    let mut world = World::new(5);
    let handed: Vec<_> = (0..5).map(|_| world.fetch().one_time().unwrap()).collect();
    assert!(handed.is_sorted_by(|a, b| a < b));
    assert_eq!(
        (world.server.remaining(), world.fetch().one_time()),
        (0, None)
    );
}

#[test]
fn uploads_survive_encoding() {
    let mut world = World::new(3);
    let record = world.prekeys.record(&world.bob).unwrap();
    let again = PrekeyRecord::decode(&record.encode()).unwrap();
    let batch = world
        .prekeys
        .replenish(&world.bob, 0, NOW, &mut world.rng)
        .unwrap()
        .unwrap();
    let bytes = batch.encode();
    let batch = OneTimeBatch::decode(&bytes).unwrap();
    assert_eq!(batch.encode(), bytes);
    let mut server = PublishedPrekeys::new::<B>(again).unwrap();
    server.add_batch::<B>(batch).unwrap();
    assert_eq!(server.remaining(), 3);
    for len in 0..bytes.len() {
        assert!(OneTimeBatch::decode(&bytes[..len]).is_err());
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_decode_to_themselves_or_not_at_all(
        kind in 0x10_u8..0x18,
        mut bytes in prop::collection::vec(any::<u8>(), 0..4000),
    ) {
        if let Some(first) = bytes.first_mut() {
            *first = kind;
        }
        if let Ok(bundle) = PrekeyBundle::decode(&bytes) {
            prop_assert_eq!(bundle.encode(), bytes.clone());
        }
        if let Ok(record) = PrekeyRecord::decode(&bytes) {
            prop_assert_eq!(record.encode(), bytes.clone());
        }
        if let Ok(batch) = OneTimeBatch::decode(&bytes) {
            prop_assert_eq!(batch.encode(), bytes);
        }
    }
}
