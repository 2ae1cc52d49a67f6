//! Two people, Bob's prekeys and the server between them: what the engine's workloads start from.

use rand_core::SeedableRng;
use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::handshake::{
    Accepted, AccountId, Expected, Identity, InitiatePolicy, Initiated, Peer, PrekeyBundle,
    PrekeyPolicy, Prekeys, PublishedPrekeys, VerifiedBundle, accept, initiate,
};
use sprag::sprag_core::session::{Session, SessionPolicy};
use sprag::sprag_core::suite::Suite;
use sprag::sprag_core::time::UnixTime;

use super::{OrWrong, Rng, Wrong, ensure};

/// The time at which everything happens.
pub(crate) const NOW: UnixTime = UnixTime(1_800_000_000);
/// What a first message says.
pub(crate) const PAYLOAD: &[u8; 64] = &[b'p'; 64];
/// One-time prekeys that Bob uploads at a time.
const UPLOAD: u32 = 100;

/// Alice, Bob and the server.
pub(crate) struct Meeting<B: PqBackend> {
    pub(crate) rng: Rng,
    pub(crate) suite: Suite,
    pub(crate) alice: Identity<B>,
    pub(crate) bob: Identity<B>,
    pub(crate) prekeys: Prekeys<B>,
    server: PublishedPrekeys,
    /// Bundles that were fetched once and may be offered to Alice again and again: only Bob could
    /// tell.
    fetched: Vec<Vec<u8>>,
    next: usize,
}

impl<B: PqBackend> Meeting<B> {
    pub(crate) fn new(suite: Suite, seed: u64) -> Result<Self, Wrong> {
        let mut rng = Rng::seed_from_u64(seed);
        let alice = Identity::generate(account("alice")?, 1, NOW, &mut rng).or_wrong("generate")?;
        let bob = Identity::generate(account("bob")?, 1, NOW, &mut rng).or_wrong("generate")?;
        let prekeys =
            Prekeys::generate(prekey_policy(suite, UPLOAD), NOW, &mut rng).or_wrong("generate")?;
        let record = prekeys.record(&bob).or_wrong("record")?;
        let server = PublishedPrekeys::new::<B>(record).or_wrong("upload")?;
        Ok(Self {
            rng,
            suite,
            alice,
            bob,
            prekeys,
            server,
            fetched: Vec::new(),
            next: 0,
        })
    }

    /// A bundle that nobody was given before.
    pub(crate) fn fresh_bundle(&mut self) -> Result<Vec<u8>, Wrong> {
        if self.server.remaining() == 0 {
            let batch = self
                .prekeys
                .replenish(&self.bob, 0, NOW, &mut self.rng)
                .or_wrong("replenish")?;
            if let Some(batch) = batch {
                self.server.add_batch::<B>(batch).or_wrong("upload")?;
            }
        }
        Ok(self.server.take_bundle(NOW).encode())
    }

    /// A bundle that may have been given out before.
    pub(crate) fn some_bundle(&mut self) -> Result<Vec<u8>, Wrong> {
        if self.fetched.is_empty() {
            self.fetched = (0..UPLOAD)
                .map(|_| self.fresh_bundle())
                .collect::<Result<_, _>>()?;
        }
        self.next = (self.next + 1) % self.fetched.len();
        Ok(self.fetched[self.next].clone())
    }

    /// What Alice does with a fetched bundle.
    pub(crate) fn initiate(&mut self, bundle: &[u8]) -> Result<Initiated<B>, Wrong> {
        let bob = self.bob.account();
        let bundle = verified::<B>(bundle, &unknown(bob))?;
        let policy = initiate_policy(&self.suite);
        initiate(&self.alice, &bundle, PAYLOAD, &policy, NOW, &mut self.rng).or_wrong("initiate")
    }

    /// What Bob does with a first message.
    pub(crate) fn accept(&mut self, message: &[u8]) -> Result<Accepted<B>, Wrong> {
        let from = unknown(self.alice.account());
        let policy = SessionPolicy::default();
        self.prekeys
            .accept(&self.bob, &from, message, policy, NOW)
            .or_wrong("accept")
    }

    /// Whether Bob could accept this first message; nothing changes.
    pub(crate) fn would_accept(&self, message: &[u8]) -> Result<(), Wrong> {
        let from = unknown(self.alice.account());
        let policy = SessionPolicy::default();
        let accepted =
            accept(&self.bob, &self.prekeys, &from, message, policy, NOW).or_wrong("accept")?;
        ensure(accepted.payload == PAYLOAD, "the payload is another one")
    }

    /// A session between the two in which both have spoken, Alice last.
    pub(crate) fn talk(mut self) -> Result<Talk<B>, Wrong> {
        let bundle = self.fresh_bundle()?;
        let Initiated {
            session, message, ..
        } = self.initiate(&bundle)?;
        let bob = self.accept(&message)?.session;
        let mut talk = Talk {
            rng: self.rng,
            alice: session,
            bob,
        };
        let answer = talk.bob.encrypt(b"hi", &mut talk.rng).or_wrong("encrypt")?;
        talk.alice.decrypt(&answer).or_wrong("decrypt")?;
        let next = talk
            .alice
            .encrypt(b"ok", &mut talk.rng)
            .or_wrong("encrypt")?;
        talk.bob.decrypt(&next).or_wrong("decrypt")?;
        // Bob has answered, so that a turn of Alice's has a key to agree with.
        talk.bob.encrypt(b"so", &mut talk.rng).or_wrong("encrypt")?;
        Ok(talk)
    }
}

/// Both ends of a session, and their randomness.
pub(crate) struct Talk<B: PqBackend> {
    pub(crate) rng: Rng,
    pub(crate) alice: Session<B>,
    pub(crate) bob: Session<B>,
}

impl<B: PqBackend> Talk<B> {
    pub(crate) fn new(suite: Suite, seed: u64) -> Result<Self, Wrong> {
        Meeting::new(suite, seed)?.talk()
    }

    /// Lets Bob miss `count` messages, at most a thousand in a row.
    pub(crate) fn skip(&mut self, count: usize) -> Result<(), Wrong> {
        let before = self.bob.skipped_keys();
        let mut left = count;
        while left > 0 {
            let missing = left.min(1000);
            let message = self.after_missing(missing)?;
            self.bob.decrypt(&message).or_wrong("decrypt")?;
            left -= missing;
        }
        ensure(
            self.bob.skipped_keys() == before + count,
            "not every skipped key was stored",
        )
    }

    /// The message that Alice sends after `count` others that are lost.
    pub(crate) fn after_missing(&mut self, count: usize) -> Result<Vec<u8>, Wrong> {
        for _ in 0..count {
            self.alice
                .encrypt(b"lost", &mut self.rng)
                .or_wrong("encrypt")?;
        }
        self.alice
            .encrypt(PAYLOAD, &mut self.rng)
            .or_wrong("encrypt")
    }
}

/// A second session object with the same state.
pub(crate) fn copy<B: PqBackend>(session: &Session<B>) -> Result<Session<B>, Wrong> {
    Session::decode(&session.encode(), SessionPolicy::default()).or_wrong("decode")
}

/// Reads a fetched bundle and checks its signatures.
pub(crate) fn verified<B: PqBackend>(
    bundle: &[u8],
    peer: &Peer<'_>,
) -> Result<VerifiedBundle, Wrong> {
    let bundle = PrekeyBundle::decode(bundle).or_wrong("decode")?;
    bundle.verify::<B>(peer, NOW).or_wrong("verify")
}

/// A peer of whom nothing is known but the name.
pub(crate) fn unknown(account: &AccountId) -> Peer<'_> {
    Peer {
        account,
        device: 1,
        expected: Expected::Unknown,
    }
}

/// Prekeys for `suite`, made `upload` at a time.
pub(crate) fn prekey_policy(suite: Suite, upload: u32) -> PrekeyPolicy {
    PrekeyPolicy {
        suites: vec![suite],
        low: upload,
        high: upload,
        ..PrekeyPolicy::default()
    }
}

/// Initiates with one suite only.
pub(crate) fn initiate_policy(suite: &Suite) -> InitiatePolicy<'_> {
    InitiatePolicy {
        suites: std::slice::from_ref(suite),
        ..InitiatePolicy::default()
    }
}

fn account(name: &str) -> Result<AccountId, Wrong> {
    AccountId::new(name).or_wrong("account")
}
