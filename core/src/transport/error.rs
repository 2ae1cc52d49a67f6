//! Why something of a transport session was refused: one `Copy` enum for the whole layer.

use core::fmt;

use crate::codec::Malformed;
use crate::entropy::EntropyError;
use crate::primitives::PrimitiveError;

/// Why a handshake, a record or a ticket was refused.
///
/// What was not authenticated changes no state, apart from the count of forged records. The variants
/// are for the local log and the local caller: a peer should be told no more than "refused".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportError {
    /// Not a message, a record or a ticket of this protocol. Do not retry.
    Malformed,
    /// The message, or the payload with what it needs besides, is longer than 65535 bytes. Retry in
    /// pieces.
    MessageTooLong,
    /// The buffer has no room for the record. Retry with a larger one.
    BufferTooShort,
    /// It was not made by the peer for this place, or was changed on its way. Wait for another copy,
    /// or give the connection up where there can be none.
    AuthenticationFailed,
    /// A public key is not in canonical form. Do not retry.
    InvalidKey,
    /// A public key has small order: an agreement gave all zeros. Do not retry: it is an attack.
    NonContributory,
    /// The pattern needs a key that was not given, or has no place for one that was. Build again.
    KeyMismatch(KeyKind),
    /// It is the peer's turn, or the pattern lets only the other side send. Read first.
    OutOfTurn,
    /// The handshake still has messages to come. Go on with it.
    NotFinished,
    /// The handshake is finished. Go on with its transport or channel.
    Finished,
    /// The last nonce of the key was used. Renew the key or make a new connection.
    NonceExhausted,
    /// A hard limit of the policy, or of the cipher, is reached. Renew the key or make a new
    /// connection.
    LimitReached(LimitKind),
    /// The record was opened before. Do not retry; treat as delivered.
    Duplicate,
    /// The record lies behind the window. Do not retry.
    TooOld,
    /// The record belongs to a key that is gone or isn't there yet. Do not retry.
    UnknownEpoch,
    /// The peer has not shown yet that it has the last key. Retry after its next record.
    UpdatePending,
    /// The peer authenticated a record that has no place here. Give the connection up.
    UnexpectedRecord,
    /// This direction of the channel was closed. Make a new connection.
    Closed,
    /// Client and server have no version or no protocol in common. Retry with another policy.
    NoCommonProtocol,
    /// The ticket was sealed under a key that is gone, or never was ours. Make a whole handshake.
    UnknownTicketKey,
    /// The ticket is past its date, or not of its date yet, or made under another policy. Make a
    /// whole handshake.
    TicketExpired,
    /// The ticket was used as often as it may be. Make a whole handshake.
    TicketSpent,
    /// No more tickets can be told from used ones. Make a whole handshake; retry when some have
    /// lapsed.
    RegisterFull,
    /// The policy contradicts itself, or asks for more than the ciphers allow. Do not retry.
    InvalidPolicy,
    /// The random number generator failed. Retry when it works again.
    Entropy,
    /// The crypto library failed, for want of memory for instance. Retry later.
    Library,
}

/// Which key a pattern and a builder disagree about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// Our own static key.
    Static,
    /// The peer's static key.
    RemoteStatic,
    /// The pre-shared key.
    PreShared,
    /// The ML-KEM key of a hybrid, which only a hybrid handshake has.
    Kem,
}

/// Which limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitKind {
    /// Records under one key.
    Records,
    /// Bytes under one key.
    Bytes,
    /// Age of a key.
    Age,
    /// Records that did not open.
    Forgeries,
}

impl TransportError {
    /// Whether the same call can succeed later without the peer doing anything anew.
    #[must_use]
    pub const fn retryable(self) -> bool {
        matches!(
            self,
            Self::BufferTooShort
                | Self::NotFinished
                | Self::RegisterFull
                | Self::Entropy
                | Self::Library
        )
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "malformed message",
            Self::MessageTooLong => "the message is longer than 65535 bytes",
            Self::BufferTooShort => "the buffer has no room for the record",
            Self::AuthenticationFailed => "authentication failed",
            Self::InvalidKey => "a public key is not in canonical form",
            Self::NonContributory => "a public key has small order",
            Self::KeyMismatch(kind) => {
                return write!(
                    f,
                    "the pattern and the given keys disagree about the {kind}"
                );
            }
            Self::OutOfTurn => "it is the peer's turn to send",
            Self::NotFinished => "the handshake is not finished",
            Self::Finished => "the handshake is finished",
            Self::NonceExhausted => "the key's last nonce was used",
            Self::LimitReached(kind) => return write!(f, "the limit of {kind} is reached"),
            Self::Duplicate => "the record was opened before",
            Self::TooOld => "the record lies behind the window",
            Self::UnknownEpoch => "the record belongs to a key that is not there",
            Self::UpdatePending => "the peer has not shown yet that it has the last key",
            Self::UnexpectedRecord => "the record has no place here",
            Self::Closed => "the channel is closed",
            Self::NoCommonProtocol => "there is no common version or protocol",
            Self::UnknownTicketKey => "the ticket was sealed under an unknown key",
            Self::TicketExpired => "the ticket is not valid at this time",
            Self::TicketSpent => "the ticket was used before",
            Self::RegisterFull => "the register of used tickets is full",
            Self::InvalidPolicy => "the policy contradicts itself",
            Self::Entropy => "the random number generator failed",
            Self::Library => "the crypto library failed",
        })
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Static => "own static key",
            Self::RemoteStatic => "peer's static key",
            Self::PreShared => "pre-shared key",
            Self::Kem => "ML-KEM key of a hybrid",
        })
    }
}

impl fmt::Display for LimitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Records => "records under one key",
            Self::Bytes => "bytes under one key",
            Self::Age => "a key's age",
            Self::Forgeries => "records that did not open",
        })
    }
}

impl core::error::Error for TransportError {}

impl From<PrimitiveError> for TransportError {
    fn from(error: PrimitiveError) -> Self {
        match error {
            PrimitiveError::AuthenticationFailed | PrimitiveError::InvalidSignature => {
                Self::AuthenticationFailed
            }
            PrimitiveError::NonContributory => Self::NonContributory,
            PrimitiveError::InvalidKey => Self::InvalidKey,
            PrimitiveError::InvalidLength => Self::MessageTooLong,
            PrimitiveError::Library => Self::Library,
        }
    }
}

impl From<EntropyError> for TransportError {
    fn from(_: EntropyError) -> Self {
        Self::Entropy
    }
}

impl From<Malformed> for TransportError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}
