//! Why a session refused. A refused input never changed the session.

use core::fmt;

use crate::entropy::EntropyError;
use crate::primitives::PrimitiveError;
use crate::wire::FrontError;

/// Why an operation of a session failed.
///
/// Every error of a receive leaves the session's encoding byte-identical. To a peer all of them
/// should look the same: answer nothing, or one opaque refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionError {
    /// Not a message: too short, or fields that contradict each other. Do not retry.
    Malformed,
    /// A message of another protocol version. Retry with software that speaks it.
    UnsupportedVersion(u8),
    /// A suite this version does not know. Retry with software that knows it.
    UnknownSuite(u16),
    /// A message of another suite than this session's. Try another session.
    SuiteMismatch,
    /// A first message of another handshake. Give it to `accept`.
    OtherHandshake,
    /// The message was opened before. Do not retry; treat as delivered.
    Duplicate,
    /// Under the number of an opened message came another one that is as genuine: the peer's state
    /// exists twice, restored from a copy or stolen. Seen only within the policy's `clone_window`. Do
    /// not retry; tell the user, and start a new session.
    CloneSuspected,
    /// The message's key was dropped, for age or for want of room. Do not retry.
    TooOld,
    /// The message lies more than the policy's `max_skip` ahead of the last one. Retry only after
    /// messages in between have arrived.
    TooFarAhead,
    /// The peer can't have turned the ratchet, since we have not sent since its last turn. Try
    /// another session; for this one the message is forged or older than five turns.
    UnknownRatchetKey,
    /// The message does not belong to this session, or was changed on its way. Try another
    /// session, or wait for another copy.
    AuthenticationFailed,
    /// The peer's ratchet key has small order: an attack. Do not retry.
    NonContributory,
    /// The session is with another identity than the conversation's.
    OtherPeer,
    /// The session was closed. Start a new one.
    Closed,
    /// The counter of the sending chain is used up. Retry after the peer's next message.
    ChainExhausted,
    /// The policy's number of messages is reached. Start a new session.
    MessageLimit,
    /// The policy's age is reached. Start a new session.
    AgeLimit,
    /// The buffer has no room for header and tag. Retry with a larger one.
    BufferTooShort,
    /// The plaintext is longer than the cipher takes. Retry in pieces.
    MessageTooLong,
    /// The pending change was made from another state of the session. Plan again.
    StaleState,
    /// The random number generator failed. Retry when it works again.
    Entropy,
    /// The crypto library failed, for want of memory for instance. Retry later.
    Library,
}

impl SessionError {
    /// Whether the same call can succeed later without the peer doing anything anew.
    #[must_use]
    pub const fn retryable(self) -> bool {
        matches!(
            self,
            Self::TooFarAhead
                | Self::ChainExhausted
                | Self::BufferTooShort
                | Self::StaleState
                | Self::Entropy
                | Self::Library
        )
    }
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "malformed message",
            Self::UnsupportedVersion(version) => {
                return write!(f, "unsupported protocol version {version}");
            }
            Self::UnknownSuite(id) => return write!(f, "unknown suite {id:#06x}"),
            Self::SuiteMismatch => "the message is of another suite than the session",
            Self::OtherHandshake => "the first message belongs to another handshake",
            Self::Duplicate => "the message was opened before",
            Self::CloneSuspected => {
                "another message of this number was opened before: the peer may have been cloned"
            }
            Self::TooOld => "the message's key was dropped",
            Self::TooFarAhead => "the message lies too far ahead",
            Self::UnknownRatchetKey => "the peer can't have turned the ratchet",
            Self::AuthenticationFailed => "authentication failed",
            Self::NonContributory => "the peer's ratchet key has small order",
            Self::OtherPeer => "the session is with another identity",
            Self::Closed => "the session is closed",
            Self::ChainExhausted => "the sending chain is used up",
            Self::MessageLimit => "the session's message limit is reached",
            Self::AgeLimit => "the session's age limit is reached",
            Self::BufferTooShort => "the buffer has no room for header and tag",
            Self::MessageTooLong => "the message is longer than the cipher takes",
            Self::StaleState => "the pending change belongs to another state of the session",
            Self::Entropy => "the random number generator failed",
            Self::Library => "the crypto library failed",
        })
    }
}

impl core::error::Error for SessionError {}

impl From<PrimitiveError> for SessionError {
    fn from(error: PrimitiveError) -> Self {
        match error {
            PrimitiveError::AuthenticationFailed | PrimitiveError::InvalidSignature => {
                Self::AuthenticationFailed
            }
            PrimitiveError::NonContributory => Self::NonContributory,
            PrimitiveError::InvalidKey => Self::Malformed,
            PrimitiveError::InvalidLength => Self::MessageTooLong,
            PrimitiveError::Library => Self::Library,
        }
    }
}

impl From<EntropyError> for SessionError {
    fn from(_: EntropyError) -> Self {
        Self::Entropy
    }
}

impl From<FrontError> for SessionError {
    fn from(error: FrontError) -> Self {
        match error {
            FrontError::Malformed => Self::Malformed,
            FrontError::UnsupportedVersion(version) => Self::UnsupportedVersion(version),
            FrontError::UnknownSuite(id) => Self::UnknownSuite(id),
        }
    }
}

/// Why a stored session could not be loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StateError {
    /// Not a canonical encoding of a session.
    Malformed,
    /// A state version this software does not read.
    UnsupportedVersion(u8),
    /// The crypto library could not take the keys.
    Library,
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("malformed session state"),
            Self::UnsupportedVersion(version) => {
                write!(f, "unsupported session state version {version}")
            }
            Self::Library => f.write_str("the crypto library could not take the session's keys"),
        }
    }
}

impl core::error::Error for StateError {}

impl From<crate::codec::Malformed> for StateError {
    fn from(_: crate::codec::Malformed) -> Self {
        Self::Malformed
    }
}

impl From<PrimitiveError> for StateError {
    fn from(_: PrimitiveError) -> Self {
        Self::Library
    }
}
