//! A session on the kernel's primitives, to encrypt whole messages in.

use std::fmt::Display;
use std::hint::black_box;

use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng;
use sprag_backends::{kernel, rustcrypto};
use sprag_core::backend::{CryptoBackend, PqBackend};
use sprag_core::handshake::{
    AccountId, Expected, Identity, InitiatePolicy, Peer, PrekeyBundle, PrekeyPolicy, Prekeys,
    PublishedPrekeys, initiate,
};
use sprag_core::session::{OVERHEAD, Session, SessionPolicy};
use sprag_core::suite::Suite;
use sprag_core::time::UnixTime;

/// The kernel's chain and AES-256-GCM; the rest, which a message that does not turn the ratchet does
/// not need, from RustCrypto.
#[derive(Clone, Copy, Debug)]
struct Kernel;

impl CryptoBackend for Kernel {
    const NAME: &'static str = "kernel";
    type X25519 = rustcrypto::X25519;
    type HmacSha256 = kernel::HmacSha256;
    type Aes256Gcm = kernel::Aes256Gcm;
    type ChaCha20Poly1305 = rustcrypto::ChaCha20Poly1305;
    type Ed25519 = rustcrypto::Ed25519;
}

impl PqBackend for Kernel {
    type MlKem768 = rustcrypto::MlKem768;
    type MlKem1024 = rustcrypto::MlKem1024;
}

const SUITE: Suite = Suite::X3dhAes256Gcm;
const NOW: UnixTime = UnixTime(1_800_000_000);

/// One end of a session that both have spoken in.
pub(super) struct Talk {
    alice: Session<Kernel>,
    rng: ChaCha12Rng,
}

impl Talk {
    /// Hands Bob's bundle to Alice, a first message to Bob, and an answer back.
    pub(super) fn begin() -> Result<Self, String> {
        let mut rng = ChaCha12Rng::seed_from_u64(1);
        let account = |name| AccountId::new(name).or_say("account");
        let (alice, bob) = (account("alice")?, account("bob")?);
        let from = peer(&alice);
        let whom = peer(&bob);
        let alice =
            Identity::<Kernel>::generate(alice.clone(), 1, NOW, &mut rng).or_say("alice")?;
        let bob = Identity::<Kernel>::generate(bob.clone(), 1, NOW, &mut rng).or_say("bob")?;
        let suites = PrekeyPolicy {
            suites: vec![SUITE],
            ..PrekeyPolicy::default()
        };
        let mut prekeys = Prekeys::generate(suites, NOW, &mut rng).or_say("prekeys")?;
        let record = prekeys.record(&bob).or_say("record")?;
        let mut server = PublishedPrekeys::new::<Kernel>(record).or_say("upload")?;
        let bundle = server.take_bundle(NOW).encode();
        let bundle = PrekeyBundle::decode(&bundle).or_say("bundle")?;
        let bundle = bundle.verify::<Kernel>(&whom, NOW).or_say("bundle")?;
        let policy = InitiatePolicy {
            suites: &[SUITE],
            ..InitiatePolicy::default()
        };
        let started = initiate(&alice, &bundle, b"hello", &policy, NOW, &mut rng);
        let started = started.or_say("initiate")?;
        let accepted = prekeys
            .accept(&bob, &from, &started.message, SessionPolicy::default(), NOW)
            .or_say("accept")?;
        let (mut alice, mut bob) = (started.session, accepted.session);
        let answer = bob.encrypt(b"hi", &mut rng).or_say("encrypt")?;
        alice.decrypt(&answer).or_say("decrypt")?;
        // The first message of a chain turns the ratchet; those that follow do not.
        alice.encrypt(b"ok", &mut rng).or_say("encrypt")?;
        Ok(Self { alice, rng })
    }

    /// Encrypts so many messages in place, one after the other.
    pub(super) fn encrypt(&mut self, size: usize, count: usize) -> Result<(), String> {
        let mut buffer = vec![7; size + OVERHEAD];
        for _ in 0..count {
            self.alice
                .encrypt_in_place(black_box(&mut buffer), &mut self.rng)
                .or_say("encrypt_in_place")?;
        }
        Ok(())
    }
}

fn peer(account: &AccountId) -> Peer<'_> {
    Peer {
        account,
        device: 1,
        expected: Expected::Unknown,
    }
}

trait OrSay<T> {
    fn or_say(self, doing: &str) -> Result<T, String>;
}

impl<T, E: Display> OrSay<T> for Result<T, E> {
    fn or_say(self, doing: &str) -> Result<T, String> {
        self.map_err(|error| format!("{doing}: {error}"))
    }
}
