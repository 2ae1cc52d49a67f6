//! AES-256 in counter mode (FIPS 197, NIST SP 800-38D section 6.5).

use core::arch::aarch64::{
    uint8x16_t, vaeseq_u8, vaesmcq_u8, vdupq_laneq_u32, vdupq_n_u8, vdupq_n_u32, veorq_u8,
    vextq_u8, vreinterpretq_u8_u32, vreinterpretq_u32_u8, vsetq_lane_u32,
};

use zeroize::Zeroize;

use crate::kernel::aarch64::load;

/// Blocks in flight.
pub(super) const GROUP: usize = 8;

/// Blocks of key stream that are made along with the key schedule, beside the hash key and the
/// mask.
pub(super) const FIRST: usize = GROUP - 2;

/// The cipher under one key and nonce. Wiped on drop.
pub(super) struct Cipher {
    round_keys: [uint8x16_t; 15],
    stream: [uint8x16_t; GROUP],
    mask: uint8x16_t,
    nonce: uint8x16_t,
    /// The counter of the next group.
    counter: u32,
}

impl Cipher {
    /// Everything but the key, which [`start`](Self::start) takes: so that nothing is moved after
    /// it is secret.
    #[inline]
    #[target_feature(enable = "neon")]
    pub(super) fn new(nonce: &[u8; 12]) -> Self {
        let mut block = [0; 16];
        block[..12].copy_from_slice(nonce);
        let zero = vdupq_n_u8(0);
        Self {
            round_keys: [zero; 15],
            stream: [zero; GROUP],
            mask: zero,
            nonce: load(&block),
            counter: 0,
        }
    }

    /// Expands the key (FIPS 197 section 5.2), and encrypts the first group along with it, whose
    /// first block is zeros: returns that one, the hash key.
    ///
    /// Even columns of the expanded key rotate a word and odd ones do not; AESE with a key of zeros
    /// on four equal words is SubWord, as ShiftRows then changes nothing.
    #[inline]
    #[target_feature(enable = "aes")]
    pub(super) fn start(&mut self, key: &[u8; 32]) -> uint8x16_t {
        let (halves, _) = key.as_chunks();
        let (mut even, mut odd) = (load(&halves[0]), load(&halves[1]));
        let mut blocks = self.counters();
        blocks[0] = vdupq_n_u8(0);
        for at in 0..7 {
            self.round_keys[2 * at] = even;
            self.round_keys[2 * at + 1] = odd;
            round(&mut blocks, even);
            if at < 6 {
                round(&mut blocks, odd);
            } else {
                last_round(&mut blocks, odd);
            }
            let word = substituted(odd);
            let rotated = vextq_u8::<1>(word, word);
            let constant = vreinterpretq_u8_u32(vdupq_n_u32(1 << at));
            even = veorq_u8(prefix_sums(even), veorq_u8(rotated, constant));
            odd = veorq_u8(prefix_sums(odd), substituted(even));
        }
        self.round_keys[14] = even;
        self.add_last_key(blocks);
        self.mask = self.stream[1];
        self.stream[0]
    }

    /// The key stream of the first blocks of a message.
    #[inline]
    pub(super) fn first_blocks(&self) -> &[uint8x16_t] {
        &self.stream[GROUP - FIRST..]
    }

    /// The next blocks of key stream.
    #[inline]
    #[target_feature(enable = "aes")]
    pub(super) fn next_blocks(&mut self) -> &[uint8x16_t] {
        let mut blocks = self.counters();
        for key in &self.round_keys[..13] {
            round(&mut blocks, *key);
        }
        last_round(&mut blocks, self.round_keys[13]);
        self.add_last_key(blocks);
        &self.stream
    }

    /// What the hash is masked with to become the tag: the first counter block, encrypted.
    #[inline]
    pub(super) fn mask(&self) -> uint8x16_t {
        self.mask
    }

    #[inline]
    #[target_feature(enable = "neon")]
    fn add_last_key(&mut self, blocks: [uint8x16_t; GROUP]) {
        for (stream, block) in self.stream.iter_mut().zip(blocks) {
            *stream = veorq_u8(block, self.round_keys[14]);
        }
    }

    /// The next group of counter blocks.
    #[inline]
    #[target_feature(enable = "neon")]
    fn counters(&mut self) -> [uint8x16_t; GROUP] {
        let mut blocks = [self.nonce; GROUP];
        for block in &mut blocks {
            let words = vreinterpretq_u32_u8(*block);
            let counted = vsetq_lane_u32::<3>(self.counter.to_be(), words);
            *block = vreinterpretq_u8_u32(counted);
            self.counter = self.counter.wrapping_add(1);
        }
        blocks
    }
}

impl Drop for Cipher {
    fn drop(&mut self) {
        self.round_keys.zeroize();
        self.stream.zeroize();
        self.mask.zeroize();
    }
}

#[inline]
#[target_feature(enable = "aes")]
fn round(blocks: &mut [uint8x16_t; GROUP], key: uint8x16_t) {
    for block in blocks {
        *block = vaesmcq_u8(vaeseq_u8(*block, key));
    }
}

/// The last round, but for the addition of the last key.
#[inline]
#[target_feature(enable = "aes")]
fn last_round(blocks: &mut [uint8x16_t; GROUP], key: uint8x16_t) {
    for block in blocks {
        *block = vaeseq_u8(*block, key);
    }
}

/// SubWord of the last word, four times.
#[inline]
#[target_feature(enable = "aes")]
fn substituted(key: uint8x16_t) -> uint8x16_t {
    let word = vdupq_laneq_u32::<3>(vreinterpretq_u32_u8(key));
    vaeseq_u8(vreinterpretq_u8_u32(word), vdupq_n_u8(0))
}

/// Each word plus all the words before it.
#[inline]
#[target_feature(enable = "neon")]
fn prefix_sums(key: uint8x16_t) -> uint8x16_t {
    let zero = vdupq_n_u8(0);
    let pairs = veorq_u8(key, vextq_u8::<12>(zero, key));
    veorq_u8(pairs, vextq_u8::<8>(zero, pairs))
}
