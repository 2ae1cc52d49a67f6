//! For authors of backends: the conformance suite, and two backends that measure the engine
//! rather than cryptography.
//!
//! [`conformance`] checks a backend against its contract; [`counting`] records which primitive
//! calls an operation makes, [`null`] makes primitives nearly free. The latter two protect nothing.

pub mod conformance;
pub mod counting;
pub mod null;
