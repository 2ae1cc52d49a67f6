//! The backend over `ring`.

pub use sprag_backends::ring::Ring;
