//! The record of `load`: the JSON format `sprag-bench-load/1` (docs/BENCH-JSON.md).

use std::io;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use super::Window;
use super::client::Heard;
use super::server::Served;
use crate::build_info::Build;
use crate::host::Host;
use crate::measure::stats::round;
use crate::report::input::is_positive;

/// The format's name and version.
pub(crate) const SCHEMA: &str = "sprag-bench-load/1";

/// One run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LoadRecord {
    pub(crate) schema: String,
    pub(crate) command: String,
    pub(crate) seed: u64,
    pub(crate) host: Host,
    pub(crate) build: Build,
    pub(crate) backend: String,
    /// Handshakes per second that the server does one by one, without the connection.
    pub(crate) one_by_one_per_s: f64,
    pub(crate) results: Vec<Point>,
}

impl LoadRecord {
    /// The record as it is written to a file.
    ///
    /// # Errors
    /// [`io::Error`] if a number in it cannot be written.
    pub(crate) fn to_json(&self) -> Result<String, io::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// One load offered to one server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Point {
    pub(crate) batch: usize,
    pub(crate) wait_us: u64,
    pub(crate) offered_per_s: f64,
    pub(crate) answered_per_s: f64,
    pub(crate) offered: usize,
    pub(crate) answered: usize,
    pub(crate) mean_batch: f64,
    /// From when a message was due to when its answer was there; `None` if none was.
    pub(crate) latency_us: Option<Latency>,
    /// 99 of 100 messages were sent no later than this after they were due.
    pub(crate) sender_late_p99_us: f64,
}

/// Microseconds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p99: f64,
    pub(crate) p999: f64,
    pub(crate) max: f64,
}

impl Point {
    pub(super) fn new(
        window: Window,
        rate: f64,
        schedule: &[Duration],
        heard: &Heard,
        served: &Served,
    ) -> Self {
        let answered = heard.answers.len();
        let latencies = heard.arrivals.iter().zip(schedule);
        let latencies = histogram(latencies.map(|(arrived, due)| *arrived - *due));
        let last = heard.arrivals.last().copied().unwrap_or_default();
        Self {
            batch: window.batch,
            wait_us: window.wait.as_micros() as u64,
            offered_per_s: round(rate),
            answered_per_s: round(answered as f64 / last.as_secs_f64().max(f64::MIN_POSITIVE)),
            offered: schedule.len(),
            answered,
            mean_batch: round(served.handshakes as f64 / served.batches.max(1) as f64),
            latency_us: (answered > 0).then(|| Latency {
                p50: micros(&latencies, 0.5),
                p90: micros(&latencies, 0.9),
                p99: micros(&latencies, 0.99),
                p999: micros(&latencies, 0.999),
                max: micros(&latencies, 1.0),
            }),
            sender_late_p99_us: micros(&histogram(heard.lags.iter().copied()), 0.99),
        }
    }

    pub(crate) fn window(&self) -> Window {
        Window {
            batch: self.batch,
            wait: Duration::from_micros(self.wait_us),
        }
    }

    /// Can a measurement give this? If not, the field that it cannot give.
    pub(crate) fn possible(&self) -> Result<(), &'static str> {
        let latencies = |latency: Latency| {
            [
                latency.p50,
                latency.p90,
                latency.p99,
                latency.p999,
                latency.max,
            ]
        };
        let checks = [
            ("batch", (1..=1 << 32).contains(&self.batch)),
            ("offered_per_s", is_positive(self.offered_per_s)),
            ("answered_per_s", (0.0..1e18).contains(&self.answered_per_s)),
            ("mean_batch", (0.0..1e18).contains(&self.mean_batch)),
            (
                "sender_late_p99_us",
                (0.0..1e18).contains(&self.sender_late_p99_us),
            ),
            (
                "latency_us",
                self.latency_us
                    .is_none_or(|latency| latencies(latency).into_iter().all(is_positive)),
            ),
        ];
        match checks.into_iter().find(|(_, holds)| !holds) {
            Some((field, _)) => Err(field),
            None => Ok(()),
        }
    }

    /// Did answers keep up with questions?
    pub(crate) fn kept_up(&self) -> bool {
        self.answered == self.offered && self.answered_per_s >= 0.97 * self.offered_per_s
    }
}

/// Nanoseconds, to three digits.
fn histogram(times: impl Iterator<Item = Duration>) -> Histogram<u64> {
    const LONGEST: u64 = 3600 * 1_000_000_000;
    let mut histogram = Histogram::new_with_bounds(1, LONGEST, 3).expect("sound bounds");
    for time in times {
        histogram.saturating_record(u64::try_from(time.as_nanos()).unwrap_or(LONGEST));
    }
    histogram
}

fn micros(histogram: &Histogram<u64>, quantile: f64) -> f64 {
    round(histogram.value_at_quantile(quantile) as f64 / 1e3)
}
