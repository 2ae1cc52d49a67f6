//! How far down the stack a function reached, for tests.

use core::arch::asm;

/// What is painted below the stack pointer: more than any function of the kernel takes.
const PAINTED: usize = 32 * 1024;
const PAINT: u64 = 0xa5c3_96e1_7b2d_4f58;

/// Paints the stack below the caller's frame.
#[inline(always)]
pub(in crate::kernel) fn paint() {
    // SAFETY: below the stack pointer nothing is in use, as this is not told to leave the stack
    // alone, and a thread's stack has room for that much.
    unsafe {
        asm!(
            "lea {end}, [rsp - {painted}]",
            "mov {place}, rsp",
            "2:",
            "sub {place}, 8",
            "mov [{place}], {paint}",
            "cmp {place}, {end}",
            "ja 2b",
            place = out(reg) _,
            end = out(reg) _,
            paint = in(reg) PAINT,
            painted = const PAINTED,
        );
    }
}

/// How many bytes below the caller's frame the lowest one is that was written since [`paint`] in
/// the same function.
#[inline(always)]
pub(in crate::kernel) fn below() -> usize {
    let depth;
    // SAFETY: reads what [`paint`] wrote, below the stack pointer.
    unsafe {
        asm!(
            "lea {depth}, [rsp - {painted}]",
            "2:",
            "cmp [{depth}], {paint}",
            "jne 3f",
            "add {depth}, 8",
            "cmp {depth}, rsp",
            "jb 2b",
            "3:",
            "neg {depth}",
            "add {depth}, rsp",
            depth = out(reg) depth,
            paint = in(reg) PAINT,
            painted = const PAINTED,
        );
    }
    depth
}
