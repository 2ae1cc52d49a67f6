//! For authors of backends: the conformance suite, and two backends that measure the engine
//! rather than cryptography.
