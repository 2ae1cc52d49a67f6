//! The record of `models`: the JSON format `sprag-bench-models/1` (docs/BENCH-JSON.md).

use std::io;

use serde::{Deserialize, Serialize};

use super::figures::Figures;
use crate::build_info::Build;
use crate::host::Host;

/// The format's name and version.
pub(super) const SCHEMA: &str = "sprag-bench-models/1";

/// One run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ModelsRecord {
    pub(super) schema: String,
    pub(super) command: String,
    /// Stopped before every model was measured on every backend.
    pub(super) interrupted: bool,
    pub(super) host: Host,
    pub(super) build: Build,
    pub(super) history_messages: u64,
    pub(super) conversation_messages: u64,
    pub(super) rounds: usize,
    pub(super) text_bytes: usize,
    pub(super) results: Vec<Row>,
}

/// One model on one backend.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) model: String,
    pub(super) backend: String,
    #[serde(flatten)]
    pub(super) figures: Figures,
}

impl ModelsRecord {
    /// The record as it is written to a file.
    ///
    /// # Errors
    /// [`io::Error`] if a number in it cannot be written.
    pub(super) fn to_json(&self) -> Result<String, io::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}
