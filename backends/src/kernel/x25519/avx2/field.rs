//! Four elements modulo 2^255 − 19 in vectors of doubles.
//!
//! An element is six limbs of 43 bits, with signs, so 2^258 = 152 comes back at the bottom. A limb
//! is an integer that a double holds exactly; there are two kinds of elements:
//!
//! - *carried*: every limb is at most 2^42 + 2^15, as products leave them;
//! - *loose*: every limb is at most 2^43 + 2^25, as the sum or the difference of two carried ones.
//!   It may be multiplied, so nothing has to be carried before.
//!
//! # Products
//!
//! A product of two limbs has up to 94 bits. Each column of a product is therefore two doubles, an
//! upper and a lower one. The upper one starts at [`START`], beside which a double counts in steps
//! of 2^45. Fused, `upper + f · g` is rounded once, by at most 2^44; what it was rounded by is
//! `f · g − (upper after − upper before)`, which fused is exact, and goes to the lower one.
//!
//! A column has six products, of which up to five came around and are multiplied by 152:
//! at most (1 + 5 · 152) · (2^43 + 2^25)² < 2^95.6, and `START` has room for 2^96 in either
//! direction. The lower part is at most 6 · 2^44. The upper part, 43 bits down, joins the column
//! above: at most 761 · 2^43, or from the top 152 · 6 · 2^43 with what came around, and the lower
//! part, stay below 2^53. Then each column gives to the one above what [`ROUND`] rounds off, at
//! most 925, and 152 · 171 around the top, which leaves 2^42 and less than 2^15.

use core::arch::asm;
use core::arch::x86_64::*;
use core::mem::MaybeUninit;

/// One element per lane.
#[derive(Clone, Copy)]
#[repr(C, align(32))]
pub(super) struct Element(pub(super) [__m256d; 6]);

/// Bits of a limb.
pub(super) const LIMB_BITS: u32 = 43;

/// 2^258 modulo p: what a limb weighs that comes back at the bottom.
const AROUND: f64 = 152.0;

/// A limb's place down.
const DOWN: f64 = 1.0 / (1_u64 << LIMB_BITS) as f64;

/// Adding and taking away again 1.5 · 2^95 rounds to multiples of 2^43.
const ROUND: f64 = 1.5 * (1_u128 << 95) as f64;

/// 1.5 · 2^97.
const START: f64 = 4.0 * ROUND;

/// (A − 2) / 4 of the curve.
const A24: f64 = 121_665.0;

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
/// The column's registers are given by their numbers.
macro_rules! first {
    ($upper:literal, $lower:literal, $f:literal, $g:expr) => {
        concat!(
            "vmovapd ymm",
            $upper,
            ", ",
            start!(),
            "\n",
            "vfmadd231pd ymm",
            $upper,
            ", ",
            $f,
            ", ",
            $g,
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
            ", ",
            $f,
            ", ",
            $g,
            "\n",
        )
    };
}

/// One more product of a column.
macro_rules! next {
    ($upper:literal, $lower:literal, $f:literal, $g:expr) => {
        concat!(
            "vmovapd ymm15, ymm",
            $upper,
            "\n",
            "vfmadd231pd ymm",
            $upper,
            ", ",
            $f,
            ", ",
            $g,
            "\n",
            "vsubpd ymm15, ymm15, ymm",
            $upper,
            "\n",
            "vfmadd231pd ymm15, ",
            $f,
            ", ",
            $g,
            "\n",
            "vaddpd ymm",
            $lower,
            ", ymm",
            $lower,
            ", ymm15\n",
        )
    };
}

/// A row of products: the limb `f`, which stands in memory, by six others.
macro_rules! row {
    ($product:ident, $f:literal: $($g:literal)*) => {
        concat!("vmovapd ymm12, ", $f, "\n", row!(@ $product $($g)*))
    };
    (@ $product:ident $a:literal $b:literal $c:literal $d:literal $e:literal $f:literal) => {
        concat!(
            $product!(6, 0, "ymm12", $a),
            $product!(7, 1, "ymm12", $b),
            $product!(8, 2, "ymm12", $c),
            $product!(9, 3, "ymm12", $d),
            $product!(10, 4, "ymm12", $e),
            $product!(11, 5, "ymm12", $f),
        )
    };
}

/// Applies an instruction to every column: upper parts are in 6 to 11, lower ones in 0 to 5.
macro_rules! every {
    ($instruction:ident) => {
        concat!(
            $instruction!(7, 1, 2, down!()),
            $instruction!(8, 2, 3, down!()),
            $instruction!(9, 3, 4, down!()),
            $instruction!(10, 4, 5, down!()),
            $instruction!(11, 5, 0, down_around!()),
            $instruction!(6, 0, 1, down!()),
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
    () => {
        concat!(
            every!(upper_without_start),
            every!(upper_joins_above),
            every!(upper_is_column_above_round),
            every!(upper_without_round),
            every!(column_without_upper),
            every!(upper_joins_above),
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
            row!(first, "[{f}]": "[{g}]" "[{g} + 32]" "[{g} + 64]" "[{g} + 96]" "[{g} + 128]" "[{g} + 160]"),
            row!(next, "[{f} + 32]": "[{w} + 160]" "[{g}]" "[{g} + 32]" "[{g} + 64]" "[{g} + 96]" "[{g} + 128]"),
            row!(next, "[{f} + 64]": "[{w} + 128]" "[{w} + 160]" "[{g}]" "[{g} + 32]" "[{g} + 64]" "[{g} + 96]"),
            row!(next, "[{f} + 96]": "[{w} + 96]" "[{w} + 128]" "[{w} + 160]" "[{g}]" "[{g} + 32]" "[{g} + 64]"),
            row!(next, "[{f} + 128]": "[{w} + 64]" "[{w} + 96]" "[{w} + 128]" "[{w} + 160]" "[{g}]" "[{g} + 32]"),
            row!(next, "[{f} + 160]": "[{w} + 32]" "[{w} + 64]" "[{w} + 96]" "[{w} + 128]" "[{w} + 160]" "[{g}]"),
            carry_and_store!(),
            f = in(reg) f,
            g = in(reg) g,
            w = in(reg) around,
            h = in(reg) h.as_mut_ptr(),
            constants = in(reg) &raw const CONSTANTS,
            out("ymm0") _, out("ymm1") _, out("ymm2") _, out("ymm3") _,
            out("ymm4") _, out("ymm5") _, out("ymm6") _, out("ymm7") _,
            out("ymm8") _, out("ymm9") _, out("ymm10") _, out("ymm11") _,
            out("ymm12") _, out("ymm15") _,
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
            "vmovapd ymm12, [{f}]",
            "vaddpd ymm13, ymm12, ymm12",
            first!(6, 0, "ymm12", "[{f}]"),
            first!(7, 1, "ymm13", "[{f} + 32]"),
            first!(8, 2, "ymm13", "[{f} + 64]"),
            first!(9, 3, "ymm13", "[{f} + 96]"),
            first!(10, 4, "ymm13", "[{f} + 128]"),
            first!(11, 5, "ymm13", "[{f} + 160]"),
            // Limb 5, around the top, alone and doubled.
            "vmovapd ymm12, [{f} + 160]",
            "vmulpd ymm13, ymm12, [{constants} + 160]",
            "vmulpd ymm12, ymm12, [{constants} + 128]",
            next!(6, 0, "ymm13", "[{f} + 32]"),
            next!(7, 1, "ymm13", "[{f} + 64]"),
            next!(8, 2, "ymm13", "[{f} + 96]"),
            next!(9, 3, "ymm13", "[{f} + 128]"),
            next!(10, 4, "ymm12", "[{f} + 160]"),
            "vmovapd ymm12, [{f} + 32]",
            "vaddpd ymm13, ymm12, ymm12",
            next!(11, 5, "ymm13", "[{f} + 128]"),
            next!(9, 3, "ymm13", "[{f} + 64]"),
            next!(10, 4, "ymm13", "[{f} + 96]"),
            next!(8, 2, "ymm12", "[{f} + 32]"),
            "vmovapd ymm12, [{f} + 128]",
            "vmulpd ymm13, ymm12, [{constants} + 160]",
            "vmulpd ymm12, ymm12, [{constants} + 128]",
            next!(6, 0, "ymm13", "[{f} + 64]"),
            next!(7, 1, "ymm13", "[{f} + 96]"),
            next!(8, 2, "ymm12", "[{f} + 128]"),
            "vmovapd ymm12, [{f} + 64]",
            "vaddpd ymm13, ymm12, ymm12",
            next!(11, 5, "ymm13", "[{f} + 96]"),
            next!(10, 4, "ymm12", "[{f} + 64]"),
            "vmovapd ymm12, [{f} + 96]",
            "vmulpd ymm13, ymm12, [{constants} + 128]",
            next!(6, 0, "ymm13", "[{f} + 96]"),
            carry_and_store!(),
            f = in(reg) f,
            h = in(reg) h.as_mut_ptr(),
            constants = in(reg) &raw const CONSTANTS,
            out("ymm0") _, out("ymm1") _, out("ymm2") _, out("ymm3") _,
            out("ymm4") _, out("ymm5") _, out("ymm6") _, out("ymm7") _,
            out("ymm8") _, out("ymm9") _, out("ymm10") _, out("ymm11") _,
            out("ymm12") _, out("ymm13") _, out("ymm15") _,
            options(nostack),
        );
        h.assume_init()
    }
}

/// The product of loose elements, carried.
#[target_feature(enable = "avx2,fma")]
#[inline]
pub(super) fn multiply(f: &Element, g: &Element) -> Element {
    multiply_prepared(f, g, &around(g))
}

/// The limbs of a loose element by 152, for where they come around: at most 2^50.3.
#[target_feature(enable = "avx2,fma")]
#[inline]
pub(super) fn around(f: &Element) -> Element {
    let by = _mm256_set1_pd(AROUND);
    let [a, b, c, d, e, f] = f.0;
    Element([
        a,
        _mm256_mul_pd(b, by),
        _mm256_mul_pd(c, by),
        _mm256_mul_pd(d, by),
        _mm256_mul_pd(e, by),
        _mm256_mul_pd(f, by),
    ])
}

/// The sum of carried elements, loose.
#[target_feature(enable = "avx2,fma")]
#[inline]
pub(super) fn sum(f: &Element, g: &Element) -> Element {
    let mut h = *f;
    for (h, g) in h.0.iter_mut().zip(g.0) {
        *h = _mm256_add_pd(*h, g);
    }
    h
}

/// The difference of carried elements, loose.
#[target_feature(enable = "avx2,fma")]
#[inline]
pub(super) fn difference(f: &Element, g: &Element) -> Element {
    let mut h = *f;
    for (h, g) in h.0.iter_mut().zip(g.0) {
        *h = _mm256_sub_pd(*h, g);
    }
    h
}

/// In each lane the limbs of `g` if the top bit of the mask is set there, else those of `f`.
#[target_feature(enable = "avx2,fma")]
#[inline]
pub(super) fn select(mask: __m256d, f: &Element, g: &Element) -> Element {
    let mut h = *f;
    for (h, g) in h.0.iter_mut().zip(g.0) {
        *h = _mm256_blendv_pd(*h, g, mask);
    }
    h
}

/// `f + A24 · g` of a carried element and a loose one, loose: a product by A24, rounded to
/// multiples of 2^43, leaves 2^42 and gives less than 2^17 to the limb above, 152 times that
/// around the top.
#[target_feature(enable = "avx2,fma")]
#[inline]
pub(super) fn add_small_multiple(f: &Element, g: &Element) -> Element {
    let (a24, round) = (_mm256_set1_pd(A24), _mm256_set1_pd(ROUND));
    let (mut limbs, mut upper) = (f.0, g.0);
    for (limb, upper) in limbs.iter_mut().zip(&mut upper) {
        let g = *upper;
        *upper = _mm256_sub_pd(_mm256_fmadd_pd(g, a24, round), round);
        *limb = _mm256_add_pd(*limb, _mm256_fmsub_pd(g, a24, *upper));
    }
    Element(joined(limbs, upper))
}

/// The element whose limbs are integers of less than 2^53, carried.
#[target_feature(enable = "avx2,fma")]
#[inline]
pub(super) fn carry(mut limbs: [__m256d; 6]) -> Element {
    let round = _mm256_set1_pd(ROUND);
    let mut upper = limbs;
    for (limb, upper) in limbs.iter_mut().zip(&mut upper) {
        *upper = _mm256_sub_pd(_mm256_add_pd(*limb, round), round);
        *limb = _mm256_sub_pd(*limb, *upper);
    }
    Element(joined(limbs, upper))
}

/// Adds to each limb what is above the one below.
#[target_feature(enable = "avx2,fma")]
#[inline]
fn joined(limbs: [__m256d; 6], upper: [__m256d; 6]) -> [__m256d; 6] {
    let (down, down_around) = (_mm256_set1_pd(DOWN), _mm256_set1_pd(AROUND * DOWN));
    let [a, b, c, d, e, f] = limbs;
    [
        _mm256_fmadd_pd(upper[5], down_around, a),
        _mm256_fmadd_pd(upper[0], down, b),
        _mm256_fmadd_pd(upper[1], down, c),
        _mm256_fmadd_pd(upper[2], down, d),
        _mm256_fmadd_pd(upper[3], down, e),
        _mm256_fmadd_pd(upper[4], down, f),
    ]
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
