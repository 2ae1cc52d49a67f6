//! The batch calls of messages on a pool ≡ the same on one thread: bytes, outcomes and states, on
//! any number of threads. Those of handshakes are tested in `tests/handshake`.

use std::collections::HashSet;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rayon::ThreadPoolBuilder;
use sprag::entropy::EntropyError;
use sprag::rand_core::{SeedableRng, TryCryptoRng, TryRng};
use sprag::rustcrypto::{EphemeralPool, Identity, Prekeys, RustCrypto};
use sprag::sprag_core::CryptoBackend;
use sprag::sprag_core::primitives::{Aead, PrimitiveError};
use sprag::sprag_core::session::{Session, TAG_LEN};
use sprag::{
    AccountId, Expected, InitiatePolicy, Peer, PrekeyPolicy, PublishedPrekeys, SessionError,
    SessionPolicy, UnixTime, parallel,
};

const NOW: UnixTime = UnixTime(1_800_000_000);
const THREADS: [usize; 4] = [1, 2, 3, 8];

/// What is special about a job.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Nothing: the next message of a chain.
    Next,
    /// It turns the ratchet.
    Turn,
    /// The first messages carry the handshake.
    Unconfirmed,
    Closed,
    /// No more messages may be sent.
    Exhausted,
    /// The buffer is too short to send in; on the way, a byte of the message is changed.
    Spoiled,
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        20 => Just(Kind::Next),
        1 => Just(Kind::Turn),
        1 => Just(Kind::Unconfirmed),
        1 => Just(Kind::Closed),
        1 => Just(Kind::Exhausted),
        2 => Just(Kind::Spoiled),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn messages_are_sealed_and_opened_as_on_one_thread(
        jobs in prop_oneof![
            proptest::collection::vec((kind(), 0..600_usize), 0..40),
            proptest::collection::vec((kind(), 0..600_usize), 300..700),
        ],
        seed in any::<u64>(),
        fails_after in prop_oneof![Just(usize::MAX), 0..400_usize],
        made_ahead in 0..8_usize,
    ) {
        let start = Start::new();
        let seal = |threads| start.seal(&jobs, threads, seed, fails_after, made_ahead);
        let serial = seal(None);
        let opened = start.open(&jobs, &serial.buffers, None);
        for threads in THREADS {
            prop_assert!(seal(Some(threads)) == serial, "sealing on {} threads", threads);
            let split = start.open(&jobs, &serial.buffers, Some(threads));
            prop_assert!(split == opened, "opening on {} threads", threads);
        }
    }
}

/// Without this the test above could compare one thread with one thread.
#[test]
fn a_long_batch_takes_several_threads_and_a_short_one_does_not() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let start = Start::new();
    let threads_of = |count: usize| {
        let mut sessions: Vec<_> = (0..count).map(|_| load::<Spied>(&start.sender)).collect();
        let mut buffers = vec![vec![7; sessions[0].header_len() + 64 + TAG_LEN]; count];
        SEEN.lock().unwrap().clear();
        let rng = &mut ChaCha20Rng::seed_from_u64(1);
        let jobs = zip(&mut sessions, &mut buffers);
        let outcomes = on(2, || parallel::encrypt_batch(jobs, rng));
        assert!(outcomes.iter().all(Result::is_ok));
        SEEN.lock().unwrap().len()
    };
    assert_eq!(threads_of(2000), 2);
    assert_eq!(threads_of(20), 1);
}

#[test]
fn outside_of_a_pool_a_batch_stays_on_its_thread() {
    let start = Start::new();
    let jobs = [(Kind::Next, 300); 600];
    let (mut sessions, mut buffers) = start.senders(&jobs);
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let outcomes = parallel::encrypt_batch(zip(&mut sessions, &mut buffers), rng);
    let serial = start.seal(&jobs, None, 1, usize::MAX, 0);
    assert!(outcomes == serial.outcomes && buffers == serial.buffers);
}

#[test]
fn a_panic_leaves_every_session_as_before_or_committed() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let start = Start::new();
    let jobs = [(Kind::Next, 64); 1000];
    let serial = start.seal(&jobs, None, 1, usize::MAX, 0);
    // While drawing on the calling thread, or while sealing in a piece.
    for (draws, marked) in [(500, None), (usize::MAX, Some(600))] {
        let mut sessions: Vec<_> = (0..1000).map(|_| load::<Spied>(&start.sender)).collect();
        let (_, mut buffers) = start.senders(&jobs);
        if let Some(marked) = marked {
            buffers[marked].fill(MARK);
        }
        let before = states(&sessions);
        let rng = &mut PanicsAfter(draws, ChaCha20Rng::seed_from_u64(1));
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let jobs = zip(&mut sessions, &mut buffers);
            on(2, || parallel::encrypt_batch(jobs, rng))
        }));
        assert!(outcome.is_err());
        let after = states(&sessions);
        let committed = |&i: &usize| after[i] == serial.states[i];
        assert!((0..1000).all(|i| after[i] == before[i] || committed(&i)));
        let committed = (0..1000).filter(committed).count();
        match marked {
            None => assert!((1..=500).contains(&committed)),
            // All but one piece.
            Some(_) => assert!((900..1000).contains(&committed)),
        }
    }
}

/// States of sessions to copy jobs from.
struct Start {
    sender: Vec<u8>,
    receiver: Vec<u8>,
    turning: Vec<u8>,
    turned: Vec<u8>,
    unconfirmed: Vec<u8>,
    responder: Vec<u8>,
}

#[derive(PartialEq)]
struct Left<T> {
    outcomes: Vec<Result<T, SessionError>>,
    buffers: Vec<Vec<u8>>,
    states: Vec<Vec<u8>>,
    keys_left: usize,
}

impl Start {
    fn new() -> Self {
        let rng = &mut ChaCha20Rng::seed_from_u64(1);
        let names = ["alice", "bob"].map(|name| AccountId::new(name).unwrap());
        let [from_alice, from_bob] = [0, 1].map(|who| Peer {
            account: &names[who],
            device: 1,
            expected: Expected::Unknown,
        });
        let [alice, bob] =
            [0, 1].map(|who| Identity::generate(names[who].clone(), 1, NOW, rng).unwrap());
        let mut prekeys = Prekeys::generate(PrekeyPolicy::default(), NOW, rng).unwrap();
        let record = prekeys.record(&bob).unwrap();
        let bundle = PublishedPrekeys::new::<RustCrypto>(record).unwrap();
        let bundle = { bundle }.take_bundle(NOW);
        let bundle = bundle.verify::<RustCrypto>(&from_bob, NOW).unwrap();
        let policy = InitiatePolicy::default();
        let started = sprag::initiate(&alice, &bundle, b"hello", &policy, NOW, rng).unwrap();
        let session_policy = SessionPolicy::default();
        let message = &started.message;
        let accepted = prekeys.accept(&bob, &from_alice, message, session_policy, NOW);
        let (mut alice, mut bob) = (started.session, accepted.unwrap().session);
        let (unconfirmed, responder) = (state(&alice), state(&bob));
        let answer = bob.encrypt(b"answer", rng).unwrap();
        alice.decrypt(&answer).unwrap();
        let (turning, turned) = (state(&alice), state(&bob));
        let third = alice.encrypt(b"third", rng).unwrap();
        bob.decrypt(&third).unwrap();
        Self {
            sender: state(&alice),
            receiver: state(&bob),
            turning,
            turned,
            unconfirmed,
            responder,
        }
    }

    fn senders(&self, jobs: &[(Kind, usize)]) -> (Vec<Session<RustCrypto>>, Vec<Vec<u8>>) {
        let senders = jobs.iter().map(|(kind, size)| {
            let mut session = load(match kind {
                Kind::Turn => &self.turning,
                Kind::Unconfirmed => &self.unconfirmed,
                _ => &self.sender,
            });
            match kind {
                Kind::Closed => session.close(),
                Kind::Exhausted => session.set_policy(SessionPolicy {
                    max_sent: 0,
                    ..SessionPolicy::default()
                }),
                _ => {}
            }
            let len = match kind {
                Kind::Spoiled => 10,
                _ => session.header_len() + size + TAG_LEN,
            };
            (session, vec![7; len])
        });
        senders.unzip()
    }

    /// Without threads by the serial batch.
    fn seal(
        &self,
        jobs: &[(Kind, usize)],
        threads: Option<usize>,
        seed: u64,
        fails_after: usize,
        made_ahead: usize,
    ) -> Left<()> {
        let (mut sessions, mut buffers) = self.senders(jobs);
        let mut pool = EphemeralPool::new(8);
        let rng = &mut ChaCha20Rng::seed_from_u64(seed);
        pool.fill_some(made_ahead, rng).unwrap();
        let mut rng = FailsAfter {
            draws_left: fails_after,
            fails_next: false,
            rng,
            home: thread::current().id(),
        };
        let jobs = zip(&mut sessions, &mut buffers);
        let outcomes = match threads {
            None => sprag::encrypt_batch(jobs, &mut pool.before(&mut rng)),
            Some(threads) => on(threads, || {
                rng.home = thread::current().id();
                parallel::encrypt_batch(jobs, &mut pool.before(&mut rng))
            }),
        };
        Left {
            outcomes,
            states: states(&sessions),
            buffers,
            keys_left: pool.len(),
        }
    }

    fn open(
        &self,
        jobs: &[(Kind, usize)],
        sealed: &[Vec<u8>],
        threads: Option<usize>,
    ) -> Left<Range<usize>> {
        let mut buffers = sealed.to_vec();
        let receivers = jobs.iter().zip(&mut buffers).map(|((kind, _), buffer)| {
            let mut session = load::<RustCrypto>(match kind {
                Kind::Turn => &self.turned,
                Kind::Unconfirmed => &self.responder,
                _ => &self.receiver,
            });
            match kind {
                Kind::Closed => session.close(),
                Kind::Spoiled => *buffer.last_mut().unwrap() ^= 1,
                _ => {}
            }
            session
        });
        let mut sessions: Vec<_> = receivers.collect();
        let jobs = zip(&mut sessions, &mut buffers);
        let outcomes = match threads {
            None => sprag::decrypt_batch(jobs),
            Some(threads) => on(threads, || parallel::decrypt_batch(jobs)),
        };
        Left {
            outcomes,
            states: states(&sessions),
            buffers,
            keys_left: 0,
        }
    }
}

fn on<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    pool.unwrap().install(work)
}

fn zip<'a, B: CryptoBackend>(
    sessions: &'a mut [Session<B>],
    buffers: &'a mut [Vec<u8>],
) -> impl Iterator<Item = (&'a mut Session<B>, &'a mut [u8])> {
    let buffers = buffers.iter_mut().map(Vec::as_mut_slice);
    sessions.iter_mut().zip(buffers)
}

fn load<B: CryptoBackend>(state: &[u8]) -> Session<B> {
    Session::decode(state, SessionPolicy::default()).unwrap()
}

fn state<B: CryptoBackend>(session: &Session<B>) -> Vec<u8> {
    session.encode().to_vec()
}

fn states<B: CryptoBackend>(sessions: &[Session<B>]) -> Vec<Vec<u8>> {
    sessions.iter().map(state).collect()
}

/// Fails every second time from some draw on, and panics on another thread than its own.
struct FailsAfter<'a> {
    draws_left: usize,
    fails_next: bool,
    rng: &'a mut ChaCha20Rng,
    home: ThreadId,
}

impl TryRng for FailsAfter<'_> {
    type Error = EntropyError;

    fn try_next_u32(&mut self) -> Result<u32, EntropyError> {
        unreachable!("the engine draws bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, EntropyError> {
        unreachable!("the engine draws bytes")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        assert_eq!(self.home, thread::current().id());
        match self.draws_left.checked_sub(1) {
            Some(left) => self.draws_left = left,
            None => self.fails_next = !self.fails_next,
        }
        if self.fails_next {
            return Err(EntropyError);
        }
        self.rng
            .try_fill_bytes(bytes)
            .map_err(|never| match never {})
    }
}

impl TryCryptoRng for FailsAfter<'_> {}

/// Panics after so many draws.
struct PanicsAfter(usize, ChaCha20Rng);

impl TryRng for PanicsAfter {
    type Error = EntropyError;

    fn try_next_u32(&mut self) -> Result<u32, EntropyError> {
        unreachable!("the engine draws bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, EntropyError> {
        unreachable!("the engine draws bytes")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        self.0 = self.0.checked_sub(1).expect("the panic that is wanted");
        self.1.try_fill_bytes(bytes).map_err(|never| match never {})
    }
}

impl TryCryptoRng for PanicsAfter {}

/// The threads that sealed something on [`Spied`].
static SEEN: LazyLock<Mutex<HashSet<ThreadId>>> = LazyLock::new(Mutex::default);

/// Held by the tests that use [`Spied`].
static ALONE: Mutex<()> = Mutex::new(());
/// The plaintext that [`Spied`] panics at.
const MARK: u8 = 0xff;

/// RustCrypto, watched where it seals, and slow there: another thread has time to come.
#[derive(Clone, Copy, Debug)]
struct Spied;

impl CryptoBackend for Spied {
    const NAME: &'static str = "spied";
    type X25519 = <RustCrypto as CryptoBackend>::X25519;
    type HmacSha256 = <RustCrypto as CryptoBackend>::HmacSha256;
    type Aes256Gcm = <RustCrypto as CryptoBackend>::Aes256Gcm;
    type ChaCha20Poly1305 = Self;
    type Ed25519 = <RustCrypto as CryptoBackend>::Ed25519;
}

/// What the default suites use.
type ChaCha = <RustCrypto as CryptoBackend>::ChaCha20Poly1305;

impl Aead for Spied {
    type Key = <ChaCha as Aead>::Key;

    fn key(bytes: &[u8; 32]) -> Result<Self::Key, PrimitiveError> {
        ChaCha::key(bytes)
    }

    fn seal(
        key: &Self::Key,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], PrimitiveError> {
        assert_ne!(buffer.first(), Some(&MARK), "the panic that is wanted");
        let slow = Instant::now();
        SEEN.lock().unwrap().insert(thread::current().id());
        while slow.elapsed() < Duration::from_micros(20) {}
        ChaCha::seal(key, nonce, aad, buffer)
    }

    fn open(
        key: &Self::Key,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        ChaCha::open(key, nonce, aad, buffer, tag)
    }
}
