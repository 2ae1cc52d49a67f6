//! On which threads the chunks of a part are worked through.

use alloc::vec::Vec;
use core::ops::Range;
use core::sync::atomic::{AtomicUsize, Ordering};

use super::{ChunkedError, Run};

/// How the chunks of a part are worked through: one after the other, or on the threads of a pool.
/// Whoever makes one is trusted as a pool is; that a piece is left out is found
/// ([`ChunkedError::LeftOut`]).
pub trait Spread: Clone + Send {
    /// So many chunks are gathered where fewer are there, to be worked on together. At least one; asked
    /// anew for every part, so it may depend on where a call is made. With more than one, up to eight times
    /// as many are worked on together of those that need not be gathered.
    fn chunks_at_once(&self) -> usize;

    /// Calls `work` with every `len` bytes of `bytes`, the last of which may be fewer, and their number,
    /// in any order and on any threads. Each is called at most once, and all that stand before one that
    /// fails.
    ///
    /// # Errors
    /// That of the lowest number.
    fn each(
        &self,
        bytes: &mut [u8],
        len: usize,
        work: impl Fn(usize, &mut [u8]) -> Result<(), ChunkedError> + Send + Sync,
    ) -> Result<(), ChunkedError>;

    /// Divides the numbers below `count` into ranges, calls `open` with each and a [`Run`] for it, in any
    /// order and on any threads, and `read` with that run, on any thread, in the order of the numbers. `runs`
    /// are there to be used again, and to be put back; where they are too few, more are made. Without a
    /// method of its own: one number after the other, on the calling thread.
    ///
    /// # Errors
    /// What `open` or `read` of the lowest number says; nothing behind it is read.
    fn in_turn<E: From<ChunkedError> + Send>(
        &self,
        count: usize,
        runs: &mut Vec<Run>,
        open: impl Fn(Range<usize>, &mut Run) -> Result<(), ChunkedError> + Send + Sync,
        mut read: impl FnMut(&Run) -> Result<(), E> + Send,
    ) -> Result<(), E> {
        let mut run = runs.pop().unwrap_or_default();
        let read = (0..count).try_for_each(|number| {
            open(number..number.saturating_add(1), &mut run)?;
            read(&run)
        });
        runs.push(run);
        read
    }

    /// Calls `work` on any thread, and on the calling one `here`, which takes a while and may be done
    /// meanwhile. Without a method of its own: one after the other.
    ///
    /// # Errors
    /// That of `work`.
    fn beside<E: From<ChunkedError> + Send, T>(
        &self,
        work: impl FnOnce() -> Result<(), E> + Send,
        here: impl FnOnce() -> T,
    ) -> (Result<(), E>, T) {
        (work(), here())
    }
}

/// One chunk after the other, on the calling thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InOrder;

impl Spread for InOrder {
    fn chunks_at_once(&self) -> usize {
        1
    }

    fn each(
        &self,
        bytes: &mut [u8],
        len: usize,
        work: impl Fn(usize, &mut [u8]) -> Result<(), ChunkedError> + Send + Sync,
    ) -> Result<(), ChunkedError> {
        let mut pieces = bytes.chunks_mut(len).enumerate();
        pieces.try_for_each(|(number, piece)| work(number, piece))
    }
}

/// Where fewer chunks than these are there, they are gathered.
pub(super) fn at_once(spread: &impl Spread) -> usize {
    spread.chunks_at_once().max(1)
}

/// Where more chunks than these are there, they are divided into parts. Threads that have more to do wait
/// less often for each other; one thread waits for nobody, and finds what it is about to write in its
/// cache.
pub(super) const fn at_most(at_once: usize) -> usize {
    match at_once {
        1 => 1,
        many => many.saturating_mul(8),
    }
}

/// Lets `spread` work on every piece, and finds out whether it did.
pub(super) fn all(
    spread: &impl Spread,
    bytes: &mut [u8],
    len: usize,
    work: impl Fn(usize, &mut [u8]) -> Result<(), ChunkedError> + Send + Sync,
) -> Result<(), ChunkedError> {
    let done = AtomicUsize::new(0);
    spread.each(bytes, len, |number, piece| {
        work(number, piece)?;
        done.fetch_add(1, Ordering::Relaxed);
        Ok(())
    })?;
    if done.into_inner() != bytes.len().div_ceil(len) {
        return Err(ChunkedError::LeftOut);
    }
    Ok(())
}
