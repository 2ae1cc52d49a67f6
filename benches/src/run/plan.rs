//! What a run measures, and how its time is shared out.

use std::time::Duration;

use super::Selection;
use crate::backend::Backend;
use crate::cli::Failure;
use crate::workload::table::{self, Workload};

/// What the rows of a run of everything may take. With what stands around them, and the offered load
/// of a report, a quick one stays within two minutes.
const QUICK: Duration = Duration::from_secs(85);
const FULL: Duration = Duration::from_secs(28 * 60);
/// No row gets more than this, times its weight: a filtered run is short.
const MOST_PER_ROW: Duration = Duration::from_millis(400);
const MOST_PER_ROW_FULL: Duration = Duration::from_secs(4);

/// What to measure, and for how long.
pub(super) struct Plan {
    pub(super) workloads: Vec<Workload>,
    /// Those asked for; if none, each workload has its own.
    pub(super) asked: Vec<Backend>,
    /// Time for everything, and at most for one row of weight 1.
    total: Duration,
    most: Duration,
}

impl Plan {
    pub(super) fn new(options: &Selection) -> Result<Self, Failure> {
        let selected = |row: &Workload| {
            (options.full || !row.full_only)
                && options
                    .filter
                    .as_ref()
                    .is_none_or(|filter| filter.is_match(&row.id()))
        };
        let workloads: Vec<Workload> = table::all().into_iter().filter(selected).collect();
        if let (true, Some(filter)) = (workloads.is_empty(), &options.filter) {
            return Err(Failure::NothingMatches(filter.clone()));
        }
        let mut asked = options.backend.clone();
        asked.sort_unstable();
        asked.dedup();
        if let Some(backend) = asked.iter().find(|backend| !backend.is_supported()) {
            return Err(Failure::Unsupported(*backend));
        }
        let (total, most) = if options.full {
            (FULL, MOST_PER_ROW_FULL)
        } else {
            (QUICK, MOST_PER_ROW)
        };
        Ok(Self {
            workloads,
            asked,
            total,
            most,
        })
    }

    pub(super) fn backends(&self, workload: &Workload) -> Vec<Backend> {
        let mut own = Backend::supported(workload.backends);
        if self.asked.is_empty() {
            return own;
        }
        if workload.is_tied_to_its_backends() {
            own.retain(|backend| self.asked.contains(backend));
            return own;
        }
        self.asked.clone()
    }

    /// The share of the time that `workload` gets on all its backends.
    pub(super) fn weight(&self, workload: &Workload) -> u32 {
        workload.weight * self.backends(workload).len() as u32
    }

    /// The weights of all workloads.
    pub(super) fn rows(&self) -> u32 {
        self.workloads.iter().map(|row| self.weight(row)).sum()
    }

    /// Time for one backend's row of `workload`, when `left` is the weight of what is to come.
    pub(super) fn budget(&self, workload: &Workload, spent: Duration, left: u32) -> Duration {
        let share = self.total.saturating_sub(spent) / left.max(1);
        share.min(self.most) * workload.weight
    }
}
