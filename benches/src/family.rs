//! One workload on all backends: from a row of the table to rows of the record.
//!
//! Every backend's first results are compared with the reference backend's before anything is
//! timed; an engine workload gets its floor beside it, a strategy its baseline, which must give the
//! same bytes where both should.

use std::time::Duration;

use crate::backend::{Backend, with_backend};
use crate::measure::clock::Clock;
use crate::measure::floor;
use crate::measure::sampler::{Lane, measure};
use crate::measure::stats::round;
use crate::measure::stop::Stop;
use crate::record::Row;
use crate::workload::sizes::Sizes;
use crate::workload::table::{Beside, Workload};
use crate::workload::{Digest, Operation, Wrong, ensure, in_pool};

/// How to measure, whatever is measured.
#[derive(Clone, Debug)]
pub struct Terms {
    /// What reading the clock costs.
    pub clock: Clock,
    /// Seed of all inputs.
    pub seed: u64,
    /// Whether to stop early.
    pub stop: Stop,
}

/// Measures `workload` on `backends`, about `budget` on each; inside of a pool if it splits its work
/// among the threads of one.
pub fn family(
    workload: &Workload,
    backends: &[Backend],
    budget: Duration,
    terms: &Terms,
) -> Vec<(Backend, Result<Row, Wrong>)> {
    if !workload.splits() {
        return side_by_side(workload, backends, budget, terms);
    }
    in_pool(|| side_by_side(workload, backends, budget, terms)).unwrap_or_else(|wrong| {
        let failed = |&backend| (backend, Err(wrong.clone()));
        backends.iter().map(failed).collect()
    })
}

fn side_by_side(
    workload: &Workload,
    backends: &[Backend],
    budget: Duration,
    terms: &Terms,
) -> Vec<(Backend, Result<Row, Wrong>)> {
    let seed = terms.seed;
    if !workload.is_timed() {
        let row = |&backend| (backend, weigh(workload, backend, seed));
        return backends.iter().map(row).collect();
    }
    let mut failed = Vec::new();
    let mut ready = Vec::new();
    let mut reference = Reference::new(workload, seed);
    for &backend in backends {
        match lane(workload, backend, &mut reference, terms) {
            Ok(lane) => ready.push((backend, lane)),
            Err(wrong) => failed.push((backend, Err(wrong))),
        }
    }
    let (ready, lanes): (Vec<_>, Vec<_>) = ready.into_iter().unzip();
    let sizes = with_backend!(Backend::REFERENCE, B => Sizes::of::<B>(workload, seed));
    let measured = measure(lanes, budget, &terms.stop).into_iter().zip(ready);
    let rows = measured.map(|(outcome, backend)| {
        let row = outcome.and_then(|measured| {
            let sizes = sizes.clone()?;
            Ok(Row::measured(workload, backend, &measured).weighing(sizes))
        });
        (backend, row)
    });
    rows.chain(failed).collect()
}

fn lane(
    workload: &Workload,
    backend: Backend,
    reference: &mut Result<Reference, Wrong>,
    terms: &Terms,
) -> Result<Lane, Wrong> {
    let seed = terms.seed;
    let reference = reference.as_mut().map_err(|wrong| wrong.clone())?;
    let own = (backend == Backend::REFERENCE)
        .then(|| reference.operation.take())
        .flatten();
    let operation = match own {
        Some(operation) => operation,
        None => reference.check(workload, backend, seed)?,
    };
    let beside = match workload.beside {
        Beside::Nothing => None,
        Beside::Floor => floor_of(workload, backend, seed)?,
        Beside::Baseline(_) => baseline_of(workload, backend, reference.expected, seed)?,
    };
    Lane::new(operation, beside, terms.clock)
}

/// The row of a workload that is counted, not timed.
fn weigh(workload: &Workload, backend: Backend, seed: u64) -> Result<Row, Wrong> {
    Ok(Row {
        state_bytes: workload.bytes_each(backend, seed)?.map(round),
        ..Row::about(workload, backend)
    })
}

/// What the reference backend's first operations gave, and the operation itself.
struct Reference {
    operation: Option<Box<dyn Operation>>,
    expected: Digest,
}

impl Reference {
    fn new(workload: &Workload, seed: u64) -> Result<Self, Wrong> {
        let mut operation = workload.operation(Backend::REFERENCE, seed)?;
        let expected = first_results(&mut *operation)?;
        Ok(Self {
            operation: Some(operation),
            expected,
        })
    }

    /// The operation on `backend`, if it gives the same.
    fn check(
        &self,
        workload: &Workload,
        backend: Backend,
        seed: u64,
    ) -> Result<Box<dyn Operation>, Wrong> {
        let mut operation = workload.operation(backend, seed)?;
        // The null backend computes nothing that could be right.
        ensure(
            backend == Backend::Null || first_results(&mut *operation)? == self.expected,
            "the first results are not those of the reference backend",
        )?;
        Ok(operation)
    }
}

fn first_results(operation: &mut dyn Operation) -> Result<Digest, Wrong> {
    let mut digest = Digest::new();
    let count = operation.capacity().min(2);
    operation.prepare(count)?;
    operation.run(0..count)?;
    operation.verify(&mut digest)?;
    Ok(digest)
}

/// The primitive calls of `workload` alone; `None` if it makes none.
fn floor_of(
    workload: &Workload,
    backend: Backend,
    seed: u64,
) -> Result<Option<Box<dyn Operation>>, Wrong> {
    let trace = workload.trace(seed)?;
    if trace.is_empty() {
        return Ok(None);
    }
    let floor = workload
        .on_threads(|_| with_backend!(backend, B => floor::build::<B>(trace.clone(), seed)))?;
    Ok(Some(floor))
}

/// What `workload` is compared with, if it gives the bytes that it should.
fn baseline_of(
    workload: &Workload,
    backend: Backend,
    expected: Digest,
    seed: u64,
) -> Result<Option<Box<dyn Operation>>, Wrong> {
    let Some((baseline, other, backend)) = workload.baseline(backend) else {
        return Ok(None);
    };
    let mut operation = other.operation(backend, seed)?;
    let first = first_results(&mut *operation)?;
    ensure(
        !baseline.same_bytes || backend == Backend::Null || first == expected,
        "the baseline gives other results",
    )?;
    Ok(Some(operation))
}
