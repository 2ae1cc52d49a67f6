//! Conversations to start a schedule from: both sides saved right behind their handshake.

use rand_chacha::ChaCha20Rng;
use sprag::SecretBytes;
use sprag::default::{Backend, Identity, Prekeys};
use sprag::rand_core::SeedableRng;
use sprag::{
    AccountId, Expected, InitiatePolicy, Peer, PrekeyPolicy, PublishedPrekeys, SessionPolicy,
    Suite, UnixTime,
};

/// How many conversations are started with each suite.
const PER_SUITE: u64 = 4;

pub(crate) struct Start {
    pub(crate) id: u64,
    pub(crate) began: UnixTime,
    pub(crate) initiator: SecretBytes,
    pub(crate) responder: SecretBytes,
    pub(crate) first_message: Vec<u8>,
    pub(crate) first_plaintext: Vec<u8>,
}

pub(crate) fn all() -> Vec<Start> {
    let numbered = Suite::ALL
        .iter()
        .flat_map(|suite| [*suite; PER_SUITE as usize])
        .zip(0..);
    numbered.map(|(suite, id)| start(suite, id)).collect()
}

fn start(suite: Suite, id: u64) -> Start {
    let rng = &mut ChaCha20Rng::seed_from_u64(id);
    let began = UnixTime(1_700_000_000);
    let names = ["alice", "bob"].map(|name| AccountId::new(name).expect("a short name"));
    let [to_alice, to_bob] = [0, 1].map(|who| Peer {
        account: &names[who],
        device: 1,
        expected: Expected::Unknown,
    });
    let [alice, bob] = [0, 1]
        .map(|who| Identity::generate(names[who].clone(), 1, began, rng).expect("an identity"));
    let policy = PrekeyPolicy {
        suites: vec![suite],
        ..PrekeyPolicy::default()
    };
    let mut prekeys = Prekeys::generate(policy, began, rng).expect("prekeys");
    let record = prekeys.record(&bob).expect("a record");
    let bundle = PublishedPrekeys::new::<Backend>(record)
        .expect("signed")
        .take_bundle(began);
    let bundle = bundle.verify::<Backend>(&to_bob, began).expect("signed");
    let policy = InitiatePolicy {
        suites: &[suite],
        ..InitiatePolicy::default()
    };
    let first_plaintext = b"hello".to_vec();
    let started =
        sprag::initiate(&alice, &bundle, &first_plaintext, &policy, began, rng).expect("a session");
    let accepted = prekeys
        .accept(
            &bob,
            &to_alice,
            &started.message,
            SessionPolicy::default(),
            began,
        )
        .expect("a first message");
    Start {
        id,
        began,
        initiator: started.session.encode(),
        responder: accepted.session.encode(),
        first_message: started.message,
        first_plaintext,
    }
}
