//! Who is fastest on a workload, and how sure that is: for pages, rankings and advice.

use super::{Family, median};
use crate::record::{Record, Row};

/// What two measurements of the same may differ by in a record that does not say.
const UNKNOWN: f64 = 0.025;

/// From which difference on one time is called shorter than another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Certainty {
    /// Ratios up to this are a tie.
    pub(crate) tie: f64,
}

impl Certainty {
    /// That of `record`: what 95 of 100 operations differed from themselves by, or a guess.
    pub(crate) fn of(record: &Record) -> Self {
        let noise = record.noise.as_ref().map_or(UNKNOWN, |noise| noise.p95);
        Self {
            tie: 1.0 + noise.clamp(0.002, 1.0),
        }
    }

    /// Is the first of these measurably the faster one?
    pub(crate) fn apart(self, fast: &Placed<'_>, slow: &Placed<'_>) -> bool {
        let intervals = match (fast.row.ci, slow.row.ci) {
            (Some([_, high]), Some([low, _])) => high < low,
            _ => true,
        };
        intervals && slow.ns / fast.ns > self.tie
    }
}

/// A backend with its time, in a family.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed<'a> {
    pub(crate) backend: &'a str,
    pub(crate) ns: f64,
    pub(crate) row: &'a Row,
}

/// The backends of a family that compute something, the fastest first.
pub(crate) fn podium<'a>(family: &Family<'a>) -> Vec<Placed<'a>> {
    let mut places: Vec<Placed<'a>> = family
        .rows
        .iter()
        .filter(|row| row.backend != "null")
        .filter_map(|row| {
            Some(Placed {
                backend: &row.backend,
                ns: median(row)?,
                row,
            })
        })
        .collect();
    places.sort_by(|a, b| a.ns.total_cmp(&b.ns));
    places
}

/// The geometric mean; `None` of nothing.
pub(crate) fn geometric_mean(ratios: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = ratios.fold((0.0, 0_u32), |(sum, count), ratio| {
        (sum + ratio.ln(), count + 1)
    });
    (count > 0).then(|| (sum / f64::from(count)).exp())
}
