//! Prekeys in the long run: watermarks, ids, storage, and generators that fail.

use std::collections::BTreeSet;
use std::convert::Infallible;

use proptest::prelude::*;
use rand_chacha::rand_core::{TryCryptoRng, TryRng};
use sprag_core::Suite;
use sprag_core::handshake::{
    AccountId, HandshakeError, Identity, InitiatePolicy, PrekeyPolicy, Prekeys, initiate,
};
use sprag_core::session::SessionError;

use crate::failing::Failing;
use crate::world::{B, DAY, NOW, World, account, offering, only};

#[test]
fn the_pool_is_filled_up_from_the_low_to_the_high_mark() {
    let policy = PrekeyPolicy {
        low: 3,
        high: 8,
        ..PrekeyPolicy::default()
    };
    let mut world = World::with_policy(policy);
    assert_eq!(world.server.remaining(), 8);
    for remaining in (2..8).rev() {
        world.fetch();
        assert_eq!(world.server.remaining(), remaining);
        let waiting = world.server.remaining();
        let batch = world
            .prekeys
            .replenish(&world.bob, waiting, NOW, &mut world.rng)
            .unwrap();
        assert_eq!(
            batch.as_ref().map(|batch| batch.len()),
            (remaining < 3).then_some(6)
        );
        if let Some(batch) = batch {
            world.server.add_batch::<B>(batch).unwrap();
        }
    }
    assert_eq!(
        (world.server.remaining(), world.prekeys.one_time_kept()),
        (8, 14)
    );
}

#[test]
fn a_drained_pool_ends_in_an_error_and_not_in_lost_keys() {
    let policy = PrekeyPolicy {
        suites: vec![Suite::X3dhAes256Gcm],
        low: 1024,
        high: 1024,
        ..PrekeyPolicy::default()
    };
    let mut world = World::with_policy(policy);
    for _ in 1..8 {
        world
            .prekeys
            .replenish(&world.bob, 0, NOW, &mut world.rng)
            .unwrap();
    }
    assert_eq!(world.prekeys.one_time_kept(), PrekeyPolicy::MAX_KEPT);
    let before = world.prekeys.encode();
    let full = world.prekeys.replenish(&world.bob, 0, NOW, &mut world.rng);
    assert_eq!(full, Err(HandshakeError::PoolFull));
    assert_eq!(*world.prekeys.encode(), *before);
}

#[test]
fn identities_survive_encoding_and_nothing_else_decodes() {
    let world = World::new(0);
    let bytes = world.alice.encode();
    let again = Identity::<B>::decode(&bytes).unwrap();
    assert_eq!(*again.encode(), *bytes);
    assert_eq!(
        (again.record(), again.account()),
        (world.alice.record(), world.alice.account())
    );
    for len in 0..bytes.len() {
        assert!(Identity::<B>::decode(&bytes[..len]).is_err());
    }
    let longer = [&*bytes, &[0]].concat();
    assert_eq!(
        Identity::<B>::decode(&longer).unwrap_err(),
        HandshakeError::Malformed
    );
    let mut newer = bytes.to_vec();
    newer[1] = 2;
    assert_eq!(
        Identity::<B>::decode(&newer).unwrap_err(),
        HandshakeError::UnsupportedVersion
    );
}

#[test]
fn account_names_have_bounds() {
    assert_eq!(AccountId::new(""), Err(HandshakeError::InvalidAccount));
    assert!(AccountId::new([0; 128]).is_ok());
    assert_eq!(
        AccountId::new([0; 129]),
        Err(HandshakeError::InvalidAccount)
    );
}

#[test]
fn stored_prekeys_open_the_messages_of_the_ones_before() {
    let mut world = World::new(2);
    let with_one_time = world.first_message(&InitiatePolicy::default()).message;
    let used = world.first_message(&InitiatePolicy::default()).message;
    let last_resort = world.first_message(&InitiatePolicy::default()).message;
    let replay = world.first_message(&InitiatePolicy::default()).message;
    world.take(&used).unwrap();
    world.take(&replay).unwrap();
    world.prekeys.rotate(NOW.plus(DAY), &mut world.rng).unwrap();

    let bytes = world.prekeys.encode();
    world.prekeys = Prekeys::decode(&bytes).unwrap();
    assert_eq!(*world.prekeys.encode(), *bytes);
    assert!(world.take(&with_one_time).is_ok());
    assert!(world.take(&last_resort).is_ok());
    assert_eq!(world.take(&used).unwrap_err(), HandshakeError::PrekeySpent);
    assert_eq!(world.take(&replay).unwrap_err(), HandshakeError::Replay);
}

#[test]
fn the_buffer_of_the_encoding_never_grows() {
    let mut world = World::new(100);
    for _ in 0..3 {
        let encoded = world.prekeys.encode();
        assert!(encoded.len() <= encoded.capacity() && encoded.capacity() < encoded.len() + 600);
        world.prekeys.rotate(NOW, &mut world.rng).unwrap();
    }
    let encoded = world.alice.encode();
    assert!(encoded.capacity() <= 208);
}

#[test]
fn what_decodes_encodes_to_the_same_bytes() {
    let mut world = World::new(2);
    let message = world.first_message(&InitiatePolicy::default()).message;
    world.take(&message).unwrap();
    world.prekeys.rotate(NOW, &mut world.rng).unwrap();
    let mut bytes = world.prekeys.encode().to_vec();
    let mut refused = 0;
    for i in 0..bytes.len() {
        for bit in 0..8 {
            bytes[i] ^= 1 << bit;
            match Prekeys::<B>::decode(&bytes) {
                Ok(prekeys) => assert_eq!(*prekeys.encode(), bytes, "byte {i}"),
                Err(_) => refused += 1,
            }
            bytes[i] ^= 1 << bit;
        }
    }
    assert!(refused > 100);
    for len in 0..bytes.len() {
        assert!(Prekeys::<B>::decode(&bytes[..len]).is_err());
    }
}

#[derive(Clone, Debug)]
enum Step {
    Replenish(usize),
    Rotate,
    Use,
    Reload,
    Purge(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0_usize..4).prop_map(Step::Replenish),
        Just(Step::Rotate),
        Just(Step::Use),
        Just(Step::Reload),
        (0_u64..60).prop_map(Step::Purge),
    ];
    prop::collection::vec(step, 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn ids_never_come_back(steps in steps()) {
        let suites = vec![Suite::X3dhAes256Gcm];
        let mut world =
            World::with_policy(PrekeyPolicy { suites, low: 2, high: 3, ..PrekeyPolicy::default() });
        let mut now = NOW;
        let mut last = 0_u32;
        let mut signed = BTreeSet::new();
        for step in steps {
            match step {
                Step::Replenish(waiting) => {
                    let made =
                        world.prekeys.replenish(&world.bob, waiting, now, &mut world.rng).unwrap();
                    if let Some(batch) = made {
                        // kind, KEM and then the first id
                        let first = u32::from_be_bytes(batch.encode()[2..6].try_into().unwrap());
                        prop_assert!(first > last);
                        last = first + u32::try_from(batch.len()).unwrap() - 1;
                        let _ = world.server.add_batch::<B>(batch);
                    }
                }
                Step::Rotate => {
                    world.prekeys.rotate(now, &mut world.rng).unwrap();
                    let record = world.prekeys.record(&world.bob).unwrap();
                    let caps = record.capabilities().encode().len();
                    let id = &record.encode()[141 + caps..][..4];
                    let id = u32::from_be_bytes(id.try_into().unwrap());
                    prop_assert!(id > last && signed.insert(id));
                    last = id;
                    world.server.replace_record::<B>(record).unwrap();
                }
                Step::Use => {
                    let message = world.first_message(&InitiatePolicy::default()).message;
                    let _ = world.take(&message);
                }
                Step::Reload => {
                    let bytes = world.prekeys.encode();
                    world.prekeys = Prekeys::decode(&bytes).unwrap();
                    prop_assert_eq!(&*world.prekeys.encode(), &*bytes);
                }
                Step::Purge(days) => {
                    now = now.plus(days * DAY);
                    world.prekeys.purge(now);
                }
            }
        }
    }
}

/// Gives the same byte for ever.
struct Stuck(u8);

impl TryRng for Stuck {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_ne_bytes([self.0; 4]))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_ne_bytes([self.0; 8]))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill(self.0);
        Ok(())
    }
}

impl TryCryptoRng for Stuck {}

#[test]
fn a_stuck_generator_makes_no_key() {
    for (byte, suite) in [
        (0, Suite::X3dhAes256Gcm),
        (0x42, Suite::X3dhAes256Gcm),
        (0x42, Suite::Pqxdh768Aes256Gcm),
        (0xff, Suite::Pqxdh1024Aes256Gcm),
    ] {
        let mut world = World::with(&offering(suite), 1);
        let rng = &mut Stuck(byte);
        let entropy = HandshakeError::Entropy;
        let identity = Identity::<B>::generate(account("x"), 1, NOW, rng);
        assert_eq!(identity.unwrap_err(), entropy);
        if byte == 0 || suite.kem().is_some() {
            let policy = world.prekeys.policy().clone();
            let prekeys = Prekeys::<B>::generate(policy, NOW, rng);
            assert_eq!(prekeys.unwrap_err(), entropy);
        } else {
            // One key alone has nothing to differ from; the next one has.
            world.prekeys.rotate(NOW, rng).unwrap();
        }
        let before = world.prekeys.encode();
        assert_eq!(world.prekeys.rotate(NOW, rng), Err(entropy));
        let made = world.prekeys.replenish(&world.bob, 0, NOW, rng);
        assert_eq!(made, Err(entropy));
        assert_eq!(*world.prekeys.encode(), *before);
        let bundle = world.fetch();
        let sent = initiate(&world.alice, &bundle, b"", &only(&suite), NOW, rng);
        assert_eq!(sent.unwrap_err(), entropy);
    }
}

/// Runs `operation` with a generator that works 0, 1, 2, … times until it succeeds; how often the
/// generator must work for that.
fn until_it_works<T>(
    mut operation: impl FnMut(&mut Failing) -> Result<T, HandshakeError>,
) -> usize {
    let mut works = 0;
    loop {
        match operation(&mut Failing::after(works)) {
            Ok(_) => return works,
            Err(HandshakeError::Entropy | HandshakeError::Session(SessionError::Entropy)) => {}
            Err(other) => panic!("{other}"),
        }
        works += 1;
    }
}

#[test]
fn a_generator_that_fails_at_any_point_leaves_no_trace() {
    let mut world = World::new(1);
    let bundle = world.fetch();
    let World {
        alice,
        bob,
        prekeys,
        ..
    } = &mut world;
    let policy = InitiatePolicy::default();
    assert!(until_it_works(|rng| initiate(alice, &bundle, b"", &policy, NOW, rng)) > 3);

    let before = prekeys.encode();
    for operation in [
        (|prekeys, _, rng| Prekeys::rotate(prekeys, NOW, rng))
            as fn(&mut Prekeys<B>, &Identity<B>, &mut Failing) -> Result<(), HandshakeError>,
        |prekeys, bob, rng| prekeys.replenish(bob, 0, NOW, rng).map(drop),
    ] {
        let needed = until_it_works(|rng| {
            let mut copy = Prekeys::decode(&before)?;
            let outcome = operation(&mut copy, bob, rng);
            assert_eq!(outcome.is_err(), *copy.encode() == *before);
            outcome
        });
        assert!(needed >= 3);
    }
}
