//! [`encrypt_batch`] and its stages.

use alloc::vec::Vec;

use rand_core::TryCryptoRng;

use crate::agreement::{Agreements, Pair};
use crate::backend::CryptoBackend;
use crate::primitives::{Aead, ChainStepJob, Hmac, KeyAgreement, SealJob};
use crate::ratchet::{ChainKey, MessageKey, SendPlan, SendTurn};
use crate::secret::Secret;
use crate::session::message::{AAD_LEN, Outgoing, fresh_salt};
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
pub fn encrypt_batch<'a, B, R>(
    jobs: impl IntoIterator<Item = (&'a mut Session<B>, &'a mut [u8])>,
    rng: &mut R,
) -> Vec<Result<(), SessionError>>
where
    B: CryptoBackend,
    R: TryCryptoRng + ?Sized,
{
    let jobs: Vec<_> = jobs.into_iter().collect();
    let mut outcomes = Vec::with_capacity(jobs.len());
    // Reserved whole: a vector that grows would leave its keys behind.
    let mut staged = Vec::with_capacity(jobs.len());
    for (index, (session, buffer)) in jobs.into_iter().enumerate() {
        match Staged::new(index, session, buffer, rng) {
            Ok(job) => {
                outcomes.push(Ok(()));
                staged.push(job);
            }
            Err(error) => outcomes.push(Err(error)),
        }
    }
    turn(&mut staged);
    step(&mut staged);
    seal::<B, B::Aes256Gcm>(&mut staged, AeadAlgorithm::Aes256Gcm);
    seal::<B, B::ChaCha20Poly1305>(&mut staged, AeadAlgorithm::ChaCha20Poly1305);
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
    outgoing: Outgoing<'a>,
    fresh: Option<<B::X25519 as KeyAgreement>::PrivateKey>,
    salt: [u8; 8],
    turn: Option<SendTurn<B>>,
    message_key: MessageKey,
    next: ChainKey,
    nonce: [u8; 12],
    aad: [u8; AAD_LEN],
    outcome: Result<(), SessionError>,
}

impl<'a, B: CryptoBackend> Staged<'a, B> {
    fn new<R: TryCryptoRng + ?Sized>(
        index: usize,
        session: &'a mut Session<B>,
        buffer: &'a mut [u8],
        rng: &mut R,
    ) -> Result<Self, SessionError> {
        session.check_limits()?;
        let outgoing = session.outgoing(buffer)?;
        let fresh = session.open_ratchet()?.fresh_ratchet_key(rng)?;
        let salt = fresh_salt(rng)?;
        Ok(Self {
            index,
            session,
            outgoing,
            fresh,
            salt,
            turn: None,
            message_key: MessageKey::zeroed(),
            next: ChainKey::zeroed(),
            nonce: [0; 12],
            aad: [0; AAD_LEN],
            outcome: Ok(()),
        })
    }

    /// What to agree on if the ratchet must be turned.
    fn turn_pair(&self) -> Option<Pair<'_, B::X25519>> {
        Some((self.fresh.as_ref()?, &self.session.ratchet.as_ref()?.peer))
    }

    fn finish_turn(&mut self, shared: &Secret<32>) -> Result<(), SessionError> {
        if let Some(private) = self.fresh.take() {
            self.turn = Some(self.session.open_ratchet()?.send_turn(private, shared)?);
        }
        Ok(())
    }

    fn write_header(&mut self) -> Result<(), SessionError> {
        let position = self
            .session
            .open_ratchet()?
            .send_position(self.turn.as_ref())?;
        let header = self.session.header(&position, self.salt);
        self.nonce = header.nonce();
        let Outgoing {
            prefix,
            header: place,
            ..
        } = &mut self.outgoing;
        self.aad = self.session.write_header(&header, prefix, place);
        Ok(())
    }

    fn uses(&self, aead: AeadAlgorithm) -> bool {
        self.outcome.is_ok() && self.session.suite.aead() == aead
    }

    fn commit(self) -> Result<(), SessionError> {
        self.outcome?;
        self.session.apply_send(SendPlan {
            turn: self.turn,
            next: self.next,
        });
        Ok(())
    }
}

/// Turns the ratchets that must be turned: all agreements in one call.
fn turn<B: CryptoBackend>(staged: &mut [Staged<'_, B>]) {
    let pairs: Vec<_> = staged.iter().filter_map(Staged::turn_pair).collect();
    let agreements = Agreements::run::<B::X25519>(&pairs);
    let turning = staged.iter_mut().filter(|job| job.turn_pair().is_some());
    for (index, job) in turning.enumerate() {
        let shared = agreements.secret(index).map_err(SessionError::from);
        job.outcome = shared.and_then(|shared| job.finish_turn(shared));
    }
}

/// Writes all headers, then steps all sending chains in one call.
fn step<B: CryptoBackend>(staged: &mut [Staged<'_, B>]) {
    for job in staged.iter_mut().filter(|job| job.outcome.is_ok()) {
        job.outcome = job.write_header();
    }
    let mut jobs: Vec<_> = staged
        .iter_mut()
        .filter(|job| job.outcome.is_ok())
        .filter_map(|job| {
            let ratchet = job.session.ratchet.as_ref()?;
            let position = ratchet.send_position(job.turn.as_ref()).ok()?;
            Some(ChainStepJob {
                chain_key: position.chain_key.expose(),
                message_key: job.message_key.expose_mut(),
                next: job.next.expose_mut(),
            })
        })
        .collect();
    B::HmacSha256::chain_step_batch(&mut jobs);
}

/// Seals all messages of one AEAD in one call.
fn seal<B: CryptoBackend, A: Aead>(staged: &mut [Staged<'_, B>], aead: AeadAlgorithm) {
    let mut jobs: Vec<_> = staged
        .iter_mut()
        .filter(|job| job.uses(aead))
        .map(|job| SealJob {
            key: job.message_key.expose(),
            nonce: &job.nonce,
            aad: &job.aad,
            buffer: job.outgoing.body,
            outcome: Ok([0; 16]),
        })
        .collect();
    A::seal_batch(&mut jobs);
    let outcomes: Vec<_> = jobs.into_iter().map(|job| job.outcome).collect();
    for (job, outcome) in staged.iter_mut().filter(|job| job.uses(aead)).zip(outcomes) {
        match outcome {
            Ok(tag) => *job.outgoing.tag = tag,
            Err(error) => job.outcome = Err(error.into()),
        }
    }
}
