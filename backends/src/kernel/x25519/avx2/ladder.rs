//! Four independent ladders, one per lane, and the way into and out of the field's vectors.

use core::arch::x86_64::*;
use core::mem::transmute;

use super::super::encoding::{LIMB, clamped, coordinate, words};
use super::field::{
    Element, LIMB_BITS, add_small_multiple, around, carry, difference, multiply, select, sum,
};
use super::products::{multiply_prepared, square};

/// X25519 in every lane.
#[target_feature(enable = "avx2,fma")]
#[inline(never)]
pub(super) fn agree(keys: [&[u8; 32]; 4], peers: [&[u8; 32]; 4], shared: &mut [[u8; 32]; 4]) {
    let (x, z) = ladder(transpose(keys.map(clamped)), &element(peers));
    *shared = coordinates(&multiply(&x, &invert(&z)));
}

/// The Montgomery ladder (RFC 7748 section 5) over all 255 bits, to the result's projective
/// coordinates.
///
/// What is swapped is not the state but which half of it is doubled: the products of the other
/// coordinates are the same either way, but for a sign that is squared.
#[target_feature(enable = "avx2,fma")]
#[inline]
fn ladder(scalar: [__m256i; 4], u: &Element) -> (Element, Element) {
    let nought = Element([_mm256_setzero_pd(); 6]);
    let mut one = nought;
    one.0[0] = _mm256_set1_pd(1.0);
    let u_around = around(u);
    let (mut x2, mut z2, mut x3, mut z3) = (one, nought, *u, one);
    let mut swapped = _mm256_setzero_si256();
    for bit in (0..255).rev() {
        // To the top of the word, where `select` looks.
        let up = _mm_cvtsi32_si128(63 - bit % 64);
        let set = _mm256_sll_epi64(scalar[bit as usize / 64], up);
        let swap = _mm256_castsi256_pd(_mm256_xor_si256(set, swapped));
        swapped = set;

        let (a, b) = (sum(&x2, &z2), difference(&x2, &z2));
        let (c, d) = (sum(&x3, &z3), difference(&x3, &z3));
        // Neighbours do not wait for one another, so the processor overlaps them.
        let (da, cb) = (multiply(&d, &a), multiply(&c, &b));
        let aa = square(&select(swap, &a, &c));
        let bb = square(&select(swap, &b, &d));
        let squared_difference = square(&difference(&da, &cb));
        x3 = square(&sum(&da, &cb));
        let e = difference(&aa, &bb);
        x2 = multiply(&aa, &bb);
        z3 = multiply_prepared(&squared_difference, u, &u_around);
        z2 = multiply(&e, &add_small_multiple(&aa, &e));
    }
    let swap = _mm256_castsi256_pd(swapped);
    (select(swap, &x2, &x3), select(swap, &z2, &z3))
}

/// The inverse, as the power p − 2; of zero it is zero, whatever the other lanes hold.
#[target_feature(enable = "avx2,fma")]
#[inline(never)]
fn invert(z: &Element) -> Element {
    let z2 = squared(z, 1);
    let z9 = multiply(&squared(&z2, 2), z);
    let z11 = multiply(&z9, &z2);
    // From here, the name tells how many bits of the exponent are set.
    let b5 = multiply(&squared(&z11, 1), &z9);
    let b10 = multiply(&squared(&b5, 5), &b5);
    let b20 = multiply(&squared(&b10, 10), &b10);
    let b40 = multiply(&squared(&b20, 20), &b20);
    let b50 = multiply(&squared(&b40, 10), &b10);
    let b100 = multiply(&squared(&b50, 50), &b50);
    let b200 = multiply(&squared(&b100, 100), &b100);
    let b250 = multiply(&squared(&b200, 50), &b50);
    multiply(&squared(&b250, 5), &z11)
}

#[target_feature(enable = "avx2,fma")]
#[inline(never)]
fn squared(f: &Element, times: usize) -> Element {
    let mut f = *f;
    for _ in 0..times {
        f = square(&f);
    }
    f
}

const LOW: u64 = (1 << LIMB_BITS) - 1;

/// The bits of 2^52, under whose exponent the mantissa is an integer.
const INTEGER: u64 = 1075 << 52;

/// The coordinates, carried. The top bit is ignored (RFC 7748 section 5); a value that is not
/// canonical is taken as it is, to be reduced by what follows.
#[target_feature(enable = "avx2,fma")]
#[inline]
fn element(coordinates: [&[u8; 32]; 4]) -> Element {
    let limbs = coordinates.map(|coordinate| {
        let [a, b, c, d] = words(coordinate);
        [
            a,
            a >> 43 | b << 21,
            b >> 22 | c << 42,
            c >> 1,
            c >> 44 | d << 20,
            d << 1 >> 24,
        ]
        .map(|limb| limb & LOW | INTEGER)
    });
    let mut limbs = transpose(limbs).map(|limb| _mm256_castsi256_pd(limb));
    for limb in &mut limbs {
        *limb = _mm256_sub_pd(*limb, _mm256_set1_pd(f64::from_bits(INTEGER)));
    }
    carry(limbs)
}

/// 16 p, whose limbs are almost 2^44 and exceed those of a carried element, so that none becomes
/// negative.
const MULTIPLE_OF_P: [f64; 6] = {
    let full = (2 * LOW) as f64;
    [full - 302.0, full, full, full, full, full]
};

/// The canonical spelling of a carried element, in each lane.
#[target_feature(enable = "avx2,fma")]
#[inline]
fn coordinates(f: &Element) -> [[u8; 32]; 4] {
    let mut limbs = f.0;
    for (limb, multiple) in limbs.iter_mut().zip(MULTIPLE_OF_P) {
        // Exact, as the first sum is an integer, and below 2^45 beside 2^52.
        let positive = _mm256_add_pd(*limb, _mm256_set1_pd(multiple));
        *limb = _mm256_add_pd(positive, _mm256_set1_pd(f64::from_bits(INTEGER)));
    }
    let limbs = limbs.map(to_lanes);
    core::array::from_fn(|lane| spelt(limbs.map(|limb| limb[lane] ^ INTEGER)))
}

/// The canonical spelling of limbs below 2^45, each 43 bits above the one before.
fn spelt(mut limbs: [u64; 6]) -> [u8; 32] {
    let mut carried = 0;
    for limb in &mut limbs {
        *limb += carried;
        carried = *limb >> LIMB_BITS;
        *limb &= LOW;
    }
    // What is left above 2^258 is below 8; in limbs of 51 bits it joins the fifth.
    let [a, b, c, d, e, f] = limbs;
    let f = f | carried << LIMB_BITS;
    let top = e >> 32 | f << 11;
    coordinate([
        (a | b << 43 & LIMB) + 19 * (top >> 51),
        b >> 8 | c << 35 & LIMB,
        c >> 16 | d << 27 & LIMB,
        d >> 24 | e << 19 & LIMB,
        top & LIMB,
    ])
}

/// Turns the words of every lane into vectors of one word of each.
fn transpose<const WORDS: usize>(words: [[u64; WORDS]; 4]) -> [__m256i; WORDS] {
    core::array::from_fn(|i| from_lanes(words.map(|words| words[i])))
}

fn from_lanes(lanes: [u64; 4]) -> __m256i {
    // SAFETY: both are the same number of bits, any of which are a value.
    unsafe { transmute(lanes) }
}

fn to_lanes(vector: __m256d) -> [u64; 4] {
    // SAFETY: both are the same number of bits, any of which are a value.
    unsafe { transmute(vector) }
}

#[cfg(test)]
mod tests {
    use super::super::Avx2;
    use super::*;
    use crate::kernel::depth;
    use crate::kernel::x25519::CLEARED;

    /// How far down the stack four agreements reach.
    #[target_feature(enable = "avx2,fma")]
    fn agreements() -> usize {
        let mut shared = [[0; 32]; 4];
        depth::paint();
        agree([&[3; 32]; 4], [&[9; 32]; 4], &mut shared);
        depth::below()
    }

    #[test]
    fn as_much_of_the_stack_is_cleared_as_agreements_reach() {
        if Avx2::detect().is_none() {
            eprintln!("not checked: this processor has no AVX2 or no FMA");
            return;
        }
        // SAFETY: the processor has the instructions, as was just found.
        let depth = unsafe { agreements() };
        println!("{depth} of {CLEARED}");
        assert!(depth <= CLEARED);
    }
}
