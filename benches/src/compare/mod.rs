//! The verb `compare`: what changed between two runs, beyond their noise.
//!
//! What lives here: the verb and what it prints. `pairs` puts the rows of the two records together,
//! `verdict` decides which of them changed.
//!
//! A machine is never as fast as it was an hour ago, so no row is judged by its time alone: what was
//! measured in turns within each run is compared between the runs.

mod pairs;
mod verdict;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use crate::cli::Failure;
use crate::record::Record;
use crate::report::{digits, duration, wrapped};
use pairs::Pairs;
use verdict::{Judged, Judgement};

/// The options of `compare`.
#[derive(Clone, Debug, Args)]
pub struct CompareOptions {
    /// The record to compare with, as `run` and `report` write it
    #[arg(value_name = "BEFORE.json")]
    pub before: PathBuf,
    /// The record that is compared
    #[arg(value_name = "AFTER.json")]
    pub after: PathBuf,
    /// Show the rows that did not change too
    #[arg(long)]
    pub all: bool,
}

/// Prints what changed from one record to the other.
///
/// # Errors
/// [`Failure::Unreadable`] if a file is no record, [`Failure::NothingInCommon`] if no row is in both.
pub fn compare(options: &CompareOptions, out: &mut dyn Write) -> Result<(), Failure> {
    let before = Record::read(&options.before)?;
    let after = Record::read(&options.after)?;
    let pairs = Pairs::of(&before, &after);
    if pairs.rows.is_empty() {
        return Err(Failure::NothingInCommon);
    }
    let judgement = Judgement::of(&pairs);
    print(&before, &after, &pairs, &judgement, options.all, out)?;
    Ok(())
}

fn print(
    before: &Record,
    after: &Record,
    pairs: &Pairs<'_>,
    judgement: &Judgement<'_>,
    all: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (name, record) in [("before", before), ("after ", after)] {
        writeln!(
            out,
            "{name}  {}  {}  {}",
            record.started.as_deref().unwrap_or("(no date)"),
            record.build.commit.as_deref().unwrap_or("(no commit)"),
            record.command,
        )?;
    }
    for caution in cautions(before, after) {
        writeln!(out, "caution: {}", wrapped(&caution, 90, "         "))?;
    }
    writeln!(
        out,
        "machine: {}",
        wrapped(&machine(judgement), 90, "         ")
    )?;
    let changed: Vec<&Judged<'_>> = judgement.rows.iter().filter(|row| row.changed()).collect();
    let judged = judgement
        .rows
        .iter()
        .filter(|row| row.unjudged.is_none())
        .count();
    writeln!(
        out,
        "\n{} of {judged} rows ({}) show no change beyond the noise.",
        judged - changed.len(),
        share(judged - changed.len(), judged),
    )?;
    unjudged(judgement, out)?;
    let shown: Vec<&Judged<'_>> = if all {
        judgement.rows.iter().collect()
    } else {
        changed
    };
    table(&shown, out)?;
    for (what, ids) in [
        ("only before", &pairs.only_before),
        ("only after", &pairs.only_after),
    ] {
        if !ids.is_empty() {
            writeln!(out, "\n{what}: {} rows, such as {}", ids.len(), ids[0])?;
        }
    }
    Ok(())
}

/// How many rows are not judged, and why; a full run has more rounds.
fn unjudged(judgement: &Judgement<'_>, out: &mut dyn Write) -> io::Result<()> {
    for reason in ["several threads", "too few rounds"] {
        let rows = judgement.rows.iter();
        let count = rows.filter(|row| row.unjudged == Some(reason)).count();
        if count > 0 {
            writeln!(out, "{count} more are not judged: {reason}.")?;
        }
    }
    Ok(())
}

fn table(rows: &[&Judged<'_>], out: &mut dyn Write) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n{:>9} {:>9} {:>8} {:>8}  what it is judged by",
        "before", "after", "change", "noise"
    )?;
    for row in rows {
        writeln!(
            out,
            "{:>9} {:>9} {:>8} {:>8}  {}",
            duration(row.before_ns),
            duration(row.after_ns),
            percent(row.change),
            format!("±{:.1} %", 100.0 * row.noise),
            row.unjudged.unwrap_or(row.judged_by),
        )?;
        writeln!(out, "{:>38}  {} on {}", "", row.id, row.backend)?;
    }
    Ok(())
}

/// How the machine differed between the runs.
fn machine(judgement: &Judgement<'_>) -> String {
    let slower = judgement.drift.exp();
    format!(
        "all rows together took {} times as long after as before; workloads differ in that by {} \
         either way, which is not the code's doing and is taken out below",
        digits(slower),
        percent_of(judgement.unevenness),
    )
}

/// What makes the comparison worth less.
fn cautions(before: &Record, after: &Record) -> Vec<String> {
    let mut cautions = Vec::new();
    let mut differs = |what: &str, a: &str, b: &str| {
        if a != b {
            cautions.push(format!("{what} differs: {a} before, {b} after."));
        }
    };
    let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".into());
    differs(
        "the processor",
        &known(&before.host.cpu),
        &known(&after.host.cpu),
    );
    let features = |record: &Record| {
        let features = record.host.features.iter();
        let has = features.filter(|(_, has)| **has).map(|(name, _)| &**name);
        has.collect::<Vec<_>>().join(" ")
    };
    differs(
        "what the processor can do",
        &features(before),
        &features(after),
    );
    differs(
        "the compiler",
        &known(&before.build.rustc),
        &known(&after.build.rustc),
    );
    differs(
        "the compiler's flags",
        &format!("{:?}", before.build.rustflags),
        &format!("{:?}", after.build.rustflags),
    );
    for (name, version) in &before.build.libraries {
        if let Some(newer) = after.build.libraries.get(name) {
            differs(&format!("the version of {name}"), version, newer);
        }
    }
    for (when, record) in [("before", before), ("after", after)] {
        if record.host.was_busy() {
            cautions.push(format!("the machine was busy with other work {when}."));
        }
        if !record.build.is_optimised() {
            cautions.push(format!("the build was not optimised {when}."));
        }
    }
    cautions
}

/// A change given as a logarithm, in per cent.
fn percent(change: f64) -> String {
    format!("{:+.1} %", 100.0 * (change.exp() - 1.0))
}

fn percent_of(fraction: f64) -> String {
    format!("{:.1} %", 100.0 * fraction)
}

fn share(part: usize, whole: usize) -> String {
    format!("{:.1} %", 100.0 * part as f64 / whole.max(1) as f64)
}
