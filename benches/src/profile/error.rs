//! Why a workload could not be profiled.

use std::fmt;

/// Why a workload could not be profiled.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProfileError {
    /// No identifier begins like this; those that have it in their middle.
    NoSuchWorkload {
        /// What was asked for.
        asked: String,
        /// Identifiers that come near.
        near: Vec<String>,
    },
    /// More than one identifier begins like this.
    Ambiguous {
        /// What was asked for.
        asked: String,
        /// The identifiers that do.
        candidates: Vec<String>,
    },
    /// The workload is counted, not timed.
    NotTimed(String),
    /// The system offers no sampling that is used here.
    UnsupportedSystem,
    /// The sampler could not be started or read.
    Sampler(String),
}

/// No more candidates than this are listed.
const LISTED: usize = 20;

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchWorkload { asked, near } => {
                write!(
                    f,
                    "no workload's identifier begins with {asked:?}; see `sprag-bench list --all`"
                )?;
                listed(f, near)
            }
            Self::Ambiguous { asked, candidates } => {
                write!(f, "{} workloads begin with {asked:?}:", candidates.len())?;
                listed(f, candidates)
            }
            Self::NotTimed(id) => {
                write!(f, "{id} is counted, not timed: there is nothing to sample")
            }
            Self::UnsupportedSystem => {
                f.write_str("profiling is built for Linux with the GNU C library only")
            }
            Self::Sampler(what) => write!(f, "the sampler failed: {what}"),
        }
    }
}

fn listed(f: &mut fmt::Formatter<'_>, ids: &[String]) -> fmt::Result {
    for id in ids.iter().take(LISTED) {
        write!(f, "\n  {id}")?;
    }
    match ids.len().saturating_sub(LISTED) {
        0 => Ok(()),
        more => write!(f, "\n  and {more} more"),
    }
}

impl std::error::Error for ProfileError {}
