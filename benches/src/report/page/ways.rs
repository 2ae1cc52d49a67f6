//! Rows that were measured in turns with a baseline: what one way gains over another.

use super::words::{label_among, listed, tick_ratio, times};
use super::{Block, Section, Table, ladder};
use crate::record::{Compared, Record, Row};
use crate::report::chart::{Axis, Chart, DotRow, Dots, Kind, Mark, Reference, Tone};
use crate::report::{compared, digits, duration, parameters, per_second};

/// A section for every group of such rows.
pub(super) fn sections(record: &Record) -> Vec<Section> {
    let groups = compared::groups(record);
    let section = |group: &String| match group.as_str() {
        ladder::GROUP => ladder::section(record),
        group => section(record, group),
    };
    groups.iter().filter_map(section).collect()
}

fn section(record: &Record, group: &str) -> Option<Section> {
    let known = compared::GROUPS.iter().find(|known| known.name == group);
    let title = known.map_or_else(|| super::others::titled(group), |known| known.title.into());
    let rows: Vec<(&Row, &Compared)> = compared::of(record, group).collect();
    let chart = chart(group, &title, &rows);
    let mut blocks = Vec::new();
    blocks.extend(known.map(|known| Block::Text(known.note.into())));
    blocks.push(Block::Charts(chart.into_iter().collect()));
    blocks.push(Block::Details(
        "Every row".into(),
        vec![Block::Table(table(&rows))],
    ));
    Section::of(group, &title, blocks)
}

fn chart(group: &str, title: &str, rows: &[(&Row, &Compared)]) -> Option<Chart> {
    let label = labels(rows);
    let row = |(row, baseline): &(&Row, &Compared)| {
        let gain = baseline.gain;
        let beside = if group == "peers" {
            baseline.backend.clone()
        } else {
            baseline.name.clone()
        };
        DotRow {
            label: label(row),
            marks: vec![Mark {
                tone: Tone::OURS,
                x: gain.p50,
                range: Some([gain.low, gain.high]),
                note: format!(
                    "{} times as fast as {beside}, nine of ten turns {} to {}: {} against {}",
                    digits(gain.p50),
                    digits(gain.low),
                    digits(gain.high),
                    row.ns.map(|ns| duration(ns.p50)).unwrap_or_default(),
                    duration(baseline.ns.p50),
                ),
            }],
            end: digits(gain.p50),
        }
    };
    let warm = rows
        .iter()
        .filter(|(row, _)| !row.strategy.as_deref().unwrap_or_default().contains("cold"));
    let dots = Dots {
        x: Axis::new(
            "times as fast as the baseline, nine of ten turns",
            Kind::Log,
            tick_ratio,
        ),
        rows: warm.map(row).collect(),
        legend: vec![],
        references: vec![Reference {
            x: 1.0,
            name: "no gain".into(),
        }],
    };
    let title = match group {
        "strategies" => "Every strategy: how many times as fast as doing it otherwise".into(),
        "kernel" => {
            "Messages with our kernel: how many times as fast as on the best libraries".into()
        }
        "peers" => "How many times as fast as other libraries' protocols".into(),
        _ => format!("{title}: how many times as fast as the baseline"),
    };
    dots.draw(&format!("gain-{group}"), &title, finding(rows)?)
}

/// How each of `rows` is called among them: with its backend, where there are several.
fn labels<'a>(rows: &[(&'a Row, &Compared)]) -> impl Fn(&Row) -> String + use<'a> {
    let all: Vec<&Row> = rows.iter().map(|(row, _)| *row).collect();
    let several = compared::has_several_backends(rows);
    move |row| match label_among(row, &all) {
        label if several => format!("{label} on {}", row.backend),
        label => label,
    }
}

/// The most, the least, and how many gain beyond doubt.
fn finding(rows: &[(&Row, &Compared)]) -> Option<String> {
    let label = labels(rows);
    let gain = |pair: &&(&Row, &Compared)| pair.1.gain.p50;
    let most = rows.iter().max_by(|a, b| gain(a).total_cmp(&gain(b)))?;
    let least = rows.iter().min_by(|a, b| gain(a).total_cmp(&gain(b)))?;
    let named = |(row, baseline): &(&Row, &Compared)| {
        let label = label(row);
        format!(
            "`{label}` against `{}`: {}",
            baseline.name,
            times(baseline.gain.p50)
        )
    };
    let sure = rows
        .iter()
        .filter(|(_, baseline)| baseline.gain.low > 1.0)
        .count();
    let lost: Vec<String> = rows
        .iter()
        .filter(|(_, baseline)| baseline.gain.high < 1.0)
        .map(|(row, _)| format!("`{}`", label(row)))
        .collect();
    let lost = match lost.len() {
        0 => String::new(),
        1..=4 => format!("; {} lost in nine of ten", listed(&lost)),
        many => format!("; {many} lost in nine of ten"),
    };
    Some(format!(
        "{sure} of {} rows are faster in at least nine of ten turns{lost}. The most is {}, the least {}.",
        rows.len(),
        named(most),
        named(least),
    ))
}

/// All rows with their times.
pub(super) fn table(rows: &[(&Row, &Compared)]) -> Table {
    let mut table = Table::of(&[
        "workload",
        "on",
        "#per item",
        "baseline",
        "#per item",
        "#gain",
        "#per second",
        "#call p50",
        "#call p99",
    ]);
    for (row, baseline) in rows {
        let Some(ns) = row.ns else { continue };
        let on = if baseline.backend == row.backend {
            String::new()
        } else {
            format!(", {}", baseline.backend)
        };
        let call = |per_item: f64| duration(compared::call(row, per_item));
        table.push([
            format!("`{}` {}", row.workload, parameters(row)),
            row.backend.clone(),
            duration(ns.p50),
            format!("{}{on}", baseline.name),
            duration(baseline.ns.p50),
            compared::gain(baseline.gain),
            row.ops_per_s.map(per_second).unwrap_or_default(),
            call(ns.p50),
            ns.p99.map(call).unwrap_or_default(),
        ]);
    }
    table
}
