//! Both sides start at once: whatever the network does to the first messages, the two end in one
//! conversation in which both send in the same session.

#![cfg(any(
    feature = "rustcrypto",
    feature = "ring",
    feature = "aws-lc-rs",
    all(
        feature = "graviola",
        any(target_arch = "aarch64", target_arch = "x86_64")
    )
))]

use rand_chacha::ChaCha20Rng;
use sprag::default::{Backend, Conversation, Identity, Prekeys, Session};
use sprag::rand_core::{Rng, SeedableRng};
use sprag::{
    AccountId, Expected, HandshakeError, InitiatePolicy, Peer, PrekeyPolicy, PublishedPrekeys,
    SessionError, SessionPolicy, Suite, UnixTime,
};

const NOW: UnixTime = UnixTime(1_700_000_000);

#[test]
fn crossing_first_messages_end_in_one_session() {
    for seed in 0..200 {
        let rng = &mut ChaCha20Rng::seed_from_u64(seed);
        let mut pair = Pair::new(rng);
        pair.start(0, rng);
        pair.start(1, rng);
        // More words before any answer, so that first messages come in several copies.
        for _ in 0..rng.next_u32() % 4 {
            pair.say((rng.next_u32() % 2) as usize, rng);
        }
        pair.shuffle(rng);
        pair.deliver_all();
        pair.talk(2, rng);

        let ids = pair.active();
        assert_eq!(
            ids[0], ids[1],
            "seed {seed}: the two send in different sessions"
        );
        assert_eq!(pair.read, pair.written, "seed {seed}: messages were lost");
        let kept = pair.sides.each_ref().map(|side| side.sessions());
        assert_eq!(kept, [2, 2], "seed {seed}: both sessions can still receive");
    }
}

#[test]
fn one_lost_first_message_leaves_the_other_session() {
    for seed in 0..50 {
        let rng = &mut ChaCha20Rng::seed_from_u64(seed);
        let mut pair = Pair::new(rng);
        pair.start(0, rng);
        pair.start(1, rng);
        pair.network.retain(|(to, _)| *to == 0);
        pair.deliver_all();
        pair.talk(2, rng);

        let ids = pair.active();
        assert_eq!(ids[0], ids[1], "seed {seed}");
        // All but the lost one.
        assert_eq!(pair.read.len() + 1, pair.written.len(), "seed {seed}");
    }
}

#[test]
fn a_first_message_that_comes_twice_makes_one_session() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let mut pair = Pair::new(rng);
    pair.start(0, rng);
    let (to, message) = pair.network[0].clone();
    pair.deliver_all();
    let refused = pair.sides[to]
        .conversation
        .as_mut()
        .expect("accepted")
        .decrypt(&message);
    assert_eq!(refused, Err(SessionError::Duplicate));
    // Even a device that lost its sessions does not take it again: the one-time prekey is gone.
    let Pair {
        sides: [peer, side],
        ..
    } = &mut pair;
    let again = side.accept(peer, &message).map(|_| ());
    assert_eq!(again, Err(HandshakeError::PrekeySpent));
}

struct Side {
    account: AccountId,
    identity: Identity,
    prekeys: Prekeys,
    server: PublishedPrekeys,
    conversation: Option<Conversation>,
}

impl Side {
    fn new(name: &str, rng: &mut ChaCha20Rng) -> Self {
        let account = AccountId::new(name).expect("a short name");
        let identity = Identity::generate(account.clone(), 1, NOW, rng).expect("an identity");
        let policy = PrekeyPolicy {
            suites: vec![Suite::X3dhChaCha20Poly1305],
            low: 2,
            high: 2,
            ..PrekeyPolicy::default()
        };
        let mut prekeys = Prekeys::generate(policy, NOW, rng).expect("prekeys");
        let record = prekeys.record(&identity).expect("a record");
        let mut server = PublishedPrekeys::new::<Backend>(record).expect("signed");
        let batch = prekeys
            .replenish(&identity, 0, NOW, rng)
            .expect("a batch")
            .expect("none wait");
        server.add_batch::<Backend>(batch).expect("signed");
        Self {
            account,
            identity,
            prekeys,
            server,
            conversation: None,
        }
    }

    fn peer(&self) -> Peer<'_> {
        Peer {
            account: &self.account,
            device: 1,
            expected: Expected::Identity(self.identity.record()),
        }
    }

    fn add(&mut self, session: Session) {
        match &mut self.conversation {
            Some(conversation) => conversation.add(session).expect("the same peer"),
            None => self.conversation = Some(Conversation::new(session)),
        }
    }

    fn accept(&mut self, from: &Side, message: &[u8]) -> Result<Vec<u8>, HandshakeError> {
        let policy = SessionPolicy::default();
        let accepted = self
            .prekeys
            .accept(&self.identity, &from.peer(), message, policy, NOW)?;
        self.add(accepted.session);
        Ok(accepted.payload)
    }

    /// What an application does with every message.
    fn receive(&mut self, from: &Side, message: &[u8]) -> Vec<u8> {
        let known = self
            .conversation
            .as_mut()
            .map(|conversation| conversation.decrypt(message));
        match known {
            Some(Ok(plaintext)) => plaintext,
            None | Some(Err(SessionError::OtherHandshake)) => {
                self.accept(from, message).expect("a first message")
            }
            Some(Err(error)) => panic!("refused: {error}"),
        }
    }

    fn sessions(&self) -> usize {
        self.conversation
            .as_ref()
            .map_or(0, |conversation| conversation.sessions().count())
    }
}

struct Pair {
    sides: [Side; 2],
    /// Receiver and message.
    network: Vec<(usize, Vec<u8>)>,
    written: Vec<u32>,
    read: Vec<u32>,
}

impl Pair {
    fn new(rng: &mut ChaCha20Rng) -> Self {
        let sides = ["alice", "bob"].map(|name| Side::new(name, rng));
        Self {
            sides,
            network: Vec::new(),
            written: Vec::new(),
            read: Vec::new(),
        }
    }

    fn word(&mut self) -> [u8; 4] {
        let number = self.written.len() as u32;
        self.written.push(number);
        number.to_be_bytes()
    }

    fn start(&mut self, from: usize, rng: &mut ChaCha20Rng) {
        let word = self.word();
        let bundle = self.sides[1 - from].server.take_bundle(NOW);
        let bundle = bundle
            .verify::<Backend>(&self.sides[1 - from].peer(), NOW)
            .expect("signed");
        let side = &mut self.sides[from];
        let policy = InitiatePolicy::default();
        let started =
            sprag::initiate(&side.identity, &bundle, &word, &policy, NOW, rng).expect("a session");
        side.add(started.session);
        self.network.push((1 - from, started.message));
    }

    fn say(&mut self, from: usize, rng: &mut ChaCha20Rng) {
        let word = self.word();
        let conversation = self.sides[from]
            .conversation
            .as_mut()
            .expect("a conversation");
        self.network
            .push((1 - from, conversation.encrypt(&word, rng).expect("sends")));
    }

    fn shuffle(&mut self, rng: &mut ChaCha20Rng) {
        for last in (1..self.network.len()).rev() {
            let other = rng.next_u32() as usize % (last + 1);
            self.network.swap(last, other);
        }
    }

    fn deliver_all(&mut self) {
        for (to, message) in std::mem::take(&mut self.network) {
            let [alice, bob] = &mut self.sides;
            let (side, peer) = if to == 0 {
                (alice, &*bob)
            } else {
                (bob, &*alice)
            };
            let word = side.receive(peer, &message);
            self.read
                .push(u32::from_be_bytes(word.try_into().expect("a word")));
        }
        self.read.sort_unstable();
    }

    /// Question and answer, so many times.
    fn talk(&mut self, rounds: usize, rng: &mut ChaCha20Rng) {
        for from in [0, 1].repeat(rounds) {
            self.say(from, rng);
            self.deliver_all();
        }
    }

    /// In which session each side sends.
    fn active(&self) -> [Option<sprag::SessionId>; 2] {
        self.sides
            .each_ref()
            .map(|side| Some(side.conversation.as_ref()?.active()?.id()))
    }
}
