//! What an operation does that can be counted: primitive calls, allocations, memory held.
//!
//! What lives here: [`Counts`], how they are taken, and the verb. How they are compared stands in
//! `compare`, their golden file's format in `text`.
//!
//! Invariants: two operations before the counted one, so that what happens once does not count;
//! one thread, since two do the same twice; warm caches, since cold ones change no count. Where
//! allocations are not counted (another C library, another binary) there are none, not zero.

mod compare;
mod text;

use std::collections::BTreeMap;
use std::io::Write;

use serde::{Deserialize, Serialize};
use sprag::sprag_core::testing::counting::Call;

use super::executed::SEED;
use super::failed::Failed;
use super::golden::GoldenOptions;
use super::verdict::Layer;
use crate::alloc::{Allocations, counted};
use crate::backend::Backend;
use crate::cli::Failure;
use crate::workload::strategy::Caches;
use crate::workload::table::{self, Work, Workload};
use crate::workload::{Digest, Wrong};

/// Larger batches do more of the same.
const LARGEST_BATCH: usize = 64;
/// Inputs of larger payloads take longer to make than counting is worth, and sessions to keep.
const LARGEST_SIZE: usize = 65_536;
/// Operations before the one that is counted.
const WARM_UP: usize = 2;

/// Everything that was counted, by workload and kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Sorted, each workload and kind once.
    pub rows: Vec<Row>,
}

/// One kind of count of one workload.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Row {
    /// The workload's identifier.
    pub workload: String,
    /// What was counted.
    pub what: What,
    /// By primitive for calls, by backend for everything else.
    pub counts: BTreeMap<String, Count>,
}

/// A kind of count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Primitive calls of one operation, the same on every backend.
    Calls,
    /// Allocations by Rust code in one operation, and the bytes asked for.
    Rust,
    /// Allocations by C code in one operation, and the bytes asked for.
    C,
    /// Bytes that a session holds in memory, on backends that do not allocate in C.
    Memory,
}

impl What {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Calls, Self::Rust, Self::C, Self::Memory];

    /// The name in the golden file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Rust => "rust allocations",
            Self::C => "c allocations",
            Self::Memory => "bytes held",
        }
    }
}

/// How often, and how long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Count {
    /// Calls or allocations; for memory, bytes.
    pub times: u64,
    /// Bytes: inputs or outputs of calls together, allocated bytes. For `ChainAdvance` steps.
    pub len: u64,
    /// Bytes of second inputs together: associated data, keys, salts.
    pub second: u64,
}

/// The workloads that are counted.
#[must_use]
pub fn subjects() -> Vec<Workload> {
    let mut table = table::all();
    table.retain(|row| {
        let is_cold = matches!(row.work, Work::Strategy(work) if work.caches == Caches::Cold);
        // The group `kernel` is `session` beside another baseline, `ladder` depends on the processor,
        // `durable` is what a store adds, a file of `backup` and `history` is the same calls again and
        // again.
        let is_ours =
            !["peers", "kernel", "ladder", "durable", "backup", "history"].contains(&row.group());
        let is_small = row.batch <= LARGEST_BATCH && row.size.unwrap_or(0) <= LARGEST_SIZE;
        is_ours && is_small && row.threads == 1 && !row.splits() && !is_cold
    });
    table
}

impl Counts {
    /// Counts every one of `workloads`.
    ///
    /// # Errors
    /// [`Failed::Wrong`] if one gives a wrong result.
    pub fn of(workloads: &[Workload]) -> Result<Self, Failed> {
        let mut rows = Vec::new();
        for workload in workloads {
            let found = if workload.is_timed() {
                of_operation(workload)
            } else {
                held(workload)
            };
            let found = found
                .map_err(|wrong| Failed::Wrong(format!("counting {}: {wrong}", workload.id())))?;
            let found = found.into_iter().filter(|(_, counts)| !counts.is_empty());
            rows.extend(found.map(|(what, counts)| Row {
                workload: workload.id(),
                what,
                counts,
            }));
        }
        rows.sort();
        Ok(Self { rows })
    }
}

type Found = Vec<(What, BTreeMap<String, Count>)>;

fn of_operation(workload: &Workload) -> Result<Found, Wrong> {
    let calls = aggregated(&workload.trace(SEED)?);
    let (mut rust, mut c) = (BTreeMap::new(), BTreeMap::new());
    for backend in Backend::supported(workload.backends) {
        let allocations = allocations(workload, backend)?;
        let count = |times: Option<u64>, len: Option<u64>| {
            let (times, len) = (times?, len?);
            Some((
                backend.name().to_owned(),
                Count {
                    times,
                    len,
                    second: 0,
                },
            ))
        };
        rust.extend(count(allocations.rust, allocations.rust_bytes));
        c.extend(count(allocations.c, allocations.c_bytes));
    }
    Ok(vec![(What::Calls, calls), (What::Rust, rust), (What::C, c)])
}

fn allocations(workload: &Workload, backend: Backend) -> Result<Allocations, Wrong> {
    let mut operation = workload.operation(backend, SEED)?;
    let mut digest = Digest::new();
    for _ in 0..WARM_UP {
        operation.prepare(1)?;
        operation.run(0..1)?;
        operation.verify(&mut digest)?;
    }
    operation.prepare(1)?;
    let allocations = operation.run_counted(0..1)?;
    operation.verify(&mut digest)?;
    Ok(allocations)
}

/// Where C code allocates, what is held is not exact: how much more than asked for `malloc` gives
/// depends on what was freed before.
fn held(workload: &Workload) -> Result<Found, Wrong> {
    let mut held = BTreeMap::new();
    for backend in Backend::supported(workload.backends) {
        let (bytes, allocations) = counted(|| workload.bytes_each(backend, SEED));
        if let (Some(bytes), Some(0)) = (bytes?, allocations.c) {
            let times = bytes.round() as u64;
            held.insert(
                backend.name().into(),
                Count {
                    times,
                    ..Count::default()
                },
            );
        }
    }
    Ok(vec![(What::Memory, held)])
}

fn aggregated(calls: &[Call]) -> BTreeMap<String, Count> {
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    for call in calls {
        let count = counts.entry(format!("{:?}", call.primitive)).or_default();
        count.times += 1;
        count.len += call.len as u64;
        count.second += call.aad_len as u64;
    }
    counts
}

/// The verb `counts`: compares with the golden file unless told to rewrite it.
///
/// # Errors
/// A workload gives a wrong result; a file that cannot be used; any difference.
pub fn counts(options: &GoldenOptions, out: &mut dyn Write) -> Result<(), Failure> {
    let layer = Layer::Counts;
    if options.write {
        let here = Counts::of(&subjects())?;
        return options.rewrite(layer, &here.to_text(), out);
    }
    // The file first: reading it takes no time.
    let golden = Counts::parse(&options.read(layer)?)
        .map_err(|(line, expected)| Failed::Malformed(options.path(layer), line, expected))?;
    let here = Counts::of(&subjects())?;
    options.judge(layer, &golden.compare(&here), out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calls_of_a_message_are_a_chain_step_and_a_seal() {
        let mut subjects = subjects();
        subjects.retain(|row| row.name == "session/encrypt" && row.size == Some(64));
        let counts = Counts::of(&subjects[..1]).unwrap();
        let row = &counts.rows[0];
        assert_eq!(row.what, What::Calls);
        let times = row
            .counts
            .iter()
            .map(|(name, count)| (name.as_str(), count.times));
        let times: Vec<_> = times.collect();
        assert_eq!(times, [("ChainStep", 1), ("SealOnce(Aes256Gcm)", 1)]);
    }
}
