//! Why wrapping, unwrapping or wrapping anew was refused.

use alloc::boxed::Box;
use core::fmt;

use crate::codec::Malformed;
use crate::entropy::EntropyError;
use crate::store::{RecordId, StoreError};
use crate::wrap::hpke::HpkeError;

/// Why a key was not wrapped or unwrapped, or an object's record not changed. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WrapError {
    /// The bytes are not a canonical encoding. Do not retry.
    Malformed,
    /// The envelope names an algorithm that does not exist here, or that its key is not for. Do
    /// not retry.
    UnknownAlgorithm(u16),
    /// The envelope is for another key-encryption key. Do not retry.
    WrongKek,
    /// The ring does not hold the generation that the envelope names. Add it and retry.
    UnknownGeneration(u32),
    /// Wrong key, purpose, key id or context, or a changed envelope. Do not retry.
    AuthenticationFailed,
    /// The generation is the one that keys are wrapped for. Rotate first.
    CurrentGeneration,
    /// Keys are still wrapped for the generation: so many. Wrap them anew first.
    Referenced(usize),
    /// There can be no further generation. Make another key-encryption key.
    GenerationsUsedUp,
    /// There is no such object. Do not retry.
    NotFound,
    /// The object exists already. Do not retry.
    Exists,
    /// Somebody else changed the record meanwhile. Read it again and retry.
    Conflict,
    /// A record is damaged or belongs elsewhere. Do not retry.
    Damaged(RecordId),
    /// The store's own error.
    Store(Box<StoreError>),
    /// It is not known whether the change was made. Read the record again.
    Unknown(Box<StoreError>),
    /// The random number generator failed. Retry once it works.
    Entropy,
    /// HPKE refused for another reason.
    Hpke(HpkeError),
}

impl WrapError {
    /// Whether the same call can succeed later without anybody changing anything.
    #[must_use]
    pub fn retryable(&self) -> bool {
        match self {
            Self::Conflict | Self::Entropy | Self::Unknown(_) => true,
            Self::Store(error) => error.retryable(),
            Self::Hpke(error) => error.retryable(),
            _ => false,
        }
    }
}

impl fmt::Display for WrapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "malformed encoding",
            Self::UnknownAlgorithm(id) => return write!(f, "unknown wrapping algorithm {id:#06x}"),
            Self::WrongKek => "wrapped for another key-encryption key",
            Self::UnknownGeneration(number) => {
                return write!(f, "generation {number} is not in the ring");
            }
            Self::AuthenticationFailed => "authentication failed",
            Self::CurrentGeneration => "the generation is the current one",
            Self::Referenced(count) => {
                return write!(f, "{count} keys are still wrapped for the generation");
            }
            Self::GenerationsUsedUp => "the generations are used up",
            Self::NotFound => "there is no such object",
            Self::Exists => "the object exists already",
            Self::Conflict => "somebody else changed the record",
            Self::Damaged(id) => return write!(f, "the record {id} is damaged"),
            Self::Store(error) => return fmt::Display::fmt(error, f),
            Self::Unknown(error) => {
                return write!(f, "unknown whether it was committed: {error}");
            }
            Self::Entropy => "the random number generator failed",
            Self::Hpke(error) => return fmt::Display::fmt(error, f),
        })
    }
}

impl core::error::Error for WrapError {}

impl From<Malformed> for WrapError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

impl From<EntropyError> for WrapError {
    fn from(_: EntropyError) -> Self {
        Self::Entropy
    }
}

impl From<HpkeError> for WrapError {
    fn from(error: HpkeError) -> Self {
        match error {
            HpkeError::AuthenticationFailed => Self::AuthenticationFailed,
            HpkeError::Entropy => Self::Entropy,
            other => Self::Hpke(other),
        }
    }
}

impl From<StoreError> for WrapError {
    fn from(error: StoreError) -> Self {
        Self::Store(Box::new(error))
    }
}
