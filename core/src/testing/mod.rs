//! For authors of backends: the conformance suite, and backends that measure and watch the engine
//! rather than do cryptography.
//!
//! [`conformance`] checks a backend against its contract; [`counting`] records which primitive
//! calls an operation makes, [`null`] makes primitives nearly free, [`watching`] shows the keys of a
//! run to a test; [`remains`] searches memory for what is left of them. The middle three protect nothing.

pub mod conformance;
pub mod counting;
pub mod null;
pub mod remains;
pub mod watching;
