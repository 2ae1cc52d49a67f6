//! Revisions: a count that rises, and beside it bits that are drawn.
//!
//! A store that was set back to an older copy counts the same numbers again, with other contents. The
//! drawn bits tell the two apart, so that a worker that still holds the later state can't put it on
//! top of the other.

use rand_core::TryCryptoRng;

use crate::entropy::{self, EntropyError};

/// How many low bits are drawn.
const DRAWN: u32 = 20;
const MAX: u64 = i64::MAX as u64;

/// Why there is no next revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoRevision {
    /// The last one was used.
    UsedUp,
    /// The random number generator failed.
    Entropy,
}

impl From<EntropyError> for NoRevision {
    fn from(_: EntropyError) -> Self {
        Self::Entropy
    }
}

/// The revision that follows `last`.
pub(crate) fn after<R: TryCryptoRng + ?Sized>(
    last: Option<u64>,
    rng: &mut R,
) -> Result<u64, NoRevision> {
    let mut bytes = [0; 4];
    entropy::fill(rng, &mut bytes)?;
    let drawn = u64::from(u32::from_be_bytes(bytes) >> (u32::BITS - DRAWN));
    let count = (last.unwrap_or(0) >> DRAWN).saturating_add(1);
    let revision = (count << DRAWN) | drawn;
    // 43 bits last for 278 years at a thousand changes a second: only a damaged store gets here.
    if count > MAX >> DRAWN {
        return Err(NoRevision::UsedUp);
    }
    Ok(revision)
}
