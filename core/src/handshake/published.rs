//! The server's side: public prekeys of one device, each one-time prekey handed out once.
//!
//! Only public bytes, and no secret anywhere: a server that lies can withhold one-time prekeys or
//! hand one out twice, which the responder notices, but cannot make any. Who may fetch how often
//! is the server's own affair; a quota per requester is what keeps the pool from being drained.

use alloc::collections::VecDeque;

use crate::backend::PqBackend;
use crate::handshake::bundle::PrekeyBundle;
use crate::handshake::error::HandshakeError;
use crate::handshake::merkle::Tree;
use crate::handshake::one_time::{OneTimeBatch, OneTimeEntry};
use crate::handshake::prekey_id::PrekeyId;
use crate::handshake::record::PrekeyRecord;
use crate::time::UnixTime;

/// The published prekeys of one device.
#[derive(Clone, Debug)]
pub struct PublishedPrekeys {
    record: PrekeyRecord,
    batches: VecDeque<Batch>,
    /// Batches below this id were taken already or came before.
    next_batch: Option<PrekeyId>,
}

#[derive(Clone, Debug)]
struct Batch {
    public: OneTimeBatch,
    tree: Tree,
    next: u32,
}

impl PublishedPrekeys {
    /// The most one-time prekeys that may wait here.
    pub const MAX_WAITING: usize = 4096;

    /// Takes a device's first upload.
    ///
    /// # Errors
    /// [`HandshakeError::BadSignature`], [`HandshakeError::InvalidKey`].
    pub fn new<B: PqBackend>(record: PrekeyRecord) -> Result<Self, HandshakeError> {
        record.check_keys()?;
        record.identity.verify::<B>()?;
        record.statement::<B>().verify::<B>()?;
        Ok(Self {
            record,
            batches: VecDeque::new(),
            next_batch: None,
        })
    }

    /// Takes the record of a rotated signed prekey.
    ///
    /// # Errors
    /// As [`new`](Self::new), and [`HandshakeError::UploadRefused`] if it is of another identity
    /// or older than the record that is there.
    pub fn replace_record<B: PqBackend>(
        &mut self,
        record: PrekeyRecord,
    ) -> Result<(), HandshakeError> {
        if record.identity != self.record.identity
            || record.kem() != self.record.kem()
            || record.signed_prekey_id < self.record.signed_prekey_id
        {
            return Err(HandshakeError::UploadRefused);
        }
        record.check_keys()?;
        record.statement::<B>().verify::<B>()?;
        self.record = record;
        Ok(())
    }

    /// Takes a batch of one-time prekeys. A batch that was taken before is refused, so a repeated
    /// upload cannot bring a key back.
    ///
    /// # Errors
    /// [`HandshakeError::UploadRefused`] if the batch is not newer than the last, of another KEM,
    /// or more than [`MAX_WAITING`](Self::MAX_WAITING) keys would wait; [`HandshakeError::BadSignature`].
    pub fn add_batch<B: PqBackend>(&mut self, batch: OneTimeBatch) -> Result<(), HandshakeError> {
        let seen = self.next_batch.is_some_and(|next| batch.head.first < next);
        let waiting = self.remaining().saturating_add(batch.len());
        if seen || batch.head.kem != self.record.kem() || waiting > Self::MAX_WAITING {
            return Err(HandshakeError::UploadRefused);
        }
        let tree = batch.tree::<B::HmacSha256>()?;
        batch
            .head
            .statement(&self.record.identity, &tree.root())
            .verify::<B>()?;
        self.next_batch = Some(batch.head.first.offset(batch.head.count)?);
        self.batches.push_back(Batch {
            public: batch,
            tree,
            next: 0,
        });
        Ok(())
    }

    /// A bundle for an initiator, with the next one-time prekey that still holds, if there is one.
    pub fn take_bundle(&mut self, now: UnixTime) -> PrekeyBundle {
        let one_time = self.take_one_time(now);
        PrekeyBundle {
            record: self.record.clone(),
            one_time,
        }
    }

    fn take_one_time(&mut self, now: UnixTime) -> Option<OneTimeEntry> {
        self.batches
            .retain(|batch| !batch.spent() && batch.public.head.not_after >= now);
        self.batches.front_mut()?.take()
    }

    /// How many one-time prekeys are left: what the device's
    /// [`replenish`](super::Prekeys::replenish) asks for.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.batches
            .iter()
            .map(Batch::remaining)
            .fold(0, usize::saturating_add)
    }

    /// The record.
    #[must_use]
    pub const fn record(&self) -> &PrekeyRecord {
        &self.record
    }
}

impl Batch {
    fn take(&mut self) -> Option<OneTimeEntry> {
        let index = self.next;
        let key = self.public.keys.get(usize::try_from(index).ok()?)?.clone();
        let head = self.public.head.clone();
        let id = head.first.offset(index).ok()?;
        self.next = index.saturating_add(1);
        Some(OneTimeEntry {
            head,
            index,
            id,
            key,
            path: self.tree.path(index),
        })
    }

    const fn spent(&self) -> bool {
        self.next >= self.public.head.count
    }

    fn remaining(&self) -> usize {
        let left = self.public.head.count.saturating_sub(self.next);
        usize::try_from(left).unwrap_or(usize::MAX)
    }
}
