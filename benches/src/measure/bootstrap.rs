//! How sure a median is: the bootstrap over the rounds of a measurement.
//!
//! Samples that follow one another are alike, since the machine's speed changes in steps of seconds,
//! so single samples are not resampled but whole rounds, each by its median.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::stats::median;

const RESAMPLES: usize = 1000;
/// Fewer rounds say nothing about how far they lie apart.
const FEWEST: usize = 4;

/// The interval that holds the median of the rounds in 95 of 100 resamplings, lowest first; `None`
/// below four rounds. The same rounds give the same interval.
#[must_use]
pub fn interval(rounds: &[f64]) -> Option<[f64; 2]> {
    if rounds.len() < FEWEST {
        return None;
    }
    let mut rng = ChaCha12Rng::seed_from_u64(0);
    let mut drawn = vec![0.0; rounds.len()];
    let mut medians = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        for place in &mut drawn {
            *place = rounds[(rng.next_u64() % rounds.len() as u64) as usize];
        }
        medians.extend(median(&mut drawn));
    }
    medians.sort_unstable_by(f64::total_cmp);
    let cut = RESAMPLES / 40;
    Some([medians[cut], medians[RESAMPLES - 1 - cut]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_holds_the_median_and_narrows_with_the_rounds() {
        let rounds = |count: u32| -> Vec<f64> {
            let spread = (0..count).map(|round| f64::from(round * 7 % count));
            spread
                .map(|place| 100.0 + place / f64::from(count))
                .collect()
        };
        let [low, high] = interval(&rounds(8)).unwrap();
        assert!(low <= 100.5 && 100.5 <= high);
        let [closer, close] = interval(&rounds(64)).unwrap();
        assert!(close - closer < high - low);
        assert_eq!(interval(&rounds(8)), Some([low, high]));
        assert_eq!(interval(&[1.0, 2.0, 3.0]), None);
    }

    #[test]
    fn two_speeds_give_an_interval_that_holds_both() {
        let rounds = [100.0, 150.0, 100.0, 150.0, 100.0, 150.0, 100.0, 150.0];
        assert_eq!(interval(&rounds), Some([100.0, 150.0]));
    }
}
