//! How the samples of one operation are spread, from the shortest to the longest.

use hdrhistogram::Histogram;

/// The quantiles that are kept.
const QUANTILES: [f64; 21] = [
    0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99, 0.995,
    0.998, 0.999, 0.9999, 1.0,
];
/// Below so many samples a tail means nothing.
const FEWEST: usize = 100;
/// In nanoseconds.
const LONGEST: u64 = 3600 * 1_000_000_000;

/// Pairs of quantile and nanoseconds, to three digits; no quantile that fewer than one sample lies
/// beyond, but for the longest of all. `None` below a hundred samples.
#[must_use]
pub fn of(samples: &[f64]) -> Option<Vec<[f64; 2]>> {
    if samples.len() < FEWEST {
        return None;
    }
    let mut histogram = Histogram::<u64>::new_with_bounds(1, LONGEST, 3).ok()?;
    for sample in samples {
        histogram.saturating_record(sample.round() as u64);
    }
    let claimed =
        |quantile: &&f64| **quantile == 1.0 || (1.0 - **quantile) * samples.len() as f64 >= 1.0;
    let points = QUANTILES.iter().filter(claimed);
    Some(
        points
            .map(|&quantile| [quantile, histogram.value_at_quantile(quantile) as f64])
            .collect(),
    )
}

/// How many of `sorted` lie further above the third quartile than three times the distance between
/// the quartiles: what interrupts and the like cost.
#[must_use]
pub fn outliers(sorted: &[f64]) -> u64 {
    let quarter = sorted.len() / 4;
    let (Some(&low), Some(&high)) = (
        sorted.get(quarter),
        sorted.get(sorted.len().saturating_sub(quarter + 1)),
    ) else {
        return 0;
    };
    let fence = high + 3.0 * (high - low);
    (sorted.len() - sorted.partition_point(|&sample| sample <= fence)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_claimed_as_far_as_the_samples_reach() {
        let samples: Vec<f64> = (1..=200).map(f64::from).collect();
        let points = of(&samples).unwrap();
        assert!(points.contains(&[0.5, 100.0]) && points.contains(&[0.99, 198.0]));
        assert_eq!(points.last(), Some(&[1.0, 200.0]));
        assert!(points.iter().all(|point| point[0] != 0.998));
        assert_eq!(of(&samples[..99]), None);
    }

    #[test]
    fn what_lies_far_above_the_quartiles_is_counted() {
        let mut samples: Vec<f64> = (0..100)
            .map(|step| 100.0 + f64::from(step) / 100.0)
            .collect();
        assert_eq!(outliers(&samples), 0);
        samples.extend([500.0, 9000.0]);
        assert_eq!(outliers(&samples), 2);
        assert_eq!(outliers(&[]), 0);
    }
}
