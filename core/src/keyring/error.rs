//! Why a key ring refused.

use alloc::boxed::Box;
use core::fmt;

use crate::codec::Malformed;
use crate::entropy::EntropyError;
use crate::primitives::{PasswordCost, PrimitiveError};
use crate::slot::SlotError;
use crate::store::StoreError;
use crate::wrap::WrapError;
use crate::wrap::hpke::HpkeError;

/// Why a ring was not read, opened or changed. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyRingError {
    /// The bytes are no key ring. Do not retry.
    Foreign,
    /// Made by newer software: this version is unknown. Retry after an update.
    UnsupportedVersion(u8),
    /// The bytes are not a canonical encoding, or were cut off. Do not retry.
    Malformed,
    /// A name has at most [`MAX_NAME`](super::MAX_NAME) bytes.
    NameTooLong,
    /// A name is of `A-Z a-z 0-9 - _ .`, in parts that `/` joins.
    InvalidName,
    /// A ring has at most 64 scopes; a scope at most 64 slots, and 1024 keys of all generations.
    Full,
    /// The scope key, or the record in the store, belongs to another ring. Do not retry.
    ForeignRing,
    /// The ring has no such scope.
    UnknownScope,
    /// The scope has no such key.
    UnknownEntry,
    /// The key has no such generation, or it was destroyed.
    UnknownGeneration(u32),
    /// The scope has no such slot, or none of this kind: ask for another secret.
    UnknownSlot,
    /// There is one of this name already.
    Exists,
    /// Nobody could open a scope of the ring again. Give it a slot first.
    NoSlot,
    /// The generation is the current one. Rotate first.
    CurrentGeneration,
    /// There can be no further generation, or no further change of the scope.
    GenerationsUsedUp,
    /// The password's cost lies outside of the limits. No memory was reserved. Do not retry.
    CostRefused(PasswordCost),
    /// The memory that the password's cost asks for cannot be had. Retry when there is more.
    OutOfMemory,
    /// Not the password of the slot, or the slot was changed or is of another ring or scope. Ask
    /// again.
    WrongPassword,
    /// Not the key of a slot, or the slot was changed or is of another ring or scope. Ask again.
    WrongKey,
    /// The scope key is not of the scope's generation. Unlock again.
    Rotated,
    /// The scope was changed by somebody who has not its key. Fetch it again.
    Damaged,
    /// The random number generator failed. Retry once it works.
    Entropy,
    /// The crypto library failed for a reason of its own. Retry.
    Backend,
    /// The store holds no such ring.
    NotFound,
    /// Somebody else changed the record meanwhile. Load it again and retry.
    Conflict,
    /// The store's own error.
    Store(Box<StoreError>),
    /// It is not known whether the ring was saved. Load it again.
    Unknown(Box<StoreError>),
}

impl KeyRingError {
    /// Whether the same call can succeed later without anybody changing anything.
    #[must_use]
    pub fn retryable(&self) -> bool {
        match self {
            Self::OutOfMemory | Self::Entropy | Self::Backend => true,
            Self::Conflict | Self::Unknown(_) => true,
            Self::Store(error) => error.retryable(),
            _ => false,
        }
    }
}

impl fmt::Display for KeyRingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Foreign => "not a key ring",
            Self::UnsupportedVersion(version) => {
                return write!(f, "made by newer software (version {version})");
            }
            Self::Malformed => "malformed key ring",
            Self::NameTooLong => "a name has at most 64 bytes",
            Self::InvalidName => "a name has letters, digits, '-', '_', '.' and '/' between them",
            Self::Full => "the ring or the scope is full",
            Self::ForeignRing => "it belongs to another ring",
            Self::UnknownScope => "the ring has no such scope",
            Self::UnknownEntry => "the scope has no such key",
            Self::UnknownGeneration(number) => {
                return write!(f, "the key has no generation {number}");
            }
            Self::UnknownSlot => "the scope has no such slot",
            Self::Exists => "there is one of this name already",
            Self::NoSlot => "a scope without a slot could never be opened again",
            Self::CurrentGeneration => "the generation is the current one",
            Self::GenerationsUsedUp => "the generations are used up",
            Self::CostRefused(cost) => {
                return write!(f, "refused what the password costs: {cost}");
            }
            Self::OutOfMemory => "not enough memory to check the password",
            Self::WrongPassword => "wrong password",
            Self::WrongKey => "wrong key",
            Self::Rotated => "the scope's key is of another generation",
            Self::Damaged => "the scope was changed by somebody who has not its key",
            Self::Entropy => "the random number generator failed",
            Self::Backend => "the crypto library failed",
            Self::NotFound => "the store holds no such ring",
            Self::Conflict => "somebody else changed the record",
            Self::Store(error) => return fmt::Display::fmt(error, f),
            Self::Unknown(error) => {
                return write!(f, "unknown whether it was committed: {error}");
            }
        })
    }
}

impl core::error::Error for KeyRingError {}

impl From<Malformed> for KeyRingError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

impl From<EntropyError> for KeyRingError {
    fn from(_: EntropyError) -> Self {
        Self::Entropy
    }
}

impl From<PrimitiveError> for KeyRingError {
    fn from(_: PrimitiveError) -> Self {
        Self::Backend
    }
}

impl From<SlotError> for KeyRingError {
    fn from(error: SlotError) -> Self {
        match error {
            SlotError::CostRefused(cost) => Self::CostRefused(cost),
            SlotError::OutOfMemory => Self::OutOfMemory,
            SlotError::Entropy => Self::Entropy,
            SlotError::Backend => Self::Backend,
        }
    }
}

/// Why an envelope was not sealed or opened, or a record not committed.
impl From<WrapError> for KeyRingError {
    fn from(error: WrapError) -> Self {
        match error {
            WrapError::Entropy => Self::Entropy,
            WrapError::Hpke(HpkeError::Backend) => Self::Backend,
            WrapError::Conflict => Self::Conflict,
            WrapError::Store(error) => Self::Store(error),
            WrapError::Unknown(error) => Self::Unknown(error),
            WrapError::Damaged(_) => Self::Malformed,
            _ => Self::WrongKey,
        }
    }
}

impl From<StoreError> for KeyRingError {
    fn from(error: StoreError) -> Self {
        Self::Store(Box::new(error))
    }
}
