//! The table of workloads: names, suites, sizes, batches, threads and strategies.
//!
//! A row is a [`Workload`]; with a [`Backend`] it can be built. The names are stable: reports,
//! filters and later comparisons go by them. The rows themselves stand in [`rows`](all).

mod durable;
mod files;
mod ladder;
#[cfg(feature = "peers")]
mod peers;
mod rows;
mod strategies;
mod transport;

use sprag::lifecycle::KeyCounts;
use sprag::rustcrypto::RustCrypto;
use sprag::sprag_core::backend::{FileBackend, PqBackend};
use sprag::sprag_core::suite::Suite;
use sprag::sprag_core::testing::counting::{Call, Counting, record, record_keys};

use super::batch::{self, BatchWork, Way};
use super::durable::{self as kept, DurableWork};
use super::files::{self as files_work, Destination, FileWork};
use super::handshake::{self, HandshakeWork};
use super::ladder::{self as rungs, LadderWork};
#[cfg(feature = "peers")]
use super::peers::PeerWork;
use super::primitive::{self, PrimitiveWork};
use super::session::{self, SessionWork};
use super::state::{self, StateWork};
use super::strategy::{self, StrategyWork};
use super::transport::{self as channel, TransportWork};
use super::{Operation, Threaded, Wrong};
use crate::backend::{Backend, with_backend};
use crate::record::identifier;

pub use rows::all;
pub(crate) use rows::row;

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
    /// `state/encode` and `state/decode` stored skipped keys, for `state/bytes` sessions, for
    /// `history/restore_peak` messages.
    pub size: Option<usize>,
    /// Items per call.
    pub batch: usize,
    /// Threads that make such calls at the same time.
    pub threads: usize,
    /// Which way of doing it.
    pub strategy: &'static str,
    /// What is measured in turns with it.
    pub beside: Beside,
    /// The backends it is measured on unless asked otherwise.
    pub backends: &'static [Backend],
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
    /// One of several ways of doing the same.
    Strategy(StrategyWork),
    /// The same with instructions of one's choice.
    Ladder(LadderWork),
    /// Saving or loading a session.
    State(StateWork),
    /// Sessions in a store.
    Durable(DurableWork),
    /// A channel between a client and a server.
    Transport(TransportWork),
    /// A chunked file.
    File(FileWork),
    /// Restoring a backup.
    Restore(Destination),
    /// What a session weighs in memory: counted, not timed.
    StateBytes,
    /// What restoring a backup has on the heap at once: counted, not timed.
    RestorePeak,
    /// Something done by another library, the same on every backend.
    #[cfg(feature = "peers")]
    Peer(PeerWork),
}

/// What a workload is compared with, in turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// Nothing.
    Nothing,
    /// The floor: the primitive calls that it makes, alone.
    Floor,
    /// A baseline: the same done otherwise.
    Baseline(Baseline),
}

/// The same work done otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Baseline {
    /// How it is called in reports.
    pub name: &'static str,
    /// What it does.
    pub work: Work,
    /// Threads that do it at the same time.
    pub threads: usize,
    /// The backend, if it is another one.
    pub backend: Option<Backend>,
    /// Does it give the same bytes?
    pub same_bytes: bool,
}

impl Baseline {
    /// On one thread, on the row's own backend, with other bytes.
    const fn new(name: &'static str, work: Work) -> Self {
        Self {
            name,
            work,
            threads: 1,
            backend: None,
            same_bytes: false,
        }
    }

    /// What it is done on beside `backend`: a backend, or the library that is the baseline.
    #[must_use]
    pub fn done_on(&self, backend: Backend) -> &'static str {
        match self.work {
            #[cfg(feature = "peers")]
            Work::Peer(_) => self.name,
            _ => self.backend.unwrap_or(backend).name(),
        }
    }
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
        identifier(
            self.name,
            self.suite.map(|suite| suite.name()),
            self.size,
            self.batch,
            self.threads,
            (!self.strategy.is_empty()).then_some(self.strategy),
        )
    }

    /// Items that one operation works on.
    #[must_use]
    pub const fn items(&self) -> usize {
        self.batch * self.threads
    }

    /// Is it about time, or only about space?
    #[must_use]
    pub const fn is_timed(&self) -> bool {
        !matches!(self.work, Work::StateBytes | Work::RestorePeak)
    }

    /// Does it split its work among the threads of a pool?
    #[must_use]
    pub const fn splits(&self) -> bool {
        match self.work {
            Work::Strategy(strategy) => strategy.task.splits(),
            Work::File(file) => file.way.splits(),
            _ => false,
        }
    }

    /// Is it about its own backends only, whichever are asked for?
    #[must_use]
    pub const fn is_tied_to_its_backends(&self) -> bool {
        matches!(self.work, Work::Ladder(_))
    }

    /// Is the floor measured beside it?
    #[must_use]
    pub const fn has_floor(&self) -> bool {
        matches!(self.beside, Beside::Floor)
    }

    /// The baseline as a workload of its own, and the backend it runs on for `backend`.
    #[must_use]
    pub fn baseline(&self, backend: Backend) -> Option<(Baseline, Self, Backend)> {
        let Beside::Baseline(baseline) = self.beside else {
            return None;
        };
        let workload = Self {
            work: baseline.work,
            threads: baseline.threads,
            beside: Beside::Nothing,
            ..*self
        };
        Some((baseline, workload, baseline.backend.unwrap_or(backend)))
    }

    /// Bytes of plaintext or input of one item, if it is about bytes.
    #[must_use]
    pub const fn bytes(&self) -> Option<usize> {
        match self.work {
            Work::Session(SessionWork::Skip)
            | Work::State(_)
            | Work::StateBytes
            | Work::RestorePeak => None,
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

    /// The primitive calls that one operation makes on one thread, whatever the backend.
    ///
    /// # Errors
    /// [`Wrong`] if the operation gave a wrong result.
    pub fn trace(&self, seed: u64) -> Result<Vec<Call>, Wrong> {
        self.counted(seed, |work| record(work))
    }

    /// What happens to keys in one operation, as [`trace`](Self::trace) counts calls.
    ///
    /// # Errors
    /// As [`trace`](Self::trace).
    pub fn keys(&self, seed: u64) -> Result<KeyCounts, Wrong> {
        self.counted(seed, |work| record_keys(work))
    }

    fn counted<T>(
        &self,
        seed: u64,
        record: impl FnOnce(&mut dyn FnMut()) -> T,
    ) -> Result<T, Wrong> {
        let mut lane = self.lane::<Counting<RustCrypto>>(seed)?;
        // The first operation may differ from those that follow, so the second one counts where
        // operations are so short that many are prepared at once.
        let count = lane.capacity().min(2);
        lane.prepare(count)?;
        lane.run(0..count - 1)?;
        let mut outcome = Ok(());
        let counts = record(&mut || outcome = lane.run(count - 1..count));
        outcome.map(|()| counts)
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

    /// What a row that is counted counts: bytes of memory that a session takes on `backend`, or that a
    /// restore has at once; `None` where allocations are not counted.
    ///
    /// # Errors
    /// [`Wrong`] if setting it up gave a wrong result.
    pub fn bytes_each(&self, backend: Backend, seed: u64) -> Result<Option<f64>, Wrong> {
        let (suite, count) = (self.suite_or_default(), self.size.unwrap_or(1));
        with_backend!(backend, B => match self.work {
            Work::RestorePeak => files_work::peak::<B>(count, seed),
            _ => state::bytes_each::<B>(suite, count, seed),
        })
    }

    fn lane<B: PqBackend + FileBackend>(&self, seed: u64) -> Result<Box<dyn Operation>, Wrong> {
        let (suite, size) = (self.suite_or_default(), self.size.unwrap_or(0));
        match self.work {
            Work::Primitive(work) => primitive::build::<B>(work, size, self.batch, seed),
            Work::Session(work) => session::build::<B>(work, suite, size, seed),
            Work::Handshake(work) => handshake::build::<B>(work, suite, seed),
            Work::Batch(work) => batch::build::<B>(work, Way::Batch, suite, size, self.batch, seed),
            Work::Strategy(work) => strategy::build::<B>(work, suite, size, self.batch, seed),
            Work::Ladder(work) => rungs::build::<B>(work, suite, size, seed),
            Work::State(work) => state::build::<B>(work, suite, size, seed),
            Work::Durable(work) => kept::build::<B>(work, suite, size, self.batch, seed),
            #[cfg(feature = "peers")]
            Work::Peer(work) => super::peers::build(work, size),
            Work::Transport(work) => channel::build::<B>(work, size, seed),
            Work::File(work) => files_work::build::<B>(work, size, seed),
            Work::Restore(into) => files_work::restore::<B>(into, self.batch, seed),
            Work::StateBytes | Work::RestorePeak => Err(Wrong::new(format_args!(
                "{} is counted, not timed",
                self.name
            ))),
        }
    }

    fn suite_or_default(&self) -> Suite {
        self.suite.unwrap_or(rows::AES)
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
