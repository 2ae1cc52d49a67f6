//! Moving words in and out of vectors.

use core::arch::aarch64::{
    uint8x16_t, uint32x4_t, vld1q_u32, vreinterpretq_u8_u32, vreinterpretq_u32_u8, vrev32q_u8,
    vst1q_u32,
};

use crate::hmac_sha256::BLOCK;
use crate::kernel::aarch64::{load, store};

/// A chaining value, or the words of a key or digest.
pub(super) type State = [uint32x4_t; 2];

/// The words of a block.
pub(super) type Block = [uint32x4_t; 4];

/// Reads the words of a block.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn load_block(bytes: &[u8; BLOCK]) -> Block {
    let (quarters, _) = bytes.as_chunks();
    [0, 1, 2, 3].map(|at| swapped(load(&quarters[at])))
}

/// Reads the words of a key.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn load_key(bytes: &[u8; 32]) -> State {
    let (halves, _) = bytes.as_chunks();
    [0, 1].map(|at| swapped(load(&halves[at])))
}

/// Writes a chaining value as the bytes of a digest.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn store_digest(state: State, bytes: &mut [u8; 32]) {
    let (halves, _) = bytes.as_chunks_mut();
    for (words, half) in state.into_iter().zip(halves) {
        store(vrev32q_u8(vreinterpretq_u8_u32(words)), half);
    }
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn load_state(words: &[u32; 8]) -> State {
    let (halves, _) = words.as_chunks();
    [0, 1].map(|at| load_words(&halves[at]))
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn store_state(state: State, words: &mut [u32; 8]) {
    let (halves, _) = words.as_chunks_mut::<4>();
    for (vector, half) in state.into_iter().zip(halves) {
        // SAFETY: the pointer comes from an exclusive reference to as many words as are written.
        unsafe { vst1q_u32(half.as_mut_ptr(), vector) }
    }
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn load_words(words: &[u32; 4]) -> uint32x4_t {
    // SAFETY: the pointer comes from a reference to as many words as are read.
    unsafe { vld1q_u32(words.as_ptr()) }
}

/// Four big-endian words.
#[inline]
#[target_feature(enable = "neon")]
fn swapped(bytes: uint8x16_t) -> uint32x4_t {
    vreinterpretq_u32_u8(vrev32q_u8(bytes))
}
