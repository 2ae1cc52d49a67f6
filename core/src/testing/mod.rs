//! For authors of backends: the conformance suite, and two backends that measure the engine
//! rather than cryptography.
//!
//! [`counting`] records which primitive calls an operation makes, [`null`] makes primitives
//! nearly free. Neither protects anything.

pub mod counting;
pub mod null;
