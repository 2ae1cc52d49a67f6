//! Why the history refused.

use core::fmt;

use crate::codec::Malformed;
use crate::entropy::EntropyError;
use crate::primitives::PrimitiveError;
use crate::store::{RecordId, StoreError};
use crate::wrap::WrapError;

/// Why a record or an epoch was not read or changed. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HistoryError {
    /// There is no such epoch. Begin it first.
    NoEpoch,
    /// The epoch was erased, for good.
    Erased,
    /// The epoch is alive: its records are still wanted.
    NotErased,
    /// A record's name has at most 152 bytes. Do not retry.
    NameTooLong,
    /// The record was changed, moved or set back, or is no record. Do not retry.
    Damaged(RecordId),
    /// The text is longer than the cipher takes. Do not retry.
    TooLong,
    /// The crypto library failed for a reason of its own. Retry.
    Backend,
    /// The random number generator failed. Retry once it works.
    Entropy,
    /// The epoch's key could not be unwrapped, or the store refused.
    Wrap(WrapError),
}

impl HistoryError {
    /// Whether the same call can succeed later without anybody changing anything.
    #[must_use]
    pub fn retryable(&self) -> bool {
        match self {
            Self::Backend | Self::Entropy => true,
            Self::Wrap(error) => error.retryable(),
            _ => false,
        }
    }
}

impl fmt::Display for HistoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoEpoch => "there is no such epoch",
            Self::Erased => "the epoch was erased",
            Self::NotErased => "the epoch was not erased",
            Self::NameTooLong => "a record's name has at most 152 bytes",
            Self::Damaged(id) => return write!(f, "the record {id} is damaged"),
            Self::TooLong => "the text is longer than the cipher takes",
            Self::Backend => "the crypto library failed",
            Self::Entropy => "the random number generator failed",
            Self::Wrap(error) => return fmt::Display::fmt(error, f),
        })
    }
}

impl core::error::Error for HistoryError {}

impl From<WrapError> for HistoryError {
    fn from(error: WrapError) -> Self {
        Self::Wrap(error)
    }
}

impl From<StoreError> for HistoryError {
    fn from(error: StoreError) -> Self {
        Self::Wrap(error.into())
    }
}

impl From<EntropyError> for HistoryError {
    fn from(_: EntropyError) -> Self {
        Self::Entropy
    }
}

impl From<PrimitiveError> for HistoryError {
    fn from(error: PrimitiveError) -> Self {
        match error {
            PrimitiveError::InvalidLength => Self::TooLong,
            _ => Self::Backend,
        }
    }
}

impl From<Malformed> for HistoryError {
    fn from(_: Malformed) -> Self {
        Self::NameTooLong
    }
}
