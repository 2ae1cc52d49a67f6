//! Independent ladders, one per lane, and the arithmetic under them.

use super::super::super::encoding::{LIMB, clamped, coordinate, limbs};
use super::vector::*;

/// One element per lane; carried unless said otherwise.
#[derive(Clone, Copy)]
pub(in super::super) struct Element(pub(in super::super) [Vector; 5]);

/// X25519 in every lane.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma")]
#[inline(never)]
pub(in super::super) fn agree(
    keys: [&[u8; 32]; LANES],
    peers: [&[u8; 32]; LANES],
    shared: &mut [[u8; 32]; LANES],
) {
    let (x, z) = ladder(
        transpose(keys.map(clamped)),
        Element(transpose(peers.map(limbs))),
    );
    let quotient = carry(multiply_wide(x, invert(z)));
    for (lane, shared) in shared.iter_mut().enumerate() {
        *shared = coordinate(quotient.0.map(|limb| to_lanes(limb)[lane]));
    }
}

/// The Montgomery ladder (RFC 7748 section 5) over all 255 bits, to the result's projective
/// coordinates.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma")]
#[inline]
fn ladder(scalar: [Vector; 4], u: Element) -> (Element, Element) {
    let nought = Element([zero(); 5]);
    let mut one = nought;
    one.0[0] = splat(1);
    let (mut x2, mut z2, mut x3, mut z3) = (one, nought, u, one);
    let mut swapped = 0;
    for bit in (0..255).rev() {
        let set = test(scalar[bit / 64], splat(1 << (bit % 64)));
        swap(set ^ swapped, &mut x2, &mut x3);
        swap(set ^ swapped, &mut z2, &mut z3);
        swapped = set;

        let (a, b) = (sum(x2, z2), difference(x2, z2));
        let (c, d) = (sum(x3, z3), difference(x3, z3));
        let (da, cb) = (multiply_wide(d, a), multiply_wide(c, b));
        let (aa, bb) = (carry(square_wide(a)), carry(square_wide(b)));
        let e = difference(aa, bb);
        // These four stay wide: the next step carries their sums and differences.
        x3 = square_wide(sum(da, cb));
        z3 = multiply_wide(u, carry(square_wide(difference(da, cb))));
        x2 = multiply_wide(aa, bb);
        z2 = multiply_wide(e, add_small_multiple(aa, e));
    }
    swap(swapped, &mut x2, &mut x3);
    swap(swapped, &mut z2, &mut z3);
    (carry(x2), carry(z2))
}

/// Swaps the lanes that the mask names.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma")]
#[inline]
fn swap(mask: u8, one: &mut Element, other: &mut Element) {
    for (one, other) in one.0.iter_mut().zip(&mut other.0) {
        (*one, *other) = (select(mask, *one, *other), select(mask, *other, *one));
    }
}

/// The sum of two wide elements.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma")]
#[inline]
fn sum(f: Element, g: Element) -> Element {
    let mut h = f;
    for (h, g) in h.0.iter_mut().zip(g.0) {
        *h = add(*h, g);
    }
    carry(h)
}

/// The difference of two wide elements.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma")]
#[inline]
fn difference(f: Element, g: Element) -> Element {
    let mut h = f;
    for ((h, g), multiple) in h.0.iter_mut().zip(g.0).zip(MULTIPLE_OF_P) {
        *h = subtract(add(*h, splat(multiple)), g);
    }
    carry(h)
}

/// 512 p, whose limbs are almost 2^60 and exceed those of a wide element, so that none becomes negative.
pub(in super::super) const MULTIPLE_OF_P: [i64; 5] = {
    let full = (LIMB as i64) << 9;
    [full - (18 << 9), full, full, full, full]
};

/// Moves what exceeds 51 bits one limb up, from the top around to the bottom as 2^255 = 19. Limbs
/// below 2^62 carry less than 2^11, so the bottom one gains less than 2^16 / 1.6 and the result is
/// carried.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma")]
#[inline]
pub(in super::super) fn carry(wide: Element) -> Element {
    let mask = splat(LIMB as i64);
    let [a, b, c, d, e] = wide.0;
    Element([
        add_low(and(a, mask), above_limb(e), splat(19)),
        add(and(b, mask), above_limb(a)),
        add(and(c, mask), above_limb(b)),
        add(and(d, mask), above_limb(c)),
        add(and(e, mask), above_limb(d)),
    ])
}

/// The product of two carried elements, wide.
///
/// The upper half of a product of limbs weighs 2^52, which is twice the limb above: the upper
/// halves are added up and doubled before the lower ones join them.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma")]
#[inline]
pub(in super::super) fn multiply_wide(f: Element, g: Element) -> Element {
    let (f, g) = (f.0, g.0);
    let mut columns = [zero(); 10];
    for i in 0..5 {
        for j in 0..5 {
            columns[i + j + 1] = add_high(columns[i + j + 1], f[i], g[j]);
        }
    }
    for column in &mut columns[1..] {
        *column = add(*column, *column);
    }
    for i in 0..5 {
        for j in 0..5 {
            columns[i + j] = add_low(columns[i + j], f[i], g[j]);
        }
    }
    fold(columns)
}

/// The square of a carried element, wide. As [`multiply_wide`], with what stands off the diagonal
/// computed once and doubled.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma")]
#[inline]
fn square_wide(f: Element) -> Element {
    let f = f.0;
    let mut columns = [zero(); 10];
    for i in 0..5 {
        for j in i + 1..5 {
            columns[i + j + 1] = add_high(columns[i + j + 1], f[i], f[j]);
        }
    }
    for column in &mut columns[2..9] {
        *column = add(*column, *column);
    }
    for i in 0..5 {
        columns[2 * i + 1] = add_high(columns[2 * i + 1], f[i], f[i]);
        for j in i + 1..5 {
            columns[i + j] = add_low(columns[i + j], f[i], f[j]);
        }
    }
    for column in &mut columns[1..] {
        *column = add(*column, *column);
    }
    for i in 0..5 {
        columns[2 * i] = add_low(columns[2 * i], f[i], f[i]);
    }
    fold(columns)
}

/// Brings the upper five columns down, as 2^255 = 19. Products of carried limbs have lower halves
/// below 2^52 and upper halves below 2^50 + 2^15, doubled, at most five of each in a column: less
/// than 2^55. Twenty times that is 5 · 2^57, which is wide.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma")]
#[inline]
pub(in super::super) fn fold(columns: [Vector; 10]) -> Element {
    let [a, b, c, d, e, upper @ ..] = columns;
    let mut folded = [a, b, c, d, e];
    for (folded, upper) in folded.iter_mut().zip(upper) {
        *folded = add(*folded, multiply(upper, splat(19)));
    }
    Element(folded)
}

/// (A − 2) / 4 of the curve.
pub(in super::super) const A24: i64 = 121_665;

/// `f + A24 · g` of carried elements.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma")]
#[inline]
pub(in super::super) fn add_small_multiple(f: Element, g: Element) -> Element {
    let (mut h, g) = (f.0, g.0);
    for i in 0..5 {
        h[i] = add_low(h[i], g[i], splat(A24));
        let upper = add_high(zero(), g[i], splat(A24));
        h[(i + 1) % 5] = match i {
            4 => add_low(h[0], upper, splat(2 * 19)),
            _ => add(h[i + 1], add(upper, upper)),
        };
    }
    carry(Element(h))
}

/// The inverse, as the power p − 2; of zero it is zero.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma")]
pub(in super::super) fn invert(z: Element) -> Element {
    let z2 = squared(z, 1);
    let z9 = times(squared(z2, 2), z);
    let z11 = times(z9, z2);
    // From here, the name tells how many bits of the exponent are set.
    let b5 = times(squared(z11, 1), z9);
    let b10 = times(squared(b5, 5), b5);
    let b20 = times(squared(b10, 10), b10);
    let b40 = times(squared(b20, 20), b20);
    let b50 = times(squared(b40, 10), b10);
    let b100 = times(squared(b50, 50), b50);
    let b200 = times(squared(b100, 100), b100);
    let b250 = times(squared(b200, 50), b50);
    times(squared(b250, 5), z11)
}

#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma")]
#[inline]
fn times(f: Element, g: Element) -> Element {
    carry(multiply_wide(f, g))
}

#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma")]
fn squared(f: Element, times: usize) -> Element {
    (0..times).fold(f, |f, _| carry(square_wide(f)))
}

/// Turns the words of every lane into vectors of one word of each.
fn transpose<const WORDS: usize>(words: [[u64; WORDS]; LANES]) -> [Vector; WORDS] {
    core::array::from_fn(|i| from_lanes(words.map(|words| words[i])))
}

fn from_lanes(lanes: [u64; LANES]) -> Vector {
    // SAFETY: both are the same number of bits, any of which are a value.
    unsafe { core::mem::transmute(lanes) }
}

fn to_lanes(vector: Vector) -> [u64; LANES] {
    // SAFETY: both are the same number of bits, any of which are a value.
    unsafe { core::mem::transmute(vector) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::x25519::ifma::Ifma;

    /// Five limbs modulo p, in plain arithmetic.
    #[derive(Clone, Copy)]
    struct Plain([u128; 5]);

    impl Plain {
        fn times(self, other: Self) -> Self {
            let mut columns = [0; 10];
            for (i, f) in self.0.iter().enumerate() {
                for (j, g) in other.0.iter().enumerate() {
                    columns[i + j] += f * g;
                }
            }
            Self(core::array::from_fn(|i| columns[i] + 19 * columns[i + 5]))
        }

        fn plus(self, other: Self) -> Self {
            Self(core::array::from_fn(|i| self.0[i] + other.0[i]))
        }

        fn coordinate(mut self) -> [u8; 32] {
            for _ in 0..4 {
                for i in 0..5 {
                    let carried = self.0[i] >> 51;
                    self.0[i] &= u128::from(LIMB);
                    self.0[(i + 1) % 5] += if i == 4 { 19 * carried } else { carried };
                }
            }
            coordinate(self.0.map(|limb| u64::try_from(limb).expect("carried")))
        }
    }

    /// Every combination of the least and the largest limbs below `bound`.
    fn extremes(bound: u64) -> Vec<[u64; 5]> {
        let values = [0, 1, LIMB, bound - 1];
        (0..1024)
            .map(|n| core::array::from_fn(|limb| values[n >> (2 * limb) & 3]))
            .collect()
    }

    #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma")]
    fn element(limbs: [u64; 5]) -> Element {
        Element(limbs.map(|limb| from_lanes([limb; LANES])))
    }

    /// The value of the first lane, and whether it is within the bound of its kind.
    #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma")]
    fn value(element: Element, bound: u64) -> [u8; 32] {
        let limbs = element.0.map(|limb| to_lanes(limb)[0]);
        assert!(limbs.iter().all(|limb| *limb < bound), "{limbs:x?}");
        Plain(limbs.map(u128::from)).coordinate()
    }

    const CARRIED: u64 = (1 << 51) + (1 << 15);
    const WIDE: u64 = 5 << 57;

    #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma")]
    fn check_products() {
        let factors = extremes(CARRIED);
        for f in &factors {
            let plain = Plain(f.map(u128::from));
            let square = plain.times(plain).coordinate();
            assert_eq!(value(square_wide(element(*f)), WIDE), square, "{f:x?}");
            for g in factors.iter().step_by(31).chain(factors.last()) {
                let other = Plain(g.map(u128::from));
                let (f, g) = (element(*f), element(*g));
                let product = multiply_wide(f, g);
                assert_eq!(value(product, WIDE), plain.times(other).coordinate());
                assert_eq!(
                    value(add_small_multiple(f, g), CARRIED),
                    plain
                        .plus(other.times(Plain([A24 as u128, 0, 0, 0, 0])))
                        .coordinate()
                );
                assert_eq!(
                    value(carry(product), CARRIED),
                    plain.times(other).coordinate()
                );
            }
        }
    }

    #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma")]
    fn check_sums() {
        let terms = extremes(WIDE);
        for f in &terms {
            for g in terms.iter().step_by(31).chain(terms.last()) {
                let (plain, other) = (Plain(f.map(u128::from)), Plain(g.map(u128::from)));
                let (f, g) = (element(*f), element(*g));
                assert_eq!(value(sum(f, g), CARRIED), plain.plus(other).coordinate());
                let back = sum(difference(f, g), g);
                assert_eq!(value(back, CARRIED), plain.coordinate());
            }
        }
    }

    #[test]
    fn the_bounds_hold_and_extreme_limbs_give_right_answers() {
        if Ifma::detect().is_none() {
            eprintln!("not checked: this processor has no AVX-512 IFMA");
            return;
        }
        // SAFETY: the processor has the instructions, as was just found.
        unsafe {
            check_products();
            check_sums();
        }
    }
}
