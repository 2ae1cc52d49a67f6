//! The ladder of instruction sets: the same work with ever better instructions of the processor.

use super::words::{label_among, sentence, tick_ratio, times};
use super::{Block, Section, others, ways};
use crate::record::{Compared, Record, Row};
use crate::report::chart::{Axis, Chart, DotRow, Dots, Kind, Mark, Tone};
use crate::report::{compared, duration};

/// The group.
pub(super) const GROUP: &str = "ladder";
/// What the lowest rung is measured on: the library that the others are compared with.
const LIBRARY: &str = "rustcrypto";

pub(super) fn section(record: &Record) -> Option<Section> {
    let rows: Vec<(&Row, &Compared)> = compared::of(record, GROUP).collect();
    let chart = chart(&rows);
    Section::of(
        GROUP,
        &others::titled(GROUP),
        vec![
            Block::Text(
                "Each rung of our kernel took turns with the same work on the lowest one, a library, \
                 within one run on this processor."
                    .into(),
            ),
            Block::Charts(chart.into_iter().collect()),
            Block::Details("Every row".into(), vec![Block::Table(ways::table(&rows))]),
        ],
    )
    .filter(|_| !rows.is_empty())
}

/// A piece of work with its rungs above the lowest.
type Work<'a> = (&'a Row, Vec<(&'a Row, &'a Compared)>);

fn chart(rows: &[(&Row, &Compared)]) -> Option<Chart> {
    let mut works: Vec<Work<'_>> = Vec::new();
    let mut rungs: Vec<&str> = Vec::new();
    for (row, baseline) in rows.iter().filter(|(row, _)| row.backend != LIBRARY) {
        for rung in [&baseline.name, row.strategy.as_ref()?] {
            if !rungs.contains(&rung.as_str()) {
                rungs.push(rung);
            }
        }
        let same = |(first, _): &&mut Work<'_>| {
            (&first.workload, first.size, &first.suite) == (&row.workload, row.size, &row.suite)
        };
        match works.iter_mut().find(same) {
            Some((_, of)) => of.push((row, baseline)),
            None => works.push((row, vec![(row, baseline)])),
        }
    }
    let tone = |rung: &str| {
        let place = rungs.iter().position(|known| *known == rung);
        // Ours is the colour of the best rung, the last one.
        Tone::at(rungs.len() - 1 - place.unwrap_or(0))
    };
    let dots = Dots {
        x: Axis::new(
            "times as fast as the lowest rung; at the right the best",
            Kind::Log,
            tick_ratio,
        ),
        rows: works
            .iter()
            .map(|work| dot_row(work, &works, &tone))
            .collect(),
        legend: rungs
            .iter()
            .map(|rung| (tone(rung), rung.replace('_', " ")))
            .collect(),
        references: vec![],
    };
    dots.draw(
        "ladder",
        "What each set of instructions adds to the one below",
        finding(&works)?,
    )
}

fn dot_row(work: &Work<'_>, works: &[Work<'_>], tone: &dyn Fn(&str) -> Tone) -> DotRow {
    let (first, rungs) = work;
    let lowest = rungs.first().map(|(_, baseline)| Mark {
        tone: tone(&baseline.name),
        x: 1.0,
        range: None,
        note: format!("{}: {}", baseline.name, duration(baseline.ns.p50)),
    });
    let marks = rungs.iter().map(|(row, baseline)| {
        let rung = row.strategy.as_deref().unwrap_or_default();
        let gain = baseline.gain;
        Mark {
            tone: tone(rung),
            x: gain.p50,
            range: Some([gain.low, gain.high]),
            note: format!(
                "{rung}: {}, {:.2} times as fast as {}",
                row.ns.map(|ns| duration(ns.p50)).unwrap_or_default(),
                gain.p50,
                baseline.name
            ),
        }
    });
    let firsts: Vec<&Row> = works.iter().map(|(first, _)| *first).collect();
    let label = label_among(
        &Row {
            strategy: None,
            ..(*first).clone()
        },
        &firsts,
    );
    let marks: Vec<Mark> = lowest.into_iter().chain(marks).collect();
    let best = marks.iter().map(|mark| mark.x).fold(0.0, f64::max);
    DotRow {
        label,
        marks,
        end: format!("{best:.2}"),
    }
}

/// What the whole ladder brings at most, and what its last rung adds to the one below.
fn finding(works: &[Work<'_>]) -> Option<String> {
    let named = |row: &Row| super::words::row_label(row);
    let (row, baseline) = works
        .iter()
        .flat_map(|(_, rungs)| rungs)
        .max_by(|(_, a), (_, b)| a.gain.p50.total_cmp(&b.gain.p50))?;
    let steps = works.iter().filter_map(|(_, rungs)| {
        let [.., below, last] = rungs.as_slice() else {
            return None;
        };
        Some((last.1.gain.p50 / below.1.gain.p50, below.0, last.0))
    });
    let step = steps
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(gain, below, last)| {
            let below = below.strategy.as_deref().unwrap_or_default();
            format!(
                "; the last rung adds most to `{}`, {} as fast as `{}`",
                named(last),
                times(gain),
                below.replace('_', " ")
            )
        });
    Some(sentence(&format!(
        "The ladder brings most to `{}`: {} as fast as `{}`{}",
        named(row),
        times(baseline.gain.p50),
        baseline.name.replace('_', " "),
        step.unwrap_or_default()
    )))
}
