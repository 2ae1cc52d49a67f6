//! What more threads give.

use super::batching::titled;
use super::words::{tick_ratio, times};
use super::{Block, Section};
use crate::record::{Record, Row};
use crate::report::chart::{Axis, Chart, DotRow, Dots, Kind, Mark, Reference, Tone};
use crate::report::podium::geometric_mean;
use crate::report::{backends, compared, median};

const MACHINE: &str = "strategies/arithmetic";

pub(super) fn section(record: &Record) -> Option<Section> {
    let charts = [side_by_side(record), pools(record)];
    Section::of(
        "threads",
        "One thread and two",
        vec![
            Block::Text(
                "By throughput on one thread. The ideal is the line at the number of threads. Two \
                 virtual processors are often two halves of one core, and then no code reaches it: \
                 arithmetic without memory shows what the machine had to give at that moment."
                    .into(),
            ),
            Block::Charts(charts.into_iter().flatten().collect()),
        ],
    )
}

/// The same calls at the same time on every thread: rows that differ in the threads alone.
fn side_by_side(record: &Record) -> Option<Chart> {
    let names = backends(record);
    let several = record.results.iter().filter(|row| {
        row.group == "batch" && row.threads > 1 && row.backend != "null" && row.baseline.is_none()
    });
    let single = |many: &Row| {
        record.results.iter().find(|row| {
            (
                &row.workload,
                &row.backend,
                &row.suite,
                row.size,
                row.batch,
                &row.strategy,
            ) == (
                &many.workload,
                &many.backend,
                &many.suite,
                many.size,
                many.batch,
                &many.strategy,
            ) && row.threads == 1
        })
    };
    let mut rows: Vec<DotRow> = Vec::new();
    let mut gains: Vec<(f64, &Row)> = Vec::new();
    let mut most = 1;
    for many in several {
        let gain = single(many)
            .and_then(median)
            .zip(median(many))
            .map(|(one, many)| one / many);
        let Some(gain) = gain else { continue };
        most = most.max(many.threads);
        gains.push((gain, many));
        let place = names
            .iter()
            .position(|name| *name == many.backend)
            .unwrap_or(0);
        let mark = Mark {
            tone: Tone::of(&many.backend, place),
            x: gain,
            range: None,
            note: format!("{}: {gain:.2} times one thread's throughput", many.backend),
        };
        let threads = if many.threads == 2 {
            String::new()
        } else {
            format!(", {} threads", many.threads)
        };
        let label = format!(
            "{} ×{}{threads}",
            super::words::short_name(&many.workload),
            many.batch
        );
        match rows.iter_mut().find(|row| row.label == label) {
            Some(row) => row.marks.push(mark),
            None => rows.push(DotRow {
                label,
                marks: vec![mark],
                end: String::new(),
            }),
        }
    }
    for row in &mut rows {
        let best = row.marks.iter().map(|mark| mark.x).max_by(f64::total_cmp);
        row.end = best.map(|best| format!("{best:.2}")).unwrap_or_default();
    }
    let average = geometric_mean(gains.iter().map(|(gain, _)| *gain))?;
    let worst = gains.iter().min_by(|a, b| a.0.total_cmp(&b.0))?;
    let finding = format!(
        "Two threads make {} one thread's throughput on average over {} rows; the worst is {:.2} \
         (`{} ×{}` on `{}`).",
        times(average),
        gains.len(),
        worst.0,
        worst.1.workload,
        worst.1.batch,
        worst.1.backend
    );
    let legend = names.iter().enumerate();
    let dots = Dots {
        x: axis(),
        rows,
        legend: legend
            .filter(|(_, name)| gains.iter().any(|(_, row)| row.backend == **name))
            .map(|(place, name)| (Tone::of(name, place), (*name).to_owned()))
            .collect(),
        references: references(most),
    };
    dots.draw(
        "threads",
        "Two threads with sessions of their own: how near they come to twice the throughput",
        finding,
    )
}

/// One call split among the threads of a pool.
fn pools(record: &Record) -> Option<Chart> {
    let rows: Vec<_> = compared::of(record, "strategies")
        .filter(|(row, _)| {
            let strategy = row.strategy.as_deref().unwrap_or_default();
            strategy.contains("pool") && !strategy.contains("cold")
        })
        .collect();
    let most = rows
        .iter()
        .filter(|(row, _)| row.workload != MACHINE)
        .max_by(|(_, a), (_, b)| a.gain.p50.total_cmp(&b.gain.p50))?;
    let machine = rows.iter().find(|(row, _)| row.workload == MACHINE);
    let dots = Dots {
        x: axis(),
        rows: rows
            .iter()
            .map(|(row, baseline)| DotRow {
                label: label(row),
                marks: vec![Mark {
                    tone: if row.workload == MACHINE {
                        Tone::at(5)
                    } else {
                        Tone::OURS
                    },
                    x: baseline.gain.p50,
                    range: Some([baseline.gain.low, baseline.gain.high]),
                    note: format!(
                        "{:.2} times {}, nine of ten turns {:.2} to {:.2}",
                        baseline.gain.p50, baseline.name, baseline.gain.low, baseline.gain.high
                    ),
                }],
                end: format!("{:.2}", baseline.gain.p50),
            })
            .collect(),
        legend: vec![],
        references: references(2),
    };
    let ceiling = machine.map_or(String::new(), |(_, baseline)| {
        format!(
            " Arithmetic alone gained {:.2} at its moment.",
            baseline.gain.p50
        )
    });
    dots.draw(
        "pools",
        "One call split over a pool of two threads, by the same call on one",
        format!(
            "The pool helps `{}` most, {}.{ceiling}",
            label(most.0),
            times(most.1.gain.p50)
        ),
    )
}

fn label(row: &Row) -> String {
    if row.workload == MACHINE {
        return "arithmetic alone".into();
    }
    let size = row
        .size
        .map(|size| format!(" {}", crate::report::chart::size_label(size as f64)));
    let batch = if row.batch > 1 {
        format!(" ×{}", row.batch)
    } else {
        String::new()
    };
    format!(
        "{}{}{batch}",
        titled(&row.workload),
        size.unwrap_or_default()
    )
}

fn axis() -> Axis {
    Axis::new(
        "times the throughput of one thread; at the right the best",
        Kind::Linear,
        tick_ratio,
    )
}

fn references(most: usize) -> Vec<Reference> {
    vec![
        Reference {
            x: 1.0,
            name: "no gain".into(),
        },
        Reference {
            x: most.max(2) as f64,
            name: "ideal".into(),
        },
    ]
}
