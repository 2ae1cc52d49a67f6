//! How a batch is split into pieces, and how these run on the pool.
//!
//! The costs are rough, in nanoseconds, and only decide where to cut: no result depends on them.

use rayon::{current_num_threads, current_thread_index, in_place_scope};
use sprag_core::backend::CryptoBackend;

use super::{MessageJob, Session};

/// Less work than this another thread is not woken for.
const WORTH_A_THREAD: u64 = 60_000;
/// Pieces of a batch for each thread: the more, the less the slowest of them holds up, and the more
/// often a thread must fetch one, which costs about a microsecond.
const PIECES_PER_THREAD: u64 = 8;

/// A shorter piece would cost too much to fetch.
const WORTH_A_HOP: u64 = 10_000;

const MESSAGE: u64 = 200;
/// In bytes per nanosecond.
const SEALING_SPEED: u64 = 2;
const TURN: u64 = 50_000;
const HANDSHAKE: u64 = 120_000;
/// A piece of fewer handshakes would lose what the checks of their signatures gain from each other.
const TOGETHER: u64 = 8 * HANDSHAKE;

/// The threads that a call may use.
pub(super) fn threads() -> usize {
    // Outside of a pool, asking for their number would start the global one.
    current_thread_index().map_or(1, |_| current_num_threads())
}

/// A batch that is worth splitting.
pub(super) struct Split {
    total: u64,
    /// Work of a piece.
    each: u64,
}

impl Split {
    /// Of messages; `turns` tells whether a job turns its ratchet.
    pub(super) fn messages<B: CryptoBackend>(
        jobs: &[MessageJob<'_, B>],
        turns: impl Fn(&Session<B>, &[u8]) -> bool,
    ) -> Option<Self> {
        let total: u64 = jobs.iter().map(message).sum();
        if total >= WORTH_A_THREAD {
            return Self::of(total, WORTH_A_HOP);
        }
        // Turns need a look into every session, which only a short batch needs to be judged by.
        let (mut turning, mut unseen) = (0, jobs.iter());
        while total + turning < WORTH_A_THREAD {
            let (session, buffer) = unseen.next()?;
            turning += if turns(session, buffer) { TURN } else { 0 };
        }
        Self::of(total, 0)
    }

    /// Of so many handshakes.
    pub(super) fn handshakes(count: usize) -> Option<Self> {
        (count > 1).then_some(())?;
        Self::of(HANDSHAKE.saturating_mul(count as u64), TOGETHER)
    }

    /// Into pieces that have `least` work if there is so much for every thread.
    fn of(total: u64, least: u64) -> Option<Self> {
        let threads = threads() as u64;
        let all_busy = total.div_ceil(threads);
        let each = total.div_ceil(threads * PIECES_PER_THREAD).max(least);
        (threads > 1).then_some(Self {
            total,
            each: each.min(all_busy).max(1),
        })
    }

    /// Handshakes in a piece.
    pub(super) fn handshakes_each(&self) -> usize {
        self.each.div_ceil(HANDSHAKE) as usize
    }

    /// The pieces of a batch of messages.
    pub(super) fn pieces<'x, 'a, B: CryptoBackend>(
        &self,
        jobs: &'x mut [MessageJob<'a, B>],
    ) -> impl Iterator<Item = &'x mut [MessageJob<'a, B>]> + use<'x, 'a, B> {
        let each = self.each;
        let mut rest = jobs;
        std::iter::from_fn(move || {
            let mut work = 0;
            let enough = rest.iter().position(|job| {
                work += message(job);
                work >= each
            });
            let end = enough.map_or(rest.len(), |last| last + 1);
            let (piece, behind) = std::mem::take(&mut rest).split_at_mut(end);
            rest = behind;
            (!piece.is_empty()).then_some(piece)
        })
    }

    /// Runs `work` on every piece, on all threads, and gives what came out in the order of the
    /// pieces. These are made on the calling thread, while others already work.
    pub(super) fn run<P: Send, T: Send>(
        &self,
        pieces: impl Iterator<Item = P>,
        work: impl Fn(P) -> T + Sync,
    ) -> impl Iterator<Item = T> {
        let most = self.total.div_ceil(self.each) as usize;
        let mut parts: Vec<Option<T>> = Vec::new();
        parts.resize_with(most, || None);
        in_place_scope(|scope| {
            let work = &work;
            for (part, piece) in parts.iter_mut().zip(pieces) {
                scope.spawn(move |_| *part = Some(work(piece)));
            }
        });
        parts.into_iter().flatten()
    }
}

fn message<B: CryptoBackend>((_, buffer): &MessageJob<'_, B>) -> u64 {
    MESSAGE + buffer.len() as u64 / SEALING_SPEED
}
