//! The law of the batch calls and of the two-step calls, on every backend: the same bytes,
//! outcomes and states as the single calls in the same order, failing jobs included.

use std::ops::Range;

use rand_chacha::ChaCha20Rng;
use sprag::rand_core::{Rng, SeedableRng};
use sprag::sprag_core::CryptoBackend;
use sprag::sprag_core::session::{Session, TAG_LEN};
use sprag::{SessionError, SessionPolicy, decrypt_batch, encrypt_batch};

use crate::starts::Start;

type Saved = Vec<Vec<u8>>;
type Outcomes<T> = Vec<Result<T, SessionError>>;
type Opened = Outcomes<Range<usize>>;

/// Checks the law on `rounds` random sets of sessions; counts the jobs.
pub(crate) fn check<B: CryptoBackend>(starts: &[Start], rounds: u64, jobs: &mut usize) {
    for seed in 0..rounds {
        let rng = &mut ChaCha20Rng::seed_from_u64(seed);
        let (senders, receivers) = histories::<B>(starts, rng);
        let buffers: Saved = load::<B>(&senders)
            .iter()
            .map(|session| plaintext(session, rng))
            .collect();

        let (one, looped) = encrypt::<B>(&senders, &buffers, seed, one_by_one);
        let (two, batched) = encrypt::<B>(&senders, &buffers, seed, as_a_batch);
        let (three, stepped) = encrypt::<B>(&senders, &buffers, seed, in_two_steps);
        assert!(one == two && looped == batched, "{} {seed}", B::NAME);
        assert!(one == three && looped == stepped, "{} {seed}", B::NAME);

        let mut messages = looped.buffers;
        spoil(&mut messages, rng);
        let (one, looped) = decrypt::<B>(&receivers, &messages, one_by_one_open);
        let (two, batched) = decrypt::<B>(&receivers, &messages, as_a_batch_open);
        let (three, stepped) = decrypt::<B>(&receivers, &messages, in_two_steps_open);
        assert!(one == two && looped == batched, "{} {seed}", B::NAME);
        assert!(one == three && looped == stepped, "{} {seed}", B::NAME);
        assert!(one.iter().any(Result::is_ok) && one.iter().any(Result::is_err));
        *jobs += messages.len();
    }
}

/// Checks that a run of messages in one session is a loop over single calls, and all or nothing;
/// counts the messages.
pub(crate) fn check_runs<B: CryptoBackend>(starts: &[Start], rounds: u64, messages: &mut usize) {
    for seed in 0..rounds {
        let rng = &mut ChaCha20Rng::seed_from_u64(seed);
        let (senders, _) = histories::<B>(starts, rng);
        for sender in &senders {
            let count = rng.next_u32() as usize % 40;
            let buffers: Saved = (0..count)
                .map(|_| message_space(&open::<B>(sender), rng))
                .collect();
            let [looped, run, stepped] = [run_as_a_loop, as_a_run, as_a_run_in_two_steps]
                .map(|run| encrypt_run::<B>(sender, &buffers, seed, run));
            assert!(looped.0.is_ok() && looped == run, "{} {seed}", B::NAME);
            assert!(looped == stepped, "{} {seed}", B::NAME);
            *messages += count;

            // One buffer that is too short, and nothing happens.
            let mut short = buffers;
            short.insert(count / 2, vec![0; 40]);
            let (outcome, left) = encrypt_run::<B>(sender, &short, seed, as_a_run);
            assert_eq!(outcome, Err(SessionError::BufferTooShort));
            assert!(left.buffers == short && left.states == [sender.clone()]);
        }
    }
}

type Run<B> = fn(&mut Session<B>, &mut Saved, &mut ChaCha20Rng) -> Result<(), SessionError>;

fn encrypt_run<B: CryptoBackend>(
    sender: &[u8],
    buffers: &Saved,
    seed: u64,
    run: Run<B>,
) -> (Result<(), SessionError>, Left) {
    let (mut session, mut buffers) = (open::<B>(sender), buffers.clone());
    let rng = &mut ChaCha20Rng::seed_from_u64(seed);
    let outcome = run(&mut session, &mut buffers, rng);
    let states = save(&[session]);
    (outcome, Left { buffers, states })
}

fn run_as_a_loop<B: CryptoBackend>(
    session: &mut Session<B>,
    buffers: &mut Saved,
    rng: &mut ChaCha20Rng,
) -> Result<(), SessionError> {
    buffers
        .iter_mut()
        .try_for_each(|buffer| session.encrypt_in_place(buffer, rng))
}

fn as_a_run<B: CryptoBackend>(
    session: &mut Session<B>,
    buffers: &mut Saved,
    rng: &mut ChaCha20Rng,
) -> Result<(), SessionError> {
    let mut buffers: Vec<_> = buffers.iter_mut().map(Vec::as_mut_slice).collect();
    session.encrypt_run_in_place(&mut buffers, rng)
}

fn as_a_run_in_two_steps<B: CryptoBackend>(
    session: &mut Session<B>,
    buffers: &mut Saved,
    rng: &mut ChaCha20Rng,
) -> Result<(), SessionError> {
    let before = session.encode();
    let mut buffers: Vec<_> = buffers.iter_mut().map(Vec::as_mut_slice).collect();
    let pending = session.prepare_encrypt_run_in_place(&mut buffers, rng)?;
    assert_eq!(before, session.encode(), "planning changed the state");
    session.commit(pending)
}

/// What a set of calls leaves behind.
#[derive(Debug, PartialEq)]
struct Left {
    buffers: Saved,
    states: Saved,
}

/// Pairs that talked, lost and skipped; senders and receivers of the next messages.
fn histories<B: CryptoBackend>(starts: &[Start], rng: &mut ChaCha20Rng) -> (Saved, Saved) {
    let talked = starts.iter().map(|start| {
        let states = [&start.initiator, &start.responder];
        let mut sides = states.map(|state| open::<B>(state));
        for _ in 0..rng.next_u32() % 8 {
            let from = (rng.next_u32() % 2) as usize;
            let message = sides[from].encrypt(b"before", rng).expect("encrypts");
            if !rng.next_u32().is_multiple_of(3) {
                sides[1 - from].decrypt(&message).expect("decrypts");
            }
        }
        let from = (rng.next_u32() % 2) as usize;
        (
            sides[from].encode().to_vec(),
            sides[1 - from].encode().to_vec(),
        )
    });
    talked.unzip()
}

fn plaintext<B: CryptoBackend>(session: &Session<B>, rng: &mut ChaCha20Rng) -> Vec<u8> {
    match rng.next_u32() % 10 {
        0 => vec![0; session.header_len()],
        _ => message_space(session, rng),
    }
}

fn message_space<B: CryptoBackend>(session: &Session<B>, rng: &mut ChaCha20Rng) -> Vec<u8> {
    let len = match rng.next_u32() % 10 {
        0 => 0,
        _ => rng.next_u32() as usize % 400,
    };
    vec![0x5a; session.header_len() + len + TAG_LEN]
}

fn spoil(messages: &mut Saved, rng: &mut ChaCha20Rng) {
    for message in messages {
        let at = rng.next_u32() as usize % message.len();
        match rng.next_u32() % 6 {
            0 => message[at] ^= 1,
            1 => message.truncate(at),
            _ => {}
        }
    }
}

fn encrypt<B: CryptoBackend>(
    senders: &Saved,
    buffers: &Saved,
    seed: u64,
    run: fn(&mut [Session<B>], &mut Saved, &mut ChaCha20Rng) -> Outcomes<()>,
) -> (Outcomes<()>, Left) {
    let (mut sessions, mut buffers) = (load::<B>(senders), buffers.clone());
    let outcomes = run(
        &mut sessions,
        &mut buffers,
        &mut ChaCha20Rng::seed_from_u64(seed),
    );
    let states = save(&sessions);
    (outcomes, Left { buffers, states })
}

fn decrypt<B: CryptoBackend>(
    receivers: &Saved,
    messages: &Saved,
    run: fn(&mut [Session<B>], &mut Saved) -> Opened,
) -> (Opened, Left) {
    let (mut sessions, mut buffers) = (load::<B>(receivers), messages.clone());
    let outcomes = run(&mut sessions, &mut buffers);
    let states = save(&sessions);
    (outcomes, Left { buffers, states })
}

fn one_by_one<B: CryptoBackend>(
    sessions: &mut [Session<B>],
    buffers: &mut Saved,
    rng: &mut ChaCha20Rng,
) -> Outcomes<()> {
    let jobs = sessions.iter_mut().zip(buffers);
    jobs.map(|(session, buffer)| session.encrypt_in_place(buffer, rng))
        .collect()
}

fn as_a_batch<B: CryptoBackend>(
    sessions: &mut [Session<B>],
    buffers: &mut Saved,
    rng: &mut ChaCha20Rng,
) -> Outcomes<()> {
    encrypt_batch(
        sessions
            .iter_mut()
            .zip(buffers.iter_mut().map(Vec::as_mut_slice)),
        rng,
    )
}

fn in_two_steps<B: CryptoBackend>(
    sessions: &mut [Session<B>],
    buffers: &mut Saved,
    rng: &mut ChaCha20Rng,
) -> Outcomes<()> {
    let jobs = sessions.iter_mut().zip(buffers);
    jobs.map(|(session, buffer)| {
        let before = session.encode();
        let pending = session.prepare_encrypt_in_place(buffer, rng);
        assert_eq!(before, session.encode(), "planning changed the state");
        pending.and_then(|pending| session.commit(pending))
    })
    .collect()
}

fn one_by_one_open<B: CryptoBackend>(sessions: &mut [Session<B>], buffers: &mut Saved) -> Opened {
    let jobs = sessions.iter_mut().zip(buffers);
    jobs.map(|(session, buffer)| session.decrypt_in_place(buffer))
        .collect()
}

fn as_a_batch_open<B: CryptoBackend>(sessions: &mut [Session<B>], buffers: &mut Saved) -> Opened {
    decrypt_batch(
        sessions
            .iter_mut()
            .zip(buffers.iter_mut().map(Vec::as_mut_slice)),
    )
}

fn in_two_steps_open<B: CryptoBackend>(sessions: &mut [Session<B>], buffers: &mut Saved) -> Opened {
    let jobs = sessions.iter_mut().zip(buffers);
    jobs.map(|(session, buffer)| {
        let before = session.encode();
        let planned = session.prepare_decrypt_in_place(buffer);
        assert_eq!(before, session.encode(), "planning changed the state");
        let (range, pending) = planned?;
        session.commit(pending).map(|()| range)
    })
    .collect()
}

fn load<B: CryptoBackend>(states: &Saved) -> Vec<Session<B>> {
    states.iter().map(|state| open(state)).collect()
}

fn open<B: CryptoBackend>(state: &[u8]) -> Session<B> {
    Session::decode(state, SessionPolicy::default()).expect("a saved state")
}

fn save<B: CryptoBackend>(sessions: &[Session<B>]) -> Saved {
    sessions
        .iter()
        .map(|session| session.encode().to_vec())
        .collect()
}
