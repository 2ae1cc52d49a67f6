//! Two people, Bob's prekeys and the server between them.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use sprag::rustcrypto::RustCrypto;
use sprag_core::handshake::{
    Accepted, AccountId, Expected, HandshakeError, Identity, InitiatePolicy, Initiated, Peer,
    PrekeyBundle, PrekeyPolicy, Prekeys, PublishedPrekeys, VerifiedBundle, accept, initiate,
};
use sprag_core::session::SessionPolicy;
use sprag_core::{Suite, UnixTime};

pub(crate) type B = RustCrypto;

pub(crate) const NOW: UnixTime = UnixTime(1_800_000_000);
pub(crate) const DAY: u64 = 24 * 60 * 60;
pub(crate) const ALICE_DEVICE: u32 = 1;
pub(crate) const BOB_DEVICE: u32 = 7;

pub(crate) struct World {
    pub(crate) rng: ChaCha20Rng,
    pub(crate) alice: Identity<B>,
    pub(crate) bob: Identity<B>,
    pub(crate) prekeys: Prekeys<B>,
    pub(crate) server: PublishedPrekeys,
}

impl World {
    /// Bob offers `suites` and has `one_time` one-time prekeys at the server.
    pub(crate) fn with(suites: &[Suite], one_time: u32) -> Self {
        let policy = PrekeyPolicy {
            suites: suites.to_vec(),
            low: one_time,
            high: one_time.max(1),
            ..PrekeyPolicy::default()
        };
        Self::with_policy(policy)
    }

    pub(crate) fn with_policy(policy: PrekeyPolicy) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let alice = Identity::generate(account("alice"), ALICE_DEVICE, NOW, &mut rng).unwrap();
        let bob = Identity::generate(account("bob"), BOB_DEVICE, NOW, &mut rng).unwrap();
        let mut prekeys = Prekeys::generate(policy, NOW, &mut rng).unwrap();
        let mut server = PublishedPrekeys::new::<B>(prekeys.record(&bob).unwrap()).unwrap();
        if let Some(batch) = prekeys.replenish(&bob, 0, NOW, &mut rng).unwrap() {
            server.add_batch::<B>(batch).unwrap();
        }
        Self {
            rng,
            alice,
            bob,
            prekeys,
            server,
        }
    }

    /// The default suites.
    pub(crate) fn new(one_time: u32) -> Self {
        Self::with(&PrekeyPolicy::default().suites, one_time)
    }

    pub(crate) fn fetch(&mut self) -> VerifiedBundle {
        let bytes = self.server.take_bundle(NOW).encode();
        let bundle = PrekeyBundle::decode(&bytes).unwrap();
        bundle
            .verify::<B>(&peer(&account("bob"), BOB_DEVICE), NOW)
            .unwrap()
    }

    pub(crate) fn initiate(
        &mut self,
        bundle: &VerifiedBundle,
        policy: &InitiatePolicy<'_>,
    ) -> Result<Initiated<B>, HandshakeError> {
        initiate(&self.alice, bundle, b"hello", policy, NOW, &mut self.rng)
    }

    /// A first message from Alice over a fresh bundle.
    pub(crate) fn first_message(&mut self, policy: &InitiatePolicy<'_>) -> Initiated<B> {
        let bundle = self.fetch();
        self.initiate(&bundle, policy).unwrap()
    }

    pub(crate) fn accept(&self, message: &[u8]) -> Result<Accepted<B>, HandshakeError> {
        self.accept_at(message, NOW)
    }

    pub(crate) fn accept_at(
        &self,
        message: &[u8],
        now: UnixTime,
    ) -> Result<Accepted<B>, HandshakeError> {
        let alice = account("alice");
        let from = peer(&alice, ALICE_DEVICE);
        accept(
            &self.bob,
            &self.prekeys,
            &from,
            message,
            SessionPolicy::default(),
            now,
        )
    }

    /// Accepts and applies.
    pub(crate) fn take(&mut self, message: &[u8]) -> Result<Accepted<B>, HandshakeError> {
        let accepted = self.accept(message)?;
        self.prekeys.apply(accepted.change)?;
        Ok(accepted)
    }
}

pub(crate) fn account(name: &str) -> AccountId {
    AccountId::new(name).unwrap()
}

pub(crate) fn peer(account: &AccountId, device: u32) -> Peer<'_> {
    Peer {
        account,
        device,
        expected: Expected::Unknown,
    }
}

/// A policy that uses one suite only.
pub(crate) fn only(suite: &Suite) -> InitiatePolicy<'_> {
    InitiatePolicy {
        suites: core::slice::from_ref(suite),
        ..InitiatePolicy::default()
    }
}

/// What a device that can do `suite` offers.
pub(crate) fn offering(suite: Suite) -> Vec<Suite> {
    Suite::ALL
        .into_iter()
        .filter(|each| each.kem().is_none() || each.kem() == suite.kem())
        .collect()
}
