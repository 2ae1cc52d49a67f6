//! The options of the verbs `gate` and `selftest`.

use std::path::PathBuf;

use clap::Args;
use regex::Regex;

use super::layer::{Layer, UnknownLayer};

/// The options of `gate`.
#[derive(Clone, Debug, Args)]
pub struct GateOptions {
    /// What to compare with: a revision of git
    #[arg(long, value_name = "REV")]
    pub base: String,
    /// What is under test: a revision [default: the files as they are]
    #[arg(long, value_name = "REV")]
    pub head: Option<String>,
    /// Only workloads whose identifier matches
    #[arg(long, value_name = "REGEX", value_parser = Regex::new)]
    pub filter: Option<Regex>,
    /// A third of the time for the layer `time`
    #[arg(long)]
    pub quick: bool,
    /// Only these layers: smoke, counts, instructions, witness, time
    #[arg(long, value_name = "LAYER,…", value_delimiter = ',', value_parser = layer)]
    pub layers: Vec<Layer>,
    /// Where everything that was found goes, as JSON
    #[arg(long, value_name = "PATH")]
    pub json: Option<PathBuf>,
    /// Changes that are intended [default: benches/golden/intended.txt, if it is there]
    #[arg(long, value_name = "PATH")]
    pub intended: Option<PathBuf>,
    /// Which project, and how it is built
    #[command(flatten)]
    pub of: ProjectOptions,
}

/// Which project, and how it is built.
#[derive(Clone, Debug, Args)]
pub struct ProjectOptions {
    /// The project whose target `gate-workloads` is built
    #[arg(long, value_name = "PATH", default_value = "Cargo.toml")]
    pub manifest: PathBuf,
    /// The cargo profile that both sides are built under
    #[arg(long, value_name = "NAME", default_value = "release")]
    pub profile: String,
    /// Seed of all inputs
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
}

/// The options of `selftest`.
#[derive(Clone, Debug, Args)]
pub struct SelftestOptions {
    /// Which project, and how it is built
    #[command(flatten)]
    pub of: ProjectOptions,
}

fn layer(name: &str) -> Result<Layer, UnknownLayer> {
    name.parse()
}
