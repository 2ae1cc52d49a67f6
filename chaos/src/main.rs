//! `chaos`: several workers on one conversation, killed at random instants, and what became of their
//! messages.
//!
//! What lives here: the supervisor that kills, the worker that is killed, the AEAD that writes down
//! every key and nonce it used, and the count at the end. What does not: any of the code under test.

#![forbid(unsafe_code)]

mod place;
mod recording;
mod spool;
mod supervisor;
mod tally;
mod worker;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

/// Kills workers of a conversation at random instants and counts what was lost or used twice
///
/// Two devices talk through a folder; each is served by several processes over one store. Exits 0 if
/// nothing was lost, opened twice or used twice, 1 on errors, 3 if anything was.
#[derive(Parser)]
#[command(name = "chaos", version)]
enum Command {
    /// Start workers, kill them, count
    Run(Run),
    /// One worker, as the supervisor starts it
    #[command(hide = true)]
    Worker(Worker),
}

/// What to run.
#[derive(clap::Args)]
struct Run {
    /// Where the records are; PostgreSQL's address is taken from SPRAG_POSTGRES
    #[arg(long, value_enum, default_value = "sqlite")]
    store: Kind,
    /// How many workers to kill
    #[arg(long, default_value_t = 200)]
    kills: u32,
    /// How many workers serve each of the two devices
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=16))]
    workers: u8,
    /// What the random choices of the supervisor start from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A store that does not compare revisions: it must be found out
    #[arg(long)]
    broken: bool,
}

/// Which store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    Sqlite,
    Postgres,
}

/// A worker's part.
#[derive(clap::Args)]
struct Worker {
    #[arg(long, value_enum)]
    store: Kind,
    #[arg(long)]
    folder: PathBuf,
    /// 0 or 1
    #[arg(long, value_parser = clap::value_parser!(u8).range(0..=1))]
    side: u8,
    #[arg(long)]
    broken: bool,
    /// Receive what there is and end
    #[arg(long)]
    drain: bool,
}

fn main() -> ExitCode {
    let done = match Command::parse() {
        Command::Run(run) => supervisor::run(&run),
        Command::Worker(worker) => worker::run(&worker).map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|error| {
        eprintln!("chaos: {error}");
        ExitCode::FAILURE
    })
}

/// Errors here end the process; the supervisor sees that.
type Result<T> = std::result::Result<T, Box<dyn Error>>;
