//! Message keys of messages that have not arrived yet (Double Ratchet sections 3.2 and 8.4).
//!
//! Keys are only ever stored in ascending order of (chain, number) and dropped from the front, so
//! one sorted vector serves: insertion at the end and eviction at the front cost O(1), a look-up
//! is a binary search. A key that was used leaves a wiped hole; holes are removed when they make
//! up an eighth of the live keys, which bounds the memory to 55 bytes a key plus a constant.
//!
//! Invariants: entries ascend strictly; at most [`MAX_SKIPPED_KEYS`] are live; holes are zero;
//! at most [`MAX_CLOSED_CHAINS`] closed chains are remembered, each with or without keys, so that
//! a duplicate from one of them is told apart from a new ratchet key.

use alloc::vec::Vec;

use crate::backend::CryptoBackend;
use crate::codec::{Malformed, Reader, Writer};
use crate::lifecycle::{KeyAction, KeyKind, tell};
use crate::ratchet::{Chain, told};
use crate::secret::{Secret, SecretBytes};

/// The most keys a session ever stores.
pub(crate) const MAX_SKIPPED_KEYS: usize = 2000;
/// How many closed chains a session remembers.
pub(crate) const MAX_CLOSED_CHAINS: usize = 5;

/// Slack of the entry vector, in entries.
const SLACK: usize = 16;
/// Encoded size of one entry in bytes.
const ENTRY_LEN: usize = 43;

/// The store.
#[derive(Debug, Default)]
pub(crate) struct SkippedKeys {
    /// Ratchet keys of the closed chains, oldest first.
    closed: Vec<[u8; 32]>,
    /// Identifier of the oldest closed chain; the current one's is this plus their number.
    first: u8,
    entries: Vec<Entry>,
    /// Index below which there are only holes.
    head: usize,
    live: usize,
    /// The newest position whose key was dropped unused.
    forgotten: Option<(u8, u32)>,
}

#[derive(Debug)]
struct Entry {
    key: Secret<32>,
    n: u32,
    // A stamp's two fields, apart: as one field they would pad each entry to 48 bytes.
    received: u32,
    hour: u16,
    chain: u8,
    live: bool,
}

const _: () = assert!(size_of::<Entry>() == 44);

/// When a key was stored, on the two clocks that can expire it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Accepted messages so far, modulo 2^32.
    pub(crate) received: u32,
    /// Hours since the session began, modulo 2^16.
    pub(crate) hour: u16,
}

/// What the store knows about a position that its chain has passed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Passed {
    /// The key is at this index.
    Stored(usize),
    /// The message was opened before.
    Opened,
    /// The key was dropped, or the message opened before that.
    Forgotten,
}

impl SkippedKeys {
    /// How many keys are stored.
    pub(crate) const fn len(&self) -> usize {
        self.live
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        let entries = self.entries.capacity().saturating_mul(size_of::<Entry>());
        entries.saturating_add(self.closed.capacity().saturating_mul(32))
    }

    /// The closed chain with this ratchet key, as an argument for [`look_up`](Self::look_up).
    pub(crate) fn closed_chain(&self, ratchet_key: &[u8; 32]) -> Option<u8> {
        let index = self.closed.iter().position(|key| key == ratchet_key)?;
        Some(self.first.wrapping_add(index as u8))
    }

    /// The identifier of the chain that is not closed yet.
    pub(crate) fn current_chain(&self) -> u8 {
        self.first.wrapping_add(self.closed.len() as u8)
    }

    /// What is known about position `n` of a chain that has passed it.
    pub(crate) fn look_up(&self, chain: u8, n: u32) -> Passed {
        let wanted = (self.age(chain), n);
        let found = self
            .entries
            .binary_search_by_key(&wanted, |entry| (self.age(entry.chain), entry.n));
        match (found, self.forgotten) {
            (Ok(index), _) if self.entries.get(index).is_some_and(|entry| entry.live) => {
                Passed::Stored(index)
            }
            (_, Some((chain, n))) if wanted <= (self.age(chain), n) => Passed::Forgotten,
            _ => Passed::Opened,
        }
    }

    /// The key at an index that [`look_up`](Self::look_up) returned.
    pub(crate) fn message_key(&self, index: usize) -> Option<&Secret<32>> {
        self.entries.get(index).map(|entry| &entry.key)
    }

    /// Wipes the key at an index that [`look_up`](Self::look_up) returned.
    pub(crate) fn remove(&mut self, index: usize) {
        if let Some(entry) = self.entries.get_mut(index)
            && entry.live
        {
            entry.live = false;
            entry.key = Secret::zeroed();
            self.live = self.live.saturating_sub(1);
        }
        let holes = self.entries.len().saturating_sub(self.live);
        if holes >= SLACK.saturating_add(self.live >> 3) {
            self.compact();
        }
    }

    /// Walks the current chain up to, not including, `end` and stores the passed keys; the oldest
    /// keys make room once `capacity` are stored.
    pub(crate) fn store<B: CryptoBackend>(
        &mut self,
        chain: &mut Chain,
        end: u32,
        stamp: Stamp,
        capacity: usize,
    ) {
        let current = self.current_chain();
        while chain.n < end {
            self.push(Entry::empty(current, chain.n, stamp));
            if let Some(entry) = self.entries.last_mut() {
                chain.key.step_into::<B::HmacSha256>(entry.key.expose_mut());
            }
            chain.n = chain.n.saturating_add(1);
            told::passed::<B>();
            while self.live > capacity.min(MAX_SKIPPED_KEYS) && self.forget_oldest::<B>() {}
        }
    }

    /// Closes the current chain, whose ratchet key is given; the oldest closed chain is
    /// forgotten if there are too many.
    pub(crate) fn close<B: CryptoBackend>(&mut self, ratchet_key: [u8; 32]) {
        if self.closed.len() >= MAX_CLOSED_CHAINS {
            let first = self.first;
            while self.oldest().is_some_and(|entry| entry.chain == first) {
                self.forget_oldest::<B>();
            }
            self.forgotten = self.forgotten.filter(|(chain, _)| *chain != self.first);
            // A hole of the forgotten chain would sort behind all others.
            if self
                .entries
                .first()
                .is_some_and(|entry| entry.chain == self.first)
            {
                self.compact();
            }
            self.closed.remove(0);
            self.first = self.first.wrapping_add(1);
        }
        self.closed
            .reserve_exact(MAX_CLOSED_CHAINS.saturating_sub(self.closed.len()));
        self.closed.push(ratchet_key);
    }

    /// Drops keys that were stored `messages` accepted messages or `hours` hours ago.
    pub(crate) fn expire<B: CryptoBackend>(&mut self, now: Stamp, messages: u32, hours: u16) {
        while self.oldest().is_some_and(|entry| {
            now.received.wrapping_sub(entry.received) >= messages
                || now.hour.wrapping_sub(entry.hour) >= hours
        }) {
            self.forget_oldest::<B>();
        }
    }

    fn age(&self, chain: u8) -> u8 {
        chain.wrapping_sub(self.first)
    }

    fn oldest(&mut self) -> Option<&Entry> {
        if self.live == 0 {
            return None;
        }
        while self.entries.get(self.head).is_some_and(|entry| !entry.live) {
            self.head = self.head.saturating_add(1);
        }
        self.entries.get(self.head)
    }

    fn forget_oldest<B: CryptoBackend>(&mut self) -> bool {
        let Some((chain, n)) = self.oldest().map(|entry| (entry.chain, entry.n)) else {
            return false;
        };
        self.forgotten = Some((chain, n));
        self.remove(self.head);
        tell::<B>(KeyKind::SkippedKey, KeyAction::Destroyed);
        true
    }

    fn push(&mut self, entry: Entry) {
        if self.entries.len() == self.entries.capacity() {
            self.rebuild();
        }
        self.entries.push(entry);
        self.live = self.live.saturating_add(1);
    }

    /// Removes the holes.
    fn compact(&mut self) {
        if self.live == 0 && self.entries.capacity() <= SLACK {
            self.entries.clear();
            self.head = 0;
        } else {
            self.rebuild();
        }
    }

    /// Copies the live entries into a new vector with room for more. The old one is dropped with
    /// its entries, which wipes them: a vector that grew by itself would leave them behind.
    fn rebuild(&mut self) {
        let room = self
            .live
            .saturating_add(SLACK)
            .saturating_add(self.live >> 3);
        let mut entries = Vec::with_capacity(room);
        entries.extend(
            self.entries
                .iter()
                .filter(|entry| entry.live)
                .map(Entry::duplicate),
        );
        self.entries = entries;
        self.head = 0;
    }

    /// Length of the encoding in bytes.
    pub(crate) fn encoded_len(&self) -> usize {
        let closed = self.closed.len().saturating_mul(32);
        self.live
            .saturating_mul(ENTRY_LEN)
            .saturating_add(closed)
            .saturating_add(9)
    }

    /// Appends the encoding: closed chains, the last forgotten position, the keys.
    ///
    /// ```text
    /// count (1)  ratchet keys (32 each)   flag (1)  chain (1)  n (4)   count (2)
    /// keys: chain (1)  n (4)  received (4)  hour (2)  key (32)
    /// ```
    /// A chain is written as its index among the closed ones; the current one comes behind them.
    pub(crate) fn encode(&self, out: &mut SecretBytes) {
        out.put(&[self.closed.len() as u8]);
        self.closed
            .iter()
            .for_each(|ratchet_key| out.put(ratchet_key));
        let (chain, n) = self
            .forgotten
            .map_or((0, 0), |(chain, n)| (self.age(chain), n));
        out.put(&[u8::from(self.forgotten.is_some()), chain]);
        out.put_u32(n);
        out.put_u16(self.live as u16);
        for entry in self.entries.iter().filter(|entry| entry.live) {
            out.put(&[self.age(entry.chain)]);
            out.put_u32(entry.n);
            out.put_u32(entry.received);
            out.put_u16(entry.hour);
            out.put(entry.key.expose());
        }
    }

    /// Reads an encoding; `next` is the number the current chain is at, if there is one.
    pub(crate) fn decode(reader: &mut Reader<'_>, next: Option<u32>) -> Result<Self, Malformed> {
        let mut store = Self::default();
        let closed = reader.u8()?;
        if usize::from(closed) > MAX_CLOSED_CHAINS || (closed > 0 && next.is_none()) {
            return Err(Malformed);
        }
        store.closed.reserve_exact(closed.into());
        for _ in 0..closed {
            let ratchet_key = reader.array()?;
            if store.closed.contains(ratchet_key) {
                return Err(Malformed);
            }
            store.closed.push(*ratchet_key);
        }
        let belongs = |chain: u8, n: u32| {
            chain < closed || (chain == closed && next.is_some_and(|next| n < next))
        };
        let forgotten = (reader.flag()?, reader.u8()?, reader.u32()?);
        store.forgotten = match forgotten {
            (true, chain, n) if belongs(chain, n) => Some((chain, n)),
            (false, 0, 0) => None,
            _ => return Err(Malformed),
        };
        let live = usize::from(reader.u16()?);
        if live > MAX_SKIPPED_KEYS || reader.remaining() < live.saturating_mul(ENTRY_LEN) {
            return Err(Malformed);
        }
        let mut last = store.forgotten;
        store.entries.reserve_exact(live);
        for _ in 0..live {
            let chain = reader.u8()?;
            let n = reader.u32()?;
            let stamp = Stamp {
                received: reader.u32()?,
                hour: reader.u16()?,
            };
            if !belongs(chain, n) || last.is_some_and(|last| last >= (chain, n)) {
                return Err(Malformed);
            }
            last = Some((chain, n));
            let mut entry = Entry::empty(chain, n, stamp);
            entry.key = Secret::new(*reader.array()?);
            store.push(entry);
        }
        Ok(store)
    }
}

impl Entry {
    /// A live entry whose key is still to be written.
    const fn empty(chain: u8, n: u32, stamp: Stamp) -> Self {
        Self {
            key: Secret::zeroed(),
            n,
            received: stamp.received,
            hour: stamp.hour,
            chain,
            live: true,
        }
    }

    fn duplicate(&self) -> Self {
        Self {
            key: self.key.duplicate(),
            ..*self
        }
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]
mod tests;
