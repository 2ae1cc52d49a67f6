//! What a device does, each in one commit.

use alloc::sync::Arc;
use alloc::vec::Vec;

use rand_core::TryCryptoRng;

use crate::backend::PqBackend;
use crate::durable::{ConversationId, Durable, DurableError, Outputs, WorkingSet};
use crate::handshake::{
    self, HandshakeError, Identity, InitiatePolicy, Peer, Prekeys, VerifiedBundle,
};
use crate::session::Lease;
use crate::store::{RecordId, RecordKind, Store};

/// Which jobs of a batch succeeded.
type Outcomes = Vec<Result<(), DurableError>>;

/// How many conversations are changed in one commit where all of them are.
const PAGE: usize = 256;

impl<B: PqBackend, S: Store> Durable<B, S> {
    /// Encrypts a message.
    ///
    /// # Errors
    /// [`DurableError`]; no message was made then.
    pub fn encrypt<R: TryCryptoRng + ?Sized>(
        &mut self,
        with: &ConversationId,
        plaintext: &[u8],
        rng: &mut R,
    ) -> Result<Vec<u8>, DurableError> {
        let ids = [with.record().clone()];
        let operate = |set: &mut WorkingSet<B>, rng: &mut R| set.encrypt(with, plaintext, rng);
        only(self.run(&ids, rng, operate)?.messages)
    }

    /// Encrypts a message in each of many conversations, none of them twice, in one commit. A job
    /// that fails does not disturb the others; the outcomes stand in the order of the jobs.
    ///
    /// # Errors
    /// [`DurableError`] for all of them if the commit was not accepted, or for one.
    pub fn encrypt_batch<R: TryCryptoRng + ?Sized>(
        &mut self,
        jobs: &[(ConversationId, &[u8])],
        rng: &mut R,
    ) -> Result<Vec<Result<Vec<u8>, DurableError>>, DurableError> {
        let (outcomes, outputs) = self.batch(jobs, rng, WorkingSet::encrypt_batch)?;
        Ok(in_order(outcomes, outputs.messages))
    }

    /// Takes the next `count` sending numbers: so many messages that need no store. After a crash
    /// those that were not sent are a gap.
    ///
    /// # Errors
    /// [`DurableError`]; [`SessionError::ChainExhausted`](crate::session::SessionError) in it if
    /// `count` is more than [`Lease::MAX`].
    pub fn lease<R: TryCryptoRng + ?Sized>(
        &mut self,
        with: &ConversationId,
        count: u32,
        rng: &mut R,
    ) -> Result<Lease<B>, DurableError> {
        let ids = [with.record().clone()];
        let operate = |set: &mut WorkingSet<B>, rng: &mut R| set.lease(with, count, rng);
        only(self.run(&ids, rng, operate)?.leases)
    }

    /// Takes the next sending numbers of each of many conversations, none of them twice, in one
    /// commit. One that fails does not disturb the others; the outcomes stand in the order of the jobs.
    ///
    /// # Errors
    /// As [`encrypt_batch`](Self::encrypt_batch); as [`lease`](Self::lease) for one.
    pub fn lease_batch<R: TryCryptoRng + ?Sized>(
        &mut self,
        jobs: &[(ConversationId, u32)],
        rng: &mut R,
    ) -> Result<Vec<Result<Lease<B>, DurableError>>, DurableError> {
        let (outcomes, outputs) = self.batch(jobs, rng, WorkingSet::lease_batch)?;
        Ok(in_order(outcomes, outputs.leases))
    }

    /// One job in each of many conversations, in one commit.
    fn batch<J, R: TryCryptoRng + ?Sized>(
        &mut self,
        jobs: &[(ConversationId, J)],
        rng: &mut R,
        operate: impl Fn(&mut WorkingSet<B>, &[(ConversationId, J)], &mut R) -> Outcomes,
    ) -> Result<(Outcomes, Outputs<B>), DurableError> {
        let ids: Vec<RecordId> = jobs.iter().map(|(with, _)| with.record().clone()).collect();
        let mut outcomes = Vec::new();
        let outputs = self.run(&ids, rng, |set, rng| {
            outcomes = operate(set, jobs, rng);
            Ok(())
        })?;
        // Another worker may have mended what failed: look again the next time.
        for (id, _) in ids.iter().zip(&outcomes).filter(|(_, made)| made.is_err()) {
            self.set.evict(core::slice::from_ref(id));
        }
        Ok((outcomes, outputs))
    }

    /// Decrypts a message.
    ///
    /// # Errors
    /// [`DurableError`]; the state is as before then.
    pub fn decrypt<R: TryCryptoRng + ?Sized>(
        &mut self,
        with: &ConversationId,
        message: &[u8],
        rng: &mut R,
    ) -> Result<Vec<u8>, DurableError> {
        self.decrypt_attaching(with, message, |_| None, rng)
    }

    /// Decrypts a message, and keeps what `attach` makes of its plaintext in the same commit: the
    /// plaintext itself, or where the application puts it. If the process dies before it has, the
    /// same message gives [`DurableError::Duplicate`] with the attachment, until it is
    /// [acknowledged](Self::acknowledge). `attach` may be called more than once.
    ///
    /// # Errors
    /// As [`decrypt`](Self::decrypt).
    pub fn decrypt_attaching<R: TryCryptoRng + ?Sized>(
        &mut self,
        with: &ConversationId,
        message: &[u8],
        attach: impl Fn(&[u8]) -> Option<Vec<u8>>,
        rng: &mut R,
    ) -> Result<Vec<u8>, DurableError> {
        let ids = [with.record().clone()];
        let opened = self.run(&ids, rng, |set, _| set.decrypt(with, message, &attach));
        self.plaintext(with, message, opened)
    }

    /// Forgets what was attached to messages: the application has it, and nobody will hand these in
    /// again. In one commit.
    ///
    /// # Errors
    /// [`DurableError`].
    pub fn acknowledge<R: TryCryptoRng + ?Sized>(
        &mut self,
        messages: &[(ConversationId, &[u8])],
        rng: &mut R,
    ) -> Result<(), DurableError> {
        let delivery = |(with, message): &(ConversationId, &[u8])| with.delivery::<B>(message);
        let ids: Vec<RecordId> = messages.iter().map(delivery).collect();
        let forgotten = self.run(&ids, rng, |set, _| {
            ids.iter().for_each(|id| set.forget_delivery(id));
            Ok(())
        });
        self.set.evict(&ids);
        forgotten.map(|_| ())
    }

    /// Starts a conversation, or a new session of one, and returns the first message.
    ///
    /// # Errors
    /// [`DurableError::Handshake`] as [`initiate`](crate::handshake::initiate); otherwise as
    /// [`encrypt`](Self::encrypt).
    pub fn initiate<R: TryCryptoRng + ?Sized>(
        &mut self,
        with: &ConversationId,
        bundle: &VerifiedBundle,
        payload: &[u8],
        policy: &InitiatePolicy<'_>,
        rng: &mut R,
    ) -> Result<Vec<u8>, DurableError> {
        let ids = [with.record().clone()];
        let now = self.set.now();
        let identity = Arc::clone(&self.identity);
        let outputs = self.run(&ids, rng, |set, rng| {
            let initiated = handshake::initiate(&identity, bundle, payload, policy, now, rng)?;
            set.add_initiated(with, initiated)
        });
        only(outputs?.messages)
    }

    /// Accepts a first message and returns its payload: the prekey that it used up, the mark against
    /// its replay, the conversation and the attachment are one commit.
    ///
    /// # Errors
    /// [`DurableError::Handshake`] as [`accept`](crate::handshake::accept);
    /// [`DurableError::Duplicate`] if it was accepted before; otherwise as
    /// [`decrypt`](Self::decrypt).
    pub fn accept<R: TryCryptoRng + ?Sized>(
        &mut self,
        from: &Peer<'_>,
        message: &[u8],
        attach: impl Fn(&[u8]) -> Option<Vec<u8>>,
        rng: &mut R,
    ) -> Result<Vec<u8>, DurableError> {
        let with = ConversationId::new(from.account, from.device);
        let ids = [RecordId::only(RecordKind::Prekeys), with.record().clone()];
        let (policy, now) = (self.set.policy(), self.set.now());
        let identity = Arc::clone(&self.identity);
        let opened = self.run(&ids, rng, |set, _| {
            let accept = |prekeys: &Prekeys<B>| {
                handshake::accept(&identity, prekeys, from, message, policy, now)
            };
            set.accept(&with, message, accept, &attach)
        });
        self.plaintext(&with, message, opened)
    }

    /// Changes the prekeys: to [replenish](Prekeys::replenish) them, to [rotate](Prekeys::rotate)
    /// or to [purge](Prekeys::purge) them. What `change` returns, such as what is to be published,
    /// comes out when the change is stored. It may be called more than once.
    ///
    /// # Errors
    /// [`DurableError::Handshake`] as `change`; otherwise [`DurableError`]. The prekeys in the store
    /// are as before then.
    pub fn change_prekeys<T, R: TryCryptoRng + ?Sized>(
        &mut self,
        mut change: impl FnMut(&mut Prekeys<B>, &Identity<B>, &mut R) -> Result<T, HandshakeError>,
        rng: &mut R,
    ) -> Result<T, DurableError> {
        let identity = Arc::clone(&self.identity);
        let mut made = None;
        self.run(&[RecordId::only(RecordKind::Prekeys)], rng, |set, rng| {
            made = Some(change(set.prekeys_mut()?, &identity, rng)?);
            Ok(())
        })?;
        made.ok_or(DurableError::Library)
    }

    /// After the store was set back to an older copy: sessions in it may have sent messages that it
    /// does not know of, so all of them only receive from now on. Initiate new ones. What a peer
    /// answered to such messages can't be opened.
    ///
    /// # Errors
    /// [`DurableError`]; call it again then.
    pub fn restored<R: TryCryptoRng + ?Sized>(&mut self, rng: &mut R) -> Result<(), DurableError> {
        self.set.forget_everything();
        let mut after = None;
        loop {
            let page = self
                .store
                .scan(RecordKind::Conversation, after.as_ref(), PAGE)?;
            let ids: Vec<RecordId> = page.into_iter().map(|(id, _)| id).collect();
            let Some(last) = ids.last() else {
                return Ok(());
            };
            self.run(&ids, rng, |set, _| {
                ids.iter().try_for_each(|id| set.retire(id))
            })?;
            after = Some(last.clone());
        }
    }

    /// The plaintext that was opened; or, if the message was opened before, what was attached to it
    /// then.
    fn plaintext(
        &mut self,
        with: &ConversationId,
        message: &[u8],
        opened: Result<Outputs<B>, DurableError>,
    ) -> Result<Vec<u8>, DurableError> {
        let error = match opened {
            Ok(outputs) => return only(outputs.plaintexts),
            Err(error) => error,
        };
        let before = matches!(
            error,
            DurableError::Duplicate(_)
                | DurableError::Handshake(HandshakeError::Replay | HandshakeError::PrekeySpent)
        );
        if !before {
            return Err(error);
        }
        let id = with.delivery::<B>(message);
        self.fetch(core::slice::from_ref(&id))?;
        let attachment = self.set.delivery(&id).map(<[u8]>::to_vec);
        self.set.evict(core::slice::from_ref(&id));
        Err(match attachment {
            Some(attachment) => DurableError::Duplicate(Some(attachment)),
            None => error,
        })
    }
}

/// What one operation gave.
fn only<T>(outputs: Vec<T>) -> Result<T, DurableError> {
    outputs.into_iter().next().ok_or(DurableError::Library)
}

/// What the jobs of a batch gave, in their order: `outputs` holds what those gave that succeeded.
fn in_order<T>(outcomes: Outcomes, outputs: Vec<T>) -> Vec<Result<T, DurableError>> {
    let mut outputs = outputs.into_iter();
    let outcome = |outcome: Result<(), DurableError>| {
        outcome.and_then(|()| outputs.next().ok_or(DurableError::Library))
    };
    outcomes.into_iter().map(outcome).collect()
}
