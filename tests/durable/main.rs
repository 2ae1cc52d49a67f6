//! Durable sessions, over a store in memory that fails as it is told: no message is lost, none is
//! opened twice, nothing is handed out that was not committed.

#[path = "../support/mod.rs"]
mod support;

mod attachments;
mod backends;
mod clones;
mod doubts;
mod leases;
mod stored;
mod workers;
mod world;
