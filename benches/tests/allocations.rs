//! Heap allocations of the steady state: none for a message that is sealed or opened in place,
//! and none for one that is refused, unless aws-lc-rs has to agree on a key for it.
//!
//! The counter sees what Rust code allocates; what AWS-LC allocates in C is a column of the
//! barometer.

use sprag::rand_core::{Infallible, TryCryptoRng, TryRng};
use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::handshake::{Identity, Prekeys};
use sprag::sprag_core::session::Session;
use sprag::{
    AccountId, Expected, InitiatePolicy, Peer, PrekeyPolicy, PublishedPrekeys, SessionPolicy,
    Suite, UnixTime,
};
use sprag_bench::alloc::{CountingAllocator, counted, peak};

#[global_allocator]
static COUNTING: CountingAllocator = CountingAllocator;

fn allocations<T>(work: impl FnOnce() -> T) -> (u64, T) {
    let (result, counted) = counted(work);
    (counted.rust.expect("the counter is installed"), result)
}

#[test]
fn the_counter_counts() {
    let (count, vector) = allocations(|| vec![1_u8; 100]);
    assert_eq!((count, vector.len()), (1, 100));
    let (count, ()) = allocations(|| ());
    assert_eq!(count, 0);
}

#[test]
fn the_peak_is_what_was_held_at_once() {
    let held = vec![0_u8; 5000];
    let (_, most) = peak(|| {
        drop(vec![1_u8; 700]);
        let kept = vec![1_u8; 100];
        drop(vec![1_u8; 300]);
        kept
    });
    assert_eq!((most, held.len()), (Some(700), 5000));
}

#[test]
fn rustcrypto_and_ring_allocate_nothing() {
    for suite in SUITES {
        let none = Counts::default();
        assert_eq!(steady_state::<sprag::rustcrypto::Backend>(suite), none);
        assert_eq!(steady_state::<sprag::ring::Backend>(suite), none);
    }
}

#[test]
#[cfg(graviola)]
fn graviola_allocates_nothing() {
    if !sprag::BackendName::Graviola.is_supported() {
        println!("NOT RUN on graviola: this processor lacks what it needs");
        return;
    }
    for suite in SUITES {
        let none = Counts::default();
        assert_eq!(steady_state::<sprag::graviola::Backend>(suite), none);
    }
}

#[test]
fn aws_lc_rs_and_mixed_allocate_only_for_an_agreement() {
    for suite in SUITES {
        for (name, counts) in [
            ("aws-lc-rs", steady_state::<sprag::aws_lc::Backend>(suite)),
            ("mixed", steady_state::<sprag::mixed::Backend>(suite)),
        ] {
            println!("{name}, {suite}: {counts:?} in Rust, not counting C");
            assert_eq!((counts.seal, counts.open), (0, 0), "{name}");
            // One forgery of each round makes the receiver agree; aws-lc-rs then allocates twice.
            let agreements = (LENGTHS.len() * ROUNDS) as u64;
            assert!(counts.refuse <= 2 * agreements, "{name}: {counts:?}");
        }
    }
}

/// Allocations over [`ROUNDS`] messages of each length.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    seal: u64,
    open: u64,
    refuse: u64,
}

const ROUNDS: usize = 50;
const LENGTHS: [usize; 5] = [0, 64, 256, 1350, 16_384];
const SUITES: [Suite; 2] = [Suite::X3dhAes256Gcm, Suite::X3dhChaCha20Poly1305];

fn steady_state<B: PqBackend>(suite: Suite) -> Counts {
    let mut rng = Counter(1);
    let [mut alice, mut bob] = sessions::<B>(suite, &mut rng);
    let mut counts = Counts::default();
    for len in LENGTHS {
        let mut buffer = vec![0; alice.header_len() + len + 16];
        let mut forged = buffer.clone();
        for _ in 0..ROUNDS {
            let (count, sealed) = allocations(|| alice.encrypt_in_place(&mut buffer, &mut rng));
            sealed.expect("sends");
            counts.seal += count;
            for forgery in Forgery::ALL {
                forged.copy_from_slice(&buffer);
                let message = forgery.apply(&mut forged);
                let (count, refused) = allocations(|| bob.decrypt_in_place(message));
                refused.expect_err("forged");
                counts.refuse += count;
            }
            let (count, opened) = allocations(|| bob.decrypt_in_place(&mut buffer));
            assert_eq!(opened.expect("opens").len(), len);
            counts.open += count;
        }
    }
    counts
}

#[derive(Clone, Copy)]
enum Forgery {
    Body,
    FarAhead,
    WithinTheSkip,
    RatchetKey,
    Version,
    Truncated,
}

impl Forgery {
    const ALL: [Self; 6] = [
        Self::Body,
        Self::FarAhead,
        Self::WithinTheSkip,
        Self::RatchetKey,
        Self::Version,
        Self::Truncated,
    ];

    fn apply(self, message: &mut [u8]) -> &mut [u8] {
        match self {
            Self::Body => *message.last_mut().expect("a tag") ^= 1,
            Self::FarAhead => message[39] = 0x7f,
            Self::WithinTheSkip => message[42] = message[42].wrapping_add(1),
            Self::RatchetKey => {
                message[3..35].fill(9);
                message[35..43].fill(0);
                // As many as Bob has received of the old chain, and a few more.
                message[37] = 1;
            }
            Self::Version => message[0] = 0x21,
            Self::Truncated => return &mut message[..60],
        }
        message
    }
}

/// Alice and Bob, behind one exchange each way.
fn sessions<B: PqBackend>(suite: Suite, rng: &mut Counter) -> [Session<B>; 2] {
    let now = UnixTime(1_700_000_000);
    let names = ["alice", "bob"].map(|name| AccountId::new(name).expect("a short name"));
    let [to_alice, to_bob] = [0, 1].map(|who| Peer {
        account: &names[who],
        device: 1,
        expected: Expected::Unknown,
    });
    let [alice, bob] = [0, 1]
        .map(|who| Identity::<B>::generate(names[who].clone(), 1, now, rng).expect("an identity"));
    let policy = PrekeyPolicy {
        suites: vec![suite],
        ..PrekeyPolicy::default()
    };
    let mut prekeys = Prekeys::generate(policy, now, rng).expect("prekeys");
    let record = prekeys.record(&bob).expect("a record");
    let bundle = PublishedPrekeys::new::<B>(record)
        .expect("signed")
        .take_bundle(now);
    let bundle = bundle.verify::<B>(&to_bob, now).expect("signed");
    let policy = InitiatePolicy {
        suites: &[suite],
        ..InitiatePolicy::default()
    };
    let started = sprag::initiate(&alice, &bundle, b"", &policy, now, rng).expect("a session");
    let accepted = prekeys
        .accept(
            &bob,
            &to_alice,
            &started.message,
            SessionPolicy::default(),
            now,
        )
        .expect("a first message");
    let [mut alice, mut bob] = [started.session, accepted.session];
    for _ in 0..2 {
        let answer = bob.encrypt(b"", rng).expect("sends");
        alice.decrypt(&answer).expect("opens");
        let message = alice.encrypt(b"", rng).expect("sends");
        bob.decrypt(&message).expect("opens");
    }
    bob.encrypt(b"under way", rng).expect("sends");
    [alice, bob]
}

/// Not random; never the same twice.
struct Counter(u64);

impl TryRng for Counter {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|number| number as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        Ok(self.0)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            let word = self.try_next_u64()?.to_be_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Counter {}
