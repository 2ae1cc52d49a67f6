//! The sampler: measures one workload on several backends, in turns.
//!
//! All backends of a workload, and each with its floor or its baseline beside it, are measured in
//! short slices that take turns, so that a change of the machine's speed hits all alike. Set-up
//! and checking stand outside the clock.

use std::time::{Duration, Instant};

use super::clock::Clock;
use super::stats::{Nanoseconds, Spread, median};
use super::stop::Stop;
use super::{bootstrap, distribution};
use crate::alloc::Allocations;
use crate::workload::{Digest, Operation, Wrong};

/// How often the turns go round, at most.
const ROUNDS: u32 = 16;
/// How long operations run between two preparations, about.
const CHUNK: Duration = Duration::from_millis(1);

/// One backend's side of a measurement.
pub struct Lane {
    operation: Track,
    beside: Option<Track>,
    ratios: Vec<f64>,
    allocations: Allocations,
    counted: u64,
}

/// What came out.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Nanoseconds per operation.
    pub ns: Nanoseconds,
    /// The median of each round.
    pub rounds: Vec<f64>,
    /// The bootstrap interval of the median (95 of 100), of enough rounds.
    pub interval: Option<[f64; 2]>,
    /// Quantiles and nanoseconds, where every operation was timed by itself and often enough.
    pub distribution: Option<Vec<[f64; 2]>>,
    /// Samples that lie far above the rest; they count like any other.
    pub outliers: u64,
    /// Timed operations.
    pub iterations: u64,
    /// Operations that share one reading of the clock; percentiles above one operation are those
    /// of such groups.
    pub per_sample: usize,
    /// Allocations during [`counted`](Self::counted) operations.
    pub allocations: Allocations,
    /// How many operations the allocations were counted over.
    pub counted: u64,
    /// What was measured beside it, if anything.
    pub beside: Option<Compared>,
}

/// What was measured in turns with an operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// Nanoseconds per operation of it.
    pub ns: Nanoseconds,
    /// The operation's time by its time, over the rounds.
    pub ratio: Spread,
}

impl Lane {
    /// Warms the operation (and what is beside it) up, finds out how long it takes and what it
    /// allocates.
    ///
    /// # Errors
    /// [`Wrong`] if an operation gave a wrong result.
    pub fn new(
        operation: Box<dyn Operation>,
        beside: Option<Box<dyn Operation>>,
        clock: Clock,
    ) -> Result<Self, Wrong> {
        let mut operation = Track::calibrate(operation, clock)?;
        let beside = beside
            .map(|beside| Track::calibrate(beside, clock))
            .transpose()?;
        let (allocations, counted) = operation.count_allocations()?;
        Ok(Self {
            operation,
            beside,
            ratios: Vec::new(),
            allocations,
            counted,
        })
    }

    fn round(&mut self, slice: Duration) -> Result<(), Wrong> {
        let Some(beside) = &mut self.beside else {
            return self.operation.slice(slice).map(drop);
        };
        let ours = self.operation.slice(slice / 2)?;
        let theirs = beside.slice(slice / 2)?;
        if theirs > 0.0 {
            self.ratios.push(ours / theirs);
        }
        Ok(())
    }

    fn shortest_round(&self) -> Duration {
        self.operation.chunk_time
            + self
                .beside
                .as_ref()
                .map_or(Duration::ZERO, |t| t.chunk_time)
    }

    fn finish(mut self) -> Result<Measured, Wrong> {
        let operation = &mut self.operation;
        let iterations = (operation.samples.len() * operation.per_sample) as u64;
        let alone = operation.per_sample == 1;
        let distribution = alone
            .then(|| distribution::of(&operation.samples))
            .flatten();
        let ns = Nanoseconds::of(&mut operation.samples)
            .ok_or_else(|| Wrong::new("nothing was measured"))?;
        let outliers = distribution::outliers(&operation.samples);
        let interval = bootstrap::interval(&operation.rounds)
            .map(|[low, high]| [low.min(ns.p50), high.max(ns.p50)]);
        let ratio = Spread::of(&mut self.ratios);
        let beside = self.beside.and_then(|mut beside| {
            let ns = Nanoseconds::of(&mut beside.samples)?;
            Some(Compared { ns, ratio: ratio? })
        });
        Ok(Measured {
            ns,
            rounds: operation.rounds.clone(),
            interval,
            distribution,
            outliers,
            iterations,
            per_sample: operation.per_sample,
            allocations: self.allocations,
            counted: self.counted,
            beside,
        })
    }
}

/// Measures all lanes in turns, about `budget` each. A lane that fails drops out. Once `stop` was
/// asked for, the round that has begun is the last one.
pub fn measure(lanes: Vec<Lane>, budget: Duration, stop: &Stop) -> Vec<Result<Measured, Wrong>> {
    let longest = lanes.iter().map(Lane::shortest_round).max();
    let affordable = budget.as_nanos() / longest.unwrap_or_default().as_nanos().max(1);
    let rounds = u32::try_from(affordable).unwrap_or(ROUNDS).clamp(1, ROUNDS);
    let mut lanes: Vec<Result<Lane, Wrong>> = lanes.into_iter().map(Ok).collect();
    for round in 0..rounds {
        // Another one goes first each time.
        let first = round as usize % lanes.len().max(1);
        let (before, from) = lanes.split_at_mut(first);
        for lane in from.iter_mut().chain(before) {
            if let Ok(running) = lane
                && let Err(wrong) = running.round(budget / rounds)
            {
                *lane = Err(wrong);
            }
        }
        if stop.asked() {
            break;
        }
    }
    lanes
        .into_iter()
        .map(|lane| lane.and_then(Lane::finish))
        .collect()
}

/// An operation, how to time it, and its samples so far.
struct Track {
    operation: Box<dyn Operation>,
    per_sample: usize,
    chunk: usize,
    chunk_time: Duration,
    samples: Vec<f64>,
    rounds: Vec<f64>,
}

impl Track {
    fn calibrate(mut operation: Box<dyn Operation>, clock: Clock) -> Result<Self, Wrong> {
        let capacity = operation.capacity();
        let (mut count, mut fastest) = (1, f64::INFINITY);
        let mut chunk_time;
        loop {
            let started = Instant::now();
            let time = timed_chunk(&mut *operation, count)?;
            chunk_time = started.elapsed();
            fastest = fastest.min(time.as_nanos() as f64 / count as f64);
            if time >= CHUNK || count >= capacity {
                break;
            }
            count = (count * 4).min(capacity);
        }
        let shortest = operation.shortest_sample().as_nanos() as f64 / fastest.max(1.0);
        let per_sample = clock.operations_per_sample(fastest);
        let per_sample = per_sample.max(shortest.ceil() as usize).min(capacity);
        let samples = CHUNK.as_nanos() as f64 / (fastest * per_sample as f64).max(1.0);
        let samples = (samples.ceil() as usize).clamp(1, (capacity / per_sample).max(1));
        let chunk = samples * per_sample;
        if chunk != count {
            let started = Instant::now();
            timed_chunk(&mut *operation, chunk)?;
            chunk_time = started.elapsed();
        }
        Ok(Self {
            operation,
            per_sample,
            chunk,
            chunk_time,
            samples: Vec::new(),
            rounds: Vec::new(),
        })
    }

    /// Counts what some warm operations allocate.
    fn count_allocations(&mut self) -> Result<(Allocations, u64), Wrong> {
        let count = self.chunk.min(32);
        self.operation.prepare(count)?;
        let allocations = self.operation.run_counted(0..count)?;
        self.operation.verify(&mut Digest::new())?;
        Ok((allocations, count as u64))
    }

    /// Samples for about `time`, at least one chunk; gives this slice's median.
    fn slice(&mut self, time: Duration) -> Result<f64, Wrong> {
        let started = Instant::now();
        let first = self.samples.len();
        loop {
            self.operation.prepare(self.chunk)?;
            for begin in (0..self.chunk).step_by(self.per_sample) {
                let clock = Instant::now();
                self.operation.run(begin..begin + self.per_sample)?;
                let sample = clock.elapsed();
                self.samples
                    .push(sample.as_nanos() as f64 / self.per_sample as f64);
            }
            self.operation.verify(&mut Digest::new())?;
            if started.elapsed() + self.chunk_time / 2 >= time {
                break;
            }
        }
        let mut slice = self.samples[first..].to_vec();
        let median = median(&mut slice).ok_or_else(|| Wrong::new("nothing was measured"))?;
        self.rounds.push(median);
        Ok(median)
    }
}

/// Prepares, runs and checks `count` operations; gives the time of the running.
fn timed_chunk(operation: &mut dyn Operation, count: usize) -> Result<Duration, Wrong> {
    operation.prepare(count)?;
    let started = Instant::now();
    operation.run(0..count)?;
    let time = started.elapsed();
    operation.verify(&mut Digest::new())?;
    Ok(time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{ensure, operation};

    const CLOCK: Clock = Clock {
        cost_ns: 20.0,
        step_ns: 20.0,
    };

    fn spinning(rounds: u64, wrong_after: u64) -> Box<dyn Operation> {
        operation(
            0_u64,
            64,
            |made| {
                *made += 1;
                Ok(*made)
            },
            move |_, item| {
                for step in 0..rounds {
                    std::hint::black_box(step);
                }
                ensure(*item < wrong_after, "too many")
            },
            |_, _, _| Ok(()),
        )
    }

    #[test]
    fn a_ratio_compares_the_operation_with_what_is_beside_it() {
        let lane = Lane::new(
            spinning(20_000, u64::MAX),
            Some(spinning(10_000, u64::MAX)),
            CLOCK,
        )
        .unwrap();
        let results = measure(vec![lane], Duration::from_millis(60), &Stop::default());
        let measured = results[0].as_ref().unwrap();
        let ratio = measured.beside.as_ref().unwrap().ratio;
        assert!((1.3..3.0).contains(&ratio.p50), "ratio {ratio:?}");
        assert!(ratio.low <= ratio.p50 && ratio.p50 <= ratio.high);
        assert!(measured.iterations > 10 && measured.ns.min <= measured.ns.p50);
        let [low, high] = measured.interval.unwrap();
        assert!(low <= measured.ns.p50 && measured.ns.p50 <= high);
        assert!(measured.rounds.len() >= 4);
    }

    #[test]
    fn once_asked_to_stop_it_measures_one_round_more() {
        let stop = Stop::default();
        stop.ask();
        let lanes = [1_000, 2_000].map(|rounds| Lane::new(spinning(rounds, u64::MAX), None, CLOCK));
        let lanes = lanes.into_iter().collect::<Result<Vec<_>, _>>().unwrap();
        let started = Instant::now();
        for measured in measure(lanes, Duration::from_secs(60), &stop) {
            assert_eq!(measured.unwrap().rounds.len(), 1);
        }
        assert!(started.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_wrong_result_discards_its_lane_only() {
        let good = Lane::new(spinning(1_000, u64::MAX), None, CLOCK).unwrap();
        let bad = Lane::new(spinning(1_000, 1_000), None, CLOCK).unwrap();
        let results = measure(vec![bad, good], Duration::from_millis(20), &Stop::default());
        assert_eq!(results[0], Err(Wrong::new("too many")));
        assert!(results[1].is_ok());
    }
}
