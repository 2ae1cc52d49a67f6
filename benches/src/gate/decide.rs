//! What the time layer concludes from ratios, and nothing else: no clock, no process.
//!
//! A ratio is the time of head by that of base. Screening asks whether a workload may be slower;
//! confirming asks again with other processes, with the roles of the two libraries reversed, and
//! beside a control that compares the base with a copy of itself. Building the same source twice
//! can move time by one to two percent, by where the code comes to lie; therefore nothing below
//! [`THRESHOLD`] is ever called a regression.

use serde::Serialize;

use crate::measure::stats::median;

/// The smallest slowdown that is looked into: 2.5 %.
pub const THRESHOLD: f64 = 0.025;

/// What screening says of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Screened {
    /// Head by base: the median over the processes.
    pub ratio: f64,
}

impl Screened {
    /// Of each process's ratio; `None` if there are none.
    #[must_use]
    pub fn of(ratios: &[f64]) -> Option<Self> {
        let ratio = median(&mut ratios.to_vec())?;
        Some(Self { ratio })
    }

    /// May it be slower?
    #[must_use]
    pub fn is_candidate(self) -> bool {
        self.ratio >= 1.0 + THRESHOLD
    }

    /// Does it look faster?
    #[must_use]
    pub fn is_faster(self) -> bool {
        self.ratio <= 1.0 / (1.0 + THRESHOLD)
    }
}

/// What confirming measured: ratios of head by base, one for each process.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Confirmation {
    /// Base loaded first.
    pub forward: Vec<f64>,
    /// Head loaded first.
    pub reversed: Vec<f64>,
    /// A copy of base by base.
    pub control: Vec<f64>,
}

/// What confirming says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Confirmed {
    /// Slower in both roles, beyond the noise.
    Slower,
    /// Not slower in both roles.
    NotReproduced,
    /// The control differs so much that nothing can be said.
    Noisy,
}

impl Confirmation {
    /// The median of either role and the noise, each as a fraction beyond 1.
    #[must_use]
    pub fn changes(&self) -> Option<[f64; 3]> {
        let beyond = |ratios: &[f64]| Some(median(&mut ratios.to_vec())? - 1.0);
        Some([
            beyond(&self.forward)?,
            beyond(&self.reversed)?,
            noise(&self.control)?,
        ])
    }

    /// What follows.
    #[must_use]
    pub fn verdict(&self) -> Confirmed {
        let Some([forward, reversed, noise]) = self.changes() else {
            return Confirmed::Noisy;
        };
        let least = forward.min(reversed);
        if noise >= THRESHOLD && least >= THRESHOLD && least <= noise {
            Confirmed::Noisy
        } else if least >= THRESHOLD && least > noise {
            Confirmed::Slower
        } else {
            Confirmed::NotReproduced
        }
    }
}

/// How far the median of such ratios lies from 1, and three standard errors of it.
#[must_use]
pub fn noise(control: &[f64]) -> Option<f64> {
    let middle = median(&mut control.to_vec())?;
    let mut deviations: Vec<f64> = control.iter().map(|ratio| (ratio - middle).abs()).collect();
    // For normal noise the deviation is 1.4826 median absolute deviations, and a median's error
    // 1.2533 times a mean's.
    let deviation = 1.4826 * median(&mut deviations)?;
    let error = 1.2533 * deviation / (control.len() as f64).sqrt();
    Some((middle - 1.0).abs() + 3.0 * error)
}

#[cfg(test)]
mod tests {
    use rand_core::{Rng as _, SeedableRng};

    use super::*;
    use crate::workload::Rng;

    /// A machine with two speeds 1.5 apart that change now and then, jitter on every piece,
    /// interruptions, and a bias of each process by where its memory lies.
    struct Machine {
        rng: Rng,
        slow: bool,
    }

    impl Machine {
        fn new(seed: u64) -> Self {
            Self {
                rng: Rng::seed_from_u64(seed),
                slow: false,
            }
        }

        fn uniform(&mut self) -> f64 {
            (self.rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
        }

        /// About normal, of variance 1.
        fn normal(&mut self) -> f64 {
            (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
        }

        fn time(&mut self, work: f64) -> f64 {
            if self.uniform() < 0.002 {
                self.slow = !self.slow;
            }
            let interrupted = if self.uniform() < 0.01 { 3.0 } else { 1.0 };
            let mode = if self.slow { 1.5 } else { 1.0 };
            work * mode * interrupted * (1.0 + 0.03 * self.normal().abs())
        }

        /// What a process says of a head that takes `work` times as long, over `pieces`.
        fn process(&mut self, work: f64, pieces: usize) -> f64 {
            let bias = 1.0 + 0.004 * self.normal();
            let ratio = |machine: &mut Self| machine.time(work * bias) / machine.time(1.0);
            let mut ratios: Vec<f64> = (0..pieces).map(|_| ratio(self)).collect();
            median(&mut ratios).unwrap()
        }

        fn processes(&mut self, count: usize, work: f64, pieces: usize) -> Vec<f64> {
            (0..count).map(|_| self.process(work, pieces)).collect()
        }

        /// Screens, and confirms if need be; is it a regression?
        fn alarms(&mut self, work: f64) -> bool {
            let screened = Screened::of(&self.processes(6, work, 150)).unwrap();
            screened.is_candidate() && self.confirm(work) == Confirmed::Slower
        }

        fn confirm(&mut self, work: f64) -> Confirmed {
            Confirmation {
                forward: self.processes(11, work, 250),
                reversed: self.processes(11, work, 250),
                control: self.processes(11, 1.0, 250),
            }
            .verdict()
        }
    }

    #[test]
    fn the_same_never_alarms() {
        let alarms = (0..1000).filter(|seed| Machine::new(*seed).alarms(1.0));
        assert_eq!(alarms.count(), 0);
    }

    #[test]
    fn the_layout_of_the_code_alone_never_alarms() {
        let alarms = (0..300).filter(|seed| Machine::new(*seed).alarms(1.0165));
        assert_eq!(alarms.count(), 0);
    }

    #[test]
    fn what_is_slower_is_found() {
        let found = |work| {
            (0..200)
                .filter(|seed| Machine::new(*seed).alarms(work))
                .count()
        };
        // At 3 % a median of six processes lies below 2.5 % now and then.
        assert!(found(1.03) >= 180, "{} of 200", found(1.03));
        assert_eq!(found(1.05), 200);
    }

    #[test]
    fn a_noisy_control_and_a_single_role_are_no_proof() {
        let slower = vec![1.04; 11];
        let quiet = vec![1.0; 11];
        let confirmation = |forward: &[f64], reversed: &[f64], control: &[f64]| {
            Confirmation {
                forward: forward.to_vec(),
                reversed: reversed.to_vec(),
                control: control.to_vec(),
            }
            .verdict()
        };
        assert_eq!(confirmation(&slower, &slower, &quiet), Confirmed::Slower);
        assert_eq!(
            confirmation(&slower, &quiet, &quiet),
            Confirmed::NotReproduced
        );
        assert_eq!(
            confirmation(&slower, &slower, &[1.05; 11]),
            Confirmed::Noisy
        );
        assert_eq!(confirmation(&slower, &slower, &[]), Confirmed::Noisy);
        let faster = Screened::of(&[0.9, 0.95, 0.97]).unwrap();
        assert!(faster.is_faster() && !faster.is_candidate());
    }
}
