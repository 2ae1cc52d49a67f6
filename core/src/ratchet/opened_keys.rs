//! Keys of messages that were opened, kept for a while to notice that the peer was cloned.
//!
//! A copy of a peer's state goes on under numbers that the original uses too. Whether a second message
//! under a number is a copy's, or anybody's noise, only its key can tell; so a session whose policy asks
//! for this keeps the last few. The price is theirs: as long as a key is kept, it opens its message.
//!
//! Invariants: oldest first, at most [`MAX_OPENED_KEYS`], no position twice. Each stands in a box of its
//! own, so that none is moved without being wiped.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::codec::{Malformed, Reader, Writer};
use crate::ratchet::{Header, MessageKey, TAG_LEN};
use crate::secret::SecretBytes;

/// The most keys that are kept.
pub(crate) const MAX_OPENED_KEYS: usize = 64;
/// Encoded size of one in bytes.
const ENTRY_LEN: usize = 84;

/// The kept keys.
#[derive(Debug, Default)]
#[expect(clippy::vec_box, reason = "a key that moves leaves a copy behind")]
pub(crate) struct OpenedKeys(Vec<Box<OpenedKey>>);

/// The key of a message that was opened, and which message that was.
#[derive(Debug)]
pub(crate) struct OpenedKey {
    ratchet_key: [u8; 32],
    n: u32,
    tag: [u8; TAG_LEN],
    key: MessageKey,
}

impl OpenedKey {
    pub(crate) fn new(header: &Header<'_>, tag: &[u8; TAG_LEN], key: &MessageKey) -> Box<Self> {
        let mut kept = Box::new(Self {
            ratchet_key: *header.ratchet_key,
            n: header.n,
            tag: *tag,
            key: MessageKey::zeroed(),
        });
        kept.key.expose_mut().copy_from_slice(key.expose());
        kept
    }

    fn is_at(&self, ratchet_key: &[u8; 32], n: u32) -> bool {
        self.n == n && self.ratchet_key == *ratchet_key
    }
}

impl OpenedKeys {
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    /// The key under which another message with this header was opened; `None` if it was this very
    /// message, or if its key is not kept.
    pub(crate) fn of_another(
        &self,
        header: &Header<'_>,
        tag: &[u8; TAG_LEN],
    ) -> Option<&MessageKey> {
        let mut kept = self.0.iter();
        let kept = kept.find(|kept| kept.is_at(header.ratchet_key, header.n))?;
        (kept.tag != *tag).then_some(&kept.key)
    }

    /// Adds a key, and drops the oldest beyond `window` of them; gives how many were dropped.
    pub(crate) fn keep(&mut self, key: Option<Box<OpenedKey>>, window: usize) -> usize {
        let before = self.0.len().saturating_add(usize::from(key.is_some()));
        if let Some(key) = key {
            // A peer that goes back to a ratchet key of long ago comes to old positions again.
            self.0.retain(|kept| !kept.is_at(&key.ratchet_key, key.n));
            self.0.push(key);
        }
        let surplus = self.0.len().saturating_sub(window.min(MAX_OPENED_KEYS));
        self.0.drain(..surplus);
        before.saturating_sub(self.0.len())
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        let boxes = self.0.len().saturating_mul(size_of::<OpenedKey>());
        let places = self
            .0
            .capacity()
            .saturating_mul(size_of::<Box<OpenedKey>>());
        boxes
            .saturating_add(places)
            .saturating_add(size_of::<Self>())
    }

    /// Length of what [`encode`](Self::encode) writes, in bytes.
    #[cold]
    pub(crate) fn encoded_len(&self) -> usize {
        self.0.len().saturating_mul(ENTRY_LEN).saturating_add(1)
    }

    /// Writes their number (1), then ratchet key (32), n (4), tag (16) and key (32) of each.
    #[cold]
    pub(crate) fn encode(&self, out: &mut SecretBytes) {
        out.put(&[self.0.len() as u8]);
        for kept in &self.0 {
            out.put(&kept.ratchet_key);
            out.put_u32(kept.n);
            out.put(&kept.tag);
            out.put(kept.key.expose());
        }
    }

    /// Reads what [`encode`](Self::encode) wrote of at least one.
    #[cold]
    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let count = usize::from(reader.u8()?);
        if count == 0 || count > MAX_OPENED_KEYS {
            return Err(Malformed);
        }
        let mut keys = Self(Vec::with_capacity(count));
        for _ in 0..count {
            let ratchet_key = *reader.array()?;
            let n = reader.u32()?;
            let mut kept = Box::new(OpenedKey {
                ratchet_key,
                n,
                tag: *reader.array()?,
                key: MessageKey::zeroed(),
            });
            kept.key.expose_mut().copy_from_slice(reader.array::<32>()?);
            if n == u32::MAX || keys.0.iter().any(|other| other.is_at(&ratchet_key, n)) {
                return Err(Malformed);
            }
            keys.0.push(kept);
        }
        Ok(keys)
    }
}
