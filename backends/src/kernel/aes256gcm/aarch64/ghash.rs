//! GHASH (NIST SP 800-38D section 6.4).
//!
//! A block with the bits of each byte reversed is a polynomial over GF(2), lowest coefficient
//! first, so that products need no shift. They are taken modulo `x^128 + x^7 + x^2 + x + 1`.

use core::arch::aarch64::{
    uint8x16_t, vdupq_n_u8, vdupq_n_u64, veorq_u8, vextq_u8, vgetq_lane_p64, vmull_high_p64,
    vmull_p64, vrbitq_u8, vreinterpretq_p64_u8, vreinterpretq_u8_p128, vreinterpretq_u8_u64,
};

use zeroize::Zeroize;

use crate::kernel::aarch64::load;

/// Blocks of which the products are added up before they are reduced.
const GROUP: usize = 8;

/// A running hash over as many blocks as were told beforehand. Wiped on drop.
///
/// In a group of `n` blocks the first is multiplied by the `n`th power of the hash key, the last by
/// the first power; the first group is the one that may be short.
pub(super) struct Ghash {
    /// The powers of the hash key from the first on, as many as the longest group has blocks.
    powers: [Factor; GROUP],
    /// The sum of the products of the current group.
    product: Product,
    /// The hash of the groups before, until the current one takes it.
    sum: uint8x16_t,
    /// Blocks that the current group still lacks.
    lacking: usize,
}

impl Ghash {
    /// Without its key, which [`start`](Self::start) takes: nothing is moved after it is secret.
    #[inline]
    #[target_feature(enable = "neon")]
    pub(super) fn new() -> Self {
        let zero = vdupq_n_u8(0);
        Self {
            powers: [[zero; 2]; GROUP],
            product: [zero; 3],
            sum: zero,
            lacking: 0,
        }
    }

    /// Takes the hash key and how many blocks will be hashed, at least one.
    #[inline]
    #[target_feature(enable = "aes")]
    pub(super) fn start(&mut self, key: uint8x16_t, blocks: usize) {
        self.powers[0] = factor(vrbitq_u8(key));
        for at in 1..blocks.min(GROUP) {
            let mut product = [vdupq_n_u8(0); 3];
            let [one, _] = self.powers[(at - 1) / 2];
            multiply(&mut product, one, self.powers[at / 2]);
            self.powers[at] = factor(reduced(product));
        }
        self.lacking = (blocks - 1) % GROUP + 1;
    }

    /// Takes bytes as blocks, the last one padded with zeros.
    #[inline]
    #[target_feature(enable = "aes")]
    pub(super) fn update(&mut self, bytes: &[u8]) {
        let (blocks, tail) = bytes.as_chunks();
        self.take(blocks);
        if !tail.is_empty() {
            let mut block = [0; 16];
            block[..tail.len()].copy_from_slice(tail);
            self.take(&[block]);
        }
    }

    #[target_feature(enable = "aes")]
    fn take(&mut self, blocks: &[[u8; 16]]) {
        let zero = vdupq_n_u8(0);
        let (mut product, mut sum, mut lacking) = (self.product, self.sum, self.lacking);
        for block in blocks {
            lacking -= 1;
            let block = veorq_u8(vrbitq_u8(load(block)), sum);
            multiply(&mut product, block, self.powers[lacking]);
            sum = zero;
            if lacking == 0 {
                sum = reduced(product);
                product = [zero; 3];
                lacking = GROUP;
            }
        }
        (self.product, self.sum, self.lacking) = (product, sum, lacking);
    }

    /// The hash of all blocks.
    #[inline]
    #[target_feature(enable = "neon")]
    pub(super) fn sum(&self) -> uint8x16_t {
        vrbitq_u8(self.sum)
    }
}

impl Drop for Ghash {
    fn drop(&mut self) {
        self.powers.zeroize();
        self.product.zeroize();
        self.sum.zeroize();
    }
}

/// A polynomial, and the sum of its halves for Karatsuba's method.
type Factor = [uint8x16_t; 2];

#[inline]
#[target_feature(enable = "neon")]
fn factor(value: uint8x16_t) -> Factor {
    [value, veorq_u8(value, vextq_u8::<8>(value, value))]
}

/// A product of polynomials before it is reduced: that of the lower halves, that of the sums of the
/// halves, that of the upper halves.
type Product = [uint8x16_t; 3];

/// Adds a product.
#[inline]
#[target_feature(enable = "aes")]
fn multiply(product: &mut Product, one: uint8x16_t, two: Factor) {
    let [value, halves] = factor(one);
    product[0] = veorq_u8(product[0], lower_product(value, two[0]));
    product[1] = veorq_u8(product[1], lower_product(halves, two[1]));
    product[2] = veorq_u8(product[2], upper_product(value, two[0]));
}

/// The remainder of a product: what lies above bit 128 goes down by `x^128 = x^7 + x^2 + x + 1`,
/// 64 bits at a time.
#[inline]
#[target_feature(enable = "aes")]
fn reduced([low, middle, high]: Product) -> uint8x16_t {
    let zero = vdupq_n_u8(0);
    let modulus = vreinterpretq_u8_u64(vdupq_n_u64(0x87));
    let middle = veorq_u8(middle, veorq_u8(low, high));
    let middle = veorq_u8(middle, upper_product(high, modulus));
    let above = veorq_u8(high, vextq_u8::<8>(middle, zero));
    let low = veorq_u8(low, vextq_u8::<8>(zero, middle));
    veorq_u8(low, lower_product(above, modulus))
}

#[inline]
#[target_feature(enable = "aes")]
fn lower_product(one: uint8x16_t, two: uint8x16_t) -> uint8x16_t {
    let (one, two) = (vreinterpretq_p64_u8(one), vreinterpretq_p64_u8(two));
    vreinterpretq_u8_p128(vmull_p64(
        vgetq_lane_p64::<0>(one),
        vgetq_lane_p64::<0>(two),
    ))
}

#[inline]
#[target_feature(enable = "aes")]
fn upper_product(one: uint8x16_t, two: uint8x16_t) -> uint8x16_t {
    let (one, two) = (vreinterpretq_p64_u8(one), vreinterpretq_p64_u8(two));
    vreinterpretq_u8_p128(vmull_high_p64(one, two))
}
