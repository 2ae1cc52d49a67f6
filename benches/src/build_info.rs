//! What this binary was built from and how, as `build.rs` recorded it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// Version of sprag.
    pub sprag: String,
    /// The commit, if built from a repository; changes on top of it are not seen.
    pub commit: Option<String>,
    /// `rustc --version`.
    pub rustc: Option<String>,
    /// The cargo profile's base, `release` or `debug`.
    pub profile: String,
    /// The optimisation level.
    pub opt_level: String,
    /// The target triple.
    pub target: String,
    /// Target features that the compiler may rely on everywhere.
    pub target_features: Vec<String>,
    /// Flags from `RUSTFLAGS` or cargo's configuration.
    pub rustflags: String,
    /// Versions of the libraries that are measured.
    pub libraries: BTreeMap<String, String>,
}

impl Build {
    /// This build.
    #[must_use]
    pub fn this() -> Self {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let list = |text: &'static str| text.split(',').filter(|item| !item.is_empty());
        Self {
            sprag: env!("CARGO_PKG_VERSION").into(),
            commit: some(env!("SPRAG_BUILD_COMMIT")),
            rustc: some(env!("SPRAG_BUILD_RUSTC")),
            profile: env!("SPRAG_BUILD_PROFILE").into(),
            opt_level: env!("SPRAG_BUILD_OPT_LEVEL").into(),
            target: env!("SPRAG_BUILD_TARGET").into(),
            target_features: list(env!("SPRAG_BUILD_CARGO_CFG_TARGET_FEATURE"))
                .map(str::to_owned)
                .collect(),
            rustflags: env!("SPRAG_BUILD_FLAGS").into(),
            libraries: list(env!("SPRAG_BUILD_LIBRARIES"))
                .filter_map(|item| item.split_once(' '))
                .map(|(name, version)| (name.to_owned(), version.to_owned()))
                .collect(),
        }
    }

    /// Compiler, profile and flags: what two builds must share for their code to be compared.
    #[must_use]
    pub fn how(&self) -> String {
        format!(
            "{}, opt-level {}, {}, {}, flags {:?}",
            self.rustc.as_deref().unwrap_or("unknown compiler"),
            self.opt_level,
            self.target,
            self.target_features.join(" "),
            self.rustflags,
        )
    }

    /// Is this build optimised enough for its numbers to mean anything?
    #[must_use]
    pub fn is_optimised(&self) -> bool {
        self.opt_level == "3"
    }
}
