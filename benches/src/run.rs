//! The verb `run`: selects, measures in families, writes the record, prints who wins what.

use std::fs::{self, OpenOptions};
use std::io::{self, IsTerminal as _, Write, stderr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::backend::Backend;
use crate::build_info::Build;
use crate::cli::{Failure, RunOptions, command_line};
use crate::family::family;
use crate::host::{CpuUse, Host};
use crate::measure::clock::Clock;
use crate::record::{Record, SCHEMA};
use crate::report;
use crate::workload::table::{self, Workload};

/// What a run of everything may take.
const QUICK: Duration = Duration::from_secs(110);
const FULL: Duration = Duration::from_secs(28 * 60);
/// No row gets more than this, times its weight: a filtered run is short.
const MOST_PER_ROW: Duration = Duration::from_millis(400);
const MOST_PER_ROW_FULL: Duration = Duration::from_secs(4);

/// Measures what `options` select.
///
/// # Errors
/// [`Failure`]: nothing matches, a file cannot be written, or a workload gave a wrong result.
pub fn run(options: &RunOptions, out: &mut dyn Write) -> Result<(), Failure> {
    let plan = Plan::new(options)?;
    let started = Instant::now();
    let cpu = CpuUse::now();
    let clock = Clock::measure();
    let mut host = Host::look(clock);
    let build = Build::this();
    if !build.is_optimised() {
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
    let progress = Progress::new(&plan);
    let mut results = Vec::new();
    let mut wrongs = Vec::new();
    let mut left = plan.rows();
    for workload in &plan.workloads {
        progress.begin(&workload.id());
        let budget = plan.budget(workload, started.elapsed(), left);
        let backends = plan.backends(workload);
        for (backend, outcome) in family(workload, &backends, budget, clock, plan.seed) {
            match outcome {
                Ok(row) => results.push(row),
                Err(wrong) => wrongs.push(format!("{} on {backend}: {wrong}", workload.id())),
            }
        }
        left -= plan.weight(workload);
        progress.done(plan.weight(workload));
    }
    progress.finish();
    host.look_again(&cpu);
    let record = Record {
        schema: SCHEMA.into(),
        command: command_line(),
        seed: options.seed,
        host,
        build,
        results,
    };
    // The files first: whoever reads the output may stop reading.
    plan.write(&record)?;
    write!(out, "{}", report::terminal::render(&record))?;
    writeln!(
        out,
        "\n{} rows in {:.0} s\nrecord  {}\nreport  {}",
        record.results.len(),
        started.elapsed().as_secs_f64(),
        plan.json.display(),
        plan.markdown.display(),
    )?;
    if wrongs.is_empty() {
        Ok(())
    } else {
        Err(Failure::Wrong(wrongs))
    }
}

/// What to measure, for how long, and where it goes.
struct Plan {
    workloads: Vec<Workload>,
    /// Those asked for; if none, each workload has its own.
    asked: Vec<Backend>,
    /// Time for everything, and at most for one row of weight 1.
    total: Duration,
    most: Duration,
    seed: u64,
    json: PathBuf,
    markdown: PathBuf,
}

impl Plan {
    fn new(options: &RunOptions) -> Result<Self, Failure> {
        let selected = |row: &Workload| {
            (options.full || !row.full_only)
                && options
                    .filter
                    .as_ref()
                    .is_none_or(|filter| filter.is_match(&row.id()))
        };
        let workloads: Vec<Workload> = table::all().into_iter().filter(selected).collect();
        if let (true, Some(filter)) = (workloads.is_empty(), &options.filter) {
            return Err(Failure::NothingMatches(filter.clone()));
        }
        let mut asked = options.backend.clone();
        asked.sort_unstable();
        asked.dedup();
        if let Some(backend) = asked.iter().find(|backend| !backend.is_supported()) {
            return Err(Failure::Unsupported(*backend));
        }
        let (total, most) = if options.full {
            (FULL, MOST_PER_ROW_FULL)
        } else {
            (QUICK, MOST_PER_ROW)
        };
        Ok(Self {
            workloads,
            asked,
            total,
            most,
            seed: options.seed,
            json: writable(options.json.as_deref(), "sprag-bench.json")?,
            markdown: writable(options.markdown.as_deref(), "sprag-bench.md")?,
        })
    }

    fn backends(&self, workload: &Workload) -> Vec<Backend> {
        if self.asked.is_empty() {
            Backend::supported(workload.backends)
        } else {
            self.asked.clone()
        }
    }

    /// The share of the time that `workload` gets on all its backends.
    fn weight(&self, workload: &Workload) -> u32 {
        workload.weight * self.backends(workload).len() as u32
    }

    /// The weights of all workloads.
    fn rows(&self) -> u32 {
        self.workloads.iter().map(|row| self.weight(row)).sum()
    }

    /// Time for one backend's row of `workload`, when `left` is the weight of what is to come.
    fn budget(&self, workload: &Workload, spent: Duration, left: u32) -> Duration {
        let share = self.total.saturating_sub(spent) / left.max(1);
        share.min(self.most) * workload.weight
    }

    fn write(&self, record: &Record) -> Result<(), Failure> {
        let json =
            serde_json::to_string_pretty(record).map_err(|error| Failure::Output(error.into()))?;
        fs::write(&self.json, json + "\n").map_err(unwritable(&self.json))?;
        fs::write(&self.markdown, report::markdown::render(record))
            .map_err(unwritable(&self.markdown))
    }
}

/// Says which path could not be written.
pub(crate) fn unwritable(path: &Path) -> impl FnOnce(io::Error) -> Failure {
    let path = path.to_owned();
    move |error| Failure::Unwritable(path, error)
}

/// The path to write to, checked before the measuring begins rather than after.
pub(crate) fn writable(path: Option<&Path>, default: &str) -> Result<PathBuf, Failure> {
    let path = match path {
        Some(path) => path.to_owned(),
        None => {
            let folder = Path::new("target");
            fs::create_dir_all(folder)
                .map_err(|error| Failure::Unwritable(folder.to_owned(), error))?;
            folder.join(default)
        }
    };
    match OpenOptions::new().append(true).create(true).open(&path) {
        Ok(_) => Ok(path),
        Err(error) => Err(Failure::Unwritable(path, error)),
    }
}

/// Progress on standard error: a bar on a terminal, a line now and then elsewhere.
struct Progress {
    bar: ProgressBar,
    terminal: bool,
}

impl Progress {
    fn new(plan: &Plan) -> Self {
        let terminal = stderr().is_terminal();
        let bar = ProgressBar::new(plan.rows().into());
        bar.set_draw_target(if terminal {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        });
        if let Ok(style) =
            ProgressStyle::with_template("{bar:30} {percent:>3} %  {eta} left  {msg}")
        {
            bar.set_style(style);
        }
        Self { bar, terminal }
    }

    fn begin(&self, id: &str) {
        self.bar.set_message(id.to_owned());
    }

    fn done(&self, weight: u32) {
        let tenth = |bar: &ProgressBar| bar.position() * 10 / bar.length().unwrap_or(1).max(1);
        let before = tenth(&self.bar);
        self.bar.inc(weight.into());
        if !self.terminal && tenth(&self.bar) > before {
            // Progress is a courtesy: a closed standard error must not stop the run.
            let _ = writeln!(stderr(), "{} % measured", tenth(&self.bar) * 10);
        }
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
