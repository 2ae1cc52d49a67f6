//! What a layer has to say about a workload that changed.

use std::fmt;

use serde::Serialize;

use super::layer::Layer;

/// A change.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// Who says it.
    pub layer: Layer,
    /// Of which workload.
    pub workload: String,
    /// What changed, where the layer looks at several things.
    pub what: String,
    /// The number in the base.
    pub base: f64,
    /// The number in the head.
    pub head: f64,
    /// What follows.
    pub verdict: Verdict,
    /// What else is to be known.
    pub note: String,
}

/// What follows from a change, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// A wrong result.
    Wrong,
    /// Worse, and not intended.
    Regression,
    /// Too noisy to tell, or nothing to compare with.
    Unclear,
    /// Worse, by little.
    Warning,
    /// Worse, and intended.
    Intended,
    /// Seemed slower, and was not when asked again.
    NotReproduced,
    /// Something that is not judged.
    Reported,
    /// Less of what costs.
    Better,
}

impl Verdict {
    /// The word in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wrong => "WRONG",
            Self::Regression => "REGRESSION",
            Self::Unclear => "unclear",
            Self::Warning => "warning",
            Self::Intended => "intended",
            Self::NotReproduced => "not reproduced",
            Self::Reported => "reported",
            Self::Better => "better",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Finding {
    /// A change from `base` to `head`.
    #[must_use]
    pub fn new(layer: Layer, workload: &str, base: f64, head: f64, verdict: Verdict) -> Self {
        Self {
            layer,
            workload: workload.to_owned(),
            what: String::new(),
            base,
            head,
            verdict,
            note: String::new(),
        }
    }

    /// Of this.
    #[must_use]
    pub fn of(mut self, what: impl fmt::Display) -> Self {
        self.what = what.to_string();
        self
    }

    /// With this said beside it.
    #[must_use]
    pub fn noting(mut self, note: impl fmt::Display) -> Self {
        self.note = note.to_string();
        self
    }

    /// The change in percent of the base; infinite where there was nothing.
    #[must_use]
    pub fn percent(&self) -> f64 {
        100.0 * (self.head / self.base - 1.0)
    }
}
