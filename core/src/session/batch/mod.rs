//! Encrypting and decrypting for many sessions at once.
//!
//! The work is done in stages (turns, chain steps, AEADs, commits) over a few sessions at a time, so
//! that a backend with batch calls sees a whole stage, and the stages find what they need in the
//! first-level cache; without a turn nothing but the result is allocated. The law is
//! **batch ≡ loop**: the same bytes, outcomes and states as the single calls in the same order,
//! randomness drawn in that order too. A batch holds a session once; threads are the caller's: split
//! the jobs, and draw for the parts with [`DrawnBatch`].

mod decrypt;
mod drawn;
mod encrypt;
mod row;
mod run;

pub use decrypt::decrypt_batch;
pub use drawn::DrawnBatch;
pub use encrypt::encrypt_batch;

/// How many sessions go through the stages together.
const CHUNK: usize = 8;

/// Up to so many jobs the stages cost more than they save, and a batch is a loop.
const FEW: usize = 3;
