//! Why an exact layer gives no good news, with the exit code.

use std::path::PathBuf;
use std::{fmt, io};

use super::step::StepError;

/// Why a verb of the exact layers failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failed {
    /// Instructions cannot be counted here.
    Stepping(StepError),
    /// A workload gave a wrong result: which, on what, and how.
    Wrong(String),
    /// A golden file cannot be read.
    Unreadable(PathBuf, io::Error),
    /// A golden file is none: the number of the line and what it should be.
    Malformed(PathBuf, usize, &'static str),
    /// So many numbers differ from the golden file, which the verb rewrites.
    Differs(usize, PathBuf),
    /// So many numbers could not be compared with the golden file.
    NotComparable(usize, PathBuf),
}

impl Failed {
    /// 1 for failed work, 2 for a file that cannot be used, 3 for a difference, 4 if it remains
    /// unknown whether there is one.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Stepping(_) | Self::Wrong(_) => 1,
            Self::Unreadable(..) | Self::Malformed(..) => 2,
            Self::Differs(..) => 3,
            Self::NotComparable(..) => 4,
        }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stepping(error) => error.fmt(f),
            Self::Wrong(wrong) => wrong.fmt(f),
            Self::Unreadable(path, error) => write!(f, "cannot read {}: {error}", path.display()),
            Self::Malformed(path, line, expected) => {
                write!(f, "{}, line {line}: expected {expected}", path.display())
            }
            Self::Differs(count, path) => write!(
                f,
                "differences from {}: {count}; if they are meant, rewrite it with --write",
                path.display()
            ),
            Self::NotComparable(count, path) => {
                write!(f, "could not be compared with {}: {count}", path.display())
            }
        }
    }
}

impl std::error::Error for Failed {}
