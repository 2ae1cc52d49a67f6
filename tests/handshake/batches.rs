//! Batch ≡ loop.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use sprag_core::Suite;
use sprag_core::handshake::{
    AcceptJob, Expected, HandshakeError, InitiateJob, InitiatePolicy, Peer, Prekeys, accept_batch,
    initiate, initiate_batch,
};
use sprag_core::session::SessionPolicy;

use crate::world::{ALICE_DEVICE, B, NOW, World, account};

#[test]
fn a_batch_of_first_messages_is_accepted_like_a_loop() {
    let mut world = World::new(4);
    let classic = [Suite::X3dhAes256Gcm];
    let x3dh = InitiatePolicy {
        suites: &classic,
        ..InitiatePolicy::default()
    };
    let mut messages: Vec<Vec<u8>> = Vec::new();
    for i in 0..10 {
        let policy = if i % 2 == 0 {
            InitiatePolicy::default()
        } else {
            x3dh
        };
        messages.push(world.first_message(&policy).message);
    }
    // The same one-time prekey, first in a forged copy, then twice genuinely.
    let mut forged = messages[0].clone();
    *forged.last_mut().unwrap() ^= 1;
    // A hostile ephemeral key, seen only by the agreement.
    let mut hostile = messages[1].clone();
    hostile[143..175].fill(0);
    messages.splice(0..0, [hostile, forged]);
    messages.push(messages[2].clone());
    // A replay of a message without one-time prekey, and broken forms of it.
    messages.push(messages[10].clone());
    let mut bad_signature = messages[10].clone();
    bad_signature[3 + 139] ^= 1;
    messages.push(bad_signature);
    let mut bad_replay = messages[3].clone();
    bad_replay[3 + 139] ^= 1;
    messages.push(bad_replay);
    messages.push(b"noise".to_vec());

    let (alice, record) = (account("alice"), *world.alice.record());
    let jobs: Vec<_> = messages
        .iter()
        .enumerate()
        .map(|(i, message)| {
            let expected = if i % 3 == 0 {
                Expected::Identity(&record)
            } else {
                Expected::Unknown
            };
            AcceptJob {
                from: Peer {
                    account: &alice,
                    device: ALICE_DEVICE,
                    expected,
                },
                message,
            }
        })
        .collect();

    let mut looped = Prekeys::<B>::decode(&world.prekeys.encode()).unwrap();
    let policy = SessionPolicy::default();
    let expected: Vec<_> = jobs
        .iter()
        .map(|job| {
            let accepted = looped.accept(&world.bob, &job.from, job.message, policy, NOW)?;
            Ok((accepted.payload, accepted.session.encode(), accepted.change))
        })
        .collect::<Vec<Result<_, HandshakeError>>>();

    #[cfg(feature = "rayon")]
    crate::parallel::accepts_alike(&world, &jobs);

    let before = world.prekeys.encode();
    let batched = accept_batch(&world.bob, &world.prekeys, &jobs, policy, NOW);
    assert_eq!(*world.prekeys.encode(), *before);
    assert_eq!(batched.len(), jobs.len());
    for (i, (batched, expected)) in batched.into_iter().zip(expected).enumerate() {
        let batched = batched.map(|accepted| {
            world.prekeys.apply(accepted.change).unwrap();
            (accepted.payload, accepted.session.encode(), accepted.change)
        });
        assert_eq!(batched.is_ok(), (2..12).contains(&i), "item {i}");
        if i == 0 {
            assert_eq!(batched, Err(HandshakeError::NonContributory));
        }
        assert_eq!(batched, expected, "item {i}");
    }
    assert_eq!(*world.prekeys.encode(), *looped.encode());
}

#[test]
fn a_replay_record_that_fills_up_within_a_batch_refuses_the_rest() {
    let policy = sprag_core::handshake::PrekeyPolicy {
        low: 0,
        replay_capacity: 2,
        ..sprag_core::handshake::PrekeyPolicy::default()
    };
    let mut world = World::with_policy(policy);
    let messages: Vec<_> = (0..4)
        .map(|_| world.first_message(&InitiatePolicy::default()).message)
        .collect();
    let alice = account("alice");
    let from = Peer {
        account: &alice,
        device: ALICE_DEVICE,
        expected: Expected::Unknown,
    };
    let jobs: Vec<_> = [0, 1, 0, 2, 3]
        .map(|i: usize| AcceptJob {
            from,
            message: &messages[i],
        })
        .into_iter()
        .collect();
    #[cfg(feature = "rayon")]
    crate::parallel::accepts_alike(&world, &jobs);

    let outcomes: Vec<_> = accept_batch(
        &world.bob,
        &world.prekeys,
        &jobs,
        SessionPolicy::default(),
        NOW,
    )
    .into_iter()
    .map(|result| result.map(drop))
    .collect();
    let full = Err(HandshakeError::ReplayRecordFull);
    assert_eq!(
        outcomes,
        [Ok(()), Ok(()), Err(HandshakeError::Replay), full, full]
    );
}

#[test]
fn a_batch_of_initiations_makes_working_sessions_and_single_errors() {
    let mut world = World::new(3);
    let own_bundle = {
        let mut other = World::new(0);
        // Alice's own prekeys, as seen by herself.
        let prekeys = Prekeys::<B>::generate(
            sprag_core::handshake::PrekeyPolicy::default(),
            NOW,
            &mut other.rng,
        )
        .unwrap();
        let record = prekeys.record(&world.alice).unwrap();
        let mut server = sprag_core::handshake::PublishedPrekeys::new::<B>(record).unwrap();
        let alice = account("alice");
        let peer = Peer {
            account: &alice,
            device: ALICE_DEVICE,
            expected: Expected::Unknown,
        };
        server.take_bundle(NOW).verify::<B>(&peer, NOW).unwrap()
    };
    let mut bundles: Vec<_> = (0..5).map(|_| world.fetch()).collect();
    bundles.insert(2, own_bundle);
    let payloads: Vec<_> = (0..bundles.len()).map(|i| vec![i as u8; i * 10]).collect();
    let jobs: Vec<_> = bundles
        .iter()
        .zip(&payloads)
        .map(|(bundle, payload)| InitiateJob { bundle, payload })
        .collect();
    let policy = InitiatePolicy::default();
    #[cfg(feature = "rayon")]
    crate::parallel::initiates_alike(&world.alice, &jobs, &policy);

    let mut rng = ChaCha20Rng::seed_from_u64(9);
    let singles: Vec<_> = jobs
        .iter()
        .map(|job| {
            initiate(
                &world.alice,
                job.bundle,
                job.payload,
                &policy,
                NOW,
                &mut rng,
            )
        })
        .collect();
    let mut rng = ChaCha20Rng::seed_from_u64(9);
    let results = initiate_batch(&world.alice, &jobs, &policy, NOW, &mut rng);
    assert_eq!(results.len(), jobs.len());
    for (result, single) in results.iter().zip(&singles) {
        match (result, single) {
            (Ok(result), Ok(single)) => {
                assert_eq!(result.message, single.message);
                assert_eq!(*result.session.encode(), *single.session.encode());
            }
            (result, single) => {
                assert_eq!(result.as_ref().err(), single.as_ref().err());
            }
        }
    }
    for (i, result) in results.into_iter().enumerate() {
        if i == 2 {
            assert_eq!(result.unwrap_err(), HandshakeError::SelfHandshake);
            continue;
        }
        let sent = result.unwrap();
        let accepted = world.take(&sent.message).unwrap();
        assert_eq!(accepted.payload, payloads[i]);
        let (mut alice, mut bob) = (sent.session, accepted.session);
        let reply = bob.encrypt(b"reply", &mut world.rng).unwrap();
        assert_eq!(alice.decrypt(&reply).unwrap(), b"reply");
    }
}
