//! The rayon pool in which the workloads run that split their work among its threads.

use rayon::ThreadPoolBuilder;

use super::{OrWrong, Wrong};

/// Threads of the pool, the measuring one among them.
pub const POOL_THREADS: usize = 2;

/// Does `work` on a thread of a pool: what is measured in it hops into none.
///
/// # Errors
/// [`Wrong`] if the pool cannot be made.
pub fn in_pool<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, Wrong> {
    let pool = ThreadPoolBuilder::new().num_threads(POOL_THREADS).build();
    Ok(pool.or_wrong("making a pool")?.install(work))
}
