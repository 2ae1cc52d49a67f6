//! Products and squares, in assembly: the twelve sums of six columns stay in registers, what is
//! multiplied is read from memory. [`field`](super::field) tells why the results are exact.

use core::arch::asm;
use core::mem::MaybeUninit;

use super::field::{AROUND, DOWN, Element, ROUND, START};

/// What the assembly reads, a vector each.
#[repr(C, align(32))]
struct Constants([[f64; 4]; 6]);

static CONSTANTS: Constants = Constants([
    [START; 4],
    [ROUND; 4],
    [DOWN; 4],
    [AROUND * DOWN; 4],
    [AROUND; 4],
    [2.0 * AROUND; 4],
]);

macro_rules! start {
    () => {
        "[{constants}]"
    };
}
macro_rules! round {
    () => {
        "[{constants} + 32]"
    };
}
macro_rules! down {
    () => {
        "[{constants} + 64]"
    };
}
macro_rules! down_around {
    () => {
        "[{constants} + 96]"
    };
}

/// The first product of a column: `upper` becomes `START + f · g`, `lower` what that was rounded by.
/// Registers are given by their numbers.
macro_rules! first {
    ($upper:literal, $lower:literal, $f:literal, $g:expr) => {
        concat!(
            "vmovapd ymm",
            $upper,
            ", ",
            $g,
            "\n",
            "vfmadd213pd ymm",
            $upper,
            ", ymm",
            $f,
            ", ",
            start!(),
            "\n",
            "vsubpd ymm",
            $lower,
            ", ymm",
            $upper,
            ", ",
            start!(),
            "\n",
            "vfmsub231pd ymm",
            $lower,
            ", ymm",
            $f,
            ", ",
            $g,
            "\n",
        )
    };
}

/// One more product of a column, whose upper part moves to the spare register and leaves its own
/// as the next spare one.
macro_rules! next {
    ($upper:literal to $spare:literal, $lower:literal, $f:literal, $g:expr) => {
        concat!(
            "vmovapd ymm",
            $spare,
            ", ",
            $g,
            "\n",
            "vfmadd213pd ymm",
            $spare,
            ", ymm",
            $f,
            ", ymm",
            $upper,
            "\n",
            "vsubpd ymm",
            $upper,
            ", ymm",
            $upper,
            ", ymm",
            $spare,
            "\n",
            "vfmadd231pd ymm",
            $upper,
            ", ymm",
            $f,
            ", ",
            $g,
            "\n",
            "vaddpd ymm",
            $lower,
            ", ymm",
            $lower,
            ", ymm",
            $upper,
            "\n",
        )
    };
}

/// A limb in memory by six others, one product for each column, after the first row. The upper
/// parts move one register along.
macro_rules! row {
    ($spare:literal $a:literal $b:literal $c:literal $d:literal $e:literal $f:literal,
     $limb:literal: $ga:literal $gb:literal $gc:literal $gd:literal $ge:literal $gf:literal) => {
        concat!(
            "vmovapd ymm13, ", $limb, "\n",
            next!($a to $spare, 0, 13, $ga),
            next!($b to $a, 1, 13, $gb),
            next!($c to $b, 2, 13, $gc),
            next!($d to $c, 3, 13, $gd),
            next!($e to $d, 4, 13, $ge),
            next!($f to $e, 5, 13, $gf),
        )
    };
}

/// Applies an instruction to every column. The registers of the upper parts are named; those of
/// the lower ones are 0 to 5.
macro_rules! every {
    ($instruction:ident: $a:literal $b:literal $c:literal $d:literal $e:literal $f:literal) => {
        concat!(
            $instruction!($b, 1, 2, down!()),
            $instruction!($c, 2, 3, down!()),
            $instruction!($d, 3, 4, down!()),
            $instruction!($e, 4, 5, down!()),
            $instruction!($f, 5, 0, down_around!()),
            $instruction!($a, 0, 1, down!()),
        )
    };
}
macro_rules! upper_without_start {
    ($upper:literal, $lower:literal, $above:literal, $down:expr) => {
        concat!("vsubpd ymm", $upper, ", ymm", $upper, ", ", start!(), "\n")
    };
}
macro_rules! upper_joins_above {
    ($upper:literal, $lower:literal, $above:literal, $down:expr) => {
        concat!(
            "vfmadd231pd ymm",
            $above,
            ", ymm",
            $upper,
            ", ",
            $down,
            "\n"
        )
    };
}
macro_rules! upper_is_column_above_round {
    ($upper:literal, $lower:literal, $above:literal, $down:expr) => {
        concat!("vaddpd ymm", $upper, ", ymm", $lower, ", ", round!(), "\n")
    };
}
macro_rules! upper_without_round {
    ($upper:literal, $lower:literal, $above:literal, $down:expr) => {
        concat!("vsubpd ymm", $upper, ", ymm", $upper, ", ", round!(), "\n")
    };
}
macro_rules! column_without_upper {
    ($upper:literal, $lower:literal, $above:literal, $down:expr) => {
        concat!("vsubpd ymm", $lower, ", ymm", $lower, ", ymm", $upper, "\n")
    };
}

/// Joins the two parts of the columns, carries, and stores.
macro_rules! carry_and_store {
    ($($upper:literal)*) => {
        concat!(
            every!(upper_without_start: $($upper)*),
            every!(upper_joins_above: $($upper)*),
            every!(upper_is_column_above_round: $($upper)*),
            every!(upper_without_round: $($upper)*),
            every!(column_without_upper: $($upper)*),
            every!(upper_joins_above: $($upper)*),
            "vmovapd [{h}], ymm0\n",
            "vmovapd [{h} + 32], ymm1\n",
            "vmovapd [{h} + 64], ymm2\n",
            "vmovapd [{h} + 96], ymm3\n",
            "vmovapd [{h} + 128], ymm4\n",
            "vmovapd [{h} + 160], ymm5\n",
        )
    };
}

/// The product of loose elements, carried; of the second, `around` is [`around`].
#[target_feature(enable = "avx2,fma")]
#[inline]
pub(super) fn multiply_prepared(f: &Element, g: &Element, around: &Element) -> Element {
    let mut h = MaybeUninit::<Element>::uninit();
    // SAFETY: it reads three elements and the constants and writes the element that `h` has room
    // for, all of which are aligned to 32 bytes; the registers it changes are named.
    unsafe {
        asm!(
            "vmovapd ymm13, [{f}]",
            first!(6, 0, 13, "[{g}]"),
            first!(7, 1, 13, "[{g} + 32]"),
            first!(8, 2, 13, "[{g} + 64]"),
            first!(9, 3, 13, "[{g} + 96]"),
            first!(10, 4, 13, "[{g} + 128]"),
            first!(11, 5, 13, "[{g} + 160]"),
            row!(12 6 7 8 9 10 11, "[{f} + 32]": "[{w} + 160]" "[{g}]" "[{g} + 32]" "[{g} + 64]" "[{g} + 96]" "[{g} + 128]"),
            row!(11 12 6 7 8 9 10, "[{f} + 64]": "[{w} + 128]" "[{w} + 160]" "[{g}]" "[{g} + 32]" "[{g} + 64]" "[{g} + 96]"),
            row!(10 11 12 6 7 8 9, "[{f} + 96]": "[{w} + 96]" "[{w} + 128]" "[{w} + 160]" "[{g}]" "[{g} + 32]" "[{g} + 64]"),
            row!(9 10 11 12 6 7 8, "[{f} + 128]": "[{w} + 64]" "[{w} + 96]" "[{w} + 128]" "[{w} + 160]" "[{g}]" "[{g} + 32]"),
            row!(8 9 10 11 12 6 7, "[{f} + 160]": "[{w} + 32]" "[{w} + 64]" "[{w} + 96]" "[{w} + 128]" "[{w} + 160]" "[{g}]"),
            carry_and_store!(8 9 10 11 12 6),
            f = in(reg) f,
            g = in(reg) g,
            w = in(reg) around,
            h = in(reg) h.as_mut_ptr(),
            constants = in(reg) &raw const CONSTANTS,
            out("ymm0") _, out("ymm1") _, out("ymm2") _, out("ymm3") _,
            out("ymm4") _, out("ymm5") _, out("ymm6") _, out("ymm7") _,
            out("ymm8") _, out("ymm9") _, out("ymm10") _, out("ymm11") _,
            out("ymm12") _, out("ymm13") _,
            options(nostack),
        );
        h.assume_init()
    }
}

/// The square of a loose element, carried. What stands off the diagonal is computed once.
#[target_feature(enable = "avx2,fma")]
#[inline]
pub(super) fn square(f: &Element) -> Element {
    let mut h = MaybeUninit::<Element>::uninit();
    // SAFETY: it reads an element and the constants and writes the element that `h` has room for,
    // all of which are aligned to 32 bytes; the registers it changes are named.
    unsafe {
        asm!(
            "vmovapd ymm13, [{f}]",
            "vaddpd ymm14, ymm13, ymm13",
            first!(6, 0, 13, "[{f}]"),
            first!(7, 1, 14, "[{f} + 32]"),
            first!(8, 2, 14, "[{f} + 64]"),
            first!(9, 3, 14, "[{f} + 96]"),
            first!(10, 4, 14, "[{f} + 128]"),
            first!(11, 5, 14, "[{f} + 160]"),
            // Limb 5, around the top: alone and doubled.
            "vmovapd ymm13, [{f} + 160]",
            "vmulpd ymm14, ymm13, [{constants} + 160]",
            "vmulpd ymm13, ymm13, [{constants} + 128]",
            next!(6 to 12, 0, 14, "[{f} + 32]"),
            next!(7 to 6, 1, 14, "[{f} + 64]"),
            next!(8 to 7, 2, 14, "[{f} + 96]"),
            next!(9 to 8, 3, 14, "[{f} + 128]"),
            next!(10 to 9, 4, 13, "[{f} + 160]"),
            "vmovapd ymm13, [{f} + 32]",
            "vaddpd ymm14, ymm13, ymm13",
            next!(11 to 10, 5, 14, "[{f} + 128]"),
            next!(8 to 11, 3, 14, "[{f} + 64]"),
            next!(9 to 8, 4, 14, "[{f} + 96]"),
            next!(7 to 9, 2, 13, "[{f} + 32]"),
            "vmovapd ymm13, [{f} + 128]",
            "vmulpd ymm14, ymm13, [{constants} + 160]",
            "vmulpd ymm13, ymm13, [{constants} + 128]",
            next!(12 to 7, 0, 14, "[{f} + 64]"),
            next!(6 to 12, 1, 14, "[{f} + 96]"),
            next!(9 to 6, 2, 13, "[{f} + 128]"),
            "vmovapd ymm13, [{f} + 64]",
            "vaddpd ymm14, ymm13, ymm13",
            next!(10 to 9, 5, 14, "[{f} + 96]"),
            next!(8 to 10, 4, 13, "[{f} + 64]"),
            "vmovapd ymm13, [{f} + 96]",
            "vmulpd ymm14, ymm13, [{constants} + 128]",
            next!(7 to 8, 0, 14, "[{f} + 96]"),
            carry_and_store!(8 12 6 11 10 9),
            f = in(reg) f,
            h = in(reg) h.as_mut_ptr(),
            constants = in(reg) &raw const CONSTANTS,
            out("ymm0") _, out("ymm1") _, out("ymm2") _, out("ymm3") _,
            out("ymm4") _, out("ymm5") _, out("ymm6") _, out("ymm7") _,
            out("ymm8") _, out("ymm9") _, out("ymm10") _, out("ymm11") _,
            out("ymm12") _, out("ymm13") _, out("ymm14") _,
            options(nostack),
        );
        h.assume_init()
    }
}
