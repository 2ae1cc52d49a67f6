//! What the engine costs beyond the primitives.

use super::words::{percent, row_label, tick_ratio};
use super::{Block, Section};
use crate::measure::stats;
use crate::record::{Record, Row};
use crate::report::chart::{Axis, Chart, DotRow, Dots, Kind, Mark, Reference, Tone};
use crate::report::{Family, backends};

/// What is charted: identifier, title, workloads.
const SHOWN: [(&str, &str, &[&str]); 2] = [
    (
        "floor-messages",
        "Messages: the engine's time by that of its primitives alone",
        &["session/encrypt", "session/decrypt", "session/turn"],
    ),
    (
        "floor-handshakes",
        "Handshakes: the engine's time by that of their primitives alone",
        &[
            "handshake/initiate",
            "handshake/accept",
            "handshake/round_trip",
        ],
    ),
];

pub(super) fn section(record: &Record) -> Option<Section> {
    let charts = SHOWN
        .iter()
        .filter_map(|(id, title, workloads)| chart(record, id, title, workloads))
        .collect();
    let mut blocks = vec![
        Block::Text(
            "The floor of an operation is the primitive calls it must make, timed alone and in turns \
             with it. The goals are 1.10 for a message of 64 bytes and 1.05 from 1350 bytes on and for \
             handshakes."
                .into(),
        ),
        Block::Charts(charts),
    ];
    blocks.extend(elsewhere(record).map(Block::Text));
    Section::of("floor", "Cost over the floor", blocks)
}

fn chart(record: &Record, id: &str, title: &str, workloads: &[&str]) -> Option<Chart> {
    let names = backends(record);
    let mut measured: Vec<(&Row, f64)> = Vec::new();
    let families = Family::all(record);
    let families = families
        .iter()
        .filter(|family| workloads.contains(&family.workload()));
    let mut rows = Vec::new();
    for family in families {
        let of = family.rows.iter().filter(|row| row.backend != "null");
        let ratios: Vec<(&Row, f64)> = of
            .filter_map(|row| Some((*row, row.floor_ratio?)))
            .collect();
        let Some((worst, ratio)) = ratios.iter().max_by(|a, b| a.1.total_cmp(&b.1)) else {
            continue;
        };
        let mark = |(row, ratio): &(&Row, f64)| {
            let place = names
                .iter()
                .position(|name| *name == row.backend)
                .unwrap_or(0);
            Mark {
                tone: Tone::of(&row.backend, place),
                x: *ratio,
                range: None,
                note: format!("{}: {ratio:.2} times its floor", row.backend),
            }
        };
        rows.push(DotRow {
            label: row_label(worst),
            marks: ratios.iter().map(mark).collect(),
            end: format!("{ratio:.2}"),
        });
        measured.extend(ratios);
    }
    let legend = names.iter().enumerate();
    let dots = Dots {
        x: Axis::new(
            "time by the floor's; at the right the worst",
            Kind::Linear,
            tick_ratio,
        ),
        rows,
        legend: legend
            .filter(|(_, name)| measured.iter().any(|(row, _)| row.backend == **name))
            .map(|(place, name)| (Tone::of(name, place), (*name).to_owned()))
            .collect(),
        references: [(1.0, "floor"), (1.05, "1.05"), (1.10, "1.10")]
            .map(|(x, name)| Reference {
                x,
                name: name.into(),
            })
            .into(),
    };
    dots.draw(id, title, finding(&measured)?)
}

/// The usual and the worst, and how many are within the goals.
fn finding(measured: &[(&Row, f64)]) -> Option<String> {
    let mut ratios: Vec<f64> = measured.iter().map(|(_, ratio)| *ratio).collect();
    let within = |limit: f64| measured.iter().filter(|(_, ratio)| *ratio <= limit).count();
    let (row, worst) = measured.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    Some(format!(
        "In the middle case the engine adds {} to its primitives, at worst {} (`{}` on `{}`); {} of {} \
         rows are within 1.05, {} within 1.10.",
        percent(stats::median(&mut ratios)? - 1.0),
        percent(worst - 1.0),
        row_label(row),
        row.backend,
        within(1.05),
        measured.len(),
        within(1.10),
    ))
}

/// The worst row of every other workload.
fn elsewhere(record: &Record) -> Option<String> {
    let charted = |row: &Row| {
        SHOWN
            .iter()
            .any(|(_, _, workloads)| workloads.contains(&row.workload.as_str()))
    };
    let mut worst: Vec<(&Row, f64)> = Vec::new();
    for row in record
        .results
        .iter()
        .filter(|row| row.backend != "null" && !charted(row))
    {
        let Some(ratio) = row.floor_ratio else {
            continue;
        };
        match worst
            .iter_mut()
            .find(|(known, _)| known.workload == row.workload)
        {
            Some(known) if known.1 < ratio => *known = (row, ratio),
            Some(_) => {}
            None => worst.push((row, ratio)),
        }
    }
    worst.sort_by(|a, b| b.1.total_cmp(&a.1));
    let words: Vec<String> = worst
        .iter()
        .map(|(row, ratio)| format!("`{}` {ratio:.2} on `{}`", row.workload, row.backend))
        .collect();
    (!words.is_empty()).then(|| {
        format!(
            "Elsewhere, the worst variant of each workload: {}. Where an operation is mostly copying or \
             looking up, its primitives are a small part of it.",
            words.join(", ")
        )
    })
}
