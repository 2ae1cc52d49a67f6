//! Several messages of one session in one change: the keys are derived ahead, the messages sealed
//! together, and the session is committed, and saved, once.

use crate::backend::CryptoBackend;
use crate::ephemeral::KeySource;
use crate::primitives::{Aead, Hmac};
use crate::ratchet::SendPlan;
use crate::session::envelope::Envelope;
use crate::session::pending::Change;
use crate::session::{Pending, Session, SessionError};
use crate::suite::AeadAlgorithm;

impl<B: CryptoBackend> Session<B> {
    /// Encrypts in all `buffers`, each laid out as for
    /// [`encrypt_in_place`](Self::encrypt_in_place): the same messages as a loop over that call
    /// gives, but all of them or none.
    ///
    /// # Errors
    /// [`SessionError`]; the session is unchanged then, and every plaintext untouched or zeroed.
    pub fn encrypt_run_in_place<S: KeySource<B> + ?Sized>(
        &mut self,
        buffers: &mut [&mut [u8]],
        source: &mut S,
    ) -> Result<(), SessionError> {
        let mut plan = SendPlan::new(0);
        self.seal_run(buffers, source, &mut plan)?;
        self.apply_sealed(&mut plan);
        Ok(())
    }

    /// [`encrypt_run_in_place`](Self::encrypt_run_in_place) without changing the session: the
    /// messages may leave only after the change was committed and saved.
    ///
    /// # Errors
    /// As that call.
    pub fn prepare_encrypt_run_in_place<S: KeySource<B> + ?Sized>(
        &self,
        buffers: &mut [&mut [u8]],
        source: &mut S,
    ) -> Result<Pending<B>, SessionError> {
        let mut plan = SendPlan::new(0);
        self.seal_run(buffers, source, &mut plan)?;
        Ok(self.pending(Change::Send(plan)))
    }

    fn seal_run<S: KeySource<B> + ?Sized>(
        &self,
        buffers: &mut [&mut [u8]],
        source: &mut S,
        plan: &mut SendPlan<B>,
    ) -> Result<(), SessionError> {
        plan.count = u32::try_from(buffers.len()).map_err(|_| SessionError::ChainExhausted)?;
        self.check_limits(plan.count)?;
        for buffer in buffers.iter_mut() {
            self.outgoing(buffer)?;
        }
        self.start_run(buffers, source, plan)?;
        let sealed = match self.suite.aead() {
            AeadAlgorithm::Aes256Gcm => self.seal_all::<B::Aes256Gcm>(buffers, plan),
            AeadAlgorithm::ChaCha20Poly1305 => self.seal_all::<B::ChaCha20Poly1305>(buffers, plan),
        };
        if sealed.is_err() {
            // Some may be sealed already, under keys that the next message will use again.
            for buffer in buffers {
                self.outgoing(buffer)?.body.fill(0);
            }
        }
        sealed
    }

    /// Turns the ratchet if it must be turned, and draws for all messages, in the order of a loop.
    fn start_run<S: KeySource<B> + ?Sized>(
        &self,
        buffers: &mut [&mut [u8]],
        source: &mut S,
        plan: &mut SendPlan<B>,
    ) -> Result<(), SessionError> {
        let ratchet = self.open_ratchet()?;
        if ratchet.turns_when_sending() && !buffers.is_empty() {
            ratchet.turn_for_sending(source.fresh_key()?, plan)?;
        }
        for buffer in buffers {
            source.fill(self.outgoing(buffer)?.salt)?;
        }
        Ok(())
    }

    fn seal_all<A: Aead>(
        &self,
        buffers: &mut [&mut [u8]],
        plan: &mut SendPlan<B>,
    ) -> Result<(), SessionError> {
        let ratchet = self.open_ratchet()?;
        let mut envelopes = [const { Envelope::new() }; 2];
        let mut n = 0_u32;
        for row in buffers.chunks_mut(2) {
            for (buffer, envelope) in row.iter_mut().zip(&mut envelopes) {
                let mut header = ratchet.send_header(plan)?;
                header.n = header.n.saturating_add(n);
                self.address()
                    .write(&header, &mut self.outgoing(buffer)?, envelope);
                if n == 0 {
                    let step = ratchet.send_step(plan, &mut envelope.message_key);
                    let step = step.ok_or(SessionError::StaleState)?;
                    B::HmacSha256::chain_step(step.chain_key, step.message_key, step.next);
                } else {
                    let key = envelope.message_key.expose_mut();
                    plan.next.step_into::<B::HmacSha256>(key);
                }
                n = n.saturating_add(1);
            }
            let [first, second] = &envelopes;
            match row {
                [one, two] => {
                    let (text, other) = (self.outgoing(one)?, self.outgoing(two)?);
                    let mut jobs = [first.seal_job(text.body), second.seal_job(other.body)];
                    A::seal_batch(&mut jobs);
                    let [job, other_job] = &jobs;
                    (*text.tag, *other.tag) = (job.outcome?, other_job.outcome?);
                }
                rest => {
                    for one in rest {
                        first.seal::<B>(self.suite.aead(), self.outgoing(one)?)?;
                    }
                }
            }
        }
        Ok(())
    }
}
