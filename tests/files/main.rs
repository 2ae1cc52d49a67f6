//! Files and the history at rest: what comes back, and what is refused.

#[path = "../support/altered_files.rs"]
mod altered_files;
#[cfg(feature = "rayon")]
#[path = "../support/given.rs"]
mod given;
#[path = "../support/hex.rs"]
mod hex;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/two_keys.rs"]
mod two_keys;
#[path = "../support/vectors.rs"]
mod vectors;

mod backups;
mod chunks;
mod commitment;
mod costs;
mod escrow;
mod golden;
mod history;
#[cfg(feature = "rayon")]
mod look_through;
#[cfg(feature = "rayon")]
mod on_pool;
