//! [`encrypt_batch`] and its stages.

use alloc::vec::Vec;

use crate::agreement::{Agreements, Pair};
use crate::backend::CryptoBackend;
use crate::ephemeral::{FreshKey, KeySource};
use crate::primitives::{Aead, SealJob};
use crate::ratchet::SendPlan;
use crate::session::batch::{CHUNK, FEW, row};
use crate::session::envelope::{Envelope, Outgoing};
use crate::session::{Session, SessionError};
use crate::suite::AeadAlgorithm;

/// Encrypts one message in each of many sessions: ≡ a loop over [`Session::encrypt_in_place`].
///
/// Each job is a session and a buffer laid out as for that call. The results stand in the order of
/// the jobs; a failed job leaves its session unchanged and does not disturb the others.
///
/// # Errors
/// Per job, as [`Session::encrypt_in_place`].
#[must_use]
pub fn encrypt_batch<'a, B, S>(
    jobs: impl IntoIterator<Item = (&'a mut Session<B>, &'a mut [u8])>,
    source: &mut S,
) -> Vec<Result<(), SessionError>>
where
    B: CryptoBackend,
    S: KeySource<B> + ?Sized,
{
    let mut jobs = jobs.into_iter();
    if jobs.size_hint().1.is_some_and(|most| most <= FEW) {
        let single =
            |(session, buffer): (&mut Session<B>, _)| session.encrypt_in_place(buffer, source);
        return jobs.map(single).collect();
    }
    let mut outcomes = Vec::with_capacity(jobs.size_hint().0);
    let mut lanes = [const { Lane::new() }; CHUNK];
    let mut chunk = Chunk::new();
    loop {
        let done = outcomes.len();
        chunk.draw(&mut jobs, source, &mut outcomes);
        chunk.seal(&mut lanes, &mut outcomes);
        if outcomes.len() < done.saturating_add(CHUNK) {
            return outcomes;
        }
    }
}

/// The sessions that go through the stages together.
struct Chunk<'a, B: CryptoBackend> {
    jobs: [Option<Job<'a, B>>; CHUNK],
    /// The ratchet keys of those that turn, and which they are.
    turning: Vec<(usize, FreshKey<B>)>,
}

/// A job for which everything was drawn.
struct Job<'a, B: CryptoBackend> {
    /// Where its outcome goes.
    index: usize,
    session: &'a mut Session<B>,
    outgoing: Outgoing<'a>,
}

/// Where one message is worked on.
struct Lane<B: CryptoBackend> {
    envelope: Envelope,
    plan: SendPlan<B>,
    outcome: Result<(), SessionError>,
}

impl<B: CryptoBackend> Lane<B> {
    const fn new() -> Self {
        Self {
            envelope: Envelope::new(),
            plan: SendPlan::new(1),
            outcome: Ok(()),
        }
    }
}

impl<'a, B: CryptoBackend> Chunk<'a, B> {
    const fn new() -> Self {
        Self {
            jobs: [const { None }; CHUNK],
            turning: Vec::new(),
        }
    }

    /// Takes the next jobs and draws for them; the outcome of one that fails is an error already.
    fn draw<S: KeySource<B> + ?Sized>(
        &mut self,
        jobs: &mut impl Iterator<Item = (&'a mut Session<B>, &'a mut [u8])>,
        source: &mut S,
        outcomes: &mut Vec<Result<(), SessionError>>,
    ) {
        let Self {
            jobs: places,
            turning,
        } = self;
        for (index, place) in places.iter_mut().enumerate() {
            *place = jobs.next().and_then(|(session, buffer)| {
                let job = Job::draw(outcomes.len(), session, buffer, source, |fresh| {
                    // Whole at once: a vector that grows would leave its keys behind.
                    turning.reserve_exact(CHUNK.saturating_sub(turning.len()));
                    turning.push((index, fresh));
                });
                outcomes.push(job.as_ref().map(|_| ()).map_err(|error| *error));
                job.ok()
            });
        }
    }

    fn seal(&mut self, lanes: &mut [Lane<B>; CHUNK], outcomes: &mut [Result<(), SessionError>]) {
        if !self.turning.is_empty() {
            self.turn(lanes);
        }
        for (job, lane) in self.pairs(lanes) {
            lane.outcome = lane.outcome.and_then(|()| job.address(lane));
        }
        row::step::<B::HmacSha256>(self.pairs(lanes).filter_map(|(job, lane)| {
            let ratchet = job.session.ratchet.as_ref()?;
            lane.outcome.ok()?;
            ratchet.send_step(&mut lane.plan, &mut lane.envelope.message_key)
        }));
        self.seal_with::<B::Aes256Gcm>(AeadAlgorithm::Aes256Gcm, lanes);
        self.seal_with::<B::ChaCha20Poly1305>(AeadAlgorithm::ChaCha20Poly1305, lanes);
        for (job, lane) in self.pairs(lanes) {
            let committed = lane
                .outcome
                .map(|()| job.session.apply_send(&mut lane.plan));
            if let Some(outcome) = outcomes.get_mut(job.index) {
                *outcome = committed;
            }
            lane.outcome = Ok(());
            lane.plan.clear();
        }
    }

    /// Turns the ratchets that must be turned: all agreements in one call.
    #[cold]
    fn turn(&mut self, lanes: &mut [Lane<B>; CHUNK]) {
        let Self { jobs, turning } = self;
        let mut keys = Vec::with_capacity(turning.len());
        for (place, fresh) in turning.drain(..) {
            let (Some(Some(job)), Some(lane)) = (jobs.get(place), lanes.get_mut(place)) else {
                continue;
            };
            match fresh.into_key() {
                Ok(private) => keys.push((place, &*job.session, private)),
                Err(error) => lane.outcome = Err(error.into()),
            }
        }
        let pairs = keys.iter().filter_map(|(_, session, private)| {
            let ratchet = session.ratchet.as_ref()?;
            Some((private, &ratchet.peer))
        });
        let pairs: Vec<Pair<'_, B::X25519>> = pairs.collect();
        let agreements = Agreements::run::<B::X25519>(&pairs);
        drop(pairs);
        for (index, (place, session, private)) in keys.into_iter().enumerate() {
            let Some(lane) = lanes.get_mut(place) else {
                continue;
            };
            let shared = agreements.secret(index).map_err(SessionError::from);
            lane.outcome = shared.and_then(|shared| {
                session
                    .open_ratchet()?
                    .start_sending(private, shared, &mut lane.plan)
            });
        }
    }

    /// Seals all messages of one AEAD in one call.
    fn seal_with<A: Aead>(&mut self, aead: AeadAlgorithm, lanes: &mut [Lane<B>; CHUNK]) {
        let uses = |job: &Job<'_, B>, lane: &Lane<B>| {
            lane.outcome.is_ok() && job.session.suite.aead() == aead
        };
        if !self.pairs(lanes).any(|(job, lane)| uses(job, lane)) {
            return;
        }
        let jobs = self.pairs(lanes).filter(|(job, lane)| uses(job, lane));
        let outcomes = row::seal::<A>(jobs.map(|(job, lane)| SealJob {
            key: lane.envelope.message_key.expose(),
            nonce: &lane.envelope.nonce,
            aad: &lane.envelope.aad,
            buffer: job.outgoing.body,
            outcome: Ok([0; 16]),
        }));
        let jobs = self.pairs(lanes).filter(|(job, lane)| uses(job, lane));
        for ((job, lane), outcome) in jobs.zip(outcomes) {
            match outcome {
                Ok(tag) => *job.outgoing.tag = tag,
                Err(error) => lane.outcome = Err(error.into()),
            }
        }
    }

    #[inline]
    fn pairs<'x>(
        &'x mut self,
        lanes: &'x mut [Lane<B>; CHUNK],
    ) -> impl Iterator<Item = (&'x mut Job<'a, B>, &'x mut Lane<B>)> {
        self.jobs
            .iter_mut()
            .zip(lanes)
            .filter_map(|(job, lane)| Some((job.as_mut()?, lane)))
    }
}

impl<'a, B: CryptoBackend> Job<'a, B> {
    #[inline]
    fn draw<S: KeySource<B> + ?Sized>(
        index: usize,
        session: &'a mut Session<B>,
        buffer: &'a mut [u8],
        source: &mut S,
        turns: impl FnOnce(FreshKey<B>),
    ) -> Result<Self, SessionError> {
        session.check_limits(1)?;
        let outgoing = session.outgoing(buffer)?;
        if let Some(fresh) = session.draw(&mut *outgoing.salt, source)? {
            turns(fresh);
        }
        Ok(Self {
            index,
            session,
            outgoing,
        })
    }

    #[inline]
    fn address(&mut self, lane: &mut Lane<B>) -> Result<(), SessionError> {
        let header = self.session.open_ratchet()?.send_header(&lane.plan)?;
        self.session
            .address(&header, &mut self.outgoing, &mut lane.envelope);
        Ok(())
    }
}
