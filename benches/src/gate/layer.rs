//! The layers of the gate by name, in order of trust.

use std::fmt;
use std::str::FromStr;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// Results: every workload once, checked.
    Smoke,
    /// Primitive calls and allocations.
    Counts,
    /// Executed instructions of short operations.
    Instructions,
    /// Executed accelerated instructions of short operations.
    Witness,
    /// Time, in pairs.
    Time,
}

impl Layer {
    /// All of them, in order of trust.
    pub const ALL: [Self; 5] = [
        Self::Smoke,
        Self::Counts,
        Self::Instructions,
        Self::Witness,
        Self::Time,
    ];

    /// The name on the command line and in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Smoke => "smoke",
            Self::Counts => "counts",
            Self::Instructions => "instructions",
            Self::Witness => "witness",
            Self::Time => "time",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Layer {
    type Err = UnknownLayer;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let layer = Self::ALL.into_iter().find(|layer| layer.name() == name);
        layer.ok_or_else(|| UnknownLayer(name.to_owned()))
    }
}

/// No layer has this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownLayer(pub String);

impl fmt::Display for UnknownLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown layer {:?}; there are", self.0)?;
        Layer::ALL
            .iter()
            .try_for_each(|layer| write!(f, " {layer}"))
    }
}

impl std::error::Error for UnknownLayer {}
