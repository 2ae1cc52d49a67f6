//! Encrypting and decrypting for many sessions at once.
//!
//! Messages that turn their ratchets wait for one another, so that the backend makes their agreements
//! in one call. All others go one by one: with chain steps and AEADs in lanes as well, batches were
//! slower than a loop wherever something else ran on the same core (docs/BATCHING.md). Without a
//! turn nothing but the result is allocated. The law is
//! **batch ≡ loop**: the same bytes, outcomes and states as the single calls in the same order,
//! randomness drawn in that order too. A batch holds a session once; threads are the caller's: split
//! the jobs, and draw for the parts with [`DrawnBatch`].

mod decrypt;
mod drawn;
mod encrypt;
mod run;

pub use decrypt::decrypt_batch;
pub use drawn::DrawnBatch;
pub use encrypt::encrypt_batch;

/// How many messages that turn their ratchets do so together.
const GROUP: usize = 8;

/// Sets the outcome of a job.
fn set<T>(outcomes: &mut [T], index: usize, outcome: T) {
    if let Some(place) = outcomes.get_mut(index) {
        *place = outcome;
    }
}
