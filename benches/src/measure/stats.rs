//! Order statistics of samples.

use serde::{Deserialize, Serialize};

/// Nanoseconds per operation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Nanoseconds {
    /// The smallest sample.
    pub min: f64,
    /// The median.
    pub p50: f64,
    /// The arithmetic mean.
    pub mean: f64,
    /// The 90th percentile; `None` below 10 samples.
    pub p90: Option<f64>,
    /// The 99th percentile; `None` below 100 samples.
    pub p99: Option<f64>,
    /// The 99.9th percentile; `None` below 1000 samples.
    pub p999: Option<f64>,
    /// The largest sample.
    pub max: f64,
}

impl Nanoseconds {
    /// The statistics of `samples`, which are sorted on the way; `None` if there are none.
    #[must_use]
    pub fn of(samples: &mut [f64]) -> Option<Self> {
        samples.sort_unstable_by(f64::total_cmp);
        let (min, max) = (*samples.first()?, *samples.last()?);
        // A percentile is a sample, and no percentile is claimed that no sample stands beyond.
        let tail = |beyond: usize| {
            let rank = samples.len() - samples.len() / beyond;
            (samples.len() >= beyond).then(|| round(samples[rank - 1]))
        };
        Some(Self {
            min: round(min),
            p50: round(sorted_median(samples)),
            mean: round(samples.iter().sum::<f64>() / samples.len() as f64),
            p90: tail(10),
            p99: tail(100),
            p999: tail(1000),
            max: round(max),
        })
    }
}

/// The median of `values`, which are sorted on the way; `None` if there are none.
#[must_use]
pub fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    (!values.is_empty()).then(|| sorted_median(values))
}

fn sorted_median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    } else {
        sorted[middle]
    }
}

/// To a hundredth: more digits would be noise.
#[must_use]
pub fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples_and_are_claimed_only_with_enough_of_them() {
        let mut hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        let ns = Nanoseconds::of(&mut hundred).unwrap();
        assert_eq!((ns.min, ns.p50, ns.mean, ns.max), (1.0, 50.5, 50.5, 100.0));
        assert_eq!((ns.p90, ns.p99, ns.p999), (Some(90.0), Some(99.0), None));
        let one = Nanoseconds::of(&mut [7.0]).unwrap();
        assert_eq!((one.p50, one.p90), (7.0, None));
        assert_eq!(Nanoseconds::of(&mut []), None);
    }
}
