//! The command line: verbs, options, exit codes.

use std::io::{self, Write};
use std::path::PathBuf;
use std::{env, fmt};

use clap::{Args, Parser, Subcommand};
use regex::Regex;

use crate::backend::{Backend, UnknownBackend};
use crate::compare::{self, CompareOptions};
use crate::exact::failed::Failed;
use crate::exact::golden::GoldenOptions;
use crate::exact::witness::WitnessOptions;
use crate::gate::error::Error as GateError;
use crate::gate::options::{GateOptions, SelftestOptions};
use crate::gate::pair::PairOptions;
use crate::load::LoadOptions;
use crate::models::ModelsOptions;
use crate::profile::{ProfileError, ProfileOptions};
use crate::rank::{self, RankOptions};
use crate::recommend::{self, RecommendOptions};
use crate::report::verb::{self, ReportOptions};
use crate::run::{self, RunOptions};
use crate::{doctor, exact, gate, keys, list, load, models, profile};

/// Measures session cryptography on this host: real handshakes, real messages, every backend.
///
/// Without a verb it runs: about two minutes with --quick, which is the default.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    run: RunOptions,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Measure, print who wins what, write JSON and Markdown (what no verb does)
    Run(RunOptions),
    /// Measure and write a report to show: HTML, Markdown, charts (or make one of records)
    Report(ReportOptions),
    /// Offer handshakes to a server on loopback and show latency against load, batching or not
    Load(LoadOptions),
    /// Compare messaging models: who can read what, and what each costs on every backend
    Models(ModelsOptions),
    /// Say what changed between two runs, beyond their noise
    Compare(CompareOptions),
    /// Order the backends, group by group
    Rank(RankOptions),
    /// Say which backend, suite, batch size and threads to use for a kind of work, and why
    Recommend(RecommendOptions),
    /// List the workloads by name, with their variants
    List(ListOptions),
    /// Sample one workload: a flame graph and its heaviest functions
    Profile(ProfileOptions),
    /// Explain this host: features, where each primitive comes from, slow paths, what to use
    Doctor,
    /// Show which accelerated instructions every primitive executes, on every backend
    Witness(WitnessOptions),
    /// Compare primitive calls, allocations and memory of every workload with the golden file
    Counts(GoldenOptions),
    /// Count the keys that one operation of each workload makes, uses, renews and destroys
    Keys,
    /// Compare the instructions of the engine and of messages with the golden file
    Instructions(GoldenOptions),
    /// Compare with an earlier revision, and fail if this one is slower or does more
    Gate(GateOptions),
    /// Measure how small a change the gate can see on this machine
    Selftest(SelftestOptions),
    #[command(hide = true)]
    GatePair(PairOptions),
}

#[derive(Debug, Args)]
struct ListOptions {
    /// One line per variant, as --filter sees it
    #[arg(long)]
    all: bool,
}

impl Arguments {
    /// Does what was asked for, printing to `out`.
    ///
    /// # Errors
    /// [`Failure`], which knows its exit code.
    pub fn carry_out(self, out: &mut dyn Write) -> Result<(), Failure> {
        match self.verb {
            None => run::run(&self.run, out),
            Some(Verb::Run(options)) => run::run(&options, out),
            Some(Verb::Report(options)) => verb::report(&options, out),
            Some(Verb::Load(options)) => load::load(&options, out),
            Some(Verb::Models(options)) => models::models(&options, out),
            Some(Verb::Compare(options)) => compare::compare(&options, out),
            Some(Verb::Rank(options)) => rank::rank(&options, out),
            Some(Verb::Recommend(options)) => recommend::recommend(&options, out),
            Some(Verb::List(ListOptions { all })) => Ok(list::list(all, out)?),
            Some(Verb::Profile(options)) => profile::profile(&options, out),
            Some(Verb::Doctor) => doctor::doctor(out),
            Some(Verb::Witness(options)) => exact::witness::witness(&options, out),
            Some(Verb::Counts(options)) => exact::counts::counts(&options, out),
            Some(Verb::Keys) => keys::keys(out),
            Some(Verb::Instructions(options)) => exact::instructions::instructions(&options, out),
            Some(Verb::Gate(options)) => gate::gate(&options, out),
            Some(Verb::Selftest(options)) => gate::selftest::selftest(&options, out),
            Some(Verb::GatePair(options)) => gate::pairs(&options, out),
        }
    }
}

/// Why the command failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// Workloads gave wrong results: name and what was wrong.
    Wrong(Vec<String>),
    /// Stopped by the user; what was measured until then was written.
    Interrupted,
    /// Nothing matches the filter.
    NothingMatches(Regex),
    /// No backend has all rows that are needed of a record; these workloads.
    Lacking(String),
    /// Two records share no row, or the backends of one share no workload.
    NothingInCommon,
    /// A backend was asked for that does not run on this processor.
    Unsupported(Backend),
    /// A file cannot be read, or is not what it should be: its path and why.
    Unreadable(PathBuf, String),
    /// A workload could not be profiled.
    Profile(ProfileError),
    /// A file cannot be written.
    Unwritable(PathBuf, io::Error),
    /// Standard output cannot be written.
    Output(io::Error),
    /// An exact layer failed.
    Exact(Failed),
    /// The gate found something, or could not look.
    Gate(GateError),
}

impl Failure {
    /// 1 for failed work, 2 for a command that cannot be carried out as given, 3 for a regression,
    /// 4 where the gate can say nothing, 130 for a run that the user stopped.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Wrong(_) | Self::Output(_) | Self::Profile(ProfileError::Sampler(_)) => 1,
            Self::Interrupted => 130,
            Self::NothingMatches(_)
            | Self::NothingInCommon
            | Self::Lacking(_)
            | Self::Unsupported(_)
            | Self::Profile(_)
            | Self::Unreadable(..)
            | Self::Unwritable(..) => 2,
            Self::Exact(failed) => failed.exit_code(),
            Self::Gate(error) => error.exit_code(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong(list) => {
                write!(f, "{} measurements discarded:", list.len())?;
                list.iter().try_for_each(|wrong| write!(f, "\n  {wrong}"))
            }
            Self::Interrupted => f.write_str("interrupted; what was measured is kept"),
            Self::NothingMatches(filter) => {
                write!(
                    f,
                    "no workload matches {filter}; see `sprag-bench list --all`"
                )
            }
            Self::NothingInCommon => f.write_str("nothing was measured that could be compared"),
            Self::Lacking(workloads) => write!(
                f,
                "the record has no backend with all of: {workloads}; `sprag-bench run` measures them"
            ),
            Self::Unsupported(backend) => {
                write!(f, "this processor lacks instructions that {backend} needs")
            }
            Self::Unreadable(path, why) => write!(f, "cannot read {}: {why}", path.display()),
            Self::Profile(error) => write!(f, "{error}"),
            Self::Unwritable(path, error) => write!(f, "cannot write {}: {error}", path.display()),
            Self::Output(error) => write!(f, "cannot write the output: {error}"),
            Self::Exact(failed) => failed.fmt(f),
            Self::Gate(error) => write!(f, "gate: {error}"),
        }
    }
}

impl std::error::Error for Failure {}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<Failed> for Failure {
    fn from(failed: Failed) -> Self {
        Self::Exact(failed)
    }
}

impl From<GateError> for Failure {
    fn from(error: GateError) -> Self {
        Self::Gate(error)
    }
}

impl From<ProfileError> for Failure {
    fn from(error: ProfileError) -> Self {
        Self::Profile(error)
    }
}

/// The command as it was typed, to stand in reports.
#[must_use]
pub fn command_line() -> String {
    let arguments = env::args_os().skip(1);
    let arguments: Vec<String> = arguments
        .map(|one| quoted(&one.to_string_lossy()))
        .collect();
    let build = if cfg!(feature = "peers") {
        "cargo run --release -p sprag-bench --features peers"
    } else {
        "cargo run --release"
    };
    if arguments.is_empty() {
        build.into()
    } else {
        format!("{build} -- {}", arguments.join(" "))
    }
}

/// `argument` as a shell takes it.
#[must_use]
pub fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./,:+@%".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', r"'\''"))
    }
}

/// Reads a filter.
pub(crate) fn filter(pattern: &str) -> Result<Regex, regex::Error> {
    Regex::new(pattern)
}

/// Reads a backend's name.
pub(crate) fn backend(name: &str) -> Result<Backend, UnknownBackend> {
    name.parse()
}
