//! The pure-Rust backend.

pub use sprag_backends::rustcrypto::RustCrypto;
