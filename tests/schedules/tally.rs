//! What happened, over many schedules.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::model::Verdict;

#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) schedules: u64,
    pub(crate) sent: u64,
    pub(crate) corrupted: u64,
    pub(crate) misdirected: u64,
    /// Saved under the first, loaded under the second.
    pub(crate) reloads: BTreeSet<(&'static str, &'static str)>,
    pub(crate) verdicts: BTreeMap<&'static str, u64>,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            schedules,
            sent,
            corrupted,
            misdirected,
            reloads,
            verdicts,
        } = self;
        writeln!(
            f,
            "{schedules} schedules, {sent} messages sent; deliveries: {verdicts:?}"
        )?;
        writeln!(
            f,
            "refused besides: {corrupted} corrupted, {misdirected} misdirected"
        )?;
        write!(
            f,
            "saved under one backend and loaded under another: {} pairs",
            reloads.len()
        )
    }
}

impl Tally {
    pub(crate) fn verdict(&mut self, verdict: Verdict) {
        let name = match verdict {
            Verdict::Open => "opened",
            Verdict::Duplicate => "duplicate",
            Verdict::OpenedLongAgo => "duplicate or too old",
            Verdict::TooOld => "too old",
            Verdict::ChainForgotten => "chain forgotten",
            Verdict::TooFarAhead => "too far ahead",
        };
        *self.verdicts.entry(name).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.schedules += other.schedules;
        self.sent += other.sent;
        self.corrupted += other.corrupted;
        self.misdirected += other.misdirected;
        self.reloads.extend(other.reloads);
        for (name, count) in other.verdicts {
            *self.verdicts.entry(name).or_default() += count;
        }
    }
}
