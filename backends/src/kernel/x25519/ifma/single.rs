//! One ladder whose four products of each round stand in the four lanes of a vector.
//!
//! A step is three rounds of products:
//!
//! ```text
//! lane      0             1             2            3
//! state     x2            z2            x3           z3
//!           A = x2 + z2   B = x2 − z2   C = x3 + z3  D = x3 − z3
//! round 1   AA = A·A      BB = B·B      DA = D·A     CB = C·B
//!           AA            E = AA − BB   S = DA + CB  T = DA − CB
//! round 2   x2 = AA·BB    z2 = E·G      x3 = S·S     TT = T·T       G = AA + A24·E
//! round 3   x2            z2            x3           z3 = TT·u
//! ```

use core::arch::x86_64::*;

use super::super::encoding::{clamped, coordinate, limbs};
use super::four::lanes::{
    Element, MULTIPLE_OF_P, add_small_multiple, carry, fold, invert, multiply_wide,
};

/// X25519.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma")]
#[inline(never)]
pub(super) fn agree(key: &[u8; 32], peer: &[u8; 32], shared: &mut [u8; 32]) {
    let state = carry(ladder(clamped(key), limbs(peer)));
    let quotient = carry(multiply_wide(state, invert(swap_neighbours(state))));
    *shared = coordinate(
        quotient
            .0
            .map(|limb| _mm256_extract_epi64::<0>(limb).cast_unsigned()),
    );
}

/// The Montgomery ladder (RFC 7748 section 5), to the state after all 255 bits, wide.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma")]
#[inline]
fn ladder(scalar: [u64; 4], u: [u64; 5]) -> Element {
    let one = [1, 0, 0, 0, 0];
    let mut state = interleave([one, [0; 5], u, one]);
    let last = interleave([one, one, one, u]);
    let mut swapped = 0;
    for bit in (0..255).rev() {
        let set = scalar[bit / 64] >> (bit % 64) & 1;
        state = swap_halves_if(set ^ swapped, state);
        swapped = set;

        let abcd = sums_and_differences(state);
        let abdc = permute::<0b10_11_01_00>(abcd);
        let abab = permute::<0b01_00_01_00>(abcd);
        let squares = carry(multiply_short(abdc, abab));

        // (AA, AA, DA, DA) and (BB, BB, CB, CB)
        let even = permute::<0b10_10_00_00>(squares);
        let odd = permute::<0b11_11_01_01>(squares);
        let left = aa_e_s_t(even, odd);
        let g = add_small_multiple(even, left);
        let right = select::<0b0001>(select::<0b0010>(left, g), odd);
        let products = carry(multiply_short(left, right));

        state = multiply_short(products, last);
    }
    swap_halves_if(swapped, state)
}

/// The lanes of five limbs.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma")]
#[inline]
fn interleave(lanes: [[u64; 5]; 4]) -> Element {
    let lanes = lanes.map(|limbs| limbs.map(u64::cast_signed));
    let mut limbs = [_mm256_setzero_si256(); 5];
    for (i, limb) in limbs.iter_mut().enumerate() {
        *limb = _mm256_set_epi64x(lanes[3][i], lanes[2][i], lanes[1][i], lanes[0][i]);
    }
    Element(limbs)
}

/// Swaps the lower two lanes with the upper two if `condition` is 1, leaves them if it is 0.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma")]
#[inline]
fn swap_halves_if(condition: u64, f: Element) -> Element {
    let mask = 0_u8.wrapping_sub(condition as u8);
    let mut swapped = permute::<0b01_00_11_10>(f);
    for (swapped, f) in swapped.0.iter_mut().zip(f.0) {
        *swapped = _mm256_mask_blend_epi64(mask, f, *swapped);
    }
    swapped
}

/// `(x, z, …)` to `(x + z, x − z, …)`, of a wide element.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma")]
#[inline]
fn sums_and_differences(f: Element) -> Element {
    let mut h = swap_neighbours(f);
    for ((h, f), multiple) in h.0.iter_mut().zip(f.0).zip(MULTIPLE_OF_P) {
        let sum = _mm256_add_epi64(*h, f);
        let above = _mm256_add_epi64(*h, _mm256_set1_epi64x(multiple));
        *h = _mm256_mask_sub_epi64(sum, 0b1010, above, f);
    }
    carry(h)
}

/// The second round's left operands, from `(AA, AA, DA, DA)` and `(BB, BB, CB, CB)`.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma")]
#[inline]
fn aa_e_s_t(even: Element, odd: Element) -> Element {
    let mut h = even;
    for ((h, odd), multiple) in h.0.iter_mut().zip(odd.0).zip(MULTIPLE_OF_P) {
        let even = *h;
        let above = _mm256_add_epi64(even, _mm256_set1_epi64x(multiple));
        let sum = _mm256_mask_add_epi64(even, 0b0100, even, odd);
        *h = _mm256_mask_sub_epi64(sum, 0b1010, above, odd);
    }
    carry(h)
}

/// As [`multiply_wide`], which takes fewer instructions; the sums here are shorter chains, which
/// is what counts where every product waits for the one before.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma")]
#[inline]
fn multiply_short(f: Element, g: Element) -> Element {
    let (f, g) = (f.0, g.0);
    let mut upper = [_mm256_setzero_si256(); 10];
    let mut columns = upper;
    for i in 0..5 {
        for j in 0..5 {
            upper[i + j + 1] = _mm256_madd52hi_epu64(upper[i + j + 1], f[i], g[j]);
            columns[i + j] = _mm256_madd52lo_epu64(columns[i + j], f[i], g[j]);
        }
    }
    for (column, upper) in columns.iter_mut().zip(upper) {
        *column = _mm256_add_epi64(*column, _mm256_add_epi64(upper, upper));
    }
    fold(columns)
}

#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma")]
#[inline]
fn permute<const ORDER: i32>(f: Element) -> Element {
    let mut h = f;
    for limb in &mut h.0 {
        *limb = _mm256_permute4x64_epi64::<ORDER>(*limb);
    }
    h
}

/// Lanes 1, 0, 3, 2.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma")]
#[inline]
fn swap_neighbours(f: Element) -> Element {
    let mut h = f;
    for limb in &mut h.0 {
        *limb = _mm256_shuffle_epi32::<0b01_00_11_10>(*limb);
    }
    h
}

/// The lanes of `g` that the mask names, those of `f` elsewhere.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma")]
#[inline]
fn select<const MASK: u8>(f: Element, g: Element) -> Element {
    let mut h = f;
    for (h, g) in h.0.iter_mut().zip(g.0) {
        *h = _mm256_mask_blend_epi64(MASK, *h, g);
    }
    h
}
