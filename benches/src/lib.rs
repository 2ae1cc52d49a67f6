//! The barometer: measures real handshakes and sessions on every backend, on this host.
//!
//! What lives here: the workload table ([`workload`]), how it is measured ([`measure`]), the
//! record ([`record`]) and the reports ([`report`]). The command line is the binary
//! `sprag-bench`; `cargo bench` is a second front end over the same table.
//!
//! Invariants: set-up outside the clock; peers measured in turns; every engine row beside its
//! floor; a wrong result discards its measurement and fails the run.

pub mod alloc;
pub mod backend;
pub mod build_info;
pub mod cli;
pub mod compare;
pub mod doctor;
pub mod exact;
pub mod family;
pub mod gate;
pub mod host;
pub mod keys;
pub mod libraries;
pub mod list;
pub mod load;
pub mod measure;
pub mod models;
pub mod profile;
pub mod rank;
pub mod recommend;
pub mod record;
pub mod report;
pub mod run;
pub mod workload;
