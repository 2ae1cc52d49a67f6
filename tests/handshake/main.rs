//! What a user of the handshake relies on, over real cryptography.

#[path = "../support/failing.rs"]
mod failing;
#[path = "../support/hex.rs"]
mod hex;
#[path = "../support/hostile_points.rs"]
mod hostile_points;
#[path = "../support/mod.rs"]
mod support;

mod agreement_sites;
mod batches;
mod bundles;
mod downgrade;
mod first_messages;
mod other_backends;
#[cfg(feature = "rayon")]
mod parallel;
mod prekeys;
mod refusals;
mod world;
