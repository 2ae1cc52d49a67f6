//! Encrypting and decrypting for many sessions at once.
//!
//! The work is done in stages over arrays (turns, chain steps, AEADs, commits), so that a backend
//! with batch calls sees a whole stage. The law is **batch ≡ loop**: the same bytes, outcomes and
//! states as the single calls in the same order, randomness drawn in that order too. A batch holds
//! a session once; threads are the caller's: split the jobs.

mod decrypt;
mod encrypt;

pub use decrypt::decrypt_batch;
pub use encrypt::encrypt_batch;
