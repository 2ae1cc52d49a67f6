//! [`decrypt_batch`]: messages that turn their ratchets in groups, all others one by one.

use alloc::vec::Vec;
use core::ops::Range;

use crate::agreement::Agreements;
use crate::backend::CryptoBackend;
use crate::primitives::Hmac;
use crate::ratchet::ReceivePlan;
use crate::secret::Secret;
use crate::session::batch::{GROUP, set};
use crate::session::envelope::{Envelope, text_range};
use crate::session::{Session, SessionError};

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
    let jobs = jobs.into_iter();
    let mut outcomes = Vec::with_capacity(jobs.size_hint().0);
    let mut turning = Vec::new();
    for (session, buffer) in jobs {
        let peer = match session.is_on_current_chain(buffer) {
            true => None,
            false => session.turn_of(buffer),
        };
        let Some(peer) = peer else {
            outcomes.push(session.decrypt_in_place(buffer));
            continue;
        };
        turning.push(Turning {
            index: outcomes.len(),
            session,
            buffer,
            peer,
        });
        outcomes.push(Ok(0..0));
        if turning.len() == GROUP {
            open(&mut turning, &mut outcomes);
        }
    }
    open(&mut turning, &mut outcomes);
    outcomes
}

type Outcome = Result<Range<usize>, SessionError>;

/// A message that turns its ratchet.
struct Turning<'a, B: CryptoBackend> {
    /// Where its outcome goes.
    index: usize,
    session: &'a mut Session<B>,
    buffer: &'a mut [u8],
    /// The ratchet key in its header.
    peer: [u8; 32],
}

impl<B: CryptoBackend> Turning<'_, B> {
    fn open(self, shared: &Secret<32>) -> Outcome {
        let Self {
            session, buffer, ..
        } = self;
        let offset = session.locate(buffer)?;
        let text = text_range(buffer.len(), offset);
        let (mut envelope, mut plan) = (Envelope::new(), ReceivePlan::new());
        let incoming = session.incoming(buffer, offset, &mut envelope)?;
        let ratchet = session.open_ratchet()?;
        ratchet.start_receiving_turn(&incoming.header, shared, &mut plan)?;
        let step = ratchet.receive_step(&mut plan, &mut envelope.message_key);
        let step = step.ok_or(SessionError::StaleState)?;
        B::HmacSha256::chain_step(step.chain_key, step.message_key, step.next);
        session.keep_key(&incoming, &envelope, &mut plan);
        envelope.open::<B>(session.suite.aead(), incoming)?;
        session.apply_receive(&mut plan);
        Ok(text)
    }
}

/// Turns the ratchets, all agreements in one call, and opens.
fn open<B: CryptoBackend>(turning: &mut Vec<Turning<'_, B>>, outcomes: &mut [Outcome]) {
    if turning.is_empty() {
        return;
    }
    let pairs = turning.iter().filter_map(|job| {
        let ratchet = job.session.ratchet.as_ref()?;
        Some((ratchet.turn_key().ok()?, &job.peer))
    });
    let pairs: Vec<_> = pairs.collect();
    let agreements = Agreements::run::<B::X25519>(&pairs);
    drop(pairs);
    for (place, job) in turning.drain(..).enumerate() {
        let index = job.index;
        let shared = agreements.secret(place).map_err(SessionError::from);
        set(outcomes, index, shared.and_then(|shared| job.open(shared)));
    }
}
