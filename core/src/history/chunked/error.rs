//! Why a file was not sealed or opened.

use core::fmt;

use crate::entropy::EntropyError;
use crate::primitives::PrimitiveError;

/// Why a file was not sealed, or is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChunkedError {
    /// Another key or context, or no file of this kind: nothing was opened. Do not retry.
    WrongKey,
    /// A chunk that is not the last was changed, or stands in another's place. Do not retry.
    Damaged {
        /// Its number, from 0.
        chunk: u64,
    },
    /// The file does not end where it was ended: it was cut off, something was put behind it, or its
    /// end was changed. Do not retry.
    Incomplete,
    /// More than 2^38 chunks.
    TooLong,
    /// There is no such chunk, or a chunk of another length was given.
    NoSuchChunk,
    /// An earlier call was refused already; so is every later one.
    Refused,
    /// A [`Spread`](super::Spread) did not work on every chunk.
    LeftOut,
    /// The random number generator failed. Retry once it works.
    Entropy,
    /// The crypto library failed for a reason of its own. Retry from the start.
    Backend,
}

impl fmt::Display for ChunkedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrongKey => "wrong key or context, or not such a file",
            Self::Damaged { chunk } => return write!(f, "chunk {chunk} is damaged or misplaced"),
            Self::Incomplete => "the file does not end where it was ended",
            Self::TooLong => "a file has at most 2^38 chunks",
            Self::NoSuchChunk => "there is no such chunk",
            Self::Refused => "the file was refused before",
            Self::LeftOut => "chunks were left out by what spreads them",
            Self::Entropy => "the random number generator failed",
            Self::Backend => "the crypto library failed",
        })
    }
}

impl core::error::Error for ChunkedError {}

impl From<EntropyError> for ChunkedError {
    fn from(_: EntropyError) -> Self {
        Self::Entropy
    }
}

impl From<PrimitiveError> for ChunkedError {
    fn from(_: PrimitiveError) -> Self {
        Self::Backend
    }
}
