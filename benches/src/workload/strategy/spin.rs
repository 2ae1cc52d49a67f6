//! Arithmetic that touches no memory, one half after the other or both at once: what two threads
//! can give on this machine, to judge the other rows of two threads by.

use std::hint::black_box;

use crate::workload::batch::Way;
use crate::workload::{Operation, Wrong, ensure, operation};

/// Steps of each half, about a tenth of a millisecond.
const STEPS: u64 = 100_000;

pub(super) fn build(way: Way, seed: u64) -> Box<dyn Operation> {
    operation(
        seed,
        8,
        |seed| {
            *seed += 1;
            Ok((*seed, [0; 2]))
        },
        move |_, (seed, ends)| {
            let (left, right) = (|| spin(*seed), || spin(!*seed));
            let (left, right) = match way {
                Way::Pool => rayon::join(left, right),
                _ => (left(), right()),
            };
            *ends = [left, right];
            Ok(())
        },
        |_, (_, ends), digest| -> Result<(), Wrong> {
            digest.absorb(&ends[0].to_le_bytes());
            digest.absorb(&ends[1].to_le_bytes());
            ensure(ends[0] != ends[1], "both halves are the same")
        },
    )
}

fn spin(seed: u64) -> u64 {
    (0..black_box(STEPS)).fold(seed, |word, step| {
        // An odd factor: nothing is lost on the way.
        word.wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(step)
    })
}
