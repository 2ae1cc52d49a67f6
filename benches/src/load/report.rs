//! What a record of `load` says, for people.

use std::fmt::Write as _;

use super::record::{LoadRecord, Point};
use crate::report::{BUSY, digits, duration, wrapped};

/// What was done.
pub(crate) const HOW: &str = "One thread sends first messages (PQXDH, 64 bytes) over one loopback connection at \
                   times drawn beforehand, one accepts them and answers each in its new session; both \
                   spin, on two processors. Latency counts from when a message was due to when its \
                   answer had come, so a queue shows. Every answer was decrypted and compared after \
                   the clock had stopped.";

/// Tables for a terminal.
pub(crate) fn terminal(record: &LoadRecord) -> String {
    let mut out = format!(
        "\nhandshakes under offered load, {}; one by one without the connection {} per second\n",
        record.backend, record.one_by_one_per_s
    );
    let _ = writeln!(out, "{}", wrapped(HOW, 100, ""));
    let mut rate = None;
    for point in &record.results {
        if rate != Some(point.offered_per_s) {
            rate = Some(point.offered_per_s);
            let _ = writeln!(
                out,
                "\n{:<24}{:>10}{:>8}{:>10}{:>10}{:>10}{:>10}",
                format!("{} per second", point.offered_per_s),
                "answered",
                "batch",
                "p50",
                "p90",
                "p99",
                "p99.9"
            );
        }
        let _ = write!(
            out,
            "{:<24}{:>10}{:>8}",
            point.window().to_string(),
            point.answered_per_s.round(),
            digits(point.mean_batch)
        );
        for time in times(point) {
            let _ = write!(out, "{time:>10}");
        }
        out.push('\n');
    }
    let _ = writeln!(out);
    for sentence in words(record) {
        let _ = writeln!(out, "{}", wrapped(&sentence, 100, "  "));
    }
    if record.host.was_busy() {
        let _ = writeln!(out, "\n{}", wrapped(BUSY, 100, ""));
    }
    out
}

fn times(point: &Point) -> [String; 4] {
    let Some(latency) = point.latency_us else {
        return Default::default();
    };
    [latency.p50, latency.p90, latency.p99, latency.p999].map(|micros| duration(micros * 1e3))
}

/// Batches of fewer handshakes on average differ from one by one only by chance.
const FORMS: f64 = 1.2;

/// Which window to use at which load, from the points.
pub(crate) fn words(record: &LoadRecord) -> Vec<String> {
    let mut rates: Vec<f64> = record.results.iter().map(|p| p.offered_per_s).collect();
    rates.dedup();
    let p99 = |point: &Point| {
        point
            .latency_us
            .map_or(f64::INFINITY, |latency| latency.p99)
    };
    rates
        .into_iter()
        .filter_map(|rate| {
            let points: Vec<&Point> = record
                .results
                .iter()
                .filter(|point| point.offered_per_s == rate)
                .collect();
            let share = 100.0 * rate / record.one_by_one_per_s;
            let best = points
                .iter()
                .filter(|point| point.kept_up())
                .min_by(|a, b| p99(a).total_cmp(&p99(b)));
            let Some(best) = best else {
                return Some(format!(
                    "At {rate} per second ({share:.0} % of one by one) nothing kept up."
                ));
            };
            let single = points.iter().find(|point| point.batch == 1)?;
            if best.batch > 1 && best.mean_batch < FORMS && single.kept_up() {
                return Some(format!(
                    "At {rate} per second ({share:.0} % of one by one) batches hardly form: {:.2} \
                     handshakes each, p99 {}, one by one {}.",
                    best.mean_batch,
                    duration(p99(best) * 1e3),
                    duration(p99(single) * 1e3)
                ));
            }
            let compared = if best.batch == 1 {
                String::new()
            } else if single.kept_up() {
                format!(", one by one {}", duration(p99(single) * 1e3))
            } else {
                ", one by one did not keep up".into()
            };
            Some(format!(
                "At {rate} per second ({share:.0} % of one by one) the lowest p99 was that of {}: \
                 {}{compared}.",
                best.window(),
                duration(p99(best) * 1e3)
            ))
        })
        .collect()
}
