//! Operations per second against the batch, by backend and by strategy.

use super::words::{listed, sentence, short_name, times};
use super::{Block, Section, Table};
use crate::record::{Compared, Record, Row};
use crate::report::chart::{Axis, Chart, Kind, Lines, Point, Series, Tone, rate_ticks};
use crate::report::podium::Certainty;
use crate::report::{compared, duration, parameters, per_second, strategies};

pub(super) fn section(record: &Record) -> Option<Section> {
    let mut charts = by_strategy(record);
    charts.extend(by_backend(record));
    Section::of(
        "batching",
        "Which strategy when",
        vec![
            Block::Table(verdicts(record)),
            Block::Text(
                "In the charts, rates count items, not calls: a call of 64 that takes 64 µs makes a million per second."
                    .into(),
            ),
            Block::Charts(charts),
        ],
    )
}

/// Every strategy in words.
fn verdicts(record: &Record) -> Table {
    let mut table = Table::of(&["strategy", "variant", "verdict"]);
    for (what, verdicts) in strategies::verdicts(record) {
        for (index, verdict) in verdicts.into_iter().enumerate() {
            let what = if index == 0 { what } else { "" };
            table.push([what, &verdict.variant, &verdict.says]);
        }
    }
    table
}

/// A chart for every workload of `strategies` that was measured at several batches.
fn by_strategy(record: &Record) -> Vec<Chart> {
    let rows: Vec<(&Row, &Compared)> = compared::of(record, "strategies")
        .filter(|(row, _)| !is_cold(row))
        .collect();
    let mut workloads: Vec<&str> = Vec::new();
    for (row, _) in &rows {
        if !workloads.contains(&row.workload.as_str()) {
            workloads.push(&row.workload);
        }
    }
    let chart = |workload: &str| {
        // One size and suite to a chart: the one with most rows, the first of these.
        let of = rows.iter().filter(|(row, _)| row.workload == workload);
        let of: Vec<(&Row, &Compared)> = of.copied().collect();
        let alike = |a: &Row, b: &Row| (&a.suite, a.size) == (&b.suite, b.size);
        let (kind, _) = of
            .iter()
            .rev()
            .max_by_key(|(row, _)| of.iter().filter(|(other, _)| alike(row, other)).count())?;
        let of: Vec<_> = of
            .iter()
            .filter(|(row, _)| alike(row, kind))
            .copied()
            .collect();
        strategy_chart(workload, &of)
    };
    workloads.into_iter().filter_map(chart).collect()
}

fn strategy_chart(workload: &str, rows: &[(&Row, &Compared)]) -> Option<Chart> {
    let mut series: Vec<Series> = Vec::new();
    let mut add = |name: String, row: &Row, ns: f64| {
        let rate = 1e9 / ns;
        let point = Point {
            x: row.batch as f64,
            y: rate,
            band: None,
            hollow: false,
            note: format!(
                "{name}, {} a call: {} per second, {} an item",
                row.batch,
                per_second(rate),
                duration(ns)
            ),
        };
        match series.iter_mut().find(|one| one.name == name) {
            Some(one) if one.points.iter().any(|known| known.x == point.x) => {}
            Some(one) => one.points.push(point),
            None => {
                let tone = Tone::at(series.len());
                series.push(Series {
                    name,
                    tone,
                    points: vec![point],
                    ideal: false,
                });
            }
        }
    };
    let threads = |row: &Row, name: &str| {
        let name = name.replace('_', " ");
        if row.threads > 1 {
            format!("{name}, {} threads", row.threads)
        } else {
            name
        }
    };
    for (row, _) in rows {
        let name = threads(row, row.strategy.as_deref().unwrap_or("as is"));
        add(name, row, row.ns?.p50);
    }
    for (row, baseline) in rows {
        // What a pool is compared with is the batch call, which has a line of its own.
        let is_pool = row.strategy.as_deref().unwrap_or_default().contains("pool");
        if !is_pool {
            let name = baseline.name.split(',').next().unwrap_or_default();
            add(threads(row, name), row, baseline.ns.p50);
        }
    }
    let batches = batches(&series);
    if batches.len() < 2 {
        return None;
    }
    for one in &mut series {
        one.points.sort_by(|a, b| a.x.total_cmp(&b.x));
    }
    let (first, _) = rows.first()?;
    let kind = parameters(first);
    let kind = kind.split(" ×").next().unwrap_or_default();
    let finding = strategy_finding(rows)?;
    lines(batches, series).draw(
        &format!("strategy-{}", short_name(workload)),
        &format!(
            "{}: per second by batch and strategy ({kind})",
            titled(workload)
        ),
        finding,
    )
}

/// What each strategy gains at its largest batch.
fn strategy_finding(rows: &[(&Row, &Compared)]) -> Option<String> {
    let mut strategies: Vec<(String, &Row, &Compared)> = Vec::new();
    for (row, baseline) in rows {
        let threads = if row.threads > 1 {
            format!(", {} threads", row.threads)
        } else {
            String::new()
        };
        let name = row.strategy.as_deref().unwrap_or("as is").replace('_', " ") + &threads;
        match strategies.iter_mut().find(|(known, ..)| *known == name) {
            Some(known) if known.1.batch < row.batch => *known = (name, row, baseline),
            Some(_) => {}
            None => strategies.push((name, row, baseline)),
        }
    }
    let words: Vec<String> = strategies
        .iter()
        .map(|(name, row, baseline)| {
            format!(
                "`{name}` at {} is {} as fast as {}",
                row.batch,
                times(baseline.gain.p50),
                baseline.name
            )
        })
        .collect();
    (!words.is_empty()).then(|| sentence(&listed(&words)))
}

/// A chart for every workload of `batch`: one line per backend, one thread.
fn by_backend(record: &Record) -> Vec<Chart> {
    let rows = record.results.iter();
    let rows: Vec<&Row> = rows
        .filter(|row| row.group == "batch" && row.threads == 1)
        .collect();
    let mut workloads: Vec<&str> = Vec::new();
    for row in &rows {
        if !workloads.contains(&row.workload.as_str()) {
            workloads.push(&row.workload);
        }
    }
    let certainty = Certainty::of(record);
    let chart = |workload: &str| {
        let mut series: Vec<Series> = Vec::new();
        for row in rows
            .iter()
            .filter(|row| row.workload == workload && row.backend != "null")
        {
            let Some(ns) = row.ns else { continue };
            let rate = 1e9 / ns.p50;
            let point = Point {
                x: row.batch as f64,
                y: rate,
                band: row.ci.map(|[low, high]| [1e9 / high, 1e9 / low]),
                hollow: false,
                note: format!(
                    "{}, {} a call: {} per second",
                    row.backend,
                    row.batch,
                    per_second(rate)
                ),
            };
            match series.iter_mut().find(|one| one.name == row.backend) {
                Some(one) => one.points.push(point),
                None => series.push(Series {
                    name: row.backend.clone(),
                    tone: Tone::of(&row.backend, series.len()),
                    points: vec![point],
                    ideal: false,
                }),
            }
        }
        let batches = batches(&series);
        if batches.len() < 2 {
            return None;
        }
        for one in &mut series {
            one.points.sort_by(|a, b| a.x.total_cmp(&b.x));
        }
        let finding = backend_finding(&series, certainty)?;
        lines(batches, super::sizes::ours_first(series)).draw(
            workload,
            &format!(
                "{} in batches: per second by backend, one thread",
                titled(workload)
            ),
            finding,
        )
    };
    workloads.into_iter().filter_map(chart).collect()
}

/// Who makes most at the largest batch, and what the batch brought him.
fn backend_finding(series: &[Series], certainty: Certainty) -> Option<String> {
    let last = |one: &Series| one.points.last().map(|point| (point.x, point.y));
    let most = series
        .iter()
        .filter_map(last)
        .map(|(x, _)| x)
        .max_by(f64::total_cmp)?;
    let mut at_most: Vec<(&Series, f64)> = series
        .iter()
        .filter_map(|one| Some((one, last(one).filter(|(x, _)| *x == most)?.1)))
        .collect();
    at_most.sort_by(|a, b| b.1.total_cmp(&a.1));
    let (first, rate) = at_most.first()?;
    let next = at_most.get(1).map_or(String::new(), |(second, other)| {
        if rate / other <= certainty.tie {
            format!(", as many as `{}` within the noise", second.name)
        } else {
            format!(", {} as many as `{}`", times(rate / other), second.name)
        }
    });
    let begin = first.points.first().filter(|point| point.x < most)?;
    Some(format!(
        "At {most} a call `{}` makes {} per second{next}; that is {} its rate at {}.",
        first.name,
        per_second(*rate),
        times(rate / begin.y),
        begin.x
    ))
}

fn lines(batches: Vec<f64>, series: Vec<Series>) -> Lines {
    Lines {
        x: Axis {
            at: batches,
            ..Axis::new("items per call", Kind::Log, |batch| format!("{batch}"))
        },
        y: Axis::new("items per second", Kind::Log, rate_ticks),
        series,
    }
}

fn batches(series: &[Series]) -> Vec<f64> {
    let points = series.iter().flat_map(|one| &one.points);
    let mut batches: Vec<f64> = points.map(|point| point.x).collect();
    batches.sort_by(f64::total_cmp);
    batches.dedup();
    batches
}

fn is_cold(row: &Row) -> bool {
    row.strategy.as_deref().unwrap_or_default().contains("cold")
}

/// What a workload is called in a heading.
pub(super) fn titled(workload: &str) -> String {
    match short_name(workload) {
        "encrypt" => "Encrypting".into(),
        "decrypt" => "Decrypting".into(),
        "initiate" => "Starting sessions".into(),
        "accept" => "Accepting first messages".into(),
        "prekeys" => "Making one-time prekeys".into(),
        "run" => "A run of messages in one session".into(),
        "agree" => "Agreements".into(),
        other => {
            let other = other.replace('_', " ");
            sentence(&other).trim_end_matches('.').to_owned()
        }
    }
}
