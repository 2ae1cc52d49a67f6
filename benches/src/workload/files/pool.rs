//! The pool of the ways that have one.

use rayon::ThreadPool;

use super::Way;
use crate::workload::{Wrong, pool};

/// Where there is none, the work is done on the calling thread.
pub(super) type Pool = Option<ThreadPool>;

/// The pool of a way that has one. Its caller stands outside, so that the baseline works alone: a call's
/// time has the hop in it.
pub(super) fn of(way: Way) -> Result<Pool, Wrong> {
    matches!(way, Way::Pool | Way::BackupPool | Way::BarePool)
        .then(pool::pool)
        .transpose()
}

pub(super) fn on<T: Send>(pool: &Pool, work: impl FnOnce() -> T + Send) -> T {
    match pool {
        Some(pool) => pool.install(work),
        None => work(),
    }
}
