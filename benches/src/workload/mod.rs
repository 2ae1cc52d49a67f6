//! Workloads: what is measured, as code, shared by the command line and criterion.
//!
//! What lives here: the [`Operation`] every workload becomes, and what the groups build it from.
//! [`table`] lists the workloads; the other modules hold one group each. What does not: any
//! clock.
//!
//! Invariants: inputs are made in [`Operation::prepare`] and outputs checked in
//! [`Operation::verify`], both outside the clock; what a call returns is checked inside, in
//! [`Operation::run`]. State really advances: every operation has an input of its own.

pub mod batch;
pub mod durable;
pub mod files;
pub mod handshake;
pub mod ladder;
#[cfg(feature = "peers")]
pub mod peers;
pub mod primitive;
pub mod session;
pub mod sizes;
pub mod state;
pub mod strategy;
pub mod table;
pub mod transport;

mod buffer;
mod digest;
pub(crate) mod meeting;
mod pool;
mod threaded;

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use rand_chacha::ChaCha12Rng;

use crate::alloc::{self, Allocations};

pub use buffer::Buffer;
pub use digest::Digest;
pub use pool::{POOL_THREADS, in_pool};
pub use threaded::Threaded;

/// The generator of every workload: seeded, so that all backends get the same inputs.
pub type Rng = ChaCha12Rng;

/// Something that can be run many times and checked.
pub trait Operation: Send {
    /// Makes the inputs of the next `count` operations and drops earlier ones.
    ///
    /// # Errors
    /// [`Wrong`] if making them gave a wrong result.
    fn prepare(&mut self, count: usize) -> Result<(), Wrong>;

    /// Runs the prepared operations of `range`, each once: what the clock sees.
    ///
    /// # Errors
    /// [`Wrong`] if an operation did not do what it should.
    fn run(&mut self, range: Range<usize>) -> Result<(), Wrong>;

    /// Checks the outputs of everything that was run since the last [`prepare`](Self::prepare)
    /// and absorbs them into `digest`.
    ///
    /// # Errors
    /// [`Wrong`] if one is not what it should be.
    fn verify(&mut self, digest: &mut Digest) -> Result<(), Wrong>;

    /// How many operations may be prepared at once, so that the inputs stay in the caches.
    fn capacity(&self) -> usize;

    /// How long a sample must be at least for what surrounds the operations in it not to show.
    fn shortest_sample(&self) -> Duration {
        Duration::ZERO
    }

    /// Runs the prepared operations of `range` and counts what they allocate, on all threads.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    fn run_counted(&mut self, range: Range<usize>) -> Result<Allocations, Wrong> {
        let (result, allocations) = alloc::counted(|| self.run(range));
        result.map(|()| allocations)
    }
}

/// A workload gave a wrong result: its measurement is worthless.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong(pub String);

impl Wrong {
    /// A wrong result, described.
    pub fn new(what: impl fmt::Display) -> Self {
        Self(what.to_string())
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "wrong result: {}", self.0)
    }
}

impl std::error::Error for Wrong {}

/// Says what went wrong when a result is an error.
pub trait OrWrong<T> {
    /// The value, or [`Wrong`] with `doing` and the error.
    ///
    /// # Errors
    /// [`Wrong`] if the result is an error.
    fn or_wrong(self, doing: &str) -> Result<T, Wrong>;
}

impl<T, E: fmt::Display> OrWrong<T> for Result<T, E> {
    fn or_wrong(self, doing: &str) -> Result<T, Wrong> {
        self.map_err(|error| Wrong(format!("{doing}: {error}")))
    }
}

/// `Ok` if `holds`, else [`Wrong`] with the description.
///
/// # Errors
/// [`Wrong`] unless `holds`.
pub fn ensure(holds: bool, what: &str) -> Result<(), Wrong> {
    if holds { Ok(()) } else { Err(Wrong::new(what)) }
}

/// An [`Operation`] made of shared state `S` and one item `T` per operation.
pub struct Itemised<S, T, Make, Run, Verify> {
    state: S,
    items: Vec<T>,
    done: usize,
    capacity: usize,
    make: Make,
    run: Run,
    verify: Verify,
}

/// Builds an operation: `make` gives an item, `run` works on it, `verify` checks it afterwards.
pub fn operation<S, T, Make, Run, Verify>(
    state: S,
    capacity: usize,
    make: Make,
    run: Run,
    verify: Verify,
) -> Box<dyn Operation>
where
    S: Send + 'static,
    T: Send + 'static,
    Make: FnMut(&mut S) -> Result<T, Wrong> + Send + 'static,
    Run: FnMut(&mut S, &mut T) -> Result<(), Wrong> + Send + 'static,
    Verify: FnMut(&mut S, &mut T, &mut Digest) -> Result<(), Wrong> + Send + 'static,
{
    Box::new(Itemised {
        state,
        items: Vec::new(),
        done: 0,
        capacity,
        make,
        run,
        verify,
    })
}

impl<S, T, Make, Run, Verify> Operation for Itemised<S, T, Make, Run, Verify>
where
    S: Send,
    T: Send,
    Make: FnMut(&mut S) -> Result<T, Wrong> + Send,
    Run: FnMut(&mut S, &mut T) -> Result<(), Wrong> + Send,
    Verify: FnMut(&mut S, &mut T, &mut Digest) -> Result<(), Wrong> + Send,
{
    fn prepare(&mut self, count: usize) -> Result<(), Wrong> {
        self.items.clear();
        self.done = 0;
        for _ in 0..count {
            self.items.push((self.make)(&mut self.state)?);
        }
        Ok(())
    }

    fn run(&mut self, range: Range<usize>) -> Result<(), Wrong> {
        self.done = self.done.max(range.end);
        for item in &mut self.items[range] {
            (self.run)(&mut self.state, item)?;
        }
        Ok(())
    }

    fn verify(&mut self, digest: &mut Digest) -> Result<(), Wrong> {
        for item in &mut self.items[..self.done] {
            (self.verify)(&mut self.state, item, digest)?;
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.capacity
    }
}

/// How many inputs of `bytes` each to prepare at once: a quarter of a usual second-level cache.
#[must_use]
pub fn capacity_for(bytes: usize) -> usize {
    (256 * 1024 / bytes.max(1)).clamp(8, 512)
}
