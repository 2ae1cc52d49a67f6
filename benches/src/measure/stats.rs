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
            (samples.len() >= beyond).then(|| samples[rank - 1])
        };
        Some(Self {
            min,
            p50: sorted_median(samples),
            mean: samples.iter().sum::<f64>() / samples.len() as f64,
            p90: tail(10),
            p99: tail(100),
            p999: tail(1000),
            max,
        })
    }
}

impl Nanoseconds {
    /// Each of `items` that shared an operation.
    #[must_use]
    pub fn per(self, items: usize) -> Self {
        let each = |ns: f64| round(ns / items as f64);
        Self {
            min: each(self.min),
            p50: each(self.p50),
            mean: each(self.mean),
            p90: self.p90.map(each),
            p99: self.p99.map(each),
            p999: self.p999.map(each),
            max: each(self.max),
        }
    }
}

/// The median of a ratio over the rounds of a measurement, and how far the rounds lie apart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Nine of ten rounds gave more; the least below ten rounds.
    pub low: f64,
    /// The median.
    pub p50: f64,
    /// Nine of ten rounds gave less; the most below ten rounds.
    pub high: f64,
}

impl Spread {
    /// Of `values`, which are sorted on the way; `None` if there are none.
    #[must_use]
    pub fn of(values: &mut [f64]) -> Option<Self> {
        let p50 = median(values)?;
        let tenth = values.len() / 10;
        Some(Self {
            low: *values.get(tenth)?,
            p50,
            high: *values.get(values.len() - 1 - tenth)?,
        })
    }

    /// The ratio the other way round.
    #[must_use]
    pub fn inverse(self) -> Self {
        Self {
            low: 1.0 / self.high,
            p50: 1.0 / self.p50,
            high: 1.0 / self.low,
        }
    }

    /// To a thousandth; small ones to a millionth.
    #[must_use]
    pub fn rounded(self) -> Self {
        let round = |value: f64| {
            let scale = if value < 0.1 { 1e6 } else { 1e3 };
            (value * scale).round() / scale
        };
        Self {
            low: round(self.low),
            p50: round(self.p50),
            high: round(self.high),
        }
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

    #[test]
    fn a_spread_leaves_out_a_tenth_at_each_end() {
        let mut twenty: Vec<f64> = (1..=20).rev().map(f64::from).collect();
        let spread = Spread::of(&mut twenty).unwrap();
        assert_eq!((spread.low, spread.p50, spread.high), (3.0, 10.5, 18.0));
        let mut two = [4.0, 2.0];
        let inverse = Spread::of(&mut two).unwrap().inverse();
        assert_eq!((inverse.low, inverse.high), (0.25, 0.5));
        assert_eq!(Spread::of(&mut []), None);
    }
}
