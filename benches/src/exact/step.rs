//! Counting executed instructions exactly, where the processor's counters cannot be read.
//!
//! What lives here: [`step`], which runs a closure with the trap flag of x86 set, so that the
//! processor stops after every instruction, and counts the stops: on the real path, with whatever
//! the processor has, unlike under an emulator. What does not: what is worth counting.
//!
//! Invariants: a count is of user instructions alone and the same whenever the closure does the
//! same; a limit bounds the time; only one thread steps at a time, the others wait; the handler
//! and the flag are as before afterwards.

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod trap;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::classes::Classes;

/// Stops that take about a second: 20 to 50 microseconds each under a hypervisor.
pub const USUAL_LIMIT: u64 = 20_000;

/// What a closure executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stepped {
    /// Instructions, one that repeats itself (`rep movsb`) counted once.
    pub instructions: u64,
    /// The accelerated ones among them.
    pub classes: Classes,
}

/// Why there is no count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StepError {
    /// Another processor or system than x86-64 under Linux.
    Unsupported,
    /// The processor was told to stop and did not, or nobody was told that it did: under a
    /// debugger, or an emulator.
    NotDelivered,
    /// The closure is longer than the limit. It has been run to its end; here is what it executed
    /// up to the limit.
    TooLong(Stepped),
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported => write!(
                f,
                "instructions are counted on x86-64 under Linux alone, which this is not"
            ),
            Self::NotDelivered => write!(
                f,
                "instructions cannot be counted: the processor does not stop after each of them, \
                 as under a debugger or an emulator"
            ),
            Self::TooLong(part) => write!(
                f,
                "longer than the limit: {} instructions until then",
                part.instructions
            ),
        }
    }
}

impl std::error::Error for StepError {}

/// Runs `work` and counts the instructions it executes on this thread, the call and the return of
/// the closure included (less than twenty), until the processor has stopped `limit` times
/// ([`USUAL_LIMIT`]).
///
/// `work` runs exactly once and to its end, whatever is returned, but for [`StepError::Unsupported`].
/// A first run of anything may do more than a second one (find the processor's features, fill a
/// cache): run it once before. `work` must not call `step` itself, which would wait for ever, and
/// must start no thread.
///
/// # Errors
/// [`StepError`].
///
/// # Panics
/// If `work` does, with its message.
pub fn step(limit: u64, work: impl FnOnce()) -> Result<Stepped, StepError> {
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    return trap::step(limit, work);
    #[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
    {
        let _ = (limit, work);
        Err(StepError::Unsupported)
    }
}

#[cfg(all(test, target_arch = "x86_64", target_os = "linux"))]
mod tests {
    use std::arch::asm;
    use std::hint::black_box;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::thread;

    use super::*;
    use crate::exact::classes::Class;

    /// Counts what `work` does beyond an empty closure.
    fn beyond_nothing(work: impl FnOnce()) -> u64 {
        let nothing = step(USUAL_LIMIT, || {}).unwrap().instructions;
        assert!(nothing < 20, "{nothing}");
        step(USUAL_LIMIT, work).unwrap().instructions - nothing
    }

    fn sum(upto: u64) -> u64 {
        (0..black_box(upto)).fold(0, |sum, number| black_box(sum + number))
    }

    #[test]
    fn the_same_work_is_the_same_count_and_more_work_more() {
        let count = |upto| {
            step(USUAL_LIMIT, || {
                black_box(sum(upto));
            })
            .unwrap()
        };
        let first = count(100);
        assert_eq!(count(100), first);
        let each = count(101).instructions - first.instructions;
        assert!(each > 0);
        assert_eq!(count(200).instructions - first.instructions, 100 * each);
    }

    #[test]
    fn each_instruction_counts_one() {
        macro_rules! count {
            ($($instruction:literal),*) => {
                // SAFETY: instructions that do nothing.
                beyond_nothing(|| unsafe { asm!($($instruction),*) })
            };
        }
        let none = count!("");
        assert_eq!(count!("nop"), none + 1);
        assert_eq!(count!("nop", "nop", "nop"), none + 3);
    }

    #[test]
    fn an_instruction_that_repeats_itself_counts_one() {
        let from = [7_u8; 100];
        let mut to = [0_u8; 100];
        let copy = |len: usize, to: &mut [u8; 100]| {
            let (from, to) = (from.as_ptr(), to.as_mut_ptr());
            step(USUAL_LIMIT, || {
                // SAFETY: both arrays have more bytes than are copied, and they are two.
                unsafe {
                    asm!(
                        "rep movsb",
                        inout("rcx") len => _,
                        inout("rsi") from => _,
                        inout("rdi") to => _,
                    );
                }
            })
            .unwrap()
            .instructions
        };
        let short = copy(2, &mut to);
        assert_eq!(copy(100, &mut to), short);
        assert_eq!(to, from);
    }

    #[test]
    fn an_instruction_that_jumps_to_itself_counts_every_time() {
        let count = |times: u64| {
            beyond_nothing(|| {
                // SAFETY: counts a register down to zero.
                unsafe { asm!("2:", "loop 2b", inout("rcx") times => _) }
            })
        };
        assert_eq!(count(50) - count(10), 40);
    }

    #[test]
    fn accelerated_instructions_are_told_by_class() {
        if !std::is_x86_feature_detected!("aes") {
            return;
        }
        let stepped = step(USUAL_LIMIT, || {
            // SAFETY: the processor has the instruction, and the register is named.
            unsafe { asm!("aesenc xmm0, xmm0", "aesenc xmm0, xmm0", out("xmm0") _) }
        })
        .unwrap();
        let present: Vec<_> = stepped.classes.present().collect();
        assert_eq!(present, [(Class::Aes, 2)]);
    }

    #[test]
    fn a_limit_ends_the_counting_and_not_the_work() {
        let mut result = 0;
        let outcome = step(1000, || result = sum(100_000));
        let Err(StepError::TooLong(part)) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!((part.instructions, result), (1000, 4_999_950_000));
        assert_eq!(beyond_nothing(|| {}), 0);
    }

    #[test]
    fn a_panic_comes_through_and_ends_the_stepping() {
        let caught = catch_unwind(AssertUnwindSafe(|| {
            let _ = step(100, || panic!("as meant"));
        }));
        let message = caught.unwrap_err();
        assert_eq!(message.downcast_ref(), Some(&"as meant"));
        assert_eq!(beyond_nothing(|| {}), 0);
    }

    #[test]
    fn threads_step_one_after_another() {
        let count = || {
            step(USUAL_LIMIT, || {
                black_box(sum(300));
            })
            .unwrap()
        };
        let expected = count();
        let threads: Vec<_> = (0..4).map(|_| thread::spawn(count)).collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), expected);
        }
    }
}
