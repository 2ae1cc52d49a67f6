//! The engine's side: one scripted conversation, with every draw recorded.

use rand_chacha::ChaCha20Rng;
use sprag::rand_core::{Infallible, Rng, SeedableRng, TryCryptoRng, TryRng};
use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::handshake::{Identity, Prekeys};
use sprag::sprag_core::session::Session;
use sprag::{
    AccountId, Expected, InitiatePolicy, OneTimePolicy, Peer, PrekeyBundle, PrekeyPolicy,
    PublishedPrekeys, SafetyNumber, SessionPolicy, Suite, UnixTime,
};

pub(crate) const CREATED: u64 = 1_700_000_000;
pub(crate) const NOT_AFTER: u64 = CREATED + 14 * 24 * 3600;
pub(crate) const ONE_TIME_NOT_AFTER: u64 = CREATED + 28 * 24 * 3600;
/// How many one-time prekeys the batch has: three, so that the tree has an odd one out.
pub(crate) const ONE_TIME: u32 = 3;

const ALICE: usize = 0;
const BOB: usize = 1;

pub(crate) enum Step {
    /// Side and plaintext.
    Send(usize, &'static str),
    /// Side and index of the message.
    Receive(usize, usize),
}

/// Alice's first messages carry INIT; answers overtake each other; a message of a closed chain
/// arrives last.
pub(crate) const SCRIPT: &[Step] = &[
    Step::Send(ALICE, "hello"),
    Step::Send(ALICE, "are you there"),
    Step::Receive(BOB, 0),
    Step::Receive(BOB, 1),
    Step::Send(BOB, "one"),
    Step::Send(BOB, "two"),
    Step::Send(BOB, ""),
    Step::Receive(ALICE, 4),
    Step::Receive(ALICE, 2),
    Step::Send(ALICE, "three"),
    Step::Send(ALICE, "four"),
    Step::Receive(BOB, 6),
    Step::Receive(BOB, 5),
    Step::Send(BOB, "five"),
    Step::Receive(ALICE, 7),
    Step::Receive(ALICE, 3),
];

/// What the draws of each message are recorded as.
pub(crate) const LABELS: [&str; 8] = [
    "message 0",
    "message 1",
    "message 2",
    "message 3",
    "message 4",
    "message 5",
    "message 6",
    "message 7",
];

#[derive(PartialEq, Eq)]
pub(crate) struct Engine {
    pub(crate) draws: Vec<(&'static str, Vec<u8>)>,
    pub(crate) record: Vec<u8>,
    pub(crate) batch: Vec<u8>,
    pub(crate) bundle: Vec<u8>,
    pub(crate) safety_number: String,
    pub(crate) session_id: [u8; 16],
    pub(crate) messages: Vec<Vec<u8>>,
}

impl Engine {
    pub(crate) fn run<B: PqBackend>(suite: Suite, one_time: Option<usize>) -> Self {
        let rng = &mut Recorder::new(suite);
        let now = UnixTime(CREATED);
        let names = ["alice", "bob"].map(|name| AccountId::new(name).expect("a short name"));
        let identity = |name: &AccountId, rng: &mut Recorder| {
            Identity::<B>::generate(name.clone(), 1, now, rng).expect("an identity")
        };
        let (alice, bob) = (identity(&names[ALICE], rng), identity(&names[BOB], rng));
        let [to_alice, to_bob] = [0, 1].map(|who| Peer {
            account: &names[who],
            device: 1,
            expected: Expected::Unknown,
        });

        rng.label = "prekeys";
        let policy = PrekeyPolicy {
            suites: vec![suite],
            low: ONE_TIME,
            high: ONE_TIME,
            ..PrekeyPolicy::default()
        };
        let mut prekeys = Prekeys::<B>::generate(policy, now, rng).expect("prekeys");
        rng.label = "one-time prekeys";
        let batch = prekeys
            .replenish(&bob, 0, now, rng)
            .expect("a batch")
            .expect("none waiting");
        let record = prekeys.record(&bob).expect("a record");
        let (record_bytes, batch_bytes) = (record.encode(), batch.encode());
        let mut server = PublishedPrekeys::new::<B>(record).expect("a signed record");
        if one_time.is_some() {
            server.add_batch::<B>(batch).expect("a signed batch");
        }
        let mut bundle = server.take_bundle(now);
        for _ in 0..one_time.unwrap_or(0) {
            bundle = server.take_bundle(now);
        }
        let bundle_bytes = bundle.encode();
        let bundle = PrekeyBundle::decode(&bundle_bytes).expect("canonical");
        let bundle = bundle.verify::<B>(&to_bob, now).expect("two signatures");

        rng.label = "initiate";
        rng.first_of_message = Some(if suite.kem().is_some() { 2 } else { 1 });
        let policy = InitiatePolicy {
            suites: &[suite],
            one_time: OneTimePolicy::Prefer,
            ..InitiatePolicy::default()
        };
        let Some(Step::Send(_, hello)) = SCRIPT.first() else {
            unreachable!()
        };
        let started = sprag::initiate(&alice, &bundle, hello.as_bytes(), &policy, now, rng)
            .expect("a session");
        let mut engine = Self {
            draws: Vec::new(),
            record: record_bytes,
            batch: batch_bytes,
            bundle: bundle_bytes,
            safety_number: SafetyNumber::new(&alice, &names[BOB], bob.fingerprint()).to_string(),
            session_id: started.session.id().0,
            messages: vec![started.message.clone()],
        };
        let accepted = prekeys
            .accept(
                &bob,
                &to_alice,
                &started.message,
                SessionPolicy::default(),
                now,
            )
            .expect("a first message");
        assert_eq!(accepted.payload, hello.as_bytes());
        engine.converse([started.session, accepted.session], rng);
        engine.draws = std::mem::take(&mut rng.draws);
        engine
    }

    /// The script behind the first message and its acceptance.
    fn converse<B: PqBackend>(&mut self, mut sessions: [Session<B>; 2], rng: &mut Recorder) {
        let mut plaintexts = vec!["hello"];
        for step in &SCRIPT[1..] {
            match *step {
                Step::Send(from, plaintext) => {
                    rng.label = LABELS[plaintexts.len()];
                    let message = sessions[from]
                        .encrypt(plaintext.as_bytes(), rng)
                        .expect("sends");
                    self.messages.push(message);
                    plaintexts.push(plaintext);
                }
                Step::Receive(BOB, 0) => {}
                Step::Receive(to, index) => {
                    let opened = sessions[to].decrypt(&self.messages[index]).expect("opens");
                    assert_eq!(opened, plaintexts[index].as_bytes());
                }
            }
        }
    }
}

/// A seeded generator that remembers what it gave, and for what.
struct Recorder {
    rng: ChaCha20Rng,
    label: &'static str,
    /// After so many draws the first message begins.
    first_of_message: Option<u32>,
    draws: Vec<(&'static str, Vec<u8>)>,
}

impl Recorder {
    fn new(suite: Suite) -> Self {
        let rng = ChaCha20Rng::seed_from_u64(suite.id().into());
        Self {
            rng,
            label: "identity",
            first_of_message: None,
            draws: Vec::new(),
        }
    }
}

impl TryRng for Recorder {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("the engine draws bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("the engine draws bytes")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        if self.first_of_message == Some(0) {
            self.label = LABELS[0];
        }
        self.first_of_message = self.first_of_message.and_then(|left| left.checked_sub(1));
        self.rng.fill_bytes(bytes);
        self.draws.push((self.label, bytes.to_vec()));
        Ok(())
    }
}

impl TryCryptoRng for Recorder {}
