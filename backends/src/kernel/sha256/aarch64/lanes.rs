//! Compressions side by side: the rounds, and what a chain step is made of.

use core::arch::aarch64::{
    uint32x4_t, vaddq_u32, vdupq_n_u8, vdupq_n_u32, veorq_u32, vreinterpretq_u32_u8,
    vsha256h2q_u32, vsha256hq_u32, vsha256su0q_u32, vsha256su1q_u32,
};
use core::hint::black_box;

use zeroize::Zeroize;

use super::words::{Block, State, load_key, load_state, load_words};
use crate::hmac_sha256::INITIAL;
use crate::kernel::sha256::schedule::{K, scheduled};

/// Compressions side by side. Wiped on drop.
///
/// What the code below keeps in registers fits them, and everything else it keeps here: so the
/// compiler has no need to put a copy of a secret on the stack. That is what `inline(never)` is for.
pub(super) struct Lanes<const N: usize> {
    pub(super) before: [State; N],
    pub(super) after: [State; N],
    pub(super) blocks: [Block; N],
    /// The chaining values behind the key blocks.
    keyed: [State; N],
}

impl<const N: usize> Lanes<N> {
    /// Zeros.
    #[inline]
    #[target_feature(enable = "neon")]
    pub(super) fn new() -> Self {
        let zero = vdupq_n_u32(0);
        Self {
            before: [[zero; 2]; N],
            after: [[zero; 2]; N],
            blocks: [[zero; 4]; N],
            keyed: [[zero; 2]; N],
        }
    }

    /// Chain steps, of which each takes two lanes: the first makes the message key, the second the
    /// next chain key. Both are given the same key.
    #[inline]
    #[target_feature(enable = "sha2")]
    pub(super) fn chain_step(&mut self, keys: [&[u8; 32]; N]) {
        for (block, key) in self.blocks.iter_mut().zip(keys) {
            *block = padded_key(load_key(key));
        }
        self.key_blocks();
        self.keyed = self.after;
        let mut messages = [&FIRST; N];
        for message in messages.iter_mut().skip(1).step_by(2) {
            *message = &SECOND;
        }
        for lane in 0..N {
            self.before[lane] = self.keyed[lane & !1];
        }
        self.compress_constant(messages);
        for lane in 0..N {
            self.blocks[lane] = last_block(self.after[lane]);
            self.before[lane] = self.keyed[lane | 1];
        }
        self.compress();
    }

    /// The chaining values behind HMAC's key blocks (RFC 2104 section 4), from blocks that are the
    /// key: in even lanes the inner one, in odd lanes the outer one.
    #[inline]
    #[target_feature(enable = "sha2")]
    pub(super) fn key_blocks(&mut self) {
        self.before = [load_state(&INITIAL); N];
        for (lane, block) in self.blocks.iter_mut().enumerate() {
            let pad = vreinterpretq_u32_u8(vdupq_n_u8(PADS[lane % 2]));
            for words in block {
                *words = veorq_u32(*words, pad);
            }
        }
        self.compress();
    }

    /// The blocks into the chaining values.
    #[inline(never)]
    #[target_feature(enable = "sha2")]
    pub(super) fn compress(&mut self) {
        let (mut states, mut blocks) = (self.before, self.blocks);
        let (scheduling, last) = ROUND_CONSTANTS.split_at(12);
        for constants in scheduling.as_chunks::<4>().0 {
            for at in 0..4 {
                let constant = load_words(&constants[at]);
                for (state, words) in states.iter_mut().zip(&mut blocks) {
                    four_rounds(state, vaddq_u32(words[at], constant));
                    let begun = vsha256su0q_u32(words[at], words[(at + 1) % 4]);
                    words[at] = vsha256su1q_u32(begun, words[(at + 2) % 4], words[(at + 3) % 4]);
                }
            }
        }
        for at in 0..4 {
            let constant = load_words(&last[at]);
            for (state, words) in states.iter_mut().zip(&blocks) {
                four_rounds(state, vaddq_u32(words[at], constant));
            }
        }
        self.add(states);
    }

    /// As [`compress`](Self::compress), with blocks that were scheduled beforehand.
    #[inline(never)]
    #[target_feature(enable = "sha2")]
    pub(super) fn compress_constant(&mut self, blocks: [&[[u32; 4]; 16]; N]) {
        let mut states = self.before;
        for at in 0..16 {
            for (state, words) in states.iter_mut().zip(blocks) {
                four_rounds(state, load_words(&words[at]));
            }
        }
        self.add(states);
    }

    /// Adds the chaining values to the outcome of the rounds.
    #[inline]
    #[target_feature(enable = "neon")]
    fn add(&mut self, states: [State; N]) {
        // Read again: kept in registers since the rounds began, it would not fit.
        let before = black_box(&self.before);
        for lane in 0..N {
            for half in 0..2 {
                self.after[lane][half] = vaddq_u32(before[lane][half], states[lane][half]);
            }
        }
    }
}

impl<const N: usize> Drop for Lanes<N> {
    fn drop(&mut self) {
        self.before.zeroize();
        self.after.zeroize();
        self.blocks.zeroize();
        self.keyed.zeroize();
    }
}

/// Four rounds, with the message words and round constants added up.
#[inline]
#[target_feature(enable = "sha2")]
fn four_rounds(state: &mut State, words: uint32x4_t) {
    let [abcd, efgh] = *state;
    *state = [
        vsha256hq_u32(abcd, efgh, words),
        vsha256h2q_u32(efgh, abcd, words),
    ];
}

/// The words of a key, padded to a block with zeros.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn padded_key([front, back]: State) -> Block {
    let zero = vdupq_n_u32(0);
    [front, back, zero, zero]
}

/// An inner digest as the last block of HMAC.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn last_block([front, back]: State) -> Block {
    [front, back, load_words(&TAIL[0]), load_words(&TAIL[1])]
}

/// HMAC's inner and outer pad (RFC 2104 section 2).
const PADS: [u8; 2] = [0x36, 0x5c];

/// What follows the inner digest in the last block of HMAC: padding and length.
const TAIL: [[u32; 4]; 2] = [[0x8000_0000, 0, 0, 0], [0, 0, 0, (64 + 32) * 8]];

/// The round constants.
static ROUND_CONSTANTS: [[u32; 4]; 16] = vectors(&K);

/// The blocks that follow the inner key block for the messages 0x01 and 0x02.
static FIRST: [[u32; 4]; 16] = vectors(&scheduled(0x01));
pub(super) static SECOND: [[u32; 4]; 16] = vectors(&scheduled(0x02));

const fn vectors(words: &[u32; 64]) -> [[u32; 4]; 16] {
    let mut vectors = [[0; 4]; 16];
    let mut at = 0;
    while at < 64 {
        vectors[at / 4][at % 4] = words[at];
        at += 1;
    }
    vectors
}
