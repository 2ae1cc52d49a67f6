//! The rayon pools in which the workloads run that split their work among threads.

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::{OrWrong, Wrong};

/// Threads of a pool, the measuring one among them where it is in it.
pub const POOL_THREADS: usize = 2;

/// Does `work` on a thread of a pool: what is measured in it hops into none.
///
/// # Errors
/// [`Wrong`] if the pool cannot be made.
pub fn in_pool<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, Wrong> {
    Ok(pool()?.install(work))
}

/// A pool of [`POOL_THREADS`], each of which keeps to a processor of its own where the system lets it: a
/// scheduler may wake a thread on the processor of the one that wakes it, and leave both there until it
/// looks again, which takes as long as what is measured.
pub(super) fn pool() -> Result<ThreadPool, Wrong> {
    let pool = ThreadPoolBuilder::new().num_threads(POOL_THREADS);
    let pool = pool.start_handler(processor::keep_to);
    pool.build().or_wrong("making a pool")
}

#[cfg(target_os = "linux")]
mod processor {
    use rustix::process::getpid;
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    use super::POOL_THREADS;

    /// Keeps thread `number` of a pool to one of the processors that this process may use, if they are
    /// enough for all threads. One that the system refuses runs where it is put.
    pub(super) fn keep_to(number: usize) {
        // Of the main thread: the one that makes a pool may be kept to one itself.
        let Ok(allowed) = sched_getaffinity(Some(getpid())) else {
            return;
        };
        if (allowed.count() as usize) < POOL_THREADS {
            return;
        }
        let mut processors = (0..CpuSet::MAX_CPU).filter(|processor| allowed.is_set(*processor));
        let mut one = CpuSet::new();
        if let Some(processor) = processors.nth(number) {
            one.set(processor);
            let _ = sched_setaffinity(None, &one);
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod processor {
    pub(super) fn keep_to(_number: usize) {}
}
