//! The record of `load`: the JSON format `sprag-bench-load/1` (docs/BENCH-JSON.md).

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::Window;
use super::client::Heard;
use super::server::Served;
use crate::build_info::Build;
use crate::host::Host;
use crate::measure::stats::round;

/// The format's name and version.
pub(super) const SCHEMA: &str = "sprag-bench-load/1";

/// One run.
#[derive(Clone, Debug, Serialize)]
pub(super) struct LoadRecord {
    pub(super) schema: String,
    pub(super) command: String,
    pub(super) seed: u64,
    pub(super) host: Host,
    pub(super) build: Build,
    pub(super) backend: String,
    /// Handshakes per second that the server does one by one, without the connection.
    pub(super) one_by_one_per_s: f64,
    pub(super) results: Vec<Point>,
}

/// One load offered to one server.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Point {
    pub(super) batch: usize,
    pub(super) wait_us: u64,
    pub(super) offered_per_s: f64,
    pub(super) answered_per_s: f64,
    pub(super) offered: usize,
    pub(super) answered: usize,
    pub(super) mean_batch: f64,
    /// From when a message was due to when its answer was there; `None` if none was.
    pub(super) latency_us: Option<Latency>,
    /// 99 of 100 messages were sent no later than this after they were due.
    pub(super) sender_late_p99_us: f64,
}

/// Microseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Latency {
    pub(super) p50: f64,
    pub(super) p90: f64,
    pub(super) p99: f64,
    pub(super) p999: f64,
    pub(super) max: f64,
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

    pub(super) fn window(&self) -> Window {
        Window {
            batch: self.batch,
            wait: Duration::from_micros(self.wait_us),
        }
    }

    /// Did answers keep up with questions?
    pub(super) fn kept_up(&self) -> bool {
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
