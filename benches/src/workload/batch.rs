//! The group `batch`: the engine's batch calls over many sessions and many handshakes.
//!
//! One operation is one call over all items; reports divide by the items. On several threads
//! every thread makes such calls with items of its own.

use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::handshake::{
    AcceptJob, Identity, InitiateJob, PrekeyBundle, Prekeys, accept_batch, initiate_batch,
};
use sprag::sprag_core::session::{Session, SessionPolicy, decrypt_batch, encrypt_batch};
use sprag::sprag_core::suite::Suite;

use super::meeting::{Meeting, NOW, PAYLOAD, Talk, copy, initiate_policy, prekey_policy, unknown};
use super::session::{Place, ensure_text, letter};
use super::{Buffer, Operation, OrWrong, Rng, Wrong, capacity_for, ensure, operation};

/// Which batch call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchWork {
    /// One message in each of many sessions.
    Encrypt,
    /// Likewise.
    Decrypt,
    /// Many bundles read, verified, initiated with.
    Initiate,
    /// Many first messages, their one-time prekeys deleted.
    Accept,
    /// A batch of one-time prekeys, signed.
    Prekeys,
}

/// Every batch call with its name.
pub const ALL: [(&str, BatchWork); 5] = [
    ("batch/encrypt", BatchWork::Encrypt),
    ("batch/decrypt", BatchWork::Decrypt),
    ("batch/initiate", BatchWork::Initiate),
    ("batch/accept", BatchWork::Accept),
    ("batch/prekeys", BatchWork::Prekeys),
];

/// Builds the operation on backend `B`: `count` items a call, messages of `size` bytes.
///
/// # Errors
/// [`Wrong`] if setting it up gave a wrong result.
pub fn build<B: PqBackend>(
    work: BatchWork,
    suite: Suite,
    size: usize,
    count: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    match work {
        BatchWork::Encrypt => Ok(encrypt(Crowd::<B>::new(suite, count, seed)?, size)),
        BatchWork::Decrypt => Ok(decrypt(Crowd::<B>::new(suite, count, seed)?, size)),
        BatchWork::Initiate => Ok(initiate(Meeting::<B>::new(suite, seed)?, count)),
        BatchWork::Accept => Ok(accept(Meeting::<B>::new(suite, seed)?, count)),
        BatchWork::Prekeys => prekeys::<B>(suite, count, seed),
    }
}

/// Many sessions, both ends of each. They are copies of one another, which their speed can't
/// tell: a handshake for each would take longer than the measurement.
struct Crowd<B: PqBackend> {
    rng: Rng,
    alices: Vec<Session<B>>,
    bobs: Vec<Session<B>>,
}

impl<B: PqBackend> Crowd<B> {
    fn new(suite: Suite, count: usize, seed: u64) -> Result<Self, Wrong> {
        let Talk { rng, alice, bob } = Talk::new(suite, seed)?;
        let many = |one: &Session<B>| (0..count).map(|_| copy(one)).collect::<Result<_, _>>();
        Ok(Self {
            rng,
            alices: many(&alice)?,
            bobs: many(&bob)?,
        })
    }

    fn encrypt(&mut self, letters: &mut [Buffer]) -> Result<(), Wrong> {
        let jobs = self
            .alices
            .iter_mut()
            .zip(letters.iter_mut().map(Buffer::get_mut));
        let outcomes = encrypt_batch(jobs, &mut self.rng);
        outcomes
            .into_iter()
            .collect::<Result<(), _>>()
            .or_wrong("encrypt_batch")
    }

    fn decrypt(&mut self, letters: &mut [Buffer]) -> Result<(), Wrong> {
        let jobs = self
            .bobs
            .iter_mut()
            .zip(letters.iter_mut().map(Buffer::get_mut));
        for outcome in decrypt_batch(jobs) {
            outcome.or_wrong("decrypt_batch")?;
        }
        Ok(())
    }

    fn letters(&self, size: usize) -> Vec<Buffer> {
        let each = self.alices.iter();
        each.map(|_| letter(size, Place::Aligned)).collect()
    }
}

fn encrypt<B: PqBackend>(crowd: Crowd<B>, size: usize) -> Box<dyn Operation> {
    let capacity = capacity_for(size * crowd.alices.len());
    operation(
        crowd,
        capacity,
        move |crowd| Ok(crowd.letters(size)),
        |crowd, letters| crowd.encrypt(letters),
        move |crowd, letters, digest| {
            letters
                .iter()
                .for_each(|letter| digest.absorb(letter.get()));
            crowd.decrypt(letters)?;
            letters
                .iter()
                .try_for_each(|letter| ensure_text(letter, size))
        },
    )
}

fn decrypt<B: PqBackend>(crowd: Crowd<B>, size: usize) -> Box<dyn Operation> {
    let capacity = capacity_for(size * crowd.alices.len());
    operation(
        crowd,
        capacity,
        move |crowd| {
            let mut letters = crowd.letters(size);
            crowd.encrypt(&mut letters)?;
            Ok(letters)
        },
        |crowd, letters| crowd.decrypt(letters),
        move |_, letters, digest| {
            letters
                .iter()
                .for_each(|letter| digest.absorb(letter.get()));
            letters
                .iter()
                .try_for_each(|letter| ensure_text(letter, size))
        },
    )
}

/// So many calls between two preparations that these stay short.
fn handshakes(count: usize) -> usize {
    (16 / count).max(1)
}

fn initiate<B: PqBackend>(meeting: Meeting<B>, count: usize) -> Box<dyn Operation> {
    operation(
        meeting,
        handshakes(count),
        move |meeting| {
            let bundles = (0..count).map(|_| meeting.some_bundle());
            Ok((bundles.collect::<Result<Vec<_>, _>>()?, Vec::new()))
        },
        |meeting, (bundles, done)| {
            let bob = unknown(meeting.bob.account());
            let read = |bytes: &Vec<u8>| Ok((PrekeyBundle::decode(bytes).or_wrong("decode")?, bob));
            let bundles = bundles.iter().map(read).collect::<Result<_, Wrong>>()?;
            let verified = PrekeyBundle::verify_batch::<B>(bundles, NOW)
                .into_iter()
                .collect::<Result<Vec<_>, _>>()
                .or_wrong("verify_batch")?;
            let job = |bundle| InitiateJob {
                bundle,
                payload: PAYLOAD,
            };
            let jobs: Vec<_> = verified.iter().map(job).collect();
            let policy = initiate_policy(&meeting.suite);
            *done = initiate_batch(&meeting.alice, &jobs, &policy, NOW, &mut meeting.rng)
                .into_iter()
                .collect::<Result<_, _>>()
                .or_wrong("initiate_batch")?;
            Ok(())
        },
        move |meeting, (_, done), digest| {
            ensure(done.len() == count, "not every session was started")?;
            for initiated in done {
                digest.absorb(&initiated.message);
                meeting.would_accept(&initiated.message)?;
            }
            Ok(())
        },
    )
}

fn accept<B: PqBackend>(meeting: Meeting<B>, count: usize) -> Box<dyn Operation> {
    operation(
        meeting,
        handshakes(count),
        move |meeting| {
            let messages = (0..count).map(|_| {
                let bundle = meeting.fresh_bundle()?;
                Ok(meeting.initiate(&bundle)?.message)
            });
            Ok((messages.collect::<Result<Vec<_>, Wrong>>()?, Vec::new()))
        },
        |meeting, (messages, done)| {
            let from = unknown(meeting.alice.account());
            let job = |message| AcceptJob { from, message };
            let jobs: Vec<_> = messages
                .iter()
                .map(|message| job(message.as_slice()))
                .collect();
            let policy = SessionPolicy::default();
            for accepted in accept_batch(&meeting.bob, &meeting.prekeys, &jobs, policy, NOW) {
                let accepted = accepted.or_wrong("accept_batch")?;
                meeting.prekeys.apply(accepted.change).or_wrong("apply")?;
                done.push(accepted);
            }
            Ok(())
        },
        move |_, (_, done), digest| {
            ensure(done.len() == count, "not every message was accepted")?;
            for accepted in done {
                digest.absorb(&accepted.session.encode());
                ensure(accepted.payload == PAYLOAD, "the payload is another one")?;
            }
            Ok(())
        },
    )
}

fn prekeys<B: PqBackend>(
    suite: Suite,
    count: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    let Meeting { rng, bob, .. } = Meeting::<B>::new(suite, seed)?;
    let upload = u32::try_from(count).or_wrong("count")?;
    let generate = move |(_, rng): &mut (Identity<B>, Rng)| {
        let prekeys = Prekeys::<B>::generate(prekey_policy(suite, upload), NOW, rng);
        Ok((prekeys.or_wrong("generate")?, None))
    };
    Ok(operation(
        (bob, rng),
        handshakes(count),
        generate,
        |(bob, rng), (prekeys, batch)| {
            *batch = prekeys.replenish(bob, 0, NOW, rng).or_wrong("replenish")?;
            Ok(())
        },
        move |_, (_, batch), digest| {
            let batch = batch.as_ref().ok_or_else(|| Wrong::new("no prekeys"))?;
            digest.absorb(&batch.encode());
            ensure(batch.len() == count, "not every prekey was made")
        },
    ))
}
