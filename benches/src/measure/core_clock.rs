//! The core's own clock, which neither the time-stamp counter nor the system tells.

use std::time::Instant;

const STEPS: u32 = 10_000;
const ADDITIONS_PER_STEP: u32 = 64;

/// The clock of this core in GHz right now, by a chain of additions of one cycle each; takes about a
/// fifth of a millisecond. `None` on processors that are not known here.
#[must_use]
pub fn ghz() -> Option<f64> {
    let started = Instant::now();
    // Every step begins with what the last one gave: else the core would do several at a time.
    let mut number = 1;
    for _ in 0..STEPS {
        number = add_in_a_chain(number)?;
    }
    let nanoseconds = started.elapsed().as_nanos() as f64;
    std::hint::black_box(number);
    Some(f64::from(STEPS) * f64::from(ADDITIONS_PER_STEP) / nanoseconds)
}

#[cfg(target_arch = "x86_64")]
fn add_in_a_chain(mut number: u64) -> Option<u64> {
    // SAFETY: changes nothing but the register that it is given, and flags.
    unsafe {
        std::arch::asm!(
            ".rept 64",
            "add {x}, {x}",
            ".endr",
            x = inout(reg) number,
            options(nomem, nostack)
        );
    }
    Some(number)
}

#[cfg(target_arch = "aarch64")]
fn add_in_a_chain(mut number: u64) -> Option<u64> {
    // SAFETY: changes nothing but the register that it is given.
    unsafe {
        std::arch::asm!(
            ".rept 64",
            "add {x}, {x}, {x}",
            ".endr",
            x = inout(reg) number,
            options(nomem, nostack)
        );
    }
    Some(number)
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn add_in_a_chain(_: u64) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    fn the_clock_is_one_that_a_processor_can_have() {
        let fastest = (0..20).filter_map(|_| ghz()).fold(0.0, f64::max);
        assert!((0.05..6.3).contains(&fastest), "{fastest} GHz");
    }
}
