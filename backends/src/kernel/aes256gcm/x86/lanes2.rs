//! Vectors of two blocks: AVX2 with VAES and VPCLMULQDQ.

use core::arch::asm;
use core::arch::x86_64::*;

use sprag_core::primitives::{OpenJob, SealJob};

use super::block::{self, X, ZERO as ZERO_BLOCK};
use super::{Message, USUAL_AAD, blocks};
use crate::aead_limit;
use crate::kernel::aes256gcm::opened;
#[cfg(test)]
use crate::kernel::depth;

/// Blocks in a vector.
const LANES: usize = 2;
/// Bytes in a vector.
const WIDTH: usize = 16 * LANES;

/// At least the bytes of stack of `short` and of `long` and of what they call, in release builds:
/// up to 64 bytes; up to 128 or two messages; longer ones in `short`; any.
const SMALL_FRAME: usize = 768;
const SHORT_FRAME: usize = 1280;
const MIDDLE_FRAME: usize = 1792;
const LONG_FRAME: usize = 3328;

type V = __m256i;

// SAFETY: any bytes are a vector.
const ZERO: V = unsafe { core::mem::zeroed() };

hashing!("aes,pclmulqdq,avx2,vaes,vpclmulqdq");
messages!("aes,pclmulqdq,avx2,vaes,vpclmulqdq");
bulk!("aes,pclmulqdq,avx2,vaes,vpclmulqdq");
#[cfg(test)]
depths!("aes,pclmulqdq,avx2,vaes,vpclmulqdq");

operations! { "aes,pclmulqdq,avx2,vaes,vpclmulqdq":
    fn zero() -> V { _mm256_setzero_si256() }
    fn xor(a: V, b: V) -> V { _mm256_xor_si256(a, b) }
    /// The sum of three.
    fn xor3(a: V, b: V, c: V) -> V { xor(a, xor(b, c)) }
    fn aes_round(state: V, key: V) -> V { _mm256_aesenc_epi128(state, key) }
    fn aes_last_round(state: V, key: V) -> V { _mm256_aesenclast_epi128(state, key) }
    /// The same, at this place in the order of instructions.
    fn pinned(mut v: V) -> V {
        // SAFETY: no instruction.
        unsafe { asm!("/* {} */", inout(ymm_reg) v, options(nomem, nostack, preserves_flags)) };
        v
    }
    fn broadcast(block: X) -> V { _mm256_broadcastsi128_si256(block) }
    /// The first block of a vector in every lane.
    fn broadcast_first(v: V) -> V { _mm256_permute2x128_si256(v, v, 0) }
    /// A block in the first lane, zeros in the others.
    fn in_first_lane(block: X) -> V { _mm256_zextsi128_si256(block) }
    fn reversed(v: V) -> V { _mm256_shuffle_epi8(v, broadcast(block::reversal())) }
    /// The two halves of every block exchanged.
    fn halves_swapped(v: V) -> V { _mm256_shuffle_epi32(v, 0x4e) }
    fn low_low(a: V, b: V) -> V { _mm256_clmulepi64_epi128(a, b, 0x00) }
    fn high_low(a: V, b: V) -> V { _mm256_clmulepi64_epi128(a, b, 0x01) }
    fn low_high(a: V, b: V) -> V { _mm256_clmulepi64_epi128(a, b, 0x10) }
    fn high_high(a: V, b: V) -> V { _mm256_clmulepi64_epi128(a, b, 0x11) }
    fn polynomial() -> V { _mm256_set1_epi64x(block::POLYNOMIAL) }
    /// The sum of all blocks.
    fn sum_of_lanes(v: V) -> X {
        _mm_xor_si128(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1))
    }
    /// The hash key as the multiplications take it: see the vectors of one block.
    fn hash_key(encrypted_zeros: V) -> V {
        let key = reversed(encrypted_zeros);
        let carries = _mm256_slli_si256(_mm256_srli_epi64(key, 63), 8);
        let doubled = _mm256_or_si256(_mm256_slli_epi64(key, 1), carries);
        let overflow = _mm256_shuffle_epi32(_mm256_srai_epi32(key, 31), 0xff);
        let reduction = broadcast(_mm_set_epi64x(block::POLYNOMIAL, 1));
        xor(doubled, _mm256_and_si256(overflow, reduction))
    }
    /// The counter from `first` on.
    fn counters(nonce: X, first: u32) -> V {
        let word = |n| block::counter_word(first + n);
        let numbers = _mm256_set_epi32(word(1), 0, 0, 0, word(0), 0, 0, 0);
        _mm256_or_si256(broadcast(nonce), numbers)
    }
    /// Adds to every counter, given with its bytes reversed.
    fn advanced(reversed: V, by: i32) -> V {
        _mm256_add_epi32(reversed, _mm256_set_epi32(0, 0, 0, by, 0, 0, 0, by))
    }
    /// The square of the hash key and the key, and the square in every lane.
    fn first_powers(key: V) -> (V, Factor) {
        let square = product(key, Factor::new(key));
        (_mm256_blend_epi32(square, key, 0xf0), Factor::new(square))
    }
    /// A block in one lane, zeros in the others.
    fn in_lane(block: X, lane: usize) -> V {
        if lane == 0 { in_first_lane(block) } else { _mm256_set_m128i(block, block::zero()) }
    }
    /// The bytes before `len`, with zeros behind them.
    fn truncated(v: V, len: usize) -> V {
        _mm256_and_si256(v, load(block::mask(len)))
    }
    fn clear_registers() { block::clear_wide_registers() }
    fn clear_stack(frame: usize) { block::clear_stack_wide(frame) }
    /// Fewer bytes than a vector has, with zeros behind them.
    fn load_partial(bytes: &[u8]) -> V {
        match bytes.split_first_chunk() {
            Some((first, rest)) => {
                _mm256_set_m128i(block::load_partial(rest), block::load(first))
            }
            None => in_first_lane(block::load_partial(bytes)),
        }
    }
    /// The first bytes of a vector, as many as there is room for.
    fn store_partial(v: V, bytes: &mut [u8]) {
        match bytes.split_first_chunk_mut() {
            Some((first, rest)) => {
                block::store(_mm256_castsi256_si128(v), first);
                block::store_partial(_mm256_extracti128_si256(v, 1), rest);
            }
            None => block::store_partial(_mm256_castsi256_si128(v), bytes),
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(bytes: &[u8; WIDTH]) -> V {
    // SAFETY: the reference is valid for the bytes read; the load needs no alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(v: V, bytes: &mut [u8; WIDTH]) {
    // SAFETY: the exclusive reference is valid for the bytes written; the store needs no
    // alignment.
    unsafe { _mm256_storeu_si256(bytes.as_mut_ptr().cast(), v) }
}
