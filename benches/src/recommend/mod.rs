//! The verb `recommend`: which backend, suite, batch size and threads to use for a kind of work.
//!
//! What lives here: the verb, and the five lines with their rows that it prints. `kinds` says what each kind of work
//! consists of, `choice` picks. Nothing is recommended that the record does not show: every line
//! names its rows.

mod choice;
mod kinds;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use crate::cli::Failure;
use crate::host::Host;
use crate::measure::clock::Clock;
use crate::rank::{LATEST, latest};
use crate::record::Row;
use crate::report::{digits, duration, median};
pub use kinds::Kind;

/// The options of `recommend`.
#[derive(Clone, Debug, Args)]
pub struct RecommendOptions {
    /// What the program does
    #[arg(long, value_enum, value_name = "KIND")]
    pub workload: Kind,
    /// The record to go by, as `run` and `report` write it
    #[arg(value_name = "RECORD.json", default_value = LATEST)]
    pub record: PathBuf,
}

/// Prints what to use for a kind of work, and why.
///
/// # Errors
/// [`Failure::Unreadable`] if the file is no record, [`Failure::Lacking`] if it lacks the rows.
pub fn recommend(options: &RecommendOptions, out: &mut dyn Write) -> Result<(), Failure> {
    let record = latest(&options.record)?;
    let lines = choice::lines(options.workload, &record)?;
    writeln!(out, "{}", options.workload.describe())?;
    let mut rows: Vec<&Row> = Vec::new();
    for (name, line) in ["backend", "suite", "batch", "threads", "because"]
        .into_iter()
        .zip(&lines)
    {
        let mut marks = String::new();
        for row in &line.rows {
            let known = rows.iter().position(|known| std::ptr::eq(*known, *row));
            let place = known.unwrap_or_else(|| {
                rows.push(row);
                rows.len() - 1
            });
            marks += &format!(" [{}]", place + 1);
        }
        writeln!(out, "  {name:<8} {}{marks}", line.text)?;
    }
    writeln!(out, "by these rows of {}:", options.record.display())?;
    for (place, row) in rows.iter().enumerate() {
        writeln!(out, "  [{}] {}", place + 1, shown(row))?;
    }
    let here = Host::look(Clock::measure());
    if here.cpu != record.host.cpu || here.features != record.host.features {
        writeln!(
            out,
            "caution: the record was made on another processor ({})",
            record.host.cpu.as_deref().unwrap_or("unknown")
        )?;
    }
    if record.host.was_busy() {
        writeln!(
            out,
            "caution: the machine was busy when the record was made"
        )?;
    }
    Ok(())
}

/// A row with what it says.
fn shown(row: &Row) -> String {
    let ns = median(row).map_or_else(String::new, duration);
    let interval = row.ci.map_or(String::new(), |[low, high]| {
        format!(" ({} to {})", duration(low), duration(high))
    });
    let gain = row.baseline.as_ref().map_or(String::new(), |baseline| {
        format!(
            ", {}× as fast as {} ({} to {})",
            digits(baseline.gain.p50),
            baseline.name,
            digits(baseline.gain.low),
            digits(baseline.gain.high)
        )
    });
    format!("{} on {}: {ns}{interval}{gain}", row.id(), row.backend)
}
