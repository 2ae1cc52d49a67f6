//! The jobs of one stage in a row, as the batch calls of the primitives take them; on the stack.
//!
//! A row is an array and therefore full: places without a job get a blank one, which is not
//! handed on.

use crate::primitives::{Aead, ChainStepJob, Hmac, OpenJob, PrimitiveError, SealJob};
use crate::session::batch::CHUNK;

const NO_KEY: &[u8; 32] = &[0; 32];
const NO_NONCE: &[u8; 12] = &[0; 12];
const NO_TAG: &[u8; 16] = &[0; 16];

/// Makes at most [`CHUNK`] chain steps in one call.
#[inline]
pub(super) fn step<'a, H: Hmac>(mut jobs: impl Iterator<Item = ChainStepJob<'a>>) {
    let mut blanks = [[[0; 32]; 2]; CHUNK];
    let mut count = 0_usize;
    let mut row = blanks.each_mut().map(|[message_key, next]| {
        let job = jobs.next();
        count = count.saturating_add(usize::from(job.is_some()));
        job.unwrap_or(ChainStepJob {
            chain_key: NO_KEY,
            message_key,
            next,
        })
    });
    H::chain_step_batch(row.get_mut(..count).unwrap_or_default());
}

/// Seals at most [`CHUNK`] messages in one call; the outcomes stand in the order of the jobs.
#[inline]
pub(super) fn seal<'a, A: Aead>(
    mut jobs: impl Iterator<Item = SealJob<'a>>,
) -> [Result<[u8; 16], PrimitiveError>; CHUNK] {
    let mut count = 0_usize;
    let mut row = [(); CHUNK].map(|()| {
        let job = jobs.next();
        count = count.saturating_add(usize::from(job.is_some()));
        job.unwrap_or(SealJob {
            key: NO_KEY,
            nonce: NO_NONCE,
            aad: &[],
            buffer: &mut [],
            outcome: Ok([0; 16]),
        })
    });
    A::seal_batch(row.get_mut(..count).unwrap_or_default());
    row.map(|job| job.outcome)
}

/// Opens at most [`CHUNK`] messages in one call; the outcomes stand in the order of the jobs.
#[inline]
pub(super) fn open<'a, A: Aead>(
    mut jobs: impl Iterator<Item = OpenJob<'a>>,
) -> [Result<(), PrimitiveError>; CHUNK] {
    let mut count = 0_usize;
    let mut row = [(); CHUNK].map(|()| {
        let job = jobs.next();
        count = count.saturating_add(usize::from(job.is_some()));
        job.unwrap_or(OpenJob {
            key: NO_KEY,
            nonce: NO_NONCE,
            aad: &[],
            buffer: &mut [],
            tag: NO_TAG,
            outcome: Ok(()),
        })
    });
    A::open_batch(row.get_mut(..count).unwrap_or_default());
    row.map(|job| job.outcome)
}
