//! What reading the clock costs, and how much work one reading must cover.

use std::hint::black_box;
use std::time::Instant;

/// The cost and the step of [`Instant`] on this host.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clock {
    /// What taking one time costs, in nanoseconds.
    pub cost_ns: f64,
    /// The smallest difference between two readings that differ, in nanoseconds.
    pub step_ns: f64,
}

impl Clock {
    /// Measures the clock; takes about a millisecond.
    #[must_use]
    pub fn measure() -> Self {
        const READINGS: u32 = 10_000;
        let started = Instant::now();
        for _ in 0..READINGS {
            black_box(Instant::now());
        }
        let cost_ns = started.elapsed().as_nanos() as f64 / f64::from(READINGS);
        let step_ns = (0..1_000).map(|_| smallest_step()).min().unwrap_or(1) as f64;
        Self { cost_ns, step_ns }
    }

    /// How many operations of `operation_ns` one sample must hold, so that neither the clock's
    /// cost nor its step makes up more than a hundredth of it.
    #[must_use]
    pub fn operations_per_sample(&self, operation_ns: f64) -> usize {
        let sample_ns = 100.0 * self.cost_ns.max(self.step_ns);
        (sample_ns / operation_ns.max(0.1)).ceil().max(1.0) as usize
    }
}

fn smallest_step() -> u128 {
    let before = Instant::now();
    loop {
        let step = before.elapsed().as_nanos();
        if step > 0 {
            return step;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_covers_a_hundred_clock_readings() {
        let clock = Clock {
            cost_ns: 25.0,
            step_ns: 20.0,
        };
        assert_eq!(clock.operations_per_sample(250.0), 10);
        assert_eq!(clock.operations_per_sample(1e6), 1);
    }
}
