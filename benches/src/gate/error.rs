//! Why the gate could not do its work, and with which exit code it says so.

use std::path::PathBuf;
use std::{fmt, io};

use super::intended::BadLine;
use crate::workload::Wrong;

/// Why the gate stopped.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The head is slower than the base, or does more: how many findings.
    Regression(usize),
    /// Nothing was found, but not everything could be looked at: why.
    Inconclusive(String),
    /// This is not a revision of the repository, or the folder is no repository.
    NoRevision(String, String),
    /// There is no such project.
    NoManifest(PathBuf, io::Error),
    /// The project has no target called `gate-workloads`.
    NoGate(String),
    /// A command failed: what was asked for, and the end of what it said.
    Command(String, String),
    /// A file cannot be read or written.
    File(PathBuf, io::Error),
    /// Lines of the file of intended changes that say nothing valid.
    Intended(PathBuf, Vec<BadLine>),
    /// A library cannot be loaded.
    Unloadable(PathBuf, libloading::Error),
    /// A library has no interface to workloads.
    NoInterface(PathBuf),
    /// A library has an interface of another version.
    OtherVersion(PathBuf, u32),
    /// A workload gave a wrong result.
    Wrong(Wrong),
    /// No workload matches the filter.
    NothingMatches(String),
}

impl Error {
    /// 1 for failed work, 2 for a command that cannot be carried out as given, 3 for a regression,
    /// 4 if nothing can be said.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Command(..) | Self::File(..) | Self::Wrong(_) | Self::Unloadable(..) => 1,
            Self::NoRevision(..)
            | Self::NoManifest(..)
            | Self::Intended(..)
            | Self::NothingMatches(_) => 2,
            Self::Regression(_) => 3,
            Self::Inconclusive(_)
            | Self::NoGate(_)
            | Self::NoInterface(_)
            | Self::OtherVersion(..) => 4,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Regression(1) => write!(f, "1 regression"),
            Self::Regression(count) => write!(f, "{count} regressions"),
            Self::Inconclusive(why) => write!(f, "inconclusive: {why}"),
            Self::NoRevision(name, why) => write!(f, "there is no revision {name}: {why}"),
            Self::NoGate(what) => {
                write!(
                    f,
                    "inconclusive: {what} has no target gate-workloads that is a cdylib"
                )
            }
            Self::NoManifest(path, error) => {
                write!(f, "there is no project {}: {error}", path.display())
            }
            Self::Command(what, said) => write!(f, "{what} failed:\n{said}"),
            Self::File(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Intended(path, lines) => {
                write!(f, "{} cannot be read:", path.display())?;
                lines.iter().try_for_each(|line| write!(f, "\n  {line}"))
            }
            Self::Unloadable(path, error) => {
                write!(f, "{} cannot be loaded: {error}", path.display())
            }
            Self::NoInterface(path) => {
                write!(f, "inconclusive: {} exports no workloads", path.display())
            }
            Self::OtherVersion(path, version) => write!(
                f,
                "inconclusive: {} has version {version} of the interface, not {}",
                path.display(),
                super::abi::VERSION
            ),
            Self::Wrong(wrong) => wrong.fmt(f),
            Self::NothingMatches(filter) => {
                write!(f, "no workload under the gate matches {filter}")
            }
        }
    }
}

impl std::error::Error for Error {}

impl From<Wrong> for Error {
    fn from(wrong: Wrong) -> Self {
        Self::Wrong(wrong)
    }
}

/// Says which file it was.
pub(super) fn file(path: &std::path::Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |error| Error::File(path, error)
}
