//! Records in memory: opened once, used until somebody else changes them in the store.
//!
//! In the store, under the seal: the last eight revisions (8 each, newest first), then the encoding of
//! the prekeys or the conversation, or what the application attached.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::mem;

use crate::backend::PqBackend;
use crate::codec::{Reader, Writer};
use crate::durable::DurableError;
use crate::durable::rest::MarkedKeys;
use crate::handshake::Prekeys;
use crate::secret::SecretBytes;
use crate::session::{Conversation, SessionPolicy, StateError};
use crate::store::{Record, RecordId, RecordKind};

/// How many revisions a record remembers.
const TRAIL: usize = 8;

/// What a record holds, opened.
pub(super) enum State<B: PqBackend> {
    /// There is no such record.
    Absent,
    Prekeys(Box<Prekeys<B>>),
    Conversation(Box<Conversation<B>>),
    Delivery(Vec<u8>),
}

/// A record in memory.
pub(super) struct Live<B: PqBackend> {
    /// The revision it has in the store, `None` if it is not there.
    pub(super) revision: Option<u64>,
    /// That one and those before it, newest first, zeros behind them.
    trail: [u64; TRAIL],
    pub(super) state: State<B>,
    /// Whether this differs from what the store has.
    pub(super) changed: bool,
    /// When it was last used, in operations.
    used: u64,
}

impl<B: PqBackend> Live<B> {
    /// A record that the store does not have.
    pub(super) const fn new(state: State<B>) -> Self {
        Self {
            revision: None,
            trail: [0; TRAIL],
            state,
            changed: false,
            used: 0,
        }
    }

    pub(super) fn conversation_mut(&mut self) -> Option<&mut Conversation<B>> {
        match &mut self.state {
            State::Conversation(conversation) => Some(conversation),
            _ => None,
        }
    }

    pub(super) fn open(
        keys: &MarkedKeys,
        policy: SessionPolicy,
        id: &RecordId,
        record: &Record,
    ) -> Result<Self, DurableError> {
        let text = keys.open::<B>(id, record.revision, &record.blob)?;
        let mut reader = Reader::new(&text);
        let mut trail = [0; TRAIL];
        for revision in &mut trail {
            *revision = reader.u64().map_err(|_| StateError::Malformed)?;
        }
        let len = reader.remaining();
        let text = reader.bytes(len).unwrap_or_default();
        let state = match id.kind() {
            RecordKind::Prekeys => State::Prekeys(Box::new(Prekeys::decode(text)?)),
            RecordKind::Conversation => {
                State::Conversation(Box::new(Conversation::decode(text, policy)?))
            }
            RecordKind::Delivery => State::Delivery(text.to_vec()),
            RecordKind::Identity
            | RecordKind::Object
            | RecordKind::Epoch
            | RecordKind::History
            | RecordKind::KeyRing => {
                return Err(DurableError::NotLoaded(id.clone()));
            }
        };
        Ok(Self {
            revision: Some(record.revision),
            trail,
            state,
            changed: false,
            used: 0,
        })
    }

    /// Whether there is such a record, as far as is known here.
    pub(super) const fn is_there(&self) -> bool {
        self.changed || self.revision.is_some()
    }

    /// Whether this is, or was, a revision of the record, as far back as it remembers.
    pub(super) fn had(&self, revision: u64) -> bool {
        self.trail.contains(&revision)
    }

    /// The bytes to seal as this revision, `None` if the record is to go.
    pub(super) fn encode(&mut self, revision: u64) -> Option<SecretBytes> {
        self.trail.rotate_right(1);
        if let Some(newest) = self.trail.first_mut() {
            *newest = revision;
        }
        let state = match &self.state {
            State::Absent => return None,
            State::Prekeys(prekeys) => prekeys.encode(),
            State::Conversation(conversation) => conversation.encode(),
            State::Delivery(attachment) => SecretBytes::from(attachment.as_slice()),
        };
        let len = state.len().saturating_add(8 * TRAIL);
        let mut text = SecretBytes::with_capacity(len);
        self.trail
            .iter()
            .for_each(|revision| text.put_u64(*revision));
        text.put(&state);
        Some(text)
    }
}

/// All records in memory, at most so many beyond those in use.
pub(super) struct LiveRecords<B: PqBackend> {
    records: BTreeMap<RecordId, Live<B>>,
    /// Revisions of records that were dropped because somebody else changed them.
    seen: BTreeMap<RecordId, u64>,
    /// Names of the records that differ from what the store has.
    changed: Vec<RecordId>,
    capacity: usize,
    clock: u64,
}

impl<B: PqBackend> LiveRecords<B> {
    pub(super) const fn new(capacity: usize) -> Self {
        Self {
            records: BTreeMap::new(),
            seen: BTreeMap::new(),
            changed: Vec::new(),
            capacity,
            clock: 0,
        }
    }

    pub(super) fn clear(&mut self) {
        self.records.clear();
        self.seen.clear();
    }

    /// A record that was loaded.
    pub(super) fn get_mut(&mut self, id: &RecordId) -> Result<&mut Live<B>, DurableError> {
        self.clock = self.clock.saturating_add(1);
        let live = self.records.get_mut(id);
        let live = live.ok_or_else(|| DurableError::NotLoaded(id.clone()))?;
        live.used = self.clock;
        Ok(live)
    }

    pub(super) fn get(&self, id: &RecordId) -> Option<&Live<B>> {
        self.records.get(id)
    }

    /// Takes a record in, unless it is older than one that was here before.
    pub(super) fn insert(&mut self, id: RecordId, mut live: Live<B>) -> Result<(), DurableError> {
        if let Some(seen) = self.seen.get(&id)
            && live.revision.is_none_or(|revision| revision < *seen)
        {
            return Err(DurableError::RolledBack(id));
        }
        self.clock = self.clock.saturating_add(1);
        live.used = self.clock;
        self.records.insert(id, live);
        Ok(())
    }

    /// Puts back a record that was taken out.
    pub(super) fn put_back(&mut self, id: RecordId, live: Live<B>) {
        self.records.insert(id, live);
    }

    /// Takes a record out, to put it back or to drop it.
    pub(super) fn take(&mut self, id: &RecordId) -> Option<Live<B>> {
        self.records.remove(id)
    }

    /// Drops a record whose state in the store is another one, and remembers that it was here.
    pub(super) fn evict(&mut self, id: &RecordId) {
        if let Some(live) = self.records.remove(id)
            && let Some(revision) = live.revision
            && id.kind() != RecordKind::Delivery
        {
            self.remember(id.clone(), revision);
        }
    }

    pub(super) fn remember(&mut self, id: RecordId, revision: u64) {
        if self.seen.len() >= self.capacity {
            self.seen.clear();
        }
        self.seen.insert(id, revision);
    }

    /// Notes that a record differs from what the store has.
    pub(super) fn mark_changed(&mut self, id: &RecordId) {
        if let Some(live) = self.records.get_mut(id)
            && !live.changed
        {
            live.changed = true;
            self.changed.push(id.clone());
        }
    }

    /// Takes out everything that changed.
    pub(super) fn take_changed(&mut self) -> Vec<(RecordId, Live<B>)> {
        let ids = mem::take(&mut self.changed);
        let take = |id: RecordId| self.records.remove(&id).map(|live| (id, live));
        ids.into_iter().filter_map(take).collect()
    }

    /// Drops the records that were not used for longest, half of them, if there are too many.
    pub(super) fn trim(&mut self) {
        if self.records.len() <= self.capacity {
            return;
        }
        let mut used: Vec<u64> = self.records.values().map(|live| live.used).collect();
        let middle = used.len() >> 1;
        let (_, median, _) = used.select_nth_unstable(middle);
        let median = *median;
        self.records
            .retain(|_, live| live.used > median || live.changed);
    }
}
