//! What a store holds: named, revisioned blobs.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use crate::codec::Malformed;

/// What a record holds. The number is part of its name in every store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum RecordKind {
    /// A device's long-term keys: one in each store.
    Identity = 1,
    /// A device's private prekeys and replay marks: one in each store.
    Prekeys = 2,
    /// All sessions with one device of a peer.
    Conversation = 3,
    /// Where the plaintext of a received message went.
    Delivery = 4,
    /// The wrapped key of an object at rest, and where the object lies.
    Object = 5,
    /// The wrapped key of an epoch of the history, or the mark that it was erased.
    Epoch = 6,
    /// A record of the history.
    History = 7,
    /// A key ring.
    KeyRing = 8,
}

impl RecordKind {
    /// All kinds, by ascending number.
    pub const ALL: [Self; 8] = [
        Self::Identity,
        Self::Prekeys,
        Self::Conversation,
        Self::Delivery,
        Self::Object,
        Self::Epoch,
        Self::History,
        Self::KeyRing,
    ];

    /// Whether [`crate::durable`] seals records of this kind, under the store key.
    pub(crate) const fn is_sealed_under_store_key(self) -> bool {
        match self {
            Self::Identity | Self::Prekeys | Self::Conversation | Self::Delivery => true,
            Self::Object | Self::Epoch | Self::History | Self::KeyRing => false,
        }
    }

    /// The kind of this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == number)
    }
}

/// The name of a record: its kind and up to [`MAX_NAME`](Self::MAX_NAME) bytes, in the clear.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId {
    kind: RecordKind,
    name: Box<[u8]>,
}

impl RecordId {
    /// The longest name in bytes.
    pub const MAX_NAME: usize = 160;

    /// A name.
    ///
    /// # Errors
    /// [`Malformed`] if `name` is longer than [`MAX_NAME`](Self::MAX_NAME).
    pub fn new(kind: RecordKind, name: &[u8]) -> Result<Self, Malformed> {
        if name.len() > Self::MAX_NAME {
            return Err(Malformed);
        }
        let name = name.into();
        Ok(Self { kind, name })
    }

    /// The one record of its kind.
    pub(crate) fn only(kind: RecordKind) -> Self {
        let name = Box::default();
        Self { kind, name }
    }

    /// What the record holds.
    #[must_use]
    pub const fn kind(&self) -> RecordKind {
        self.kind
    }

    /// The name within its kind.
    #[must_use]
    pub const fn name(&self) -> &[u8] {
        &self.name
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({})", self.kind, self.name.escape_ascii())
    }
}

/// A record as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// Rises with every change of the record; below 2^63.
    pub revision: u64,
    /// Sealed bytes.
    pub blob: Vec<u8>,
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("revision", &self.revision)
            .field("bytes", &self.blob.len())
            .finish()
    }
}

/// One record's change in a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which record.
    pub id: RecordId,
    /// The revision it must have, `None` if it must not exist.
    pub expected: Option<u64>,
    /// What it becomes, `None` to remove it.
    pub new: Option<Record>,
}
