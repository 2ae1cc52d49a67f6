//! What a handshake costs, counted: the public-key operations of each call, by kind.

use std::collections::BTreeMap;
use std::format;
use std::string::String;
use std::vec::Vec;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;
use crate::session::SessionPolicy;
use crate::testing::counting::{Counting, record};
use crate::testing::null::Null;
use crate::time::UnixTime;

type B = Counting<Null>;

const NOW: UnixTime = UnixTime(1_000_000);

/// How often each public-key primitive was called.
fn cost(work: impl FnOnce()) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for call in record(work) {
        *counts.entry(format!("{:?}", call.primitive)).or_default() += 1;
    }
    let symmetric = ["Sha", "Hmac", "Hkdf", "Chain", "Aead", "Seal", "Open"];
    counts.retain(|name, _| !symmetric.iter().any(|kind| name.starts_with(kind)));
    counts
}

fn expect(counts: &BTreeMap<String, usize>, expected: &[(&str, usize)]) {
    let expected: BTreeMap<_, _> = expected
        .iter()
        .map(|(name, count)| (String::from(*name), *count))
        .collect();
    assert_eq!(*counts, expected);
}

struct World {
    rng: ChaCha20Rng,
    alice: Identity<B>,
    bob: Identity<B>,
    prekeys: Prekeys<B>,
    bundle: PrekeyBundle,
}

fn world() -> World {
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let mut identity =
        |name| Identity::generate(AccountId::new(name).unwrap(), 1, NOW, &mut rng).unwrap();
    let (alice, bob) = (identity("alice"), identity("bob"));
    let mut prekeys = Prekeys::generate(PrekeyPolicy::default(), NOW, &mut rng).unwrap();
    let mut server = PublishedPrekeys::new::<B>(prekeys.record(&bob).unwrap()).unwrap();
    let batch = prekeys.replenish(&bob, 0, NOW, &mut rng).unwrap().unwrap();
    server.add_batch::<B>(batch).unwrap();
    World {
        rng,
        alice,
        bob,
        prekeys,
        bundle: server.take_bundle(NOW),
    }
}

fn verified(bundle: PrekeyBundle, expected: Expected<'_>) -> VerifiedBundle {
    let account = AccountId::new("bob").unwrap();
    bundle
        .verify::<B>(
            &Peer {
                account: &account,
                device: 1,
                expected,
            },
            NOW,
        )
        .unwrap()
}

#[test]
fn a_bundle_costs_two_verifications_and_one_if_the_record_is_known() {
    let World { bundle, .. } = world();
    let again = bundle.clone();
    let known = verified(bundle.clone(), Expected::Unknown);
    expect(
        &cost(|| drop(verified(bundle, Expected::Unknown))),
        &[("Verify", 2)],
    );
    expect(
        &cost(|| drop(verified(again, Expected::Bundle(&known)))),
        &[("Verify", 1)],
    );
}

#[test]
fn a_batch_of_prekeys_costs_one_signature() {
    let World {
        mut rng,
        bob,
        mut prekeys,
        ..
    } = world();
    expect(
        &cost(|| drop(prekeys.replenish(&bob, 0, NOW, &mut rng).unwrap())),
        &[
            ("DecapsulationKey(MlKem768)", 100),
            ("KemPublicKey(MlKem768)", 100),
            ("PrivateKey", 100),
            ("Sign", 1),
        ],
    );
}

#[test]
fn first_messages_cost_what_the_protocol_says() {
    let World {
        mut rng,
        alice,
        bob,
        prekeys,
        bundle,
    } = world();
    let bundle = verified(bundle, Expected::Unknown);
    let policy = InitiatePolicy::default();
    let mut message = Vec::new();
    // Four agreements and the ephemeral key; one of each for the first turn of the ratchet.
    expect(
        &cost(|| {
            message = initiate(&alice, &bundle, b"hi", &policy, NOW, &mut rng)
                .unwrap()
                .message;
        }),
        &[
            ("Agree", 5),
            ("Encapsulate(MlKem768)", 1),
            ("PrivateKey", 2),
        ],
    );

    let account = AccountId::new("alice").unwrap();
    let accept_as = |message: &[u8], expected| {
        let from = Peer {
            account: &account,
            device: 1,
            expected,
        };
        accept(
            &bob,
            &prekeys,
            &from,
            message,
            SessionPolicy::default(),
            NOW,
        )
    };
    let mut known = [
        ("Agree", 5),
        ("DecapsulationKey(MlKem768)", 1),
        ("Decapsulate(MlKem768)", 1),
        ("KemPublicKey(MlKem768)", 1),
        ("PrivateKey", 1),
    ]
    .to_vec();
    let record = Expected::Identity(alice.record());
    expect(
        &cost(|| assert!(accept_as(&message, record).is_ok())),
        &known,
    );
    known.push(("Verify", 1));
    expect(
        &cost(|| assert!(accept_as(&message, Expected::Unknown).is_ok())),
        &known,
    );
}

#[test]
fn refusing_costs_nothing_or_one_verification() {
    let World {
        mut rng,
        alice,
        bob,
        mut prekeys,
        bundle,
    } = world();
    let bundle = verified(bundle, Expected::Unknown);
    let policy = InitiatePolicy::default();
    let message = initiate(&alice, &bundle, b"hi", &policy, NOW, &mut rng)
        .unwrap()
        .message;
    let account = AccountId::new("alice").unwrap();
    let from = Peer {
        account: &account,
        device: 1,
        expected: Expected::Unknown,
    };
    let refusal = |prekeys: &Prekeys<B>, change: &dyn Fn(&mut Vec<u8>)| {
        let mut message = message.clone();
        change(&mut message);
        cost(|| {
            let policy = SessionPolicy::default();
            assert!(accept(&bob, prekeys, &from, &message, policy, NOW).is_err());
        })
    };
    expect(&refusal(&prekeys, &|message| message.truncate(1000)), &[]);
    expect(&refusal(&prekeys, &|message| message[2] ^= 1), &[]);
    expect(&refusal(&prekeys, &|message| message[175] ^= 1), &[]);
    expect(&refusal(&prekeys, &|message| message[174] |= 0x80), &[]);
    expect(
        &refusal(&prekeys, &|message| message[3 + 139] ^= 1),
        &[("Verify", 1)],
    );
    let policy = SessionPolicy::default();
    let accepted = accept(&bob, &prekeys, &from, &message, policy, NOW).unwrap();
    prekeys.apply(accepted.change).unwrap();
    expect(&refusal(&prekeys, &|_| {}), &[]);
}
