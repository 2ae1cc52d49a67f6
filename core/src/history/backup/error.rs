//! Why a backup was not made, or is refused.

use core::fmt;

use crate::codec::Malformed;
use crate::entropy::EntropyError;
use crate::history::chunked::ChunkedError;
use crate::primitives::{PasswordCost, PrimitiveError};
use crate::slot::SlotError;
use crate::wrap::WrapError;
use crate::wrap::hpke::HpkeError;

/// Why a backup was not made, or is refused. A refused backup has imported nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BackupError {
    /// No backup of this kind. Do not retry.
    Foreign,
    /// Made by newer software: this version or suite is unknown. Retry after an update.
    Newer(u16),
    /// The header or the content is not a canonical encoding. Do not retry.
    Malformed,
    /// The file does not end where it was ended: it was cut off, something was put behind it, or its
    /// end was changed. Fetch it again.
    Incomplete,
    /// A part was changed or stands in another's place: the number of its chunk. Fetch it again.
    Damaged {
        /// Its number, from 0.
        chunk: u64,
    },
    /// There is no slot of this kind: ask for the other secret.
    NoSuchSlot,
    /// The password's cost lies outside of the limits. No memory was reserved. Do not retry.
    CostRefused(PasswordCost),
    /// The memory that the password's cost asks for cannot be had. Retry when there is more.
    OutOfMemory,
    /// Not the password. Ask again.
    WrongPassword,
    /// Not the recovery key, not the key of a recipient, or not what the escrow service gives back.
    /// Ask again.
    WrongKey,
    /// A slot opened, but the header around it was changed. Do not retry.
    HeaderForged,
    /// A password slot never stands beside slots for other parties.
    SlotConflict,
    /// A backup has one to sixteen slots, at most one of them for a password and one for an escrow.
    SlotCount,
    /// A name has at most 65535 bytes, a body at most [`MAX_BODY`](super::MAX_BODY), what an escrow
    /// service is told at most [`MAX_OPAQUE`](super::MAX_OPAQUE).
    TooLong,
    /// The random number generator failed. Retry once it works.
    Entropy,
    /// A [`Spread`](crate::history::chunked::Spread) did not work on every chunk.
    LeftOut,
    /// The crypto library failed for a reason of its own. Retry.
    Backend,
}

impl fmt::Display for BackupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Foreign => "not a backup",
            Self::Newer(id) => return write!(f, "made by newer software ({id:#06x})"),
            Self::Malformed => "malformed backup",
            Self::Incomplete => "the backup does not end where it was ended",
            Self::Damaged { chunk } => {
                return write!(f, "the backup is damaged or reordered at chunk {chunk}");
            }
            Self::NoSuchSlot => "the backup has no slot of this kind",
            Self::CostRefused(cost) => {
                return write!(f, "refused what the password costs: {cost}");
            }
            Self::OutOfMemory => "not enough memory to check the password",
            Self::WrongPassword => "wrong password",
            Self::WrongKey => "wrong key",
            Self::HeaderForged => "the header was changed",
            Self::SlotConflict => "a password slot stands beside no slot for another party",
            Self::SlotCount => {
                "a backup has 1 to 16 slots, at most one for a password and one for an escrow"
            }
            Self::TooLong => "too long for a backup",
            Self::Entropy => "the random number generator failed",
            Self::LeftOut => "chunks were left out by what spreads them",
            Self::Backend => "the crypto library failed",
        })
    }
}

impl core::error::Error for BackupError {}

impl From<Malformed> for BackupError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

impl From<EntropyError> for BackupError {
    fn from(_: EntropyError) -> Self {
        Self::Entropy
    }
}

impl From<PrimitiveError> for BackupError {
    fn from(_: PrimitiveError) -> Self {
        Self::Backend
    }
}

impl From<SlotError> for BackupError {
    fn from(error: SlotError) -> Self {
        match error {
            SlotError::CostRefused(cost) => Self::CostRefused(cost),
            SlotError::OutOfMemory => Self::OutOfMemory,
            SlotError::Entropy => Self::Entropy,
            SlotError::Backend => Self::Backend,
        }
    }
}

/// Why a recipient's envelope was not sealed or opened.
impl From<WrapError> for BackupError {
    fn from(error: WrapError) -> Self {
        match error {
            WrapError::Entropy => Self::Entropy,
            WrapError::Hpke(HpkeError::Backend) => Self::Backend,
            _ => Self::WrongKey,
        }
    }
}

impl From<ChunkedError> for BackupError {
    fn from(error: ChunkedError) -> Self {
        match error {
            ChunkedError::WrongKey => Self::HeaderForged,
            ChunkedError::Damaged { chunk } => Self::Damaged { chunk },
            ChunkedError::Incomplete => Self::Incomplete,
            ChunkedError::TooLong => Self::TooLong,
            ChunkedError::Entropy => Self::Entropy,
            ChunkedError::LeftOut => Self::LeftOut,
            _ => Self::Backend,
        }
    }
}

/// Why a restore stopped: the backup, the source it is read from, or the importer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestoreError<S, I = core::convert::Infallible> {
    /// The backup is refused.
    Backup(BackupError),
    /// The source failed.
    Source(S),
    /// The importer did not take an item.
    Import(I),
}

impl<S: fmt::Display, I: fmt::Display> fmt::Display for RestoreError<S, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Backup(error) => error.fmt(f),
            Self::Source(error) => write!(f, "the backup could not be read: {error}"),
            Self::Import(error) => write!(f, "the import stopped: {error}"),
        }
    }
}

impl<S, I> core::error::Error for RestoreError<S, I>
where
    S: fmt::Debug + fmt::Display,
    I: fmt::Debug + fmt::Display,
{
}

impl<S, I> From<BackupError> for RestoreError<S, I> {
    fn from(error: BackupError) -> Self {
        Self::Backup(error)
    }
}

impl<S, I> From<Malformed> for RestoreError<S, I> {
    fn from(error: Malformed) -> Self {
        Self::Backup(error.into())
    }
}

impl<S, I> From<ChunkedError> for RestoreError<S, I> {
    fn from(error: ChunkedError) -> Self {
        Self::Backup(error.into())
    }
}
