//! The record of a run: the JSON format `sprag-bench/1` (docs/BENCH-JSON.md).
//!
//! Invariant: every field is present in every record, `null` where there is no value.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::backend::Backend;
use crate::build_info::Build;
use crate::cli::Failure;
use crate::host::Host;
use crate::measure::noise::Noise;
use crate::measure::sampler::Measured;
use crate::measure::stats::{Nanoseconds, Spread, round};
use crate::report::input::read_record;
use crate::workload::sizes::Sizes;
use crate::workload::table::Workload;

/// The format's name and version.
pub const SCHEMA: &str = "sprag-bench/1";

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// [`SCHEMA`].
    pub schema: String,
    /// The command that made it.
    pub command: String,
    /// When the run began, in UTC (RFC 3339); `None` in records older than the field.
    #[serde(default)]
    pub started: Option<String>,
    /// Stopped before everything was measured.
    #[serde(default)]
    pub interrupted: bool,
    /// Seed of all inputs.
    pub seed: u64,
    /// What operations differed from themselves by; `None` if that was not measured.
    #[serde(default)]
    pub noise: Option<Noise>,
    /// The machine.
    pub host: Host,
    /// The binary.
    pub build: Build,
    /// The rows.
    pub results: Vec<Row>,
}

/// One workload on one backend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The part of the workload's name before the slash.
    pub group: String,
    /// The workload's name.
    pub workload: String,
    /// The backend's name.
    pub backend: String,
    /// The suite's name.
    pub suite: Option<String>,
    /// Bytes of plaintext or input. For `session/skip` missing messages, for `state/encode` and
    /// `state/decode` stored skipped keys, for `state/bytes` sessions, for `history/restore_peak`
    /// messages.
    pub size: Option<usize>,
    /// Items per call.
    pub batch: usize,
    /// Threads that make such calls at the same time.
    pub threads: usize,
    /// Which way of doing it, where there are several.
    pub strategy: Option<String>,
    /// Items timed, in all samples together.
    pub iters: Option<u64>,
    /// Items that share one reading of the clock.
    pub per_sample: Option<usize>,
    /// Nanoseconds per item.
    pub ns: Option<Nanoseconds>,
    /// Nanoseconds per item between which the median lies in 95 of 100 resamplings of the rounds.
    #[serde(default)]
    pub ci: Option<[f64; 2]>,
    /// The median of each round, in nanoseconds per item.
    #[serde(default)]
    pub rounds: Vec<f64>,
    /// Quantiles with their nanoseconds per item, where every call was timed by itself.
    #[serde(default)]
    pub distribution: Option<Vec<[f64; 2]>>,
    /// Samples far above the rest; they count like any other.
    #[serde(default)]
    pub outliers: Option<u64>,
    /// Items per second, from the median.
    pub ops_per_s: Option<f64>,
    /// Bytes of plaintext or input per second, from the median.
    pub bytes_per_s: Option<f64>,
    /// Rust allocations per item.
    pub allocs_per_op: Option<f64>,
    /// C allocations per item.
    pub c_allocs_per_op: Option<f64>,
    /// Nanoseconds per item of the primitive calls alone, the median; `None` if it makes none.
    pub floor_ns: Option<f64>,
    /// Median of time by floor time, measured in turns.
    pub floor_ratio: Option<f64>,
    /// That ratio with how far the rounds lie apart.
    #[serde(default)]
    pub floor_spread: Option<Spread>,
    /// The same done otherwise, where that was measured in turns.
    pub baseline: Option<Compared>,
    /// Bytes of the encoded state, held per session for `state/bytes`, or at once for
    /// `history/restore_peak`.
    pub state_bytes: Option<f64>,
    /// Bytes on the wire beyond the plaintext.
    pub overhead_bytes: Option<usize>,
}

/// A baseline measured in turns with a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// How it was done.
    pub name: String,
    /// The backend it was done on, or the library.
    pub backend: String,
    /// Nanoseconds per item.
    pub ns: Nanoseconds,
    /// The baseline's time by the row's: how many times as fast the row is.
    pub gain: Spread,
}

impl Record {
    /// Reads the record in the file at `path`.
    ///
    /// # Errors
    /// [`Failure::Unreadable`] if there is none, it is not one of this format, or a value in it is one
    /// that no measurement gives.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        Ok(read_record(path)?)
    }

    /// The record as it is written to a file: one line for each row.
    ///
    /// # Errors
    /// [`io::Error`] if a number in it cannot be written.
    pub fn to_json(&self) -> Result<String, io::Error> {
        const NO_ROWS: &str = "[]\n}";
        let head = Self {
            results: Vec::new(),
            ..self.clone()
        };
        let mut json = serde_json::to_string_pretty(&head)?;
        json.truncate(json.len() - NO_ROWS.len());
        json.push('[');
        for (index, row) in self.results.iter().enumerate() {
            json.push_str(if index == 0 { "\n    " } else { ",\n    " });
            json.push_str(&serde_json::to_string(row)?);
        }
        json.push_str("\n  ]\n}\n");
        Ok(json)
    }
}

impl Row {
    /// Name and every parameter of the workload: unique among the rows of one backend.
    #[must_use]
    pub fn id(&self) -> String {
        identifier(
            &self.workload,
            self.suite.as_deref(),
            self.size,
            self.batch,
            self.threads,
            self.strategy.as_deref(),
        )
    }

    /// A row that so far only says what it is about.
    #[must_use]
    pub fn about(workload: &Workload, backend: Backend) -> Self {
        Self {
            group: workload.group().into(),
            workload: workload.name.into(),
            backend: backend.name().into(),
            suite: workload.suite.map(|suite| suite.name().into()),
            size: workload.size,
            batch: workload.batch,
            threads: workload.threads,
            strategy: (!workload.strategy.is_empty()).then(|| workload.strategy.into()),
            iters: None,
            per_sample: None,
            ns: None,
            ci: None,
            rounds: Vec::new(),
            distribution: None,
            outliers: None,
            ops_per_s: None,
            bytes_per_s: None,
            allocs_per_op: None,
            c_allocs_per_op: None,
            floor_ns: None,
            floor_ratio: None,
            floor_spread: None,
            baseline: None,
            state_bytes: None,
            overhead_bytes: None,
        }
    }

    /// This row with what was found out about sizes.
    #[must_use]
    pub fn weighing(self, sizes: Sizes) -> Self {
        Self {
            state_bytes: sizes.state.map(|bytes| bytes as f64),
            overhead_bytes: sizes.overhead,
            ..self
        }
    }

    /// The row of a measurement; times and counts become per item.
    #[must_use]
    pub fn measured(workload: &Workload, backend: Backend, measured: &Measured) -> Self {
        let items = workload.items();
        let median = measured.ns.p50 / items as f64;
        let each = |ns: f64| round(ns / items as f64);
        let per_op = |count: Option<u64>| {
            count.map(|count| round(count as f64 / (measured.counted * items as u64) as f64))
        };
        let floor = measured.beside.as_ref().filter(|_| workload.has_floor());
        let baseline = workload
            .baseline(backend)
            .zip(measured.beside.as_ref())
            .map(|((baseline, ..), beside)| Compared {
                name: baseline.name.into(),
                backend: baseline.done_on(backend).into(),
                ns: beside.ns.per(items),
                gain: beside.ratio.inverse().rounded(),
            });
        Self {
            iters: Some(measured.iterations * items as u64),
            per_sample: Some(measured.per_sample * items),
            ns: Some(measured.ns.per(items)),
            ci: measured.interval.map(|interval| interval.map(each)),
            rounds: measured.rounds.iter().copied().map(each).collect(),
            distribution: measured.distribution.as_ref().map(|points| {
                let points = points.iter();
                points.map(|&[quantile, ns]| [quantile, each(ns)]).collect()
            }),
            outliers: Some(measured.outliers),
            ops_per_s: Some(round(1e9 / median)),
            bytes_per_s: workload
                .bytes()
                .map(|size| round(size as f64 * 1e9 / median)),
            allocs_per_op: per_op(measured.allocations.rust),
            c_allocs_per_op: per_op(measured.allocations.c),
            floor_ns: floor.map(|floor| floor.ns.per(items).p50),
            floor_ratio: floor.map(|floor| round(floor.ratio.p50)),
            floor_spread: floor.map(|floor| floor.ratio.rounded()),
            baseline,
            ..Self::about(workload, backend)
        }
    }
}

/// A workload's name and every parameter.
pub(crate) fn identifier(
    name: &str,
    suite: Option<&str>,
    size: Option<usize>,
    batch: usize,
    threads: usize,
    strategy: Option<&str>,
) -> String {
    let group = name.split('/').next().unwrap_or(name);
    let mut parts = vec![name.to_owned()];
    parts.extend(suite.map(str::to_owned));
    parts.extend(size.map(|size| size.to_string()));
    if batch > 1 || threads > 1 || ["batch", "strategies"].contains(&group) {
        parts.push(format!("b{batch}/t{threads}"));
    }
    parts.extend(strategy.map(str::to_owned));
    parts.join("/")
}

/// Records and rows for tests of those who read them.
#[cfg(test)]
pub(crate) mod sample {
    use super::*;
    use crate::measure::clock::Clock;

    /// A record of `rows` on this host.
    pub(crate) fn record(rows: Vec<Row>) -> Record {
        let clock = Clock {
            cost_ns: 25.0,
            step_ns: 20.0,
        };
        Record {
            schema: SCHEMA.into(),
            command: "cargo run --release".into(),
            started: Some("2026-01-01T00:00:00Z".into()),
            interrupted: false,
            seed: 1,
            noise: None,
            host: Host::look(clock),
            build: Build::this(),
            results: rows,
        }
    }

    /// A row that took `ns`, every round alike, beside a baseline or a floor as long, where it has
    /// one.
    pub(crate) fn row(workload: &Workload, backend: Backend, ns: f64) -> Row {
        let all = |value: f64| Nanoseconds {
            min: value,
            p50: value,
            mean: value,
            p90: Some(value),
            p99: Some(value),
            p999: None,
            max: value,
        };
        let even = Spread {
            low: 1.0,
            p50: 1.0,
            high: 1.0,
        };
        let baseline = workload.baseline(backend).map(|(baseline, ..)| Compared {
            name: baseline.name.into(),
            backend: baseline.done_on(backend).into(),
            ns: all(ns),
            gain: even,
        });
        Row {
            ns: workload.is_timed().then(|| all(ns)),
            ci: Some([ns * 0.995, ns * 1.005]),
            rounds: vec![ns; 16],
            ops_per_s: Some(1e9 / ns),
            floor_ns: workload.has_floor().then_some(ns),
            floor_ratio: workload.has_floor().then_some(1.0),
            floor_spread: workload.has_floor().then_some(even),
            baseline,
            ..Row::about(workload, backend)
        }
    }

    /// Makes a row `times` as fast as its baseline.
    pub(crate) fn gains(row: &mut Row, times: f64) {
        if let Some(baseline) = &mut row.baseline {
            baseline.gain = Spread {
                low: times * 0.99,
                p50: times,
                high: times * 1.01,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::table;

    #[test]
    fn a_row_is_named_as_its_workload() {
        for workload in table::all() {
            let row = Row::about(&workload, Backend::Mixed);
            assert_eq!(row.id(), workload.id());
        }
    }
}
