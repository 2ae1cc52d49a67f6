//! Two messages side by side, neither of which turns a ratchet: what batches are mostly made of.
//!
//! Their chain steps are one call of the backend, and so are their AEADs. Two and not more, each
//! in its place from the start: rows that are filled and copied cost more than lanes beyond the
//! second save.

use core::ops::Range;

use crate::backend::CryptoBackend;
use crate::ephemeral::KeySource;
use crate::primitives::{Aead, ChainStepJob, Hmac, PrimitiveError};
use crate::ratchet::{ReceivePlan, SendPlan};
use crate::session::envelope::{Envelope, Incoming, Outgoing, text_range};
use crate::session::{Session, SessionError};
use crate::suite::AeadAlgorithm;

/// A session and the buffer of its message.
type Job<'a, B> = (&'a mut Session<B>, &'a mut [u8]);

/// Encrypts in two sessions that do not turn their ratchets.
#[inline]
pub(super) fn encrypt<B: CryptoBackend, S: KeySource<B> + ?Sized>(
    (one, one_buffer): Job<'_, B>,
    (two, two_buffer): Job<'_, B>,
    source: &mut S,
) -> [Result<(), SessionError>; 2] {
    let (mut first, mut second) = (Sending::new(), Sending::new());
    let started = (
        first.start(one, one_buffer, source),
        second.start(two, two_buffer, source),
    );
    let outcomes = match started {
        (Ok(text), Ok(other)) => {
            step::<B::HmacSha256>(first.step(one), second.step(two));
            seal::<B>((one, &first.envelope, text), (two, &second.envelope, other))
        }
        (text, other) => [
            text.and_then(|text| first.seal(one, text)),
            other.and_then(|text| second.seal(two, text)),
        ],
    };
    let [outcome, other] = outcomes;
    [
        outcome.map(|()| one.apply_send(&mut first.plan)),
        other.map(|()| two.apply_send(&mut second.plan)),
    ]
}

/// Decrypts in two sessions messages of their current chains.
#[inline]
pub(super) fn decrypt<B: CryptoBackend>(
    (one, one_buffer): Job<'_, B>,
    (two, two_buffer): Job<'_, B>,
) -> [Result<Range<usize>, SessionError>; 2] {
    let texts = [&one_buffer, &two_buffer].map(|buffer| text_range(buffer.len(), 0));
    let (mut first, mut second) = (Receiving::new(), Receiving::new());
    let started = (first.start(one, one_buffer), second.start(two, two_buffer));
    let outcomes = match started {
        (Ok(text), Ok(other)) => {
            step::<B::HmacSha256>(first.step(one), second.step(two));
            open::<B>((one, &first.envelope, text), (two, &second.envelope, other))
        }
        (text, other) => [
            text.and_then(|text| first.open(one, text)),
            other.and_then(|text| second.open(two, text)),
        ],
    };
    let ([outcome, other], [text, other_text]) = (outcomes, texts);
    [
        outcome.map(|()| {
            one.apply_receive(&mut first.plan);
            text
        }),
        other.map(|()| {
            two.apply_receive(&mut second.plan);
            other_text
        }),
    ]
}

/// One message on its way out.
struct Sending<B: CryptoBackend> {
    envelope: Envelope,
    plan: SendPlan<B>,
}

impl<B: CryptoBackend> Sending<B> {
    #[inline]
    const fn new() -> Self {
        Self {
            envelope: Envelope::new(),
            plan: SendPlan::new(1),
        }
    }

    /// Everything before the chain step, in the order of the single call.
    #[inline]
    fn start<'a, S: KeySource<B> + ?Sized>(
        &mut self,
        session: &Session<B>,
        buffer: &'a mut [u8],
        source: &mut S,
    ) -> Result<Outgoing<'a>, SessionError> {
        session.check_limits(1)?;
        let mut outgoing = session.outgoing(buffer)?;
        let ratchet = session.open_ratchet()?;
        source.fill(&mut *outgoing.salt)?;
        let header = ratchet.send_header(&self.plan)?;
        session.address(&header, &mut outgoing, &mut self.envelope);
        Ok(outgoing)
    }

    #[inline]
    fn step<'a>(&'a mut self, session: &'a Session<B>) -> Option<ChainStepJob<'a>> {
        let ratchet = session.ratchet.as_ref()?;
        ratchet.send_step(&mut self.plan, &mut self.envelope.message_key)
    }

    /// The rest, alone.
    #[cold]
    fn seal(&mut self, session: &Session<B>, text: Outgoing<'_>) -> Result<(), SessionError> {
        step::<B::HmacSha256>(self.step(session), None);
        Ok(self.envelope.seal::<B>(session.suite.aead(), text)?)
    }
}

/// One message on its way in.
struct Receiving {
    envelope: Envelope,
    plan: ReceivePlan,
}

impl Receiving {
    #[inline]
    const fn new() -> Self {
        Self {
            envelope: Envelope::new(),
            plan: ReceivePlan::new(),
        }
    }

    /// Everything before the chain step.
    #[inline]
    fn start<'a, B: CryptoBackend>(
        &mut self,
        session: &Session<B>,
        buffer: &'a mut [u8],
    ) -> Result<Incoming<'a>, SessionError> {
        let incoming = session.incoming(buffer, 0, &mut self.envelope)?;
        let (header, ratchet) = (&incoming.header, session.open_ratchet()?);
        let route = ratchet.route(header, session.policy.skip_limit())?;
        let message_key = &mut self.envelope.message_key;
        ratchet.start_receiving(header, route, message_key, &mut self.plan)?;
        Ok(incoming)
    }

    /// Absent if the message's key was stored.
    #[inline]
    fn step<'a, B: CryptoBackend>(
        &'a mut self,
        session: &'a Session<B>,
    ) -> Option<ChainStepJob<'a>> {
        let ratchet = session.ratchet.as_ref()?;
        ratchet.receive_step(&mut self.plan, &mut self.envelope.message_key)
    }

    /// The rest, alone.
    #[cold]
    fn open<B: CryptoBackend>(
        &mut self,
        session: &Session<B>,
        text: Incoming<'_>,
    ) -> Result<(), SessionError> {
        step::<B::HmacSha256>(self.step(session), None);
        Ok(self.envelope.open::<B>(session.suite.aead(), text)?)
    }
}

/// Makes what steps there are.
#[inline]
fn step<H: Hmac>(one: Option<ChainStepJob<'_>>, two: Option<ChainStepJob<'_>>) {
    match (one, two) {
        (Some(one), Some(two)) => H::chain_step_batch(&mut [one, two]),
        (Some(job), None) | (None, Some(job)) => {
            H::chain_step(job.chain_key, job.message_key, job.next);
        }
        (None, None) => {}
    }
}

/// Seals both, in one call if the suites allow.
#[inline]
fn seal<B: CryptoBackend>(
    (one, envelope, text): (&Session<B>, &Envelope, Outgoing<'_>),
    (two, other_envelope, other): (&Session<B>, &Envelope, Outgoing<'_>),
) -> [Result<(), SessionError>; 2] {
    let outcomes = match (one.suite.aead(), two.suite.aead()) {
        (AeadAlgorithm::Aes256Gcm, AeadAlgorithm::Aes256Gcm) => {
            seal_two::<B::Aes256Gcm>(envelope, text, other_envelope, other)
        }
        (AeadAlgorithm::ChaCha20Poly1305, AeadAlgorithm::ChaCha20Poly1305) => {
            seal_two::<B::ChaCha20Poly1305>(envelope, text, other_envelope, other)
        }
        (aead, other_aead) => [
            envelope.seal::<B>(aead, text),
            other_envelope.seal::<B>(other_aead, other),
        ],
    };
    outcomes.map(|outcome| outcome.map_err(SessionError::from))
}

/// Seals both in one call, and puts their tags in their places.
#[inline]
pub(super) fn seal_two<A: Aead>(
    envelope: &Envelope,
    text: Outgoing<'_>,
    other_envelope: &Envelope,
    other: Outgoing<'_>,
) -> [Result<(), PrimitiveError>; 2] {
    let mut jobs = [
        envelope.seal_job(text.body),
        other_envelope.seal_job(other.body),
    ];
    A::seal_batch(&mut jobs);
    let [job, other_job] = &jobs;
    [
        job.outcome.map(|tag| *text.tag = tag),
        other_job.outcome.map(|tag| *other.tag = tag),
    ]
}

/// Opens both, likewise.
#[inline]
fn open<B: CryptoBackend>(
    (one, envelope, text): (&Session<B>, &Envelope, Incoming<'_>),
    (two, other_envelope, other): (&Session<B>, &Envelope, Incoming<'_>),
) -> [Result<(), SessionError>; 2] {
    let outcomes = match (one.suite.aead(), two.suite.aead()) {
        (AeadAlgorithm::Aes256Gcm, AeadAlgorithm::Aes256Gcm) => {
            open_two::<B::Aes256Gcm>(envelope, text, other_envelope, other)
        }
        (AeadAlgorithm::ChaCha20Poly1305, AeadAlgorithm::ChaCha20Poly1305) => {
            open_two::<B::ChaCha20Poly1305>(envelope, text, other_envelope, other)
        }
        (aead, other_aead) => [
            envelope.open::<B>(aead, text),
            other_envelope.open::<B>(other_aead, other),
        ],
    };
    outcomes.map(|outcome| outcome.map_err(SessionError::from))
}

#[inline]
fn open_two<A: Aead>(
    envelope: &Envelope,
    text: Incoming<'_>,
    other_envelope: &Envelope,
    other: Incoming<'_>,
) -> [Result<(), PrimitiveError>; 2] {
    let mut jobs = [envelope.open_job(text), other_envelope.open_job(other)];
    A::open_batch(&mut jobs);
    let [job, other_job] = &jobs;
    [job.outcome, other_job.outcome]
}
