//! What a comparison of exact numbers says, and from where on it says so.
//!
//! What lives here: [`Finding`], [`Verdict`], the thresholds and the words for a change. What does
//! not: the numbers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Growth of an instruction count from which on a comparison warns.
pub const WARN_AT: f64 = 0.003;
/// Growth of an instruction count from which on it is a regression.
pub const FAIL_AT: f64 = 0.01;
/// Share of a class of accelerated instructions that may be lost.
pub const CLASS_MAY_LOSE: f64 = 0.1;

/// Differences of quotients that are none.
const ROUNDING: f64 = 1e-9;

/// What a finding means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As before, or better.
    Fine,
    /// Worth a look.
    Warning,
    /// Worse than before.
    Regression,
    /// One of the two numbers is missing, or they were made under different conditions.
    NotComparable,
}

/// Which kind of number a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// Primitive calls, allocations, memory.
    Counts,
    /// Classes of executed instructions.
    Witness,
    /// Executed instructions.
    Instructions,
}

impl Layer {
    /// The name in files and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counts => "counts",
            Self::Witness => "witness",
            Self::Instructions => "instructions",
        }
    }
}

/// One thing that a comparison found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The kind of number.
    pub layer: Layer,
    /// The workload's identifier; empty if it is about all of them.
    pub workload: String,
    /// The backend, unless it is about all of them.
    pub backend: Option<String>,
    /// What it means.
    pub verdict: Verdict,
    /// A sentence for people.
    pub text: String,
    /// After by before, less one, where there are such numbers.
    pub change: Option<f64>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Fine => "fine",
            Verdict::Warning => "warning",
            Verdict::Regression => "regression",
            Verdict::NotComparable => "not comparable",
        };
        write!(f, "{verdict:<14} ")?;
        let backend = self.backend.iter().map(|backend| format!("on {backend}"));
        let place: Vec<String> = [self.workload.clone()].into_iter().chain(backend).collect();
        match place.join(" ").trim_start() {
            "" => write!(f, "{}", self.text),
            place => write!(f, "{place}: {}", self.text),
        }
    }
}

/// After by before, less one: infinite where there was nothing before.
pub(super) fn change(before: u64, after: u64) -> f64 {
    if before == after {
        0.0
    } else {
        after as f64 / before as f64 - 1.0
    }
}

/// What a change of an instruction count means.
pub(super) fn of_instructions(change: f64) -> Verdict {
    if change >= FAIL_AT - ROUNDING {
        Verdict::Regression
    } else if change >= WARN_AT - ROUNDING {
        Verdict::Warning
    } else {
        Verdict::Fine
    }
}

/// What a change of a class's count means.
pub(super) fn of_class(change: f64) -> Verdict {
    if change < -CLASS_MAY_LOSE - ROUNDING {
        Verdict::Regression
    } else {
        Verdict::Fine
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_warn_and_fail_where_they_should() {
        let verdict = |after| of_instructions(change(10_000, after));
        assert_eq!(verdict(5_000), Verdict::Fine);
        assert_eq!(verdict(10_029), Verdict::Fine);
        assert_eq!(verdict(10_030), Verdict::Warning);
        assert_eq!(verdict(10_099), Verdict::Warning);
        assert_eq!(verdict(10_100), Verdict::Regression);
        assert_eq!(of_instructions(change(0, 1)), Verdict::Regression);
    }

    #[test]
    fn a_class_may_lose_a_tenth_and_no_more() {
        let verdict = |after| of_class(change(100, after));
        assert_eq!(verdict(0), Verdict::Regression);
        assert_eq!(verdict(89), Verdict::Regression);
        assert_eq!(verdict(90), Verdict::Fine);
        assert_eq!(verdict(200), Verdict::Fine);
    }
}
