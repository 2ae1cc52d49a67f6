//! The core's own clock, which neither the time-stamp counter nor the system tells.

use std::time::Instant;

const STEPS: u32 = 10_000;
const ADDS_PER_STEP: u32 = 64;

/// The clock of this core in GHz right now, by a chain of additions of one cycle each; takes about a
/// fifth of a millisecond. `None` on processors that are not known here.
#[must_use]
pub fn ghz() -> Option<f64> {
    let started = Instant::now();
    add_in_a_chain()?;
    let nanoseconds = started.elapsed().as_nanos() as f64;
    Some(f64::from(STEPS) * f64::from(ADDS_PER_STEP) / nanoseconds)
}

#[cfg(target_arch = "x86_64")]
fn add_in_a_chain() -> Option<()> {
    for _ in 0..STEPS {
        // SAFETY: changes nothing but the register that it is given, and flags.
        unsafe {
            std::arch::asm!(
                ".rept 64",
                "add {x}, {x}",
                ".endr",
                x = inout(reg) 1_u64 => _,
                options(nomem, nostack)
            );
        }
    }
    Some(())
}

#[cfg(target_arch = "aarch64")]
fn add_in_a_chain() -> Option<()> {
    for _ in 0..STEPS {
        // SAFETY: changes nothing but the register that it is given.
        unsafe {
            std::arch::asm!(
                ".rept 64",
                "add {x}, {x}, {x}",
                ".endr",
                x = inout(reg) 1_u64 => _,
                options(nomem, nostack)
            );
        }
    }
    Some(())
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn add_in_a_chain() -> Option<()> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    fn the_clock_is_that_of_a_processor() {
        let fastest = (0..20).filter_map(|_| ghz()).fold(0.0, f64::max);
        assert!((0.05..10.0).contains(&fastest), "{fastest} GHz");
    }
}
