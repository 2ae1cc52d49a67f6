//! Vectors of one block: AES-NI and PCLMULQDQ, without AVX.

use core::arch::x86_64::*;

use sprag_core::primitives::{OpenJob, SealJob};

use super::block::{self, X, ZERO as ZERO_BLOCK};
use super::{Message, USUAL_AAD, blocks};
use crate::aead_limit;
use crate::kernel::aes256gcm::opened;
#[cfg(test)]
use crate::kernel::depth;

/// Blocks in a vector.
const LANES: usize = 1;
/// Bytes in a vector.
const WIDTH: usize = 16;

/// At least the bytes of stack of `short` and of `long` and of what they call, in release builds:
/// up to 64 bytes; up to 128 or two messages; longer ones in `short`; any.
const SMALL_FRAME: usize = 1024;
const SHORT_FRAME: usize = 1408;
const MIDDLE_FRAME: usize = 1408;
const LONG_FRAME: usize = 2048;

type V = X;

const ZERO: V = ZERO_BLOCK;

hashing!("aes,pclmulqdq,ssse3,sse4.1");
messages!("aes,pclmulqdq,ssse3,sse4.1");
bulk!("aes,pclmulqdq,ssse3,sse4.1");
#[cfg(test)]
depths!("aes,pclmulqdq,ssse3,sse4.1");

operations! { "aes,pclmulqdq,ssse3,sse4.1":
    fn zero() -> V { block::zero() }
    fn xor(a: V, b: V) -> V { block::xor(a, b) }
    /// The sum of three.
    fn xor3(a: V, b: V, c: V) -> V { xor(a, xor(b, c)) }
    fn aes_round(state: V, key: V) -> V { block::aes_round(state, key) }
    fn aes_last_round(state: V, key: V) -> V { block::aes_last_round(state, key) }
    /// The same, at this place in the order of instructions.
    fn pinned(v: V) -> V { block::pinned(v) }
    fn broadcast(block: X) -> V { block }
    /// The first block of a vector in every lane.
    fn broadcast_first(v: V) -> V { v }
    /// A block in the first lane.
    fn in_first_lane(block: X) -> V { block }
    fn reversed(v: V) -> V { block::reversed(v) }
    /// The two halves exchanged.
    fn halves_swapped(v: V) -> V { _mm_shuffle_epi32(v, 0x4e) }
    fn low_low(a: V, b: V) -> V { _mm_clmulepi64_si128(a, b, 0x00) }
    fn high_low(a: V, b: V) -> V { _mm_clmulepi64_si128(a, b, 0x01) }
    fn low_high(a: V, b: V) -> V { _mm_clmulepi64_si128(a, b, 0x10) }
    fn high_high(a: V, b: V) -> V { _mm_clmulepi64_si128(a, b, 0x11) }
    fn polynomial() -> V { _mm_set1_epi64x(block::POLYNOMIAL) }
    /// The sum of all blocks.
    fn sum_of_lanes(v: V) -> X { v }
    /// The hash key as the multiplications take it: bytes reversed, then times x, because a
    /// carryless product of two bit-reversed factors comes out one bit too low.
    fn hash_key(encrypted_zeros: V) -> V {
        let key = reversed(encrypted_zeros);
        let carries = _mm_slli_si128(_mm_srli_epi64(key, 63), 8);
        let doubled = _mm_or_si128(_mm_slli_epi64(key, 1), carries);
        let overflow = _mm_shuffle_epi32(_mm_srai_epi32(key, 31), 0xff);
        xor(doubled, _mm_and_si128(overflow, _mm_set_epi64x(block::POLYNOMIAL, 1)))
    }
    /// The counter `first`.
    fn counters(nonce: X, first: u32) -> V { block::counter(nonce, first) }
    /// Adds to a counter, given with its bytes reversed.
    fn advanced(reversed: V, by: i32) -> V { _mm_add_epi32(reversed, _mm_set_epi32(0, 0, 0, by)) }
    /// The hash key, and its power `LANES`.
    fn first_powers(key: V) -> (V, Factor) { (key, Factor::new(key)) }
    /// A block in the only lane.
    fn in_lane(block: X, _: usize) -> V { block }
    /// The bytes before `len`, with zeros behind them.
    fn truncated(v: V, len: usize) -> V { _mm_and_si128(v, load(block::mask(len))) }
    fn load(bytes: &[u8; WIDTH]) -> V { block::load(bytes) }
    fn store(v: V, bytes: &mut [u8; WIDTH]) { block::store(v, bytes) }
    fn clear_stack(frame: usize) { block::clear_stack(frame) }
    /// Fewer bytes than a vector has, with zeros behind them.
    fn load_partial(bytes: &[u8]) -> V { block::load_partial(bytes) }
    /// The first bytes of a vector, as many as there is room for.
    fn store_partial(v: V, bytes: &mut [u8]) { block::store_partial(v, bytes) }
    fn clear_registers() { block::clear_registers() }
}
