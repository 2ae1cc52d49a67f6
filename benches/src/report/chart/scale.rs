//! From values to places on the paper, and which values an axis names.

/// How values are spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Kind {
    Linear,
    /// By their logarithm: equal ratios are equally far apart.
    Log,
    /// Quantiles by the number of nines: 0.9, 0.99 and 0.999 are equally far apart.
    Nines,
}

impl Kind {
    fn bent(self, value: f64) -> f64 {
        match self {
            Self::Linear => value,
            Self::Log => value.max(f64::MIN_POSITIVE).log10(),
            Self::Nines => -(1.0 - value.min(0.999_999_9)).log10(),
        }
    }
}

/// Values from a range, places on another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    kind: Kind,
    values: [f64; 2],
    places: [f64; 2],
}

impl Scale {
    /// `values` need not be apart: a range without width gets some.
    pub(super) fn new(kind: Kind, [low, high]: [f64; 2], places: [f64; 2]) -> Self {
        let (low, mut high) = (kind.bent(low), kind.bent(high));
        if high - low < 1e-9 {
            high = low + 1.0;
        }
        Self {
            kind,
            values: [low, high],
            places,
        }
    }

    pub(super) fn at(&self, value: f64) -> f64 {
        let [low, high] = self.values;
        let share = ((self.kind.bent(value) - low) / (high - low)).clamp(-0.02, 1.02);
        self.places[0] + share * (self.places[1] - self.places[0])
    }
}

/// The least and the greatest of `values` that are finite.
pub(super) fn extent(values: impl Iterator<Item = f64>) -> Option<[f64; 2]> {
    values
        .filter(|value| value.is_finite())
        .fold(None, |extent, value| {
            Some(extent.map_or([value; 2], |[low, high]: [f64; 2]| {
                [low.min(value), high.max(value)]
            }))
        })
}

/// A little more than `extent`, so that no mark lies on the frame; a linear axis begins at 0 unless
/// all values are far from it.
pub(super) fn padded(kind: Kind, [low, high]: [f64; 2]) -> [f64; 2] {
    match kind {
        Kind::Linear if low >= 0.0 && low < 0.8 * high => [0.0, high * 1.05],
        Kind::Linear => {
            let room = ((high - low) * 0.08).max(high.abs() * 1e-3);
            [low - room, high + room]
        }
        Kind::Log => {
            // At least a third of a decade, or noise would look like mountains.
            let middle = (low * high).sqrt();
            let half = ((high / low).sqrt() * 1.12).max(1.45);
            [middle / half, middle * half]
        }
        Kind::Nines => [low, high],
    }
}

/// Round values between `low` and `high`, at most `most` of them.
pub(super) fn ticks(kind: Kind, [low, high]: [f64; 2], most: usize) -> Vec<f64> {
    match kind {
        Kind::Linear => linear(low, high, most),
        Kind::Nines => [0.5, 0.9, 0.99, 0.999]
            .into_iter()
            .filter(|quantile| (low..=high).contains(quantile))
            .collect(),
        Kind::Log => {
            const STEPS: [&[f64]; 5] = [
                &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0],
                &[1.0, 2.0, 3.0, 5.0],
                &[1.0, 2.0, 5.0],
                &[1.0, 3.0],
                &[1.0],
            ];
            // A record is untrusted: no logarithm of nothing.
            let low = if low > 0.0 { low } else { high * 1e-6 };
            if !(low.is_normal() && high.is_finite()) {
                return Vec::new();
            }
            let decades = low.log10().floor() as i32..=high.log10().ceil() as i32;
            let of = |steps: &[f64]| -> Vec<f64> {
                decades
                    .clone()
                    .flat_map(|decade| steps.iter().map(move |step| step * 10_f64.powi(decade)))
                    .filter(|value| (low..=high).contains(value))
                    .collect()
            };
            let fitting = STEPS.into_iter().map(of).find(|ticks| ticks.len() <= most);
            let fitting = fitting.unwrap_or_else(|| {
                // Many decades: every second one, or every third…
                let all = of(&[1.0]);
                let step = all.len().div_ceil(most.max(1));
                all.into_iter().step_by(step).collect()
            });
            if fitting.len() < 4 && high < 5.0 * low {
                linear(low, high, most)
            } else {
                fitting
            }
        }
    }
}

fn linear(low: f64, high: f64, most: usize) -> Vec<f64> {
    let rough = (high - low) / most.max(1) as f64;
    if !rough.is_finite() || rough <= 0.0 {
        return vec![low];
    }
    let decade = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|step| step * decade)
        .find(|step| *step >= rough * 0.999_999)
        .unwrap_or(decade * 10.0);
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    (first..=last).map(|count| count as f64 * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_within_the_range_and_not_too_many() {
        assert_eq!(
            ticks(Kind::Linear, [0.0, 10.5], 6),
            [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
        );
        assert_eq!(
            ticks(Kind::Log, [0.09, 11.0], 8),
            [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0]
        );
        assert_eq!(ticks(Kind::Log, [900.0, 2e9], 8).len(), 7);
        assert_eq!(ticks(Kind::Nines, [0.5, 0.99], 8), [0.5, 0.9, 0.99]);
        assert!(ticks(Kind::Log, [-1.0, 0.0], 8).is_empty());
        assert!(ticks(Kind::Log, [1.0, f64::INFINITY], 8).is_empty());
        for (low, high) in [
            (1e-9, 1e12),
            (1.0, 1.01),
            (5.0, 5.0),
            (0.98, 1.3),
            (0.0, 2.0),
        ] {
            let ticks = ticks(Kind::Log, [low, high], 7);
            assert!((1..=8).contains(&ticks.len()), "{low} {high}: {ticks:?}");
        }
    }

    #[test]
    fn a_scale_maps_its_range_and_survives_one_without_width() {
        let scale = Scale::new(Kind::Log, [1.0, 100.0], [0.0, 200.0]);
        assert_eq!(
            (scale.at(1.0), scale.at(10.0), scale.at(100.0)),
            (0.0, 100.0, 200.0)
        );
        let nines = Scale::new(Kind::Nines, [0.9, 0.999], [0.0, 2.0]);
        assert!((nines.at(0.99) - 1.0).abs() < 1e-9);
        let flat = Scale::new(Kind::Linear, [3.0, 3.0], [10.0, 20.0]);
        assert!(flat.at(3.0).is_finite());
        assert!(
            Scale::new(Kind::Log, [1.0, 2.0], [0.0, 1.0])
                .at(0.0)
                .is_finite()
        );
    }

    #[test]
    fn noise_does_not_fill_the_paper() {
        let [low, high] = padded(Kind::Log, [100.0, 101.0]);
        assert!(high / low > 2.0);
        assert_eq!(padded(Kind::Linear, [1.0, 10.0])[0], 0.0);
    }
}
