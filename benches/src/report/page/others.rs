//! Groups that no other section tells of: each gets a chart and a table, whatever it holds.

use super::words::{row_label, sentence, tick_duration, who_wins};
use super::{Block, Section, numbers};
use crate::record::Record;
use crate::report::chart::{Axis, Chart, DotRow, Dots, Kind, Mark, Tone};
use crate::report::podium::Certainty;
use crate::report::{Family, backends, duration, median};

/// Groups that have sections of their own.
const TOLD: [&str; 8] = [
    "primitive",
    "session",
    "handshake",
    "batch",
    "strategies",
    "kernel",
    "peers",
    "state",
];

/// What a group is called in a heading.
pub(super) fn titled(group: &str) -> String {
    match group {
        "durable" => "Sessions in a store: what an answer after a commit costs".into(),
        "transport" => "Channels between client and server".into(),
        "ladder" => "The ladder of instruction sets".into(),
        other => sentence(&other.replace('_', " "))
            .trim_end_matches('.')
            .into(),
    }
}

pub(super) fn sections(record: &Record) -> Vec<Section> {
    let mut groups: Vec<&str> = Vec::new();
    for row in record.results.iter().filter(|row| row.baseline.is_none()) {
        if !TOLD.contains(&row.group.as_str()) && !groups.contains(&row.group.as_str()) {
            groups.push(&row.group);
        }
    }
    let section = |group: &&str| {
        let families: Vec<Family<'_>> = Family::all(record)
            .into_iter()
            .filter(|family| family.rows.first().is_some_and(|row| row.group == *group))
            .collect();
        let chart = chart(record, group, &families);
        Section::of(
            &format!("group-{group}"),
            &titled(group),
            vec![
                Block::Charts(chart.into_iter().collect()),
                Block::Table(numbers::families(record, &families)),
            ],
        )
    };
    groups.iter().filter_map(section).collect()
}

fn chart(record: &Record, group: &str, families: &[Family<'_>]) -> Option<Chart> {
    let names = backends(record);
    let certainty = Certainty::of(record);
    let place = |name: &str| names.iter().position(|known| *known == name).unwrap_or(0);
    let row = |family: &Family<'_>| {
        let marks: Vec<Mark> = family
            .rows
            .iter()
            .filter_map(|row| {
                let ns = median(row)?;
                Some(Mark {
                    tone: Tone::of(&row.backend, place(&row.backend)),
                    x: ns,
                    range: row.ci,
                    note: format!("{}: {}", row.backend, duration(ns)),
                })
            })
            .collect();
        Some(DotRow {
            label: row_label(family.rows.first()?),
            end: family.best().map(duration).unwrap_or_default(),
            marks,
        })
    };
    let rows: Vec<DotRow> = families.iter().filter_map(row).collect();
    let widest = families
        .iter()
        .filter(|family| family.best().is_some())
        .max_by(|a, b| {
            let best = |family: &Family<'_>| family.best().unwrap_or(0.0);
            best(a).total_cmp(&best(b))
        })?;
    let finding = format!(
        "The longest of {} is `{}`: {}",
        rows.len(),
        row_label(widest.rows.first()?),
        who_wins(widest, certainty)?
    );
    let used = |name: &&&str| families.iter().any(|family| family.on(name).is_some());
    let dots = Dots {
        x: Axis::new("time per item", Kind::Log, tick_duration),
        rows,
        legend: names
            .iter()
            .filter(used)
            .map(|name| (Tone::of(name, place(name)), (*name).to_owned()))
            .collect(),
        references: vec![],
    };
    dots.draw(
        &format!("group-{group}"),
        &format!("{}: time per item", titled(group)),
        sentence(&finding),
    )
}
