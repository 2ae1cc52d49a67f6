//! The composition that measures best.

pub use sprag_backends::mixed::Mixed;
