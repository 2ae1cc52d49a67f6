//! Rows that were measured in turns with a baseline: strategies, the kernel, peers.

use std::fmt::Write as _;

use super::{digits, duration, parameters};
use crate::measure::stats::Spread;
use crate::record::{Compared, Record, Row};

/// The groups of such rows, with their titles.
pub(super) const GROUPS: [(&str, &str); 2] = [
    ("strategies", "Strategies beside one by one"),
    ("kernel", "Messages with and without the kernel"),
];

/// The rows of `group` that have a baseline, each with it.
pub(super) fn of<'a>(
    record: &'a Record,
    group: &str,
) -> impl Iterator<Item = (&'a Row, &'a Compared)> {
    record
        .results
        .iter()
        .filter(move |row| row.group == group)
        .filter_map(|row| Some((row, row.baseline.as_ref()?)))
}

/// How many times as fast, and how far the rounds lie apart.
pub(super) fn gain(gain: Spread) -> String {
    format!("{:.2} ({:.2} to {:.2})", gain.p50, gain.low, gain.high)
}

/// Nanoseconds that a call over all items takes.
pub(super) fn call(row: &Row, per_item: f64) -> f64 {
    per_item * (row.batch * row.threads) as f64
}

/// The rows of `group` as a Markdown table.
pub(super) fn table(page: &mut String, record: &Record, group: &str) {
    page.push_str(
        "| workload | on | per item | baseline | per item | gain | per second | call p50 | call p99 |\n\
         |---|---|--:|---|--:|--:|--:|--:|--:|\n",
    );
    for (row, baseline) in of(record, group) {
        let Some(ns) = row.ns else { continue };
        let on = if baseline.backend == row.backend {
            String::new()
        } else {
            format!(", {}", baseline.backend)
        };
        let _ = writeln!(
            page,
            "| `{}` {} | {} | {} | {}{on} | {} | {} | {} | {} | {} |",
            row.workload,
            parameters(row),
            row.backend,
            duration(ns.p50),
            baseline.name,
            duration(baseline.ns.p50),
            gain(baseline.gain),
            row.ops_per_s.map(super::per_second).unwrap_or_default(),
            duration(call(row, ns.p50)),
            ns.p99
                .map(|p99| duration(call(row, p99)))
                .unwrap_or_default(),
        );
    }
}

/// The rows of `group` as lines for a terminal.
pub(super) fn lines(out: &mut String, record: &Record, group: &str) {
    for (row, baseline) in of(record, group) {
        let Some(ns) = row.ns else { continue };
        let name = row.workload.rsplit('/').next().unwrap_or_default();
        let _ = writeln!(
            out,
            "{:<52}{:>9} against {:>9}: {}× ({} to {})",
            format!("{name} {}", parameters(row)),
            duration(ns.p50),
            duration(baseline.ns.p50),
            digits(baseline.gain.p50),
            digits(baseline.gain.low),
            digits(baseline.gain.high),
        );
    }
}
