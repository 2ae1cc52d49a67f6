//! Hostile bytes at every entrance, over the null backend: never a panic, and whatever decodes
//! encodes to the same bytes again.

use std::vec::Vec;

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::handshake::{
    AccountId, Expected, Identity, IdentityRecord, InitiatePolicy, OneTimeBatch, Peer,
    PrekeyBundle, PrekeyPolicy, PrekeyRecord, Prekeys, PublishedPrekeys, accept, initiate,
};
use crate::session::{Conversation, Session, SessionPolicy};
use crate::suite::Suite;
use crate::testing::null::Null;
use crate::time::UnixTime;

const NOW: UnixTime = UnixTime(1_000_000);

/// What a device and its peer hold and send, once honestly made.
struct World {
    alice: AccountId,
    bob: Identity<Null>,
    prekeys: Prekeys<Null>,
    first: Vec<u8>,
    later: Vec<u8>,
    /// One encoding for each of [`ENTRANCES`].
    encodings: Vec<Vec<u8>>,
}

/// Decodes at one entrance; what decoded is used a little and encoded again.
type Entrance = fn(&World, &[u8]) -> Option<Vec<u8>>;

const ENTRANCES: [Entrance; 9] = [
    |world, bytes| session(world, bytes),
    |world, bytes| session(world, bytes),
    |world, bytes| {
        let mut conversation =
            Conversation::<Null>::decode(bytes, SessionPolicy::default()).ok()?;
        let again = conversation.encode().to_vec();
        let _ = conversation.decrypt(&world.later);
        let _ = conversation.encrypt(b"x", &mut rng());
        Some(again)
    },
    |world, bytes| {
        let bundle = PrekeyBundle::decode(bytes).ok()?;
        let again = bundle.encode();
        let account = world.bob.account();
        let _ = bundle.verify::<Null>(&peer(account), NOW);
        Some(again)
    },
    |_, bytes| Some(PrekeyRecord::decode(bytes).ok()?.encode()),
    |world, bytes| {
        let batch = OneTimeBatch::decode(bytes).ok()?;
        let again = batch.encode();
        let record = world.prekeys.record(&world.bob).unwrap();
        let _ = PublishedPrekeys::new::<Null>(record)
            .unwrap()
            .add_batch::<Null>(batch);
        Some(again)
    },
    |world, bytes| {
        let prekeys = Prekeys::<Null>::decode(bytes).ok()?;
        let _ = accept_first(world, &prekeys, &world.first);
        Some(prekeys.encode().to_vec())
    },
    |_, bytes| Some(Identity::<Null>::decode(bytes).ok()?.encode().to_vec()),
    |_, bytes| Some(IdentityRecord::decode(bytes).ok()?.encode().to_vec()),
];

fn session(world: &World, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut session = Session::<Null>::decode(bytes, SessionPolicy::default()).ok()?;
    let again = session.encode().to_vec();
    let _ = session.decrypt(&world.later);
    let _ = session.encrypt(b"x", &mut rng());
    session.observe_time(UnixTime(u64::MAX));
    Some(again)
}

fn accept_first(world: &World, prekeys: &Prekeys<Null>, message: &[u8]) -> bool {
    let policy = SessionPolicy::default();
    accept(
        &world.bob,
        prekeys,
        &peer(&world.alice),
        message,
        policy,
        NOW,
    )
    .is_ok()
}

fn peer(account: &AccountId) -> Peer<'_> {
    Peer {
        account,
        device: 1,
        expected: Expected::Unknown,
    }
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(1)
}

fn world() -> World {
    let rng = &mut rng();
    let account = |name: &str| AccountId::new(name).unwrap();
    let alice = Identity::<Null>::generate(account("alice"), 1, NOW, rng).unwrap();
    let bob = Identity::<Null>::generate(account("bob"), 1, NOW, rng).unwrap();
    let policy = PrekeyPolicy {
        suites: [Suite::X3dhAes256Gcm, Suite::Pqxdh768Aes256Gcm].into(),
        low: 3,
        high: 3,
        ..PrekeyPolicy::default()
    };
    let mut prekeys = Prekeys::<Null>::generate(policy, NOW, rng).unwrap();
    prekeys.rotate(NOW, rng).unwrap();
    let record = prekeys.record(&bob).unwrap();
    let batch = prekeys.replenish(&bob, 0, NOW, rng).unwrap().unwrap();
    let mut server = PublishedPrekeys::new::<Null>(record.clone()).unwrap();
    server.add_batch::<Null>(batch.clone()).unwrap();
    let bundle = server.take_bundle(NOW);
    let verified = bundle.clone().verify::<Null>(&peer(bob.account()), NOW);
    let policy = InitiatePolicy {
        suites: &[Suite::X3dhAes256Gcm],
        ..InitiatePolicy::default()
    };
    let sent = initiate(&alice, &verified.unwrap(), b"hello", &policy, NOW, rng).unwrap();

    let from = peer(alice.account());
    let policy = SessionPolicy {
        clone_window: 2,
        ..SessionPolicy::default()
    };
    let accepted = accept(&bob, &prekeys, &from, &sent.message, policy, NOW).unwrap();
    let (mut ours, mut theirs) = (sent.session, accepted.session);
    let unconfirmed = ours.encode().to_vec();
    let mut later = Vec::new();
    for _ in 0..3 {
        for _ in 0..3 {
            theirs.encrypt(b"lost", rng).unwrap();
        }
        let arrives = theirs.encrypt(b"", rng).unwrap();
        ours.decrypt(&arrives).unwrap();
        later = ours.encrypt(b"", rng).unwrap();
        theirs.decrypt(&later).unwrap();
    }
    let turned = ours.encode().to_vec();
    let mut conversation = Conversation::new(theirs);
    conversation
        .add(accepted_again(&bob, &prekeys, &from, &sent.message))
        .unwrap();
    let encodings = [
        unconfirmed,
        turned,
        conversation.encode().to_vec(),
        bundle.encode(),
        record.encode(),
        batch.encode(),
        prekeys.encode().to_vec(),
        bob.encode().to_vec(),
        bob.record().encode().to_vec(),
    ];
    World {
        alice: alice.account().clone(),
        bob,
        prekeys,
        first: sent.message,
        later,
        encodings: encodings.into(),
    }
}

/// Without applying the change, a first message can be accepted twice.
fn accepted_again(
    bob: &Identity<Null>,
    prekeys: &Prekeys<Null>,
    from: &Peer<'_>,
    message: &[u8],
) -> Session<Null> {
    let policy = SessionPolicy::default();
    accept(bob, prekeys, from, message, policy, NOW)
        .unwrap()
        .session
}

/// Overwrites, cuts and lengthens.
fn mutated(genuine: &[u8], writes: &[(prop::sample::Index, u8)], end: (bool, i8)) -> Vec<u8> {
    let mut bytes = genuine.to_vec();
    for (at, byte) in writes {
        // The layout's fields stand in front; most of the rest is keys.
        let len = if byte % 2 == 0 {
            bytes.len()
        } else {
            bytes.len().min(400)
        };
        bytes[at.index(len)] ^= byte.rotate_left(3) | 1;
    }
    if let (true, change) = end {
        let len = bytes.len().saturating_add_signed(change.into());
        bytes.resize(len, 0);
    }
    bytes
}

#[test]
fn bytes_that_were_never_encoded_are_refused_or_come_back_the_same() {
    let world = world();
    for (entrance, genuine) in ENTRANCES.iter().zip(&world.encodings) {
        assert_eq!(entrance(&world, genuine).as_ref(), Some(genuine));
        for at in 0..genuine.len() {
            assert_eq!(entrance(&world, &genuine[..at]), None);
        }
    }
    assert!(accept_first(&world, &world.prekeys, &world.first));

    let writes = prop::collection::vec(any::<(prop::sample::Index, u8)>(), 0..4);
    let noise = prop::collection::vec(any::<u8>(), 0..600);
    let config = ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(writes in writes, end: (bool, i8), noise in noise, front in 0..12_usize)| {
        for (entrance, genuine) in ENTRANCES.iter().zip(&world.encodings) {
            let random = [&genuine[..front.min(genuine.len())], &noise].concat();
            for bytes in [mutated(genuine, &writes, end), random] {
                if let Some(again) = entrance(&world, &bytes) {
                    prop_assert_eq!(again, bytes);
                }
            }
        }
        let forged = mutated(&world.first, &writes, end);
        prop_assert_eq!(accept_first(&world, &world.prekeys, &forged), forged == world.first);
        let random = [&world.first[..front], &noise].concat();
        prop_assert!(!accept_first(&world, &world.prekeys, &random));
    });
}
