//! Encrypting and decrypting: the message buffer around the ratchet.
//!
//! Every operation exists in two steps (`prepare_…`, then [`Session::commit`]), for those who
//! must save the session before a message leaves, and in one call that commits in memory; each on
//! a buffer of the caller, without allocating, and with a vector of its own.

use alloc::vec::Vec;
use core::ops::Range;

use crate::backend::CryptoBackend;
use crate::ephemeral::KeySource;
use crate::primitives::{Hmac, KeyAgreement, PrimitiveError};
use crate::ratchet::{OpenedKey, ReceivePlan, SendPlan};
use crate::secret::SecretBytes;
use crate::session::envelope::{Envelope, Incoming, Outgoing, text_range};
use crate::session::pending::Change;
use crate::session::{Pending, Session, SessionError};

impl<B: CryptoBackend> Session<B> {
    /// Length of what stands before the body of the next message: its header, behind the INIT
    /// header until the peer has answered. In bytes.
    #[must_use]
    pub fn header_len(&self) -> usize {
        self.address().header_len()
    }

    /// Encrypts `plaintext` and returns the message.
    ///
    /// # Errors
    /// [`SessionError`]; the session is unchanged then.
    pub fn encrypt<S: KeySource<B> + ?Sized>(
        &mut self,
        plaintext: &[u8],
        source: &mut S,
    ) -> Result<Vec<u8>, SessionError> {
        let mut message = self.message_buffer(plaintext);
        self.encrypt_in_place(&mut message, source)?;
        Ok(message)
    }

    /// Encrypts in `buffer`, which becomes the message. The plaintext stands behind
    /// [`header_len`](Self::header_len) bytes and before [`TAG_LEN`](crate::session::TAG_LEN)
    /// bytes of any content.
    ///
    /// # Errors
    /// [`SessionError`]; the session is unchanged then, the plaintext untouched or zeroed.
    pub fn encrypt_in_place<S: KeySource<B> + ?Sized>(
        &mut self,
        buffer: &mut [u8],
        source: &mut S,
    ) -> Result<(), SessionError> {
        let mut plan = SendPlan::new(1);
        self.seal_message(buffer, source, &mut plan)?;
        self.apply_sealed(&mut plan);
        Ok(())
    }

    /// Encrypts `plaintext` without changing the session: the message may leave only after the
    /// change was committed and saved.
    ///
    /// # Errors
    /// As [`encrypt`](Self::encrypt).
    pub fn prepare_encrypt<S: KeySource<B> + ?Sized>(
        &self,
        plaintext: &[u8],
        source: &mut S,
    ) -> Result<(Vec<u8>, Pending<B>), SessionError> {
        let mut message = self.message_buffer(plaintext);
        let pending = self.prepare_encrypt_in_place(&mut message, source)?;
        Ok((message, pending))
    }

    /// [`prepare_encrypt`](Self::prepare_encrypt) on a buffer laid out as for
    /// [`encrypt_in_place`](Self::encrypt_in_place).
    ///
    /// # Errors
    /// As [`encrypt_in_place`](Self::encrypt_in_place).
    pub fn prepare_encrypt_in_place<S: KeySource<B> + ?Sized>(
        &self,
        buffer: &mut [u8],
        source: &mut S,
    ) -> Result<Pending<B>, SessionError> {
        let mut plan = SendPlan::new(1);
        self.seal_message(buffer, source, &mut plan)?;
        Ok(self.pending(Change::Send(plan)))
    }

    /// Decrypts `message` and returns the plaintext.
    ///
    /// # Errors
    /// [`SessionError`]; the session is unchanged then.
    pub fn decrypt(&mut self, message: &[u8]) -> Result<Vec<u8>, SessionError> {
        let (plaintext, pending) = self.prepare_decrypt(message)?;
        self.commit(pending)?;
        Ok(plaintext)
    }

    /// Decrypts in `buffer` and returns where the plaintext stands.
    ///
    /// # Errors
    /// [`SessionError`]; the session is unchanged then, the buffer untouched or its body zeroed.
    pub fn decrypt_in_place(&mut self, buffer: &mut [u8]) -> Result<Range<usize>, SessionError> {
        let offset = self.locate(buffer)?;
        let mut plan = ReceivePlan::new();
        self.open_message(buffer, offset, None, &mut plan)?;
        self.apply_receive(&mut plan);
        Ok(text_range(buffer.len(), offset))
    }

    /// Decrypts `message` without changing the session.
    ///
    /// # Errors
    /// As [`decrypt`](Self::decrypt).
    pub fn prepare_decrypt(&self, message: &[u8]) -> Result<(Vec<u8>, Pending<B>), SessionError> {
        let offset = self.locate(message)?;
        let mut buffer = message.get(offset..).unwrap_or_default().to_vec();
        let mut plan = ReceivePlan::new();
        self.open_message(&mut buffer, 0, None, &mut plan)?;
        let range = text_range(buffer.len(), 0);
        buffer.truncate(range.end);
        buffer.drain(..range.start);
        Ok((buffer, self.pending(Change::Receive(plan))))
    }

    /// [`prepare_decrypt`](Self::prepare_decrypt) in `buffer`.
    ///
    /// # Errors
    /// As [`decrypt_in_place`](Self::decrypt_in_place).
    pub fn prepare_decrypt_in_place(
        &self,
        buffer: &mut [u8],
    ) -> Result<(Range<usize>, Pending<B>), SessionError> {
        let offset = self.locate(buffer)?;
        let mut plan = ReceivePlan::new();
        self.open_message(buffer, offset, None, &mut plan)?;
        let range = text_range(buffer.len(), offset);
        Ok((range, self.pending(Change::Receive(plan))))
    }

    /// A buffer for the next message, with its plaintext in place.
    pub(crate) fn message_buffer(&self, plaintext: &[u8]) -> Vec<u8> {
        self.address().message_buffer(plaintext)
    }

    #[inline]
    fn seal_message<S: KeySource<B> + ?Sized>(
        &self,
        buffer: &mut [u8],
        source: &mut S,
        plan: &mut SendPlan<B>,
    ) -> Result<(), SessionError> {
        self.check_limits(1)?;
        let outgoing = self.outgoing(buffer)?;
        let ratchet = self.open_ratchet()?;
        // What is drawn, and in which order, is the same in batches: a ratchet key if the message
        // turns the ratchet, then the salt, the random half of the nonce.
        if ratchet.turns_when_sending() {
            ratchet.turn_for_sending(source.fresh_key()?, plan)?;
        }
        source.fill(&mut *outgoing.salt)?;
        self.seal_drawn(outgoing, plan)
    }

    /// Seals a message whose salt was drawn and whose turn, if any, is planned.
    #[inline]
    pub(super) fn seal_drawn(
        &self,
        mut outgoing: Outgoing<'_>,
        plan: &mut SendPlan<B>,
    ) -> Result<(), SessionError> {
        let ratchet = self.open_ratchet()?;
        let mut envelope = Envelope::new();
        let header = ratchet.send_header(plan)?;
        self.address().write(&header, &mut outgoing, &mut envelope);
        let step = ratchet.send_step(plan, &mut envelope.message_key);
        let step = step.ok_or(SessionError::StaleState)?;
        B::HmacSha256::chain_step(step.chain_key, step.message_key, step.next);
        Ok(envelope.seal::<B>(self.suite.aead(), outgoing)?)
    }

    /// Opens the message at `offset`; `own` is the key a turn agrees with, if it isn't ours.
    #[inline]
    pub(super) fn open_message(
        &self,
        buffer: &mut [u8],
        offset: usize,
        own: Option<&<B::X25519 as KeyAgreement>::PrivateKey>,
        plan: &mut ReceivePlan,
    ) -> Result<(), SessionError> {
        if self.policy.clone_window > 0 {
            return self.open_watchfully(buffer, offset, own, plan);
        }
        let mut envelope = Envelope::new();
        let incoming = self.incoming(buffer, offset, &mut envelope)?;
        self.plan_receive(&incoming, own, &mut envelope, plan)?;
        Ok(envelope.open::<B>(self.suite.aead(), incoming)?)
    }

    #[inline]
    fn plan_receive(
        &self,
        incoming: &Incoming<'_>,
        own: Option<&<B::X25519 as KeyAgreement>::PrivateKey>,
        envelope: &mut Envelope,
        plan: &mut ReceivePlan,
    ) -> Result<(), SessionError> {
        let (limit, key) = (self.policy.skip_limit(), &mut envelope.message_key);
        let ratchet = self.open_ratchet()?;
        ratchet.plan_receive(&incoming.header, limit, own, key, plan)
    }

    /// [`open_message`](Self::open_message) that keeps the message's key, and asks the kept ones about a
    /// message whose number was opened before.
    #[cold]
    fn open_watchfully(
        &self,
        buffer: &mut [u8],
        offset: usize,
        own: Option<&<B::X25519 as KeyAgreement>::PrivateKey>,
        plan: &mut ReceivePlan,
    ) -> Result<(), SessionError> {
        let mut envelope = Envelope::new();
        let incoming = self.incoming(buffer, offset, &mut envelope)?;
        match self.plan_receive(&incoming, own, &mut envelope, plan) {
            Err(SessionError::Duplicate) => return Err(self.judge_duplicate(&incoming, &envelope)),
            planned => planned?,
        }
        self.keep_key(&incoming, &envelope, plan);
        Ok(envelope.open::<B>(self.suite.aead(), incoming)?)
    }

    /// Lets the key of a message that is about to be opened be kept, if the policy says so, once the
    /// plan is committed.
    #[inline]
    pub(super) fn keep_key(
        &self,
        incoming: &Incoming<'_>,
        envelope: &Envelope,
        plan: &mut ReceivePlan,
    ) {
        if self.policy.clone_window > 0 {
            let (header, tag) = (&incoming.header, incoming.tag);
            plan.opened = Some(OpenedKey::new(header, tag, &envelope.message_key));
        }
    }

    /// What a message is whose number was opened before: the same again, anybody's noise, or genuine.
    #[cold]
    fn judge_duplicate(&self, incoming: &Incoming<'_>, envelope: &Envelope) -> SessionError {
        let opened = self
            .ratchet
            .as_ref()
            .and_then(|ratchet| ratchet.opened.as_ref());
        let key = opened.and_then(|opened| opened.of_another(&incoming.header, incoming.tag));
        let Some(key) = key else {
            return SessionError::Duplicate;
        };
        let mut body = SecretBytes::from(&*incoming.body);
        let Envelope { nonce, aad, .. } = envelope;
        match key.open::<B>(self.suite.aead(), nonce, aad, &mut body, incoming.tag) {
            Ok(()) => SessionError::CloneSuspected,
            Err(PrimitiveError::AuthenticationFailed) => SessionError::Duplicate,
            Err(error) => error.into(),
        }
    }

    /// Whether so many messages may still be sent.
    #[inline]
    pub(super) fn check_limits(&self, count: u32) -> Result<(), SessionError> {
        if self.ratchet.is_none() {
            return Err(SessionError::Closed);
        }
        if self.policy.max_sent.saturating_sub(self.sent) < count.into() {
            return Err(SessionError::MessageLimit);
        }
        if self.clock.since(self.created) >= self.policy.max_age {
            return Err(SessionError::AgeLimit);
        }
        Ok(())
    }
}
