//! [`decrypt_batch`] and its stages.

use alloc::vec::Vec;
use core::ops::Range;

use crate::agreement::{Agreements, Pair};
use crate::backend::CryptoBackend;
use crate::primitives::{Aead, ChainStepJob, Hmac, OpenJob};
use crate::ratchet::{ChainKey, MessageKey, ReceiveStart, Route};
use crate::secret::Secret;
use crate::session::message::Incoming;
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
    let jobs: Vec<_> = jobs.into_iter().collect();
    let mut outcomes = Vec::with_capacity(jobs.len());
    // Reserved whole: a vector that grows would leave its keys behind.
    let mut staged = Vec::with_capacity(jobs.len());
    for (index, (session, buffer)) in jobs.into_iter().enumerate() {
        match Staged::new(index, session, buffer) {
            Ok(job) => {
                outcomes.push(Ok(0..0));
                staged.push(job);
            }
            Err(error) => outcomes.push(Err(error)),
        }
    }
    turn(&mut staged);
    step(&mut staged);
    open::<B, B::Aes256Gcm>(&mut staged, AeadAlgorithm::Aes256Gcm);
    open::<B, B::ChaCha20Poly1305>(&mut staged, AeadAlgorithm::ChaCha20Poly1305);
    for job in staged {
        if let Some(outcome) = outcomes.get_mut(job.index) {
            *outcome = job.commit();
        }
    }
    outcomes
}

/// A job between two stages.
struct Staged<'a, B: CryptoBackend> {
    index: usize,
    session: &'a mut Session<B>,
    incoming: Incoming<'a>,
    /// Absent while the message waits for its turn of the ratchet.
    start: Option<ReceiveStart>,
    message_key: MessageKey,
    next: ChainKey,
    nonce: [u8; 12],
    outcome: Result<(), SessionError>,
}

impl<'a, B: CryptoBackend> Staged<'a, B> {
    fn new(
        index: usize,
        session: &'a mut Session<B>,
        buffer: &'a mut [u8],
    ) -> Result<Self, SessionError> {
        let offset = session.locate(buffer)?;
        let incoming = session.incoming(buffer, offset)?;
        let ratchet = session.open_ratchet()?;
        let mut message_key = MessageKey::zeroed();
        let start = match ratchet.route(&incoming.header, session.policy.skip_limit())? {
            Route::Turn => {
                ratchet.turn_key()?;
                None
            }
            route => Some(ratchet.start_receive(route)?),
        };
        if let Some(start) = start.as_ref().filter(|start| start.chain_key().is_none()) {
            message_key = ratchet.stored_key(start)?;
        }
        let nonce = incoming.header.nonce();
        let (next, outcome) = (ChainKey::zeroed(), Ok(()));
        Ok(Self {
            index,
            session,
            incoming,
            start,
            message_key,
            next,
            nonce,
            outcome,
        })
    }

    /// What to agree on if the message turns the ratchet.
    fn turn_pair(&self) -> Option<Pair<'_, B::X25519>> {
        if self.start.is_some() {
            return None;
        }
        let private = self.session.ratchet.as_ref()?.turn_key().ok()?;
        Some((private, &self.incoming.header.ratchet_key))
    }

    fn finish_turn(&mut self, shared: &Secret<32>) -> Result<(), SessionError> {
        let ratchet = self.session.open_ratchet()?;
        self.start = Some(ratchet.receive_turn(&self.incoming.header, shared)?);
        Ok(())
    }

    fn uses(&self, aead: AeadAlgorithm) -> bool {
        self.outcome.is_ok() && self.session.suite.aead() == aead
    }

    fn commit(self) -> Result<Range<usize>, SessionError> {
        self.outcome?;
        let start = self.start.ok_or(SessionError::StaleState)?;
        self.session
            .apply_receive(start.finish(&self.incoming.header, self.next));
        Ok(self.incoming.range)
    }
}

/// Turns the ratchets that the messages turn: all agreements in one call.
fn turn<B: CryptoBackend>(staged: &mut [Staged<'_, B>]) {
    let pairs: Vec<_> = staged.iter().filter_map(Staged::turn_pair).collect();
    let agreements = Agreements::run::<B::X25519>(&pairs);
    let turning = staged.iter_mut().filter(|job| job.turn_pair().is_some());
    for (index, job) in turning.enumerate() {
        let shared = agreements.secret(index).map_err(SessionError::from);
        job.outcome = shared.and_then(|shared| job.finish_turn(shared));
    }
}

/// Steps all receiving chains in one call.
fn step<B: CryptoBackend>(staged: &mut [Staged<'_, B>]) {
    let mut jobs: Vec<_> = staged
        .iter_mut()
        .filter(|job| job.outcome.is_ok())
        .filter_map(|job| {
            Some(ChainStepJob {
                chain_key: job.start.as_ref()?.chain_key()?.expose(),
                message_key: job.message_key.expose_mut(),
                next: job.next.expose_mut(),
            })
        })
        .collect();
    B::HmacSha256::chain_step_batch(&mut jobs);
}

/// Opens all messages of one AEAD in one call.
fn open<B: CryptoBackend, A: Aead>(staged: &mut [Staged<'_, B>], aead: AeadAlgorithm) {
    let mut jobs: Vec<_> = staged
        .iter_mut()
        .filter(|job| job.uses(aead))
        .map(|job| OpenJob {
            key: job.message_key.expose(),
            nonce: &job.nonce,
            aad: &job.incoming.aad,
            buffer: job.incoming.body,
            tag: job.incoming.tag,
            outcome: Ok(()),
        })
        .collect();
    A::open_batch(&mut jobs);
    let outcomes: Vec<_> = jobs.into_iter().map(|job| job.outcome).collect();
    for (job, outcome) in staged.iter_mut().filter(|job| job.uses(aead)).zip(outcomes) {
        job.outcome = outcome.map_err(SessionError::from);
    }
}
