//! What a build for this processor alone changes: the same measured with `target-cpu=native`.

use super::words::{listed, row_label, tick_ratio, times};
use super::{Block, Section, Table};
use crate::record::{Record, Row};
use crate::report::chart::{Axis, Chart, DotRow, Dots, Kind, Mark, Reference, Tone};
use crate::report::podium::geometric_mean;
use crate::report::{backends, duration, median};

/// As many workloads are charted.
const SHOWN: usize = 16;
/// Slower by this is more than two runs differ.
const SLOWER: f64 = 1.25;

pub(super) fn section(record: &Record, native: &Record) -> Option<Section> {
    let pairs = pairs(record, native);
    let mut blocks = vec![Block::Text(about(record, native))];
    blocks.push(Block::Charts(chart(record, &pairs).into_iter().collect()));
    blocks.push(Block::Text(trap(&pairs)));
    blocks.push(Block::Details(
        "The rows that change most".into(),
        vec![Block::Table(table(&pairs))],
    ));
    if pairs.is_empty() {
        return None;
    }
    Section::of("native", "What a native build changes here", blocks)
}

/// A row with its time by default and natively.
struct Pair<'a> {
    row: &'a Row,
    default: f64,
    native: f64,
}

impl Pair<'_> {
    fn ratio(&self) -> f64 {
        self.native / self.default
    }
}

fn pairs<'a>(record: &'a Record, native: &Record) -> Vec<Pair<'a>> {
    let key = |row: &Row| {
        (
            row.workload.clone(),
            row.backend.clone(),
            row.suite.clone(),
            (row.size, row.batch, row.threads),
            row.strategy.clone(),
        )
    };
    let known: std::collections::HashMap<_, _> = native
        .results
        .iter()
        .filter_map(|row| Some((key(row), median(row)?)))
        .collect();
    let pair = |row: &'a Row| {
        Some(Pair {
            row,
            default: median(row)?,
            native: *known.get(&key(row))?,
        })
    };
    record.results.iter().filter_map(pair).collect()
}

/// How the two runs differ, and what that means for comparing them.
fn about(record: &Record, native: &Record) -> String {
    let flags = |record: &Record| {
        if record.build.rustflags.is_empty() {
            "none".to_owned()
        } else {
            format!("`{}`", record.build.rustflags.replace('`', "'"))
        }
    };
    let mut about = format!(
        "Two runs, one after the other, not in turns: what differs by less than the two runs do is \
         noise. RUSTFLAGS here: {}; in the native run: {}.",
        flags(record),
        flags(native)
    );
    if record.host.cpu != native.host.cpu {
        about += " They ran on different processors, so this compares machines, not builds.";
    }
    if !native.build.rustflags.contains("target-cpu") {
        about += " The second run's flags name no `target-cpu`, so it is not a native build.";
    }
    if record.build.commit != native.build.commit {
        about += " They were built from different commits.";
    }
    about
}

fn chart(record: &Record, pairs: &[Pair<'_>]) -> Option<Chart> {
    let names = backends(record);
    let mut workloads: Vec<&str> = Vec::new();
    for pair in pairs {
        if !workloads.contains(&pair.row.workload.as_str()) {
            workloads.push(&pair.row.workload);
        }
    }
    let row = |workload: &&str| {
        let of: Vec<&Pair<'_>> = pairs
            .iter()
            .filter(|pair| pair.row.workload == *workload)
            .collect();
        let mark = |(place, backend): (usize, &&str)| {
            let ratios = of.iter().filter(|pair| pair.row.backend == *backend);
            let x = geometric_mean(ratios.map(|pair| pair.ratio()))?;
            Some(Mark {
                tone: Tone::of(backend, place),
                x,
                range: None,
                note: format!("{backend}: {x:.2} times the time of the default build"),
            })
        };
        let marks: Vec<Mark> = names.iter().enumerate().filter_map(mark).collect();
        let worst = marks.iter().map(|mark| mark.x).max_by(f64::total_cmp)?;
        Some(DotRow {
            label: (*workload).to_owned(),
            marks,
            end: format!("{worst:.2}"),
        })
    };
    let average = geometric_mean(pairs.iter().map(Pair::ratio))?;
    let slower: Vec<&Pair<'_>> = pairs.iter().filter(|pair| pair.ratio() > SLOWER).collect();
    let faster = pairs
        .iter()
        .filter(|pair| pair.ratio() < 1.0 / SLOWER)
        .count();
    let worst = pairs
        .iter()
        .max_by(|a, b| a.ratio().total_cmp(&b.ratio()))?;
    let finding = format!(
        "Over {} rows a native build takes {:.2} times the time on average: {faster} rows are faster by more \
         than a quarter, {} slower; the worst takes {} as long (`{}` on `{}`).",
        pairs.len(),
        average,
        slower.len(),
        times(worst.ratio()),
        row_label(worst.row),
        worst.row.backend
    );
    let mut rows: Vec<DotRow> = workloads.iter().filter_map(row).collect();
    let change = |row: &DotRow| {
        row.marks
            .iter()
            .map(|mark| mark.x.ln().abs())
            .fold(0.0, f64::max)
    };
    rows.sort_by(|a, b| change(b).total_cmp(&change(a)));
    rows.truncate(SHOWN);
    let dots = Dots {
        x: Axis::new(
            "native by default build; at the right the worst",
            Kind::Log,
            tick_ratio,
        ),
        rows,
        legend: names
            .iter()
            .enumerate()
            .map(|(place, name)| (Tone::of(name, place), (*name).to_owned()))
            .collect(),
        references: vec![Reference {
            x: 1.0,
            name: "no change".into(),
        }],
    };
    dots.draw(
        "native",
        "Time in a native build by that in a default one: the workloads that change most",
        finding,
    )
}

/// What goes wrong in native builds, and whether it did.
fn trap(pairs: &[Pair<'_>]) -> String {
    let mut struck: Vec<String> = Vec::new();
    let mut worst: f64 = 1.0;
    for pair in pairs.iter().filter(|pair| pair.ratio() > SLOWER) {
        let name = format!("`{}`", pair.row.backend);
        if !struck.contains(&name) {
            struck.push(name);
        }
        worst = worst.max(pair.ratio());
    }
    let here = if struck.is_empty() {
        "No row of this run shows it.".to_owned()
    } else {
        format!(
            "Here rows of {} take longer, up to {} as long.",
            listed(&struck),
            times(worst)
        )
    };
    format!(
        "The trap: in a build with `target-cpu=native` the compiler may mix AVX into code that uses the SHA \
         instructions, and on some processors every such mixture waits for the upper halves of the \
         registers; HMAC becomes many times slower (llvm-project issue 142368). `-C target-feature=-sha` \
         beside it avoids that. {here}"
    )
}

fn table(pairs: &[Pair<'_>]) -> Table {
    let mut sorted: Vec<&Pair<'_>> = pairs.iter().collect();
    sorted.sort_by(|a, b| b.ratio().ln().abs().total_cmp(&a.ratio().ln().abs()));
    let mut table = Table::of(&[
        "workload",
        "backend",
        "#default",
        "#native",
        "#native by default",
    ]);
    for pair in sorted.into_iter().take(40) {
        table.push([
            format!(
                "`{}` {}",
                pair.row.workload,
                crate::report::parameters(pair.row)
            ),
            pair.row.backend.clone(),
            duration(pair.default),
            duration(pair.native),
            format!("{:.2}", pair.ratio()),
        ]);
    }
    table
}
