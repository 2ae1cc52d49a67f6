//! One message in each of many sessions.

use std::ops::Range;

use sprag::parallel;
use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::session::{Session, SessionError, decrypt_batch, encrypt_batch};
use sprag::sprag_core::suite::Suite;

use super::Way;
use crate::workload::meeting::{Talk, copy};
use crate::workload::session::{Place, ensure_text, letter};
use crate::workload::{Buffer, Operation, OrWrong, Rng, Wrong, operation};

pub(super) fn encrypt<B: PqBackend>(
    way: Way,
    suite: Suite,
    size: usize,
    count: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    Ok(operation(
        Crowd::<B>::new(suite, count, seed)?,
        calls(size * count),
        move |crowd| Ok(crowd.letters(size)),
        move |crowd, letters| crowd.encrypt(way, letters),
        move |crowd, letters, digest| {
            letters
                .iter()
                .for_each(|letter| digest.absorb(letter.get()));
            crowd.decrypt(way, letters)?;
            letters
                .iter()
                .try_for_each(|letter| ensure_text(letter, size))
        },
    ))
}

pub(super) fn decrypt<B: PqBackend>(
    way: Way,
    suite: Suite,
    size: usize,
    count: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    Ok(operation(
        Crowd::<B>::new(suite, count, seed)?,
        calls(size * count),
        move |crowd| {
            let mut letters = crowd.letters(size);
            crowd.encrypt(way, &mut letters)?;
            Ok(letters)
        },
        move |crowd, letters| crowd.decrypt(way, letters),
        move |_, letters, digest| {
            letters
                .iter()
                .for_each(|letter| digest.absorb(letter.get()));
            letters
                .iter()
                .try_for_each(|letter| ensure_text(letter, size))
        },
    ))
}

fn opened(outcomes: Vec<Result<Range<usize>, SessionError>>) -> Result<(), SessionError> {
    outcomes
        .into_iter()
        .try_for_each(|outcome| outcome.map(drop))
}

/// So many calls between two preparations, when each has `bytes` of messages, that these stay in
/// the caches as far as they fit; several, since the first finds the other threads of a pool asleep.
fn calls(bytes: usize) -> usize {
    (256 * 1024 / bytes.max(1)).clamp(4, 512)
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

    fn encrypt(&mut self, way: Way, letters: &mut [Buffer]) -> Result<(), Wrong> {
        let Self { rng, alices, .. } = self;
        let mut jobs = alices
            .iter_mut()
            .zip(letters.iter_mut().map(Buffer::get_mut));
        match way {
            Way::Loop => jobs.try_for_each(|(alice, letter)| alice.encrypt_in_place(letter, rng)),
            Way::Batch => encrypt_batch(jobs, rng).into_iter().collect(),
            Way::Pool => parallel::encrypt_batch(jobs, rng).into_iter().collect(),
        }
        .or_wrong("encrypt")
    }

    fn decrypt(&mut self, way: Way, letters: &mut [Buffer]) -> Result<(), Wrong> {
        let mut jobs = self
            .bobs
            .iter_mut()
            .zip(letters.iter_mut().map(Buffer::get_mut));
        match way {
            Way::Loop => jobs.try_for_each(|(bob, letter)| bob.decrypt_in_place(letter).map(drop)),
            Way::Batch => opened(decrypt_batch(jobs)),
            Way::Pool => opened(parallel::decrypt_batch(jobs)),
        }
        .or_wrong("decrypt")
    }

    fn letters(&self, size: usize) -> Vec<Buffer> {
        let each = self.alices.iter();
        each.map(|_| letter(size, Place::Aligned)).collect()
    }
}
