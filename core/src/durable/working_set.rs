//! [`WorkingSet`]: operations on records in memory, and the commit that makes them real.
//!
//! It calls no store. Load what [`missing`](WorkingSet::missing) names and
//! [`admit`](WorkingSet::admit) it, operate, [`prepare`](WorkingSet::prepare), give the changes of the
//! [`Prepared`](super::Prepared) to the store in one transaction, and [`settle`](WorkingSet::settle) with what the
//! store said: only then the messages come out. [`Durable`](super::Durable) does all that over a
//! [`Store`](crate::store::Store); an asynchronous application does it itself.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;

use crate::backend::PqBackend;
use crate::durable::live::{Live, LiveRecords, State};
use crate::durable::prepared::{Outputs, reseal};
use crate::durable::rest::MarkedKeys;
use crate::durable::{ConversationId, DurableError, StoreKeys};
use crate::handshake::{Accepted, HandshakeError, Identity, Initiated, PrekeyChange, Prekeys};
use crate::session::{Conversation, Session, SessionError, SessionPolicy, encrypt_batch};
use crate::store::{Change, Record, RecordId, RecordKind};
use crate::time::UnixTime;

/// How many records stay in memory, unless told otherwise.
pub(super) const CAPACITY: usize = 4096;

/// Records in memory and the operations on them that are not committed yet.
pub struct WorkingSet<B: PqBackend> {
    pub(super) keys: MarkedKeys,
    policy: SessionPolicy,
    now: UnixTime,
    pub(super) records: LiveRecords<B>,
    pub(super) outputs: Outputs<B>,
}

impl<B: PqBackend> WorkingSet<B> {
    /// An empty set.
    #[must_use]
    pub fn new(keys: StoreKeys, policy: SessionPolicy) -> Self {
        Self {
            keys: MarkedKeys::new::<B>(keys),
            policy,
            now: UnixTime(0),
            records: LiveRecords::new(CAPACITY),
            outputs: Outputs::default(),
        }
    }

    /// Keeps at most so many records in memory beyond those of one operation; by default 4096.
    #[must_use]
    pub fn with_capacity(mut self, records: usize) -> Self {
        self.records = LiveRecords::new(records);
        self
    }

    /// Tells what time it is: sessions expire keys and themselves by it when they are next used.
    pub fn observe_time(&mut self, now: UnixTime) {
        self.now = self.now.max(now);
    }

    /// Which of these records are not in memory.
    #[must_use]
    pub fn missing(&self, ids: &[RecordId]) -> Vec<RecordId> {
        // What was absent may have been made since by another worker.
        let there = |id: &RecordId| self.records.get(id).is_some_and(Live::is_there);
        let missing = ids.iter().filter(|id| !there(id));
        missing.cloned().collect()
    }

    /// Takes in what the store has under a name.
    ///
    /// # Errors
    /// [`DurableError::WrongStoreKey`], [`DurableError::NewerBlob`], [`DurableError::Damaged`],
    /// [`DurableError::State`], [`DurableError::Handshake`] if the record can't be read;
    /// [`DurableError::RolledBack`] if it is older than what was here before.
    pub fn admit(&mut self, id: RecordId, record: Option<&Record>) -> Result<(), DurableError> {
        let live = match record {
            Some(record) => Live::open(&self.keys, self.policy, &id, record)?,
            None => Live::new(State::Absent),
        };
        self.records.insert(id, live)
    }

    /// Forgets what is in memory of these records, because the store has another state of them.
    pub fn evict(&mut self, ids: &[RecordId]) {
        ids.iter().for_each(|id| self.records.evict(id));
    }

    /// Encrypts in the session of a conversation that sends.
    ///
    /// # Errors
    /// [`DurableError::NoConversation`], [`DurableError::NotLoaded`], [`DurableError::Session`];
    /// nothing changed then.
    pub fn encrypt<R: TryCryptoRng + ?Sized>(
        &mut self,
        with: &ConversationId,
        plaintext: &[u8],
        rng: &mut R,
    ) -> Result<(), DurableError> {
        let message = self.conversation(with)?.encrypt(plaintext, rng)?;
        self.records.mark_changed(with.record());
        self.outputs.messages.push(message);
        Ok(())
    }

    /// Encrypts a message in each of many conversations, none of them twice: ≡ a loop over
    /// [`encrypt`](Self::encrypt), but a job that fails does not disturb the others, and messages
    /// that turn their ratchets do so together. The messages of the jobs that succeeded come out in the
    /// order of the jobs.
    pub fn encrypt_batch<R: TryCryptoRng + ?Sized>(
        &mut self,
        jobs: &[(ConversationId, &[u8])],
        rng: &mut R,
    ) -> Vec<Result<(), DurableError>> {
        let mut taken = Vec::with_capacity(jobs.len());
        for (with, plaintext) in jobs {
            taken.push(self.take_sending(with, plaintext));
        }
        let sessions = taken.iter_mut().flatten().filter_map(|(live, buffer)| {
            let session = live.conversation_mut()?.active_mut()?;
            Some((session, buffer.as_mut_slice()))
        });
        let mut outcomes = encrypt_batch(sessions, rng).into_iter();
        let mut results = Vec::with_capacity(jobs.len());
        for ((with, _), taken) in jobs.iter().zip(taken) {
            results.push(taken.and_then(|(live, buffer)| {
                self.records.put_back(with.record().clone(), live);
                outcomes.next().ok_or(DurableError::Library)??;
                self.records.mark_changed(with.record());
                self.outputs.messages.push(buffer);
                Ok(())
            }));
        }
        results
    }

    /// Takes a conversation that can send out of memory, so that many can be held at once, and a
    /// buffer for its next message.
    fn take_sending(
        &mut self,
        with: &ConversationId,
        plaintext: &[u8],
    ) -> Result<(Live<B>, Vec<u8>), DurableError> {
        let session = self.conversation(with)?.active();
        let buffer = session
            .ok_or(SessionError::Closed)?
            .message_buffer(plaintext);
        let live = self.records.take(with.record());
        let live = live.ok_or_else(|| DurableError::NotLoaded(with.record().clone()))?;
        Ok((live, buffer))
    }

    /// Takes the next `count` sending numbers of a conversation.
    ///
    /// # Errors
    /// As [`encrypt`](Self::encrypt).
    pub fn lease<R: TryCryptoRng + ?Sized>(
        &mut self,
        with: &ConversationId,
        count: u32,
        rng: &mut R,
    ) -> Result<(), DurableError> {
        let active = self.conversation(with)?.active_mut();
        let lease = active.ok_or(SessionError::Closed)?.lease(count, rng)?;
        self.records.mark_changed(with.record());
        self.outputs.leases.push(lease);
        Ok(())
    }

    /// Takes the next sending numbers of each of many conversations, none of them twice: ≡ a loop over
    /// [`lease`](Self::lease), but one that fails does not disturb the others. The leases of those
    /// that succeeded come out in their order.
    pub fn lease_batch<R: TryCryptoRng + ?Sized>(
        &mut self,
        jobs: &[(ConversationId, u32)],
        rng: &mut R,
    ) -> Vec<Result<(), DurableError>> {
        let jobs = jobs.iter();
        jobs.map(|(with, count)| self.lease(with, *count, rng))
            .collect()
    }

    /// Decrypts in whichever session of a conversation a message belongs to. What `attach` makes of
    /// the plaintext, if anything, is committed with it: should the same message come again, it comes
    /// back with [`DurableError::Duplicate`].
    ///
    /// # Errors
    /// As [`encrypt`](Self::encrypt); [`DurableError::Duplicate`] carries nothing here: load and
    /// admit [`delivery_id`](Self::delivery_id) and ask [`delivery`](Self::delivery).
    pub fn decrypt(
        &mut self,
        with: &ConversationId,
        message: &[u8],
        attach: impl FnOnce(&[u8]) -> Option<Vec<u8>>,
    ) -> Result<(), DurableError> {
        let plaintext = self.conversation(with)?.decrypt(message)?;
        self.records.mark_changed(with.record());
        self.deliver(with, message, plaintext, attach)
    }

    /// The record that tells where the plaintext of a message went.
    #[must_use]
    pub fn delivery_id(with: &ConversationId, message: &[u8]) -> RecordId {
        with.delivery::<B>(message)
    }

    /// What was attached to a message, if its delivery was admitted.
    #[must_use]
    pub fn delivery(&self, id: &RecordId) -> Option<&[u8]> {
        match &self.records.get(id)?.state {
            State::Delivery(attachment) => Some(attachment),
            _ => None,
        }
    }

    /// Removes what was attached to a message, if its delivery was admitted.
    pub fn forget_delivery(&mut self, id: &RecordId) {
        if let Ok(live) = self.records.get_mut(id)
            && live.revision.is_some()
        {
            live.state = State::Absent;
            self.records.mark_changed(id);
        }
    }

    /// Keeps a session that was initiated, and its first message.
    ///
    /// # Errors
    /// [`DurableError::NotLoaded`]; [`DurableError::Session`] if the conversation is with another
    /// identity.
    pub fn add_initiated(
        &mut self,
        with: &ConversationId,
        initiated: Initiated<B>,
    ) -> Result<(), DurableError> {
        self.add(with, initiated.session)?;
        self.outputs.messages.push(initiated.message);
        Ok(())
    }

    /// Accepts a first message with the prekeys in memory: `accept` is given them and says what it
    /// made of them, as [`accept`](crate::handshake::accept) does. Prekeys, replay marks,
    /// conversation and attachment go into one commit.
    ///
    /// # Errors
    /// [`DurableError::NotLoaded`], [`DurableError::Handshake`], [`DurableError::Session`];
    /// [`abandon`](Self::abandon) then, for the change may be half made in memory.
    pub fn accept(
        &mut self,
        with: &ConversationId,
        message: &[u8],
        accept: impl FnOnce(&Prekeys<B>) -> Result<Accepted<B>, HandshakeError>,
        attach: impl FnOnce(&[u8]) -> Option<Vec<u8>>,
    ) -> Result<(), DurableError> {
        let accepted = accept(self.prekeys()?)?;
        self.add(with, accepted.session)?;
        self.apply(accepted.change)?;
        self.deliver(with, message, accepted.payload, attach)
    }

    /// The prekeys in memory.
    ///
    /// # Errors
    /// [`DurableError::NotLoaded`]; [`DurableError::NoIdentity`] if the store has none.
    pub fn prekeys(&mut self) -> Result<&Prekeys<B>, DurableError> {
        self.change_prekeys_unmarked().map(|prekeys| &*prekeys)
    }

    /// The prekeys in memory, to rotate, to replenish or to purge them.
    ///
    /// # Errors
    /// As [`prekeys`](Self::prekeys).
    pub fn prekeys_mut(&mut self) -> Result<&mut Prekeys<B>, DurableError> {
        self.change_prekeys_unmarked()?;
        self.records
            .mark_changed(&RecordId::only(RecordKind::Prekeys));
        self.change_prekeys_unmarked()
    }

    /// Makes every session of a conversation one that only receives.
    ///
    /// # Errors
    /// As [`encrypt`](Self::encrypt).
    pub fn retire(&mut self, with: &RecordId) -> Result<(), DurableError> {
        let live = self.records.get_mut(with)?;
        let found = live.conversation_mut();
        found.ok_or(DurableError::NoConversation)?.retire();
        self.records.mark_changed(with);
        Ok(())
    }

    /// Forgets all records, and what was remembered of them.
    pub fn forget_everything(&mut self) {
        self.abandon();
        self.records.clear();
    }

    pub(super) const fn policy(&self) -> SessionPolicy {
        self.policy
    }

    pub(super) const fn now(&self) -> UnixTime {
        self.now
    }

    /// Seals the first prekeys of a store.
    pub(super) fn seal_prekeys<R: TryCryptoRng + ?Sized>(
        &self,
        prekeys: Prekeys<B>,
        rng: &mut R,
    ) -> Result<Change, DurableError> {
        let mut live = Live::new(State::Prekeys(Box::new(prekeys)));
        reseal(
            &self.keys,
            &RecordId::only(RecordKind::Prekeys),
            &mut live,
            rng,
        )
    }

    /// Opens the identity of a store.
    pub(super) fn open_identity(
        &self,
        id: &RecordId,
        record: &Record,
    ) -> Result<Identity<B>, DurableError> {
        let text = self.keys.open::<B>(id, record.revision, &record.blob)?;
        Ok(Identity::decode(&text)?)
    }

    fn conversation(
        &mut self,
        with: &ConversationId,
    ) -> Result<&mut Conversation<B>, DurableError> {
        let now = self.now;
        let live = self.records.get_mut(with.record())?;
        let conversation = live.conversation_mut();
        let conversation = conversation.ok_or(DurableError::NoConversation)?;
        conversation.observe_time(now);
        Ok(conversation)
    }

    fn add(&mut self, with: &ConversationId, session: Session<B>) -> Result<(), DurableError> {
        let live = self.records.get_mut(with.record())?;
        match live.conversation_mut() {
            Some(conversation) => conversation.add(session)?,
            None => live.state = State::Conversation(Box::new(Conversation::new(session))),
        }
        self.records.mark_changed(with.record());
        Ok(())
    }

    fn deliver(
        &mut self,
        with: &ConversationId,
        message: &[u8],
        plaintext: Vec<u8>,
        attach: impl FnOnce(&[u8]) -> Option<Vec<u8>>,
    ) -> Result<(), DurableError> {
        if let Some(attachment) = attach(&plaintext) {
            let id = with.delivery::<B>(message);
            let live = Live::new(State::Delivery(attachment));
            self.records.insert(id.clone(), live)?;
            self.records.mark_changed(&id);
        }
        self.outputs.plaintexts.push(plaintext);
        Ok(())
    }

    fn apply(&mut self, change: PrekeyChange) -> Result<(), DurableError> {
        self.prekeys_mut()?.apply(change)?;
        Ok(())
    }

    fn change_prekeys_unmarked(&mut self) -> Result<&mut Prekeys<B>, DurableError> {
        let live = self.records.get_mut(&RecordId::only(RecordKind::Prekeys))?;
        match &mut live.state {
            State::Prekeys(prekeys) => Ok(prekeys),
            _ => Err(DurableError::NoIdentity),
        }
    }
}

impl<B: PqBackend> fmt::Debug for WorkingSet<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkingSet").finish_non_exhaustive()
    }
}
