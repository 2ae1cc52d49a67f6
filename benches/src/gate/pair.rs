//! One process's part of the time layer: two libraries in turns, piece by piece.
//!
//! A piece of the same operations is timed in one library and then in the other, in an order that
//! is drawn anew for every piece; what comes out is the median of the ratios, which neither a slow
//! mode of the machine nor an interruption moves. Set-up and checks stand outside the clock.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use rand_core::{Rng as _, SeedableRng};
use serde::{Deserialize, Serialize};

use super::abi::{Library, Opened};
use super::error::Error;
use crate::host::CpuUse;
use crate::measure::stats::{Nanoseconds, median};
use crate::workload::{Rng, Wrong};

/// What a process that measures pairs is told, by the gate and nobody else.
#[derive(Clone, Debug, Args)]
pub struct PairOptions {
    /// The library that is loaded first
    first: PathBuf,
    /// The other one
    second: PathBuf,
    /// Seed of all inputs, and of the order
    #[arg(long)]
    seed: u64,
    /// Milliseconds for each workload
    #[arg(long)]
    ms: u64,
    /// Which workloads, in this order
    #[arg(long = "workload", value_name = "ID", required = true)]
    workloads: Vec<String>,
}

/// What a process found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Round {
    /// The workloads, in the order asked for; what went wrong with one instead.
    pub pairs: Vec<Result<Pairs, String>>,
    /// Processors that others kept busy meanwhile.
    pub others: Option<f64>,
}

/// A workload in two libraries.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Pairs {
    /// Time of the second by that of the first: the median over all pieces.
    pub ratio: f64,
    /// How many pieces.
    pub count: usize,
    /// Time per operation in the first.
    pub first: Nanoseconds,
    /// Time per operation in the second.
    pub second: Nanoseconds,
}

impl Pairs {
    /// As if the libraries had been loaded the other way round.
    pub(super) fn swapped(self) -> Self {
        Self {
            ratio: 1.0 / self.ratio,
            first: self.second,
            second: self.first,
            ..self
        }
    }
}

/// How long a piece is, at least: a thousand steps of the clock.
const PIECE: Duration = Duration::from_micros(20);
/// How long is measured between two preparations, about.
const CHUNK: Duration = Duration::from_millis(1);
/// Pieces without which no median is given.
const FEWEST: usize = 15;

/// Measures what `options` ask for.
///
/// # Errors
/// [`Error`]: a library cannot be loaded.
pub fn measure(options: &PairOptions) -> Result<Round, Error> {
    let first = Library::load(&options.first)?;
    let second = Library::load(&options.second)?;
    let cpu = CpuUse::now();
    let budget = Duration::from_millis(options.ms);
    let mut order = Rng::seed_from_u64(options.seed);
    let mut measured = |id: &String| {
        let missing = || Wrong::new(format_args!("{id} is not in both libraries"));
        let open = |library: &Library| {
            let index = library.index_of(id).ok_or_else(missing)?;
            library.open(index, options.seed)
        };
        turns(open(&first)?, open(&second)?, budget, &mut order)
    };
    let ids = options.workloads.iter();
    let pairs = ids
        .map(|id| measured(id).map_err(|wrong| format!("{id}: {wrong}")))
        .collect();
    Ok(Round {
        pairs,
        others: cpu.others_since(),
    })
}

fn turns(first: Opened, second: Opened, budget: Duration, order: &mut Rng) -> Result<Pairs, Wrong> {
    let mut sides = [first, second];
    let capacity = sides.iter().map(Opened::capacity).min().unwrap_or(1).max(1);
    let piece = size_of_piece(&mut sides, capacity)?;
    let chunk = piece.pieces * piece.operations;
    let mut samples = [Vec::new(), Vec::new()];
    let mut ratios = Vec::new();
    let started = Instant::now();
    while started.elapsed() < budget || ratios.len() < FEWEST {
        for side in &mut sides {
            side.prepare(chunk)?;
        }
        for from in (0..chunk).step_by(piece.operations) {
            let mut times = [0.0; 2];
            let swapped = usize::from(order.next_u32() & 1 == 1);
            for side in [swapped, 1 - swapped] {
                let clock = Instant::now();
                sides[side].run(from, from + piece.operations)?;
                times[side] = clock.elapsed().as_nanos() as f64;
                samples[side].push(times[side] / piece.operations as f64);
            }
            ratios.push(times[1] / times[0].max(1.0));
        }
        for side in &mut sides {
            side.verify()?;
        }
    }
    let nothing = || Wrong::new("nothing was measured");
    let [first, second] = samples.map(|mut samples| Nanoseconds::of(&mut samples));
    Ok(Pairs {
        count: ratios.len(),
        ratio: median(&mut ratios).ok_or_else(nothing)?,
        first: first.ok_or_else(nothing)?,
        second: second.ok_or_else(nothing)?,
    })
}

/// Operations in a piece, and pieces in a chunk.
struct Piece {
    operations: usize,
    pieces: usize,
}

/// Warms both sides up and finds how many operations make a piece.
fn size_of_piece(sides: &mut [Opened; 2], capacity: usize) -> Result<Piece, Wrong> {
    let mut quickest = Duration::MAX;
    for _ in 0..3 {
        for side in &mut *sides {
            side.prepare(capacity)?;
            let clock = Instant::now();
            side.run(0, capacity)?;
            quickest = quickest.min(clock.elapsed());
            side.verify()?;
        }
    }
    let each = (quickest.as_nanos() / capacity as u128).max(1);
    let fit = |time: Duration| usize::try_from(time.as_nanos() / each).unwrap_or(usize::MAX);
    let operations = fit(PIECE).clamp(1, capacity);
    let chunk = fit(CHUNK).clamp(operations, capacity);
    Ok(Piece {
        operations,
        pieces: chunk / operations,
    })
}
