//! The rows of two records, put together.

use std::collections::HashMap;

use crate::measure::noise::Noise;
use crate::record::{Record, Row};

/// A row of both records.
#[derive(Clone, Debug)]
pub(super) struct Pair<'a> {
    pub(super) id: String,
    pub(super) before: &'a Row,
    pub(super) after: &'a Row,
}

/// Rows of both records, those of one workload one after the other, in the order of the later one.
#[derive(Debug)]
pub(super) struct Pairs<'a> {
    pub(super) rows: Vec<Pair<'a>>,
    /// Rows of one record alone.
    pub(super) only_before: Vec<String>,
    pub(super) only_after: Vec<String>,
    /// What operations of each run differed from themselves by.
    pub(super) before_noise: Option<Noise>,
    pub(super) after_noise: Option<Noise>,
}

impl<'a> Pairs<'a> {
    /// Rows that were not timed are left out.
    pub(super) fn of(before: &'a Record, after: &'a Record) -> Self {
        let key = |row: &'a Row| (row.id(), row.backend.as_str());
        let timed = |record: &'a Record| record.results.iter().filter(|row| row.ns.is_some());
        let mut olds: HashMap<_, _> = timed(before).map(|row| (key(row), row)).collect();
        let mut pairs = Self {
            rows: Vec::new(),
            only_before: Vec::new(),
            only_after: Vec::new(),
            before_noise: before.noise,
            after_noise: after.noise,
        };
        for after in timed(after) {
            match olds.remove(&key(after)) {
                Some(before) => pairs.rows.push(Pair {
                    id: after.id(),
                    before,
                    after,
                }),
                None => pairs.only_after.push(name(after)),
            }
        }
        pairs.only_before = olds.into_values().map(name).collect();
        pairs.only_before.sort_unstable();
        pairs
    }

    /// The pairs of one workload after the other.
    pub(super) fn families(&self) -> impl Iterator<Item = &[Pair<'a>]> {
        self.rows.chunk_by(|a, b| a.id == b.id)
    }
}

fn name(row: &Row) -> String {
    format!("{} on {}", row.id(), row.backend)
}
