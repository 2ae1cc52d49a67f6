//! Reports: what a record says, for people.
//!
//! What lives here: the arrangement of a record's rows into families (one workload with all its
//! parameters, every backend) and the words for numbers; [`terminal`] prints them. A report that one
//! can show is made by [`verb`]: `page` says what is in it, `chart` draws, `html` and [`markdown`]
//! write it down, [`input`] reads records that exist.
//! Rows that have a baseline are in no family: `compared` and `strategies` tell of them, and
//! `goals` says what the project set itself to reach and what a record shows of it.

mod chart;
mod compared;
mod escape;
mod goals;
mod html;
pub mod input;
pub mod markdown;
mod page;
pub(crate) mod podium;
mod strategies;
pub mod terminal;
pub mod verb;

use crate::record::{Record, Row};

/// What a report of a disturbed run begins with.
pub(crate) const BUSY: &str = "Something else kept this machine busy during the run: the numbers are \
                               too high, and those of several threads mean little.";

/// One workload's rows, one per backend.
pub(crate) struct Family<'a> {
    pub(crate) rows: Vec<&'a Row>,
}

impl<'a> Family<'a> {
    /// The record's families in its order.
    pub(crate) fn all(record: &'a Record) -> Vec<Self> {
        let mut families: Vec<Self> = Vec::new();
        for row in record.results.iter().filter(|row| row.baseline.is_none()) {
            let found = families
                .iter_mut()
                .find(|family| family.rows.iter().any(|first| is_same_work(first, row)));
            match found {
                Some(family) => family.rows.push(row),
                None => families.push(Self { rows: vec![row] }),
            }
        }
        families
    }

    pub(crate) fn workload(&self) -> &'a str {
        self.rows.first().map_or("", |row| &row.workload)
    }

    pub(crate) fn on(&self, backend: &str) -> Option<&'a Row> {
        self.rows.iter().find(|row| row.backend == backend).copied()
    }

    /// The smallest median, in nanoseconds per item, of the backends that compute something.
    pub(crate) fn best(&self) -> Option<f64> {
        let medians = self.rows.iter().filter(|row| row.backend != "null");
        medians.filter_map(|row| median(row)).min_by(f64::total_cmp)
    }

    /// The parameters that tell this family from others of its workload.
    pub(crate) fn parameters(&self) -> String {
        self.rows
            .first()
            .map_or_else(String::new, |row| parameters(row))
    }
}

/// The parameters that tell a row from others of its workload.
pub(crate) fn parameters(row: &Row) -> String {
    let mut words = Vec::new();
    words.extend(
        row.suite
            .as_deref()
            .map(|suite| short_suite(&row.group, suite)),
    );
    words.extend(row.size.map(|size| format!("{size} {}", unit(row))));
    if row.group == "batch" || row.group == "strategies" {
        words.push(format!("×{}", row.batch));
        words.push(format!("{} thr", row.threads));
    }
    if row.workload == "history/restore" {
        words.push(format!("×{}", row.batch));
    }
    words.extend(row.strategy.clone());
    words.join(" ")
}

fn is_same_work(a: &Row, b: &Row) -> bool {
    (
        &a.workload,
        &a.suite,
        a.size,
        a.batch,
        a.threads,
        &a.strategy,
    ) == (
        &b.workload,
        &b.suite,
        b.size,
        b.batch,
        b.threads,
        &b.strategy,
    )
}

fn unit(row: &Row) -> &'static str {
    match row.workload.as_str() {
        "session/skip" => "missing",
        "state/bytes" => "sessions",
        "history/restore_peak" => "messages",
        "state/encode" | "state/decode" => "skipped",
        _ => "B",
    }
}

/// The half of the suite's name that matters in the group.
fn short_suite(group: &str, suite: &str) -> String {
    let aead = if suite.contains("AES256GCM") {
        "aes"
    } else {
        "chacha"
    };
    if ["session", "state", "primitive", "kernel"].contains(&group) {
        return aead.into();
    }
    let handshake = match () {
        () if suite.contains("MLKEM1024") => "pqxdh1024",
        () if suite.contains("MLKEM768") => "pqxdh768",
        () => "x3dh",
    };
    if group == "handshake" {
        return handshake.into();
    }
    format!("{handshake} {aead}")
}

/// The median in nanoseconds per item.
pub(crate) fn median(row: &Row) -> Option<f64> {
    row.ns.map(|ns| ns.p50)
}

/// The backends of a record's families, in its order.
pub(crate) fn backends(record: &Record) -> Vec<&str> {
    let mut names = Vec::new();
    for row in record.results.iter().filter(|row| row.baseline.is_none()) {
        if !names.contains(&row.backend.as_str()) {
            names.push(&row.backend);
        }
    }
    names
}

/// `text` broken into lines of at most `width` columns; all but the first begin with `indent`.
pub(crate) fn wrapped(text: &str, width: usize, indent: &str) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let len = word.chars().count();
        if column > 0 && column + 1 + len > width {
            out.push('\n');
            out.push_str(indent);
            column = indent.chars().count();
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += len;
    }
    out
}

/// Nanoseconds in three digits and a unit.
pub(crate) fn duration(ns: f64) -> String {
    let (value, unit) = match ns {
        ns if ns < 1e3 => (ns, "ns"),
        ns if ns < 1e6 => (ns / 1e3, "µs"),
        ns if ns < 1e9 => (ns / 1e6, "ms"),
        ns => (ns / 1e9, "s"),
    };
    format!("{} {unit}", digits(value))
}

/// A number in three digits; below a tenth in two that mean something, to a millionth.
pub(crate) fn digits(value: f64) -> String {
    let places = match value {
        value if value > 0.0 && value < 0.1 => (1.0 - value.log10().floor()).min(6.0) as usize,
        value if value < 10.0 => 2,
        value if value < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.places$}")
}

/// A rate in three digits.
pub(crate) fn per_second(rate: f64) -> String {
    match rate {
        rate if rate < 1e3 => digits(rate),
        rate if rate < 1e6 => format!("{} k", digits(rate / 1e3)),
        rate => format!("{} M", digits(rate / 1e6)),
    }
}

/// The largest median of a refused message per backend, if any was measured.
pub(crate) fn worst_refusals(record: &Record) -> Vec<Option<&Row>> {
    let refusals = |backend: &str| {
        let rows = record.results.iter();
        rows.filter(|row| row.workload == "session/reject" && row.backend == backend)
            .max_by(|a, b| {
                median(a)
                    .unwrap_or(0.0)
                    .total_cmp(&median(b).unwrap_or(0.0))
            })
    };
    backends(record).into_iter().map(refusals).collect()
}

/// How the backends compare over all variants of one workload.
pub(crate) struct Standing<'a> {
    pub(crate) workload: &'a str,
    /// Per backend: how many times the best backend's time, as the geometric mean over the
    /// variants, and the largest floor ratio.
    pub(crate) backends: Vec<Option<(f64, Option<f64>)>>,
}

/// The standing of every workload, for the backends of [`backends`] in their order.
pub(crate) fn standings<'a>(record: &'a Record) -> Vec<Standing<'a>> {
    let families = Family::all(record);
    let names = backends(record);
    let mut workloads: Vec<&str> = families.iter().map(Family::workload).collect();
    workloads.dedup();
    let standing = |workload: &'a str| {
        let variants: Vec<&Family<'_>> = families
            .iter()
            .filter(|family| family.workload() == workload)
            .collect();
        let backends = names
            .iter()
            .map(|name| standing_of(&variants, name))
            .collect();
        Standing { workload, backends }
    };
    workloads.into_iter().map(standing).collect()
}

fn standing_of(variants: &[&Family<'_>], backend: &str) -> Option<(f64, Option<f64>)> {
    let mut times = Vec::new();
    let mut ratio: Option<f64> = None;
    for family in variants {
        let row = family.on(backend)?;
        times.push(median(row)? / family.best()?);
        ratio = match (ratio, row.floor_ratio) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        };
    }
    Some((podium::geometric_mean(times.into_iter())?, ratio))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_broken_between_words() {
        assert_eq!(
            wrapped("one two  three four", 8, "  "),
            "one two\n  three\n  four"
        );
    }

    #[test]
    fn durations_have_three_digits() {
        assert_eq!(duration(7.126), "7.13 ns");
        assert_eq!(duration(71.26), "71.3 ns");
        assert_eq!(duration(99_400.0), "99.4 µs");
        assert_eq!(duration(123_456_789.0), "123 ms");
    }
}
