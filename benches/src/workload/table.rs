//! The table of workloads: names, suites, sizes, batches, threads and strategies.
//!
//! A row is a [`Workload`]; with a [`Backend`] it can be built. The names are stable: reports,
//! filters and later comparisons go by them.

use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::suite::Suite;
use sprag::sprag_core::testing::counting::{Call, Counting, record};

use super::batch::{self, BatchWork};
use super::handshake::{self, HandshakeWork};
use super::primitive::{self, MESSAGE_SIZES, PrimitiveWork};
use super::session::{self, Forgery, Place, SessionWork};
use super::state::{self, StateWork};
use super::{Operation, Threaded, Wrong};
use crate::backend::{Backend, with_backend};

/// One thing to measure, on any backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workload {
    /// Group and name, such as `session/encrypt`.
    pub name: &'static str,
    /// What it does.
    pub work: Work,
    /// The suite, where it matters.
    pub suite: Option<Suite>,
    /// Bytes of plaintext or input, where they vary. For `session/skip` missing messages, for
    /// `state/encode` and `state/decode` stored skipped keys, for `state/bytes` sessions.
    pub size: Option<usize>,
    /// Items per call.
    pub batch: usize,
    /// Threads that make such calls at the same time.
    pub threads: usize,
    /// Which way of doing it.
    pub strategy: &'static str,
    /// Share of the run's time, 1 being usual.
    pub weight: u32,
    /// Only measured in a full run.
    pub full_only: bool,
}

/// What a workload does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// One call of a primitive.
    Primitive(PrimitiveWork),
    /// A message in a session.
    Session(SessionWork),
    /// A handshake or a part of it.
    Handshake(HandshakeWork),
    /// A batch call.
    Batch(BatchWork),
    /// Saving or loading a session.
    State(StateWork),
    /// What a session weighs in memory: counted, not timed.
    StateBytes,
}

impl Workload {
    /// The part of the name before the slash.
    #[must_use]
    pub fn group(&self) -> &'static str {
        self.name
            .split_once('/')
            .map_or(self.name, |(group, _)| group)
    }

    /// Name and every parameter, unique in the table.
    #[must_use]
    pub fn id(&self) -> String {
        let mut id = self.name.to_owned();
        if let Some(suite) = self.suite {
            id = format!("{id}/{suite}");
        }
        if let Some(size) = self.size {
            id = format!("{id}/{size}");
        }
        if self.batch > 1 || self.threads > 1 || self.group() == "batch" {
            id = format!("{id}/b{}/t{}", self.batch, self.threads);
        }
        if !self.strategy.is_empty() {
            id = format!("{id}/{}", self.strategy);
        }
        id
    }

    /// Items that one operation works on.
    #[must_use]
    pub const fn items(&self) -> usize {
        self.batch * self.threads
    }

    /// Is it about time, or only about space?
    #[must_use]
    pub const fn is_timed(&self) -> bool {
        !matches!(self.work, Work::StateBytes)
    }

    /// Does the engine stand between this workload and the primitives?
    #[must_use]
    pub const fn has_floor(&self) -> bool {
        !matches!(self.work, Work::Primitive(_) | Work::StateBytes)
    }

    /// Bytes of plaintext or input of one item, if it is about bytes.
    #[must_use]
    pub const fn bytes(&self) -> Option<usize> {
        match self.work {
            Work::Session(SessionWork::Skip) | Work::State(_) | Work::StateBytes => None,
            _ => self.size,
        }
    }

    /// Builds the operation for `backend`.
    ///
    /// # Errors
    /// [`Wrong`] if setting it up gave a wrong result.
    pub fn operation(&self, backend: Backend, seed: u64) -> Result<Box<dyn Operation>, Wrong> {
        self.on_threads(|lane| with_backend!(backend, B => self.lane::<B>(lane_seed(seed, lane))))
    }

    /// The primitive calls that one operation makes on one thread.
    ///
    /// # Errors
    /// [`Wrong`] if the operation gave a wrong result.
    pub fn trace(&self, backend: Backend, seed: u64) -> Result<Vec<Call>, Wrong> {
        let mut lane = with_backend!(backend, B => self.lane::<Counting<B>>(seed))?;
        // The first operation may differ from those that follow, so the second one counts where
        // operations are so short that many are prepared at once.
        let count = lane.capacity().min(2);
        lane.prepare(count)?;
        lane.run(0..count - 1)?;
        let mut outcome = Ok(());
        let calls = record(|| outcome = lane.run(count - 1..count));
        outcome.map(|()| calls)
    }

    /// Builds one operation per thread and puts them side by side.
    ///
    /// # Errors
    /// [`Wrong`] if `lane` does not give one.
    pub fn on_threads(
        &self,
        lane: impl Fn(usize) -> Result<Box<dyn Operation>, Wrong>,
    ) -> Result<Box<dyn Operation>, Wrong> {
        if self.threads == 1 {
            return lane(0);
        }
        let lanes = (0..self.threads).map(lane).collect::<Result<_, _>>()?;
        Ok(Box::new(Threaded::new(lanes)?))
    }

    /// Bytes of memory that a session takes on `backend`, for `state/bytes`; `None` where
    /// allocations are not counted.
    ///
    /// # Errors
    /// [`Wrong`] if setting it up gave a wrong result.
    pub fn bytes_each(&self, backend: Backend, seed: u64) -> Result<Option<f64>, Wrong> {
        let (suite, count) = (self.suite_or_default(), self.size.unwrap_or(1));
        with_backend!(backend, B => state::bytes_each::<B>(suite, count, seed))
    }

    fn lane<B: PqBackend>(&self, seed: u64) -> Result<Box<dyn Operation>, Wrong> {
        let (suite, size) = (self.suite_or_default(), self.size.unwrap_or(0));
        match self.work {
            Work::Primitive(work) => primitive::build::<B>(work, size, self.batch, seed),
            Work::Session(work) => session::build::<B>(work, suite, size, seed),
            Work::Handshake(work) => handshake::build::<B>(work, suite, seed),
            Work::Batch(work) => batch::build::<B>(work, suite, size, self.batch, seed),
            Work::State(work) => state::build::<B>(work, suite, size, seed),
            Work::StateBytes => Err(Wrong::new("state/bytes is counted, not timed")),
        }
    }

    fn suite_or_default(&self) -> Suite {
        self.suite.unwrap_or(AES)
    }
}

const AES: Suite = Suite::Pqxdh768Aes256Gcm;
const CHACHA: Suite = Suite::Pqxdh768ChaCha20Poly1305;
/// The size of a short chat message, where the size does not matter.
const SHORT: usize = 256;

/// Every workload, in the order of reports.
#[must_use]
pub fn all() -> Vec<Workload> {
    let mut table = Vec::new();
    primitives(&mut table);
    sessions(&mut table);
    handshakes(&mut table);
    batches(&mut table);
    states(&mut table);
    table
}

const fn row(name: &'static str, work: Work) -> Workload {
    Workload {
        name,
        work,
        suite: None,
        size: None,
        batch: 1,
        threads: 1,
        strategy: "",
        weight: 1,
        full_only: false,
    }
}

fn primitives(table: &mut Vec<Workload>) {
    for &(name, work, sizes) in primitive::ALL {
        let row = row(name, Work::Primitive(work));
        if sizes.is_empty() {
            table.push(row);
        }
        table.extend(sizes.iter().map(|&size| Workload {
            size: Some(size),
            ..row
        }));
    }
    for &(name, work, batches) in primitive::BATCHES {
        let row = row(name, Work::Primitive(work));
        table.extend(batches.iter().map(|&batch| Workload { batch, ..row }));
    }
}

fn sessions(table: &mut Vec<Workload>) {
    let row = |name, work, suite, size| Workload {
        suite: Some(suite),
        size: Some(size),
        ..row(name, Work::Session(work))
    };
    for (name, work) in [
        (
            "session/encrypt",
            SessionWork::Encrypt as fn(Place) -> SessionWork,
        ),
        ("session/decrypt", SessionWork::Decrypt),
    ] {
        for suite in [AES, CHACHA] {
            let sizes = MESSAGE_SIZES.iter();
            table.extend(sizes.map(|&size| row(name, work(Place::Aligned), suite, size)));
        }
        table.push(Workload {
            strategy: "misaligned",
            ..row(name, work(Place::Misaligned), AES, 16384)
        });
    }
    table.push(row("session/turn", SessionWork::Turn, AES, SHORT));
    table.push(Workload {
        full_only: true,
        ..row("session/turn", SessionWork::Turn, CHACHA, SHORT)
    });
    let missing = [1, 100, 1000].into_iter();
    table.extend(missing.map(|missing| row("session/skip", SessionWork::Skip, AES, missing)));
    table.extend(Forgery::ALL.map(|(forgery, strategy)| Workload {
        strategy,
        ..row("session/reject", SessionWork::Reject(forgery), AES, SHORT)
    }));
}

fn handshakes(table: &mut Vec<Workload>) {
    for (name, work) in handshake::ALL {
        let suites = [Suite::X3dhAes256Gcm, AES, Suite::Pqxdh1024Aes256Gcm];
        table.extend(suites.map(|suite| Workload {
            suite: Some(suite),
            // Percentiles need many samples of a long operation.
            weight: 3,
            ..row(name, Work::Handshake(work))
        }));
    }
}

fn batches(table: &mut Vec<Workload>) {
    for (name, work) in batch::ALL {
        let is_message = matches!(work, BatchWork::Encrypt | BatchWork::Decrypt);
        for batch in [1, 8, 64, 512] {
            table.extend([1, 2].map(|threads| Workload {
                suite: Some(AES),
                size: is_message.then_some(SHORT),
                batch,
                threads,
                full_only: !is_message && batch == 512,
                ..row(name, Work::Batch(work))
            }));
        }
    }
}

fn states(table: &mut Vec<Workload>) {
    let row = |name, work, size| Workload {
        suite: Some(AES),
        size: Some(size),
        ..row(name, work)
    };
    for skipped in [0, 2000] {
        table.push(row("state/encode", Work::State(StateWork::Encode), skipped));
    }
    for skipped in [0, 2000] {
        table.push(row("state/decode", Work::State(StateWork::Decode), skipped));
    }
    for sessions in [1, 1_000, 100_000] {
        table.push(row("state/bytes", Work::StateBytes, sessions));
    }
}

/// Threads work on different inputs.
fn lane_seed(seed: u64, lane: usize) -> u64 {
    seed.wrapping_add((lane as u64) << 32)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn identifiers_are_unique() {
        let table = all();
        let ids: HashSet<String> = table.iter().map(Workload::id).collect();
        assert_eq!(ids.len(), table.len());
    }
}
