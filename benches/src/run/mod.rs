//! The verb `run`: selects, measures in families, writes the record, prints who wins what.
//!
//! What lives here: [`measure`], which every verb that needs a whole record calls, and what `run`
//! does with it. `plan` says what is measured and for how long.

mod files;
mod plan;
mod progress;

use std::fs;
use std::io::{Write, stderr};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use clap::Args;
use regex::Regex;

use crate::backend::Backend;
use crate::build_info::Build;
use crate::cli::{self, Failure, command_line};
use crate::exact::paths;
use crate::family::{Terms, family};
use crate::host::{CpuUse, Host};
use crate::measure::clock::Clock;
use crate::measure::core_clock;
use crate::measure::noise::SelfComparison;
use crate::measure::stats::Spread;
use crate::measure::stop::Stop;
use crate::record::{Record, Row, SCHEMA};
use crate::report;

pub(crate) use files::{unwritable, writable};
use plan::Plan;
use progress::Progress;

/// The options of `run`: what to measure, and where it goes.
#[derive(Clone, Debug, Args)]
pub struct RunOptions {
    /// What is measured.
    #[command(flatten)]
    pub what: Selection,
    /// Where the record goes [default: target/sprag-bench.json]
    #[arg(long, value_name = "PATH")]
    pub json: Option<PathBuf>,
    /// Where the report goes [default: target/sprag-bench.md]
    #[arg(long, value_name = "PATH")]
    pub markdown: Option<PathBuf>,
}

/// What to measure.
#[derive(Clone, Debug, Args)]
pub struct Selection {
    /// Two minutes for everything, larger batches of handshakes left out (default)
    #[arg(long)]
    pub quick: bool,
    /// Everything, thirty minutes
    #[arg(long, conflicts_with = "quick")]
    pub full: bool,
    /// Only workloads whose identifier matches (see `list --all`)
    #[arg(long, value_name = "REGEX", value_parser = cli::filter)]
    pub filter: Option<Regex>,
    /// Only these backends: rustcrypto, ring, aws-lc-rs, graviola, mixed; libraries is mixed
    /// without our kernel, null the engine alone
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', value_parser = cli::backend)]
    pub backend: Vec<Backend>,
    /// Seed of all inputs
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
}

/// What a run gave.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The record of what gave right results.
    pub record: Record,
    /// What gave wrong ones, and which.
    pub wrongs: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

impl Outcome {
    /// `Ok` if every result was right and nothing was left out.
    ///
    /// # Errors
    /// [`Failure::Wrong`] or [`Failure::Interrupted`].
    pub fn verdict(self) -> Result<(), Failure> {
        match self {
            Self { wrongs, .. } if !wrongs.is_empty() => Err(Failure::Wrong(wrongs)),
            Self { record, .. } if record.interrupted => Err(Failure::Interrupted),
            _ => Ok(()),
        }
    }
}

/// Measures what `options` select, writes the files, prints to `out`.
///
/// # Errors
/// [`Failure`]: nothing matches, a file cannot be written, or a workload gave a wrong result.
pub fn run(options: &RunOptions, out: &mut dyn Write) -> Result<(), Failure> {
    let json = writable(options.json.as_deref(), "sprag-bench.json")?;
    let markdown = writable(options.markdown.as_deref(), "sprag-bench.md")?;
    let outcome = measure(&options.what, &Stop::on_ctrl_c())?;
    let record = &outcome.record;
    // The files first: whoever reads the output may stop reading.
    fs::write(&json, record.to_json()?).map_err(unwritable(&json))?;
    fs::write(&markdown, report::markdown::render(record)).map_err(unwritable(&markdown))?;
    write!(out, "{}", report::terminal::render(record))?;
    writeln!(
        out,
        "\n{} rows in {:.0} s\nrecord  {}\nreport  {}",
        record.results.len(),
        outcome.took.as_secs_f64(),
        json.display(),
        markdown.display(),
    )?;
    outcome.verdict()
}

/// Measures what `selection` selects. A wrong result costs its own row only; once `stop` was asked
/// for, the record ends with the workload that was being measured.
///
/// # Errors
/// [`Failure`]: nothing matches, a backend does not run here, or standard error is closed.
pub fn measure(selection: &Selection, stop: &Stop) -> Result<Outcome, Failure> {
    let plan = Plan::new(selection)?;
    let (started, began) = (Instant::now(), SystemTime::now());
    let cpu = CpuUse::now();
    let clock = Clock::measure();
    let mut host = Host::look(clock);
    warn(&plan)?;
    // A part of the table is asked for to be answered soon.
    if selection.filter.is_none() {
        host.paths = paths::taken(&Backend::supported(Backend::DEFAULT));
    }
    let terms = Terms {
        clock,
        seed: selection.seed,
        stop: stop.clone(),
    };
    let mut campaign = Campaign::default();
    campaign.compare_with_itself(&terms);
    let progress = Progress::new(plan.rows());
    let mut left = plan.rows();
    for (index, workload) in plan.workloads.iter().enumerate() {
        if index == plan.workloads.len() / 2 {
            campaign.compare_with_itself(&terms);
        }
        progress.begin(&workload.id());
        campaign.core_ghz.extend(core_clock::ghz());
        let budget = plan.budget(workload, started.elapsed(), left);
        for (backend, outcome) in family(workload, &plan.backends(workload), budget, &terms) {
            match outcome {
                Ok(row) => campaign.results.push(row),
                Err(wrong) => campaign
                    .wrongs
                    .push(format!("{} on {backend}: {wrong}", workload.id())),
            }
        }
        left -= plan.weight(workload);
        progress.done(plan.weight(workload));
        // After the first workload at the earliest: a record holds something.
        if stop.asked() {
            break;
        }
    }
    progress.finish();
    campaign.compare_with_itself(&terms);
    host.look_again(&cpu);
    let spread = Spread::of(&mut campaign.core_ghz);
    host.core_ghz = spread.map(Spread::rounded);
    let record = Record {
        schema: SCHEMA.into(),
        command: command_line(),
        started: Some(humantime::format_rfc3339_seconds(began).to_string()),
        interrupted: stop.asked(),
        seed: selection.seed,
        noise: campaign.noise.noise(),
        host,
        build: Build::this(),
        results: campaign.results,
    };
    Ok(Outcome {
        record,
        wrongs: campaign.wrongs,
        took: started.elapsed(),
    })
}

/// What was found so far.
#[derive(Default)]
struct Campaign {
    results: Vec<Row>,
    wrongs: Vec<String>,
    noise: SelfComparison,
    core_ghz: Vec<f64>,
}

impl Campaign {
    fn compare_with_itself(&mut self, terms: &Terms) {
        let compared = self.noise.compare(terms.clock, terms.seed, &terms.stop);
        let wrong = compared.err();
        self.wrongs
            .extend(wrong.map(|wrong| format!("compared with itself: {wrong}")));
    }
}

/// Says what will make the numbers worth less, or fewer than one might expect.
fn warn(plan: &Plan) -> Result<(), Failure> {
    if !Build::this().is_optimised() {
        writeln!(
            stderr(),
            "warning: not an optimised build; use `cargo run --release`"
        )?;
    }
    if plan.asked.is_empty() {
        for backend in Backend::DEFAULT.iter().filter(|one| !one.is_supported()) {
            writeln!(
                stderr(),
                "warning: {backend} is left out, as this processor lacks instructions that it needs"
            )?;
        }
    }
    Ok(())
}
