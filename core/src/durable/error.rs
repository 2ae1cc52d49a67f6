//! Why a durable operation failed.

use alloc::vec::Vec;
use core::fmt;

use crate::entropy::EntropyError;
use crate::handshake::HandshakeError;
use crate::session::{SessionError, StateError};
use crate::store::revision::NoRevision;
use crate::store::{RecordId, StoreError};

/// Why a durable operation failed. Whatever it is, nothing that was made may leave, and none of it
/// was handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DurableError {
    /// The session refused. The store is unchanged.
    Session(SessionError),
    /// The handshake refused. The store is unchanged.
    Handshake(HandshakeError),
    /// The message was opened before, by this worker or another, maybe before a crash. With what the
    /// application attached then, unless it attached nothing or has acknowledged the message.
    Duplicate(Option<Vec<u8>>),
    /// Others changed these records again and again while we tried. Retry.
    Conflict(Vec<RecordId>),
    /// The store refused; it is unchanged.
    Store(StoreError),
    /// It is not known whether the commit happened, and the store could not be asked. Call
    /// [`resolve`](crate::durable::Durable::resolve) until it says which; until then every operation
    /// gives this error.
    InDoubt(StoreError),
    /// There is no conversation with this peer's device: initiate or accept one.
    NoConversation,
    /// The store holds no identity: [`create`](crate::durable::Durable::create) one.
    NoIdentity,
    /// The store holds an identity already: [`open`](crate::durable::Durable::open) it.
    IdentityExists,
    /// The records were sealed under another store key.
    WrongStoreKey,
    /// A record was sealed by newer software, in this version.
    NewerBlob(u8),
    /// A record does not authenticate: it was changed, or is that of another name or revision.
    Damaged(RecordId),
    /// A record authenticates and is no state that this software reads.
    State(StateError),
    /// The store has an older state of this record than this worker saw: it was set back to a copy.
    /// Call [`restored`](crate::durable::Durable::restored).
    RolledBack(RecordId),
    /// A revision was the last one.
    RevisionsUsedUp,
    /// A worker's records do not hold what the operation needs: load it first.
    NotLoaded(RecordId),
    /// The random number generator failed. Retry when it works again.
    Entropy,
    /// The crypto library failed, for want of memory for instance. Retry later.
    Library,
}

impl DurableError {
    /// Whether the same call can succeed later without the peer doing anything anew.
    #[must_use]
    pub const fn retryable(&self) -> bool {
        match self {
            Self::Session(error) => error.retryable(),
            Self::Handshake(error) => error.retryable(),
            Self::Store(error) => error.retryable(),
            Self::Conflict(_) | Self::InDoubt(_) | Self::Entropy | Self::Library => true,
            _ => false,
        }
    }
}

impl fmt::Display for DurableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(error) => fmt::Display::fmt(error, f),
            Self::Handshake(error) => fmt::Display::fmt(error, f),
            Self::Duplicate(_) => f.write_str("the message was opened before"),
            Self::Conflict(_) => f.write_str("others kept changing the same records"),
            Self::Store(error) => fmt::Display::fmt(error, f),
            Self::InDoubt(error) => write!(f, "unknown whether it was committed: {error}"),
            Self::NoConversation => f.write_str("there is no conversation with this device"),
            Self::NoIdentity => f.write_str("the store holds no identity"),
            Self::IdentityExists => f.write_str("the store holds an identity already"),
            Self::WrongStoreKey => f.write_str("the store was sealed under another key"),
            Self::NewerBlob(version) => {
                write!(f, "a record of version {version} of newer software")
            }
            Self::Damaged(id) => write!(f, "{id} is damaged, or is not where it belongs"),
            Self::State(error) => fmt::Display::fmt(error, f),
            Self::RolledBack(id) => write!(f, "{id} was set back to an older copy"),
            Self::RevisionsUsedUp => f.write_str("a record has had its last revision"),
            Self::NotLoaded(id) => write!(f, "{id} was not loaded"),
            Self::Entropy => f.write_str("the random number generator failed"),
            Self::Library => f.write_str("the crypto library failed"),
        }
    }
}

impl core::error::Error for DurableError {}

impl From<SessionError> for DurableError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Duplicate => Self::Duplicate(None),
            error => Self::Session(error),
        }
    }
}

impl From<HandshakeError> for DurableError {
    fn from(error: HandshakeError) -> Self {
        Self::Handshake(error)
    }
}

impl From<StateError> for DurableError {
    fn from(error: StateError) -> Self {
        Self::State(error)
    }
}

impl From<StoreError> for DurableError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<NoRevision> for DurableError {
    fn from(error: NoRevision) -> Self {
        match error {
            NoRevision::UsedUp => Self::RevisionsUsedUp,
            NoRevision::Entropy => Self::Entropy,
        }
    }
}

impl From<EntropyError> for DurableError {
    fn from(_: EntropyError) -> Self {
        Self::Entropy
    }
}
