//! [`decrypt_batch`] and its stages.

use alloc::vec::Vec;
use core::ops::Range;

use crate::agreement::{Agreements, Pair};
use crate::backend::CryptoBackend;
use crate::primitives::{Aead, OpenJob};
use crate::ratchet::{ReceivePlan, Route};
use crate::session::batch::{CHUNK, FEW, row};
use crate::session::envelope::{Envelope, Incoming, text_range};
use crate::session::{Session, SessionError};
use crate::suite::AeadAlgorithm;

/// Decrypts one message in each of many sessions: ≡ a loop over [`Session::decrypt_in_place`].
///
/// Each job is a session and a buffer with a message. The results stand in the order of the jobs;
/// a failed job leaves its session unchanged and does not disturb the others.
///
/// # Errors
/// Per job, as [`Session::decrypt_in_place`].
#[must_use]
pub fn decrypt_batch<'a, B: CryptoBackend>(
    jobs: impl IntoIterator<Item = (&'a mut Session<B>, &'a mut [u8])>,
) -> Vec<Result<Range<usize>, SessionError>> {
    let mut jobs = jobs.into_iter();
    if jobs.size_hint().1.is_some_and(|most| most <= FEW) {
        return jobs
            .map(|(session, buffer)| session.decrypt_in_place(buffer))
            .collect();
    }
    let mut outcomes = Vec::with_capacity(jobs.size_hint().0);
    let mut lanes = [const { Lane::new() }; CHUNK];
    let mut chunk = Chunk::new();
    loop {
        let done = outcomes.len();
        chunk.start(&mut jobs, &mut lanes, &mut outcomes);
        chunk.open(&mut lanes, &mut outcomes);
        if outcomes.len() < done.saturating_add(CHUNK) {
            return outcomes;
        }
    }
}

type Outcome = Result<Range<usize>, SessionError>;

/// The sessions that go through the stages together.
struct Chunk<'a, B: CryptoBackend> {
    jobs: [Option<Job<'a, B>>; CHUNK],
    turns: bool,
}

/// A message that found its place in its session.
struct Job<'a, B: CryptoBackend> {
    /// Where its outcome goes.
    index: usize,
    session: &'a mut Session<B>,
    incoming: Incoming<'a>,
    /// Where its text stands.
    text: Range<usize>,
    turns: bool,
}

/// Where one message is worked on.
struct Lane {
    envelope: Envelope,
    plan: ReceivePlan,
    outcome: Result<(), SessionError>,
}

impl Lane {
    const fn new() -> Self {
        Self {
            envelope: Envelope::new(),
            plan: ReceivePlan::new(),
            outcome: Ok(()),
        }
    }
}

impl<'a, B: CryptoBackend> Chunk<'a, B> {
    const fn new() -> Self {
        Self {
            jobs: [const { None }; CHUNK],
            turns: false,
        }
    }

    /// Takes the next jobs and routes them; the outcome of one that fails is an error already.
    fn start(
        &mut self,
        jobs: &mut impl Iterator<Item = (&'a mut Session<B>, &'a mut [u8])>,
        lanes: &mut [Lane; CHUNK],
        outcomes: &mut Vec<Outcome>,
    ) {
        self.turns = false;
        for (place, lane) in self.jobs.iter_mut().zip(lanes) {
            *place = jobs.next().and_then(|(session, buffer)| {
                let job = Job::start(outcomes.len(), session, buffer, lane);
                outcomes.push(job.as_ref().map(|_| 0..0).map_err(|error| *error));
                self.turns |= job.as_ref().is_ok_and(|job| job.turns);
                job.ok()
            });
        }
    }

    fn open(&mut self, lanes: &mut [Lane; CHUNK], outcomes: &mut [Outcome]) {
        if self.turns {
            self.turn(lanes);
        }
        row::step::<B::HmacSha256>(self.pairs(lanes).filter_map(|(job, lane)| {
            let ratchet = job.session.ratchet.as_ref()?;
            lane.outcome.ok()?;
            ratchet.receive_step(&mut lane.plan, &mut lane.envelope.message_key)
        }));
        self.open_with::<B::Aes256Gcm>(AeadAlgorithm::Aes256Gcm, lanes);
        self.open_with::<B::ChaCha20Poly1305>(AeadAlgorithm::ChaCha20Poly1305, lanes);
        for (job, lane) in self.pairs(lanes) {
            let committed = lane.outcome.map(|()| {
                job.session.apply_receive(&mut lane.plan);
                job.text.clone()
            });
            if let Some(outcome) = outcomes.get_mut(job.index) {
                *outcome = committed;
            }
            lane.outcome = Ok(());
        }
        lanes.iter_mut().for_each(|lane| lane.plan.clear());
    }

    /// Turns the ratchets that the messages turn: all agreements in one call.
    #[cold]
    fn turn(&mut self, lanes: &mut [Lane; CHUNK]) {
        let pairs = self.jobs.iter().flatten().filter_map(Job::turn_pair);
        let pairs: Vec<_> = pairs.collect();
        let agreements = Agreements::run::<B::X25519>(&pairs);
        let turning = self.pairs(lanes).filter(|(job, _)| job.turns);
        for (index, (job, lane)) in turning.enumerate() {
            let shared = agreements.secret(index).map_err(SessionError::from);
            lane.outcome = shared.and_then(|shared| {
                let ratchet = job.session.open_ratchet()?;
                ratchet.start_receiving_turn(&job.incoming.header, shared, &mut lane.plan)
            });
        }
    }

    /// Opens all messages of one AEAD in one call.
    fn open_with<A: Aead>(&mut self, aead: AeadAlgorithm, lanes: &mut [Lane; CHUNK]) {
        let uses = |job: &Job<'_, B>, lane: &Lane| {
            lane.outcome.is_ok() && job.session.suite.aead() == aead
        };
        if !self.pairs(lanes).any(|(job, lane)| uses(job, lane)) {
            return;
        }
        let jobs = self.pairs(lanes).filter(|(job, lane)| uses(job, lane));
        let outcomes = row::open::<A>(jobs.map(|(job, lane)| OpenJob {
            key: lane.envelope.message_key.expose(),
            nonce: &lane.envelope.nonce,
            aad: &lane.envelope.aad,
            buffer: job.incoming.body,
            tag: job.incoming.tag,
            outcome: Ok(()),
        }));
        let jobs = self.pairs(lanes).filter(|(job, lane)| uses(job, lane));
        for ((_, lane), outcome) in jobs.zip(outcomes) {
            lane.outcome = outcome.map_err(SessionError::from);
        }
    }

    #[inline]
    fn pairs<'x>(
        &'x mut self,
        lanes: &'x mut [Lane; CHUNK],
    ) -> impl Iterator<Item = (&'x mut Job<'a, B>, &'x mut Lane)> {
        let pairs = self.jobs.iter_mut().zip(lanes);
        pairs.filter_map(|(job, lane)| Some((job.as_mut()?, lane)))
    }
}

impl<'a, B: CryptoBackend> Job<'a, B> {
    #[inline]
    fn start(
        index: usize,
        session: &'a mut Session<B>,
        buffer: &'a mut [u8],
        lane: &mut Lane,
    ) -> Result<Self, SessionError> {
        let offset = session.locate(buffer)?;
        let text = text_range(buffer.len(), offset);
        let incoming = session.incoming(buffer, offset, &mut lane.envelope)?;
        let header = &incoming.header;
        let ratchet = session.open_ratchet()?;
        let turns = match ratchet.route(header, session.policy.skip_limit())? {
            Route::Turn => {
                ratchet.turn_key()?;
                true
            }
            route => {
                let message_key = &mut lane.envelope.message_key;
                ratchet.start_receiving(header, route, message_key, &mut lane.plan)?;
                false
            }
        };
        Ok(Self {
            index,
            session,
            incoming,
            text,
            turns,
        })
    }

    /// What to agree on if the message turns the ratchet.
    fn turn_pair(&self) -> Option<Pair<'_, B::X25519>> {
        if !self.turns {
            return None;
        }
        let private = self.session.ratchet.as_ref()?.turn_key().ok()?;
        Some((private, self.incoming.header.ratchet_key))
    }
}
