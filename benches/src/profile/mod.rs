//! The verb `profile`: where the time of one workload goes, as a flame graph and a list.
//!
//! What lives here: the choice of the workload and what is printed. `sampling` runs it and looks at
//! the stack now and then, `stacks` adds up what was seen, `flame` draws it. What does not: any
//! measurement; samples say in what proportion, not how long.
//!
//! Invariant: only samples taken inside [`Operation::run`](crate::workload::Operation::run) count;
//! set-up and checking run on a thread of their own.

mod error;
mod flame;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod names;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod sampling;
mod select;
mod stacks;
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
mod unsupported;

use std::fs;
use std::io::{Write, stderr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use crate::backend::Backend;
use crate::build_info::Build;
use crate::cli::{self, Failure};
use crate::run::{unwritable, writable};

pub use error::ProfileError;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
use sampling::sample;
use select::select;
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
use unsupported::sample;

/// How many functions are listed.
const HEAVIEST: usize = 10;
/// Fewer samples than this say little.
const ENOUGH: u64 = 200;

/// The options of `profile`.
#[derive(Clone, Debug, Args)]
pub struct ProfileOptions {
    /// The workload: an identifier of `list --all`, or as much of its beginning as is unambiguous
    workload: String,
    /// The backend [default: the one that measures best of the workload's own]
    #[arg(long, value_name = "NAME", value_parser = cli::backend)]
    backend: Option<Backend>,
    /// For how long, set-up and checking included
    #[arg(long, value_name = "S", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Where the flame graph goes [default: target/profile/WORKLOAD.svg]
    #[arg(long, value_name = "FILE.svg")]
    out: Option<PathBuf>,
}

/// Runs one workload again and again, writes its flame graph and prints its heaviest functions.
///
/// # Errors
/// [`Failure`]: no such workload, or more than one; a backend that does not run here; a file that
/// cannot be written; a wrong result; a system on which there is no sampling.
pub fn profile(options: &ProfileOptions, out: &mut dyn Write) -> Result<(), Failure> {
    let workload = select(&options.workload)?;
    let backend = match options.backend {
        Some(backend) => backend,
        None => select::backend(&workload),
    };
    if !backend.is_supported() {
        return Err(Failure::Unsupported(backend));
    }
    let id = workload.id();
    let path = path(options.out.as_deref(), &id)?;
    if !Build::this().is_optimised() {
        writeln!(
            stderr(),
            "warning: not an optimised build; use `cargo run --release`"
        )?;
    }
    let seen = sample(&workload, backend, Duration::from_secs(options.seconds))?;
    let title = format!("{id} on {backend}");
    fs::write(&path, flame::draw(&seen.stacks, &title)).map_err(unwritable(&path))?;
    let inside = seen.stacks.samples();
    writeln!(
        out,
        "{title}: {inside} samples inside of it, {} in set-up and checking, {} HZ at most",
        seen.outside,
        sampling_rate(),
    )?;
    if inside < ENOUGH {
        writeln!(
            out,
            "So few samples say little: give it more --seconds; set-up may take most of them."
        )?;
    }
    writeln!(out, "\n  self  function")?;
    for (name, samples) in seen.stacks.by_self_time().into_iter().take(HEAVIEST) {
        let share = 100.0 * samples as f64 / inside.max(1) as f64;
        writeln!(out, "{share:>5.1}%  {name}")?;
    }
    writeln!(out, "\nflame graph  {}", path.display())?;
    Ok(())
}

/// What was seen of a workload.
struct Seen {
    /// Inside of it.
    stacks: stacks::Stacks,
    /// Samples of its set-up and checking.
    outside: u64,
}

/// Samples per second of processor time; a prime, so as not to beat with anything. The system's
/// own clock may allow fewer.
const fn sampling_rate() -> i32 {
    997
}

/// Where the flame graph goes, writable.
fn path(asked: Option<&Path>, id: &str) -> Result<PathBuf, Failure> {
    if let Some(path) = asked {
        return writable(Some(path), "");
    }
    let folder = Path::new("target").join("profile");
    fs::create_dir_all(&folder).map_err(unwritable(&folder))?;
    let name: String = id.chars().map(|c| if c == '/' { '-' } else { c }).collect();
    writable(Some(&folder.join(name + ".svg")), "")
}
