//! What is left of secrets in this process's memory, after whoever held them gave it back.
//!
//! What lives here: [`Canary`], a secret that is known without lying anywhere in plain; [`Search`], which
//! reads all memory that this process can write and says whether canaries are there; [`primitives`] and
//! [`files`], which measure a backend's primitives one by one. What does not: what is expected of whom;
//! that is a test's.
//!
//! Linux only: the memory is read from `/proc/self/mem`. It shows what is left of the heap and of
//! statics, which is the same each time. What is left on the stack differs with the compiler, its
//! optimisation and what ran since; it is told apart, and a finding there says only that copies are
//! made.

#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod canary;
mod cases;
mod memory;

pub use canary::{Canary, Planted};
pub use cases::{files, primitives};
pub use memory::Search;

/// How a primitive left memory behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remains {
    /// What was done.
    pub case: &'static str,
    /// Whether a part of any of its secrets was found on the heap or in a static.
    pub heap: bool,
    /// Whether a part of one was found on the stack.
    pub stack: bool,
}
