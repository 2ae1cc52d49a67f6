//! Poly1305 (RFC 8439 section 2.5) for any processor.
//!
//! Our own, because the `poly1305` crate has no way around its AVX2 path where the processor has
//! AVX2, and in a build without compiler flags that path calls each vector instruction as a
//! function: 1.3 µs per message before the first byte.
//!
//! Numbers modulo p = 2^130 − 5 are three limbs of 44, 44 and 42 bits, so that products of limbs
//! and their sums fit 128 bits. Nothing here branches or indexes on a secret.

use zeroize::Zeroize;

/// A running Poly1305 under a one-time key. Wiped on drop.
pub(super) struct Poly1305 {
    /// The accumulator.
    h: Limbs,
    /// The clamped multiplier.
    r: Limbs,
    /// `r²`, which takes two blocks in at once.
    r_squared: Limbs,
    /// The number that is added to the result.
    s: u128,
}

/// A number below about 2^131: limbs a few bits over their size are reduced by the next product.
type Limbs = [u64; 3];

impl Poly1305 {
    /// Takes `r || s` as the one-time key.
    pub(super) fn new(key: &[u8; 32]) -> Self {
        let mut halves = [0; 2];
        for (half, bytes) in halves.iter_mut().zip(key.as_chunks().0) {
            *half = u128::from_le_bytes(*bytes);
        }
        let [r, s] = halves;
        let r = limbs(r & 0x0fff_fffc_0fff_fffc_0fff_fffc_0fff_ffff);
        Self {
            h: [0; 3],
            r,
            r_squared: reduce(product(r, r)),
            s,
        }
    }

    /// Takes in `data` and as many zeros as fill its last block.
    pub(super) fn update_padded(&mut self, data: &[u8]) {
        let (blocks, rest) = data.as_chunks::<16>();
        let (pairs, odd) = blocks.as_chunks::<2>();
        for pair in pairs {
            self.pair(pair);
        }
        for block in odd {
            self.block(block);
        }
        if !rest.is_empty() {
            let mut block = [0; 16];
            block[..rest.len()].copy_from_slice(rest);
            self.block(&block);
        }
    }

    /// Takes in one block: `h = (h + block) r`.
    pub(super) fn block(&mut self, block: &[u8; 16]) {
        let sum = add(self.h, marked(block));
        self.h = reduce(product(sum, self.r));
    }

    /// Takes in two blocks: `h = (h + first) r² + second r`.
    fn pair(&mut self, [first, second]: &[[u8; 16]; 2]) {
        let sum = add(self.h, marked(first));
        let first = product(sum, self.r_squared);
        let second = product(marked(second), self.r);
        self.h = reduce(core::array::from_fn(|i| first[i] + second[i]));
    }

    /// The tag: `(h mod p) + s mod 2^128`.
    pub(super) fn finish(mut self) -> [u8; 16] {
        self.carry();
        self.carry();
        // h is now below 2^130; subtract p = 2^130 - 5 by adding 5, and keep that if it overflows.
        let mut g = self.h;
        g[0] += 5;
        g[1] += g[0] >> 44;
        g[2] += g[1] >> 44;
        let overflows = (g[2] >> 42).wrapping_neg();
        let [h0, h1, h2] = core::array::from_fn(|i| {
            let mask = [MASK_44, MASK_44, MASK_42][i];
            u128::from((self.h[i] & !overflows | g[i] & overflows) & mask)
        });
        let h = h0 | h1 << 44 | h2 << 88;
        h.wrapping_add(self.s).to_le_bytes()
    }

    fn carry(&mut self) {
        let [h0, h1, h2] = &mut self.h;
        *h1 += *h0 >> 44;
        *h0 &= MASK_44;
        *h2 += *h1 >> 44;
        *h1 &= MASK_44;
        *h0 += (*h2 >> 42) * 5;
        *h2 &= MASK_42;
    }
}

impl Drop for Poly1305 {
    fn drop(&mut self) {
        self.h.as_mut_slice().zeroize();
        self.r.as_mut_slice().zeroize();
        self.r_squared.as_mut_slice().zeroize();
        self.s.zeroize();
    }
}

impl zeroize::ZeroizeOnDrop for Poly1305 {}

const MASK_44: u64 = (1 << 44) - 1;
const MASK_42: u64 = (1 << 42) - 1;

/// A block with 2^128 added (RFC 8439 section 2.5.1).
fn marked(block: &[u8; 16]) -> Limbs {
    let [m0, m1, m2] = limbs(u128::from_le_bytes(*block));
    [m0, m1, m2 | 1 << 40]
}

/// Cuts 128 bits into limbs.
fn limbs(number: u128) -> Limbs {
    [
        low(number) & MASK_44,
        low(number >> 44) & MASK_44,
        low(number >> 88),
    ]
}

fn add(a: Limbs, b: Limbs) -> Limbs {
    core::array::from_fn(|i| a[i] + b[i])
}

/// A product that is not carried yet. What spills over 2^132 comes back at the bottom times 20,
/// for 2^132 is 4 · 2^130, which is 20. With limbs of up to 46 bits each sum is below 2^97.
fn product(a: Limbs, b: Limbs) -> [u128; 3] {
    let times = |x: u64, y: u64| u128::from(x) * u128::from(y);
    let ([a0, a1, a2], [b0, b1, b2]) = (a, b);
    let (c1, c2) = (b1 * 20, b2 * 20);
    [
        times(a0, b0) + times(a1, c2) + times(a2, c1),
        times(a0, b1) + times(a1, b0) + times(a2, c2),
        times(a0, b2) + times(a1, b1) + times(a2, b0),
    ]
}

/// Carries each limb into the next, and the last times 5 into the first, for 2^130 is 5.
fn reduce([d0, d1, d2]: [u128; 3]) -> Limbs {
    let d1 = d1 + (d0 >> 44);
    let d2 = d2 + (d1 >> 44);
    let h0 = (low(d0) & MASK_44) + low(d2 >> 42) * 5;
    let h1 = (low(d1) & MASK_44) + (h0 >> 44);
    [h0 & MASK_44, h1, low(d2) & MASK_42]
}

#[allow(clippy::cast_possible_truncation)]
fn low(number: u128) -> u64 {
    number as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use poly1305::universal_hash::{KeyInit, UniversalHash};
    use proptest::prelude::*;

    fn ours(key: &[u8; 32], data: &[u8]) -> [u8; 16] {
        let mut mac = Poly1305::new(key);
        mac.update_padded(data);
        mac.finish()
    }

    fn theirs(key: &[u8; 32], data: &[u8]) -> [u8; 16] {
        let mut mac = poly1305::Poly1305::new(key.into());
        mac.update_padded(data);
        mac.finalize().into()
    }

    /// Bytes whose limbs are often all zeros or all ones, where carries go wrong.
    fn extreme_bytes(len: impl Into<proptest::collection::SizeRange>) -> BoxedStrategy<Vec<u8>> {
        let byte = prop_oneof![4 => Just(0xff), 2 => Just(0), 1 => Just(0xfb), 2 => any::<u8>()];
        proptest::collection::vec(byte, len).boxed()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn agrees_with_the_poly1305_crate(
            key in prop_oneof![extreme_bytes(32), proptest::collection::vec(any::<u8>(), 32)],
            data in extreme_bytes(0..200),
        ) {
            let key: [u8; 32] = key.try_into().expect("32 bytes");
            prop_assert_eq!(ours(&key, &data), theirs(&key, &data));
        }
    }

    #[test]
    fn reduces_results_at_and_around_the_prime() {
        // With r = 1 the accumulator is the sum of the blocks, each with 2^128 added; three more
        // blocks of zeros and a last one bring it to 4 · 2^128 + last, around p = 2^130 - 5.
        let mut key = [0; 32];
        key[0] = 1;
        for last in 0..=10 {
            let mut data = [0; 64];
            data[48] = last;
            assert_eq!(ours(&key, &data), theirs(&key, &data), "2^130 + {last}");
            let mut data = [0xff; 48];
            data[32] = 0xff - last;
            assert_eq!(
                ours(&key, &data),
                theirs(&key, &data),
                "below 2^131 by {last}"
            );
        }
    }
}
