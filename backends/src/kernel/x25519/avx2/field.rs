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

use core::arch::x86_64::*;

use super::products::multiply_prepared;

/// One element per lane.
#[derive(Clone, Copy)]
#[repr(C, align(32))]
pub(super) struct Element(pub(super) [__m256d; 6]);

/// Bits of a limb.
pub(super) const LIMB_BITS: u32 = 43;

/// 2^258 modulo p: what a limb weighs that comes back at the bottom.
pub(super) const AROUND: f64 = 152.0;

/// A limb's place down.
pub(super) const DOWN: f64 = 1.0 / (1_u64 << LIMB_BITS) as f64;

/// Adding and taking away again 1.5 · 2^95 rounds to multiples of 2^43.
pub(super) const ROUND: f64 = 1.5 * (1_u128 << 95) as f64;

/// 1.5 · 2^97.
pub(super) const START: f64 = 4.0 * ROUND;

/// (A − 2) / 4 of the curve.
const A24: f64 = 121_665.0;

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
    for i in 0..6 {
        h.0[i] = _mm256_add_pd(f.0[i], g.0[i]);
    }
    h
}

/// The difference of carried elements, loose.
#[target_feature(enable = "avx2,fma")]
#[inline]
pub(super) fn difference(f: &Element, g: &Element) -> Element {
    let mut h = *f;
    for i in 0..6 {
        h.0[i] = _mm256_sub_pd(f.0[i], g.0[i]);
    }
    h
}

/// In each lane the limbs of `g` if the top bit of the mask is set there, else those of `f`.
#[target_feature(enable = "avx2,fma")]
#[inline]
pub(super) fn select(mask: __m256d, f: &Element, g: &Element) -> Element {
    let mut h = *f;
    for i in 0..6 {
        h.0[i] = _mm256_blendv_pd(f.0[i], g.0[i], mask);
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
    for i in 0..6 {
        upper[i] = _mm256_sub_pd(_mm256_fmadd_pd(g.0[i], a24, round), round);
        limbs[i] = _mm256_add_pd(f.0[i], _mm256_fmsub_pd(g.0[i], a24, upper[i]));
    }
    Element(joined(limbs, upper))
}

/// The element whose limbs are integers of less than 2^53, carried.
#[target_feature(enable = "avx2,fma")]
#[inline]
pub(super) fn carry(mut limbs: [__m256d; 6]) -> Element {
    let round = _mm256_set1_pd(ROUND);
    let mut upper = limbs;
    for i in 0..6 {
        upper[i] = _mm256_sub_pd(_mm256_add_pd(limbs[i], round), round);
        limbs[i] = _mm256_sub_pd(limbs[i], upper[i]);
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
