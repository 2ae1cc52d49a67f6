//! The noise of this very run: operations measured against themselves.
//!
//! A few operations of different length stand beside a second copy of themselves, measured in turns
//! as a row and its baseline are. Whatever their ratio differs from one is noise.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::clock::Clock;
use super::sampler::{Lane, measure};
use super::stats::median;
use super::stop::Stop;
use crate::backend::Backend;
use crate::workload::Wrong;
use crate::workload::table;

/// Identifiers in the workload table: latency, throughput, memory, and a long one.
const MEASURED: [&str; 4] = [
    "primitive/chain_step",
    "primitive/aes256gcm_seal_fresh/1350",
    "session/encrypt/SPRAG1_PQXDH_X25519+MLKEM768_DR_AES256GCM_SHA256/256",
    "primitive/x25519_agree",
];
const BACKEND: Backend = Backend::Mixed;
const BUDGET: Duration = Duration::from_millis(100);

/// By how much operations differed from themselves, as fractions: 0.01 is one per cent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    /// How many comparisons there were.
    pub rows: usize,
    /// The median difference.
    pub p50: f64,
    /// 95 of 100 comparisons differed by no more.
    pub p95: f64,
    /// The largest difference.
    pub worst: f64,
}

/// Comparisons so far.
#[derive(Clone, Debug, Default)]
pub struct SelfComparison {
    differences: Vec<f64>,
}

impl SelfComparison {
    /// Compares once more; takes about half a second. Does nothing once `stop` was asked for.
    ///
    /// # Errors
    /// [`Wrong`] if an operation gave a wrong result.
    pub fn compare(&mut self, clock: Clock, seed: u64, stop: &Stop) -> Result<(), Wrong> {
        for workload in table::all() {
            if stop.asked() || !MEASURED.contains(&workload.id().as_str()) {
                continue;
            }
            let operation = || workload.operation(BACKEND, seed);
            let lane = Lane::new(operation()?, Some(operation()?), clock)?;
            for measured in measure(vec![lane], BUDGET, stop) {
                let beside = measured?.beside;
                self.differences
                    .extend(beside.map(|beside| (beside.ratio.p50 - 1.0).abs()));
            }
        }
        Ok(())
    }

    /// What came out; `None` if nothing was compared.
    #[must_use]
    pub fn noise(mut self) -> Option<Noise> {
        let rows = self.differences.len();
        let p50 = median(&mut self.differences)?;
        let round = |value: f64| (value * 1e5).round() / 1e5;
        Some(Noise {
            rows,
            p50: round(p50),
            p95: round(self.differences[(rows * 95).div_ceil(100) - 1]),
            worst: round(*self.differences.last()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_differs_little_from_itself() {
        let mut comparison = SelfComparison::default();
        comparison
            .compare(Clock::measure(), 1, &Stop::default())
            .unwrap();
        assert_eq!(comparison.differences.len(), MEASURED.len());
        let noise = comparison.noise().unwrap();
        assert!(noise.p50 <= noise.p95 && noise.p95 <= noise.worst);
        assert!(noise.p50 < 0.5, "{noise:?}");
    }

    #[test]
    fn quantiles_are_those_of_the_differences() {
        let differences = (1..=20).rev().map(|percent| f64::from(percent) / 100.0);
        let comparison = SelfComparison {
            differences: differences.collect(),
        };
        let noise = comparison.noise().unwrap();
        assert_eq!((noise.rows, noise.p50), (20, 0.105));
        assert_eq!((noise.p95, noise.worst), (0.19, 0.2));
        assert_eq!(SelfComparison::default().noise(), None);
    }
}
