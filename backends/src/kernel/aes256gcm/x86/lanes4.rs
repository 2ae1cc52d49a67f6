//! Vectors of four blocks: AVX-512 with VAES and VPCLMULQDQ.

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
const LANES: usize = 4;
/// Bytes in a vector.
const WIDTH: usize = 16 * LANES;

/// At least the bytes of stack of `short` and of `long` and of what they call, in release builds:
/// up to 64 bytes; up to 128 or two messages; longer ones in `short`; any.
const SMALL_FRAME: usize = 2560;
const SHORT_FRAME: usize = 2560;
const MIDDLE_FRAME: usize = 2560;
const LONG_FRAME: usize = 5120;

type V = __m512i;

// SAFETY: any bytes are a vector.
const ZERO: V = unsafe { core::mem::zeroed() };

hashing!("aes,pclmulqdq,avx2,avx512f,avx512bw,avx512vl,vaes,vpclmulqdq");
messages!("aes,pclmulqdq,avx2,avx512f,avx512bw,avx512vl,vaes,vpclmulqdq");
bulk!("aes,pclmulqdq,avx2,avx512f,avx512bw,avx512vl,vaes,vpclmulqdq");
#[cfg(test)]
depths!("aes,pclmulqdq,avx2,avx512f,avx512bw,avx512vl,vaes,vpclmulqdq");

operations! { "avx512f,avx512bw,avx512vl,vaes,vpclmulqdq,aes,pclmulqdq,avx2":
    fn zero() -> V { _mm512_setzero_si512() }
    fn xor(a: V, b: V) -> V { _mm512_xor_si512(a, b) }
    /// The sum of three.
    fn xor3(a: V, b: V, c: V) -> V { _mm512_ternarylogic_epi64(a, b, c, 0x96) }
    fn aes_round(state: V, key: V) -> V { _mm512_aesenc_epi128(state, key) }
    fn aes_last_round(state: V, key: V) -> V { _mm512_aesenclast_epi128(state, key) }
    /// The same, at this place in the order of instructions.
    fn pinned(mut v: V) -> V {
        // SAFETY: no instruction.
        unsafe { asm!("/* {} */", inout(zmm_reg) v, options(nomem, nostack, preserves_flags)) };
        v
    }
    fn broadcast(block: X) -> V { _mm512_broadcast_i32x4(block) }
    /// The first block of a vector in every lane.
    fn broadcast_first(v: V) -> V { _mm512_shuffle_i32x4(v, v, 0) }
    /// A block in the first lane, zeros in the others.
    fn in_first_lane(block: X) -> V { _mm512_zextsi128_si512(block) }
    fn reversed(v: V) -> V { _mm512_shuffle_epi8(v, broadcast(block::reversal())) }
    /// The two halves of every block exchanged.
    fn halves_swapped(v: V) -> V { _mm512_shuffle_epi32(v, 0x4e) }
    fn low_low(a: V, b: V) -> V { _mm512_clmulepi64_epi128(a, b, 0x00) }
    fn high_low(a: V, b: V) -> V { _mm512_clmulepi64_epi128(a, b, 0x01) }
    fn low_high(a: V, b: V) -> V { _mm512_clmulepi64_epi128(a, b, 0x10) }
    fn high_high(a: V, b: V) -> V { _mm512_clmulepi64_epi128(a, b, 0x11) }
    fn polynomial() -> V { _mm512_set1_epi64(block::POLYNOMIAL) }
    /// The sum of all blocks.
    fn sum_of_lanes(v: V) -> X {
        let half = _mm256_xor_si256(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64(v, 1));
        _mm_xor_si128(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1))
    }
    /// The hash key as the multiplications take it: see the vectors of one block.
    fn hash_key(encrypted_zeros: V) -> V {
        let key = reversed(encrypted_zeros);
        let carries = _mm512_bslli_epi128(_mm512_srli_epi64(key, 63), 8);
        let doubled = _mm512_or_si512(_mm512_slli_epi64(key, 1), carries);
        let overflow = _mm512_shuffle_epi32(_mm512_srai_epi32(key, 31), 0xff);
        let reduction = broadcast(_mm_set_epi64x(block::POLYNOMIAL, 1));
        xor(doubled, _mm512_and_si512(overflow, reduction))
    }
    /// The counter from `first` on.
    fn counters(nonce: X, first: u32) -> V {
        let word = |n| block::counter_word(first + n);
        let numbers = _mm512_set_epi32(
            word(3), 0, 0, 0, word(2), 0, 0, 0, word(1), 0, 0, 0, word(0), 0, 0, 0,
        );
        _mm512_or_si512(broadcast(nonce), numbers)
    }
    /// Adds to every counter, given with its bytes reversed.
    fn advanced(reversed: V, by: i32) -> V {
        let step = _mm512_maskz_set1_epi32(0b0001_0001_0001_0001, by);
        _mm512_add_epi32(reversed, step)
    }
    /// The powers of the hash key from the fourth to the first, and the fourth in every lane.
    fn first_powers(key: V) -> (V, Factor) {
        let square = product(key, Factor::new(key));
        let by_square = Factor::new(square);
        let two = _mm512_mask_blend_epi64(0b1100_1100, square, key);
        let higher_two = product(two, by_square);
        let fourth = product(square, by_square);
        (_mm512_mask_blend_epi64(0b1111_0000, higher_two, two), Factor::new(fourth))
    }
    /// A block in one lane, zeros in the others.
    fn in_lane(block: X, lane: usize) -> V {
        _mm512_maskz_mov_epi64(0b11 << (2 * lane), broadcast(block))
    }
    fn clear_stack(frame: usize) { block::clear_stack_wide(frame) }
    /// The bytes before `len`, with zeros behind them.
    fn truncated(v: V, len: usize) -> V { _mm512_maskz_mov_epi8(first(len), v) }
}

#[inline]
fn first(len: usize) -> __mmask64 {
    match len {
        0..WIDTH => (1 << len) - 1,
        _ => !0,
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(bytes: &[u8; WIDTH]) -> V {
    // SAFETY: the reference is valid for the bytes read; the load needs no alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(v: V, bytes: &mut [u8; WIDTH]) {
    // SAFETY: the exclusive reference is valid for the bytes written; the store needs no
    // alignment.
    unsafe { _mm512_storeu_si512(bytes.as_mut_ptr().cast(), v) }
}

/// Fewer bytes than a vector has, with zeros behind them.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn load_partial(bytes: &[u8]) -> V {
    // SAFETY: the mask has no bit beyond the slice's length, and a masked load touches nothing
    // beyond its mask.
    unsafe { _mm512_maskz_loadu_epi8(first(bytes.len()), bytes.as_ptr().cast()) }
}

/// The first bytes of a vector, as many as there is room for.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn store_partial(v: V, bytes: &mut [u8]) {
    // SAFETY: the mask has no bit beyond the slice's length, and a masked store touches nothing
    // beyond its mask.
    unsafe { _mm512_mask_storeu_epi8(bytes.as_mut_ptr().cast(), first(bytes.len()), v) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn clear_registers() {
    // SAFETY: only registers that are named as overwritten are.
    unsafe {
        asm!(
            "vpxord zmm16, zmm16, zmm16",
            "vpxord zmm17, zmm17, zmm17",
            "vpxord zmm18, zmm18, zmm18",
            "vpxord zmm19, zmm19, zmm19",
            "vpxord zmm20, zmm20, zmm20",
            "vpxord zmm21, zmm21, zmm21",
            "vpxord zmm22, zmm22, zmm22",
            "vpxord zmm23, zmm23, zmm23",
            "vpxord zmm24, zmm24, zmm24",
            "vpxord zmm25, zmm25, zmm25",
            "vpxord zmm26, zmm26, zmm26",
            "vpxord zmm27, zmm27, zmm27",
            "vpxord zmm28, zmm28, zmm28",
            "vpxord zmm29, zmm29, zmm29",
            "vpxord zmm30, zmm30, zmm30",
            "vpxord zmm31, zmm31, zmm31",
            "vzeroall",
            out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _,
            out("xmm4") _, out("xmm5") _, out("xmm6") _, out("xmm7") _,
            out("xmm8") _, out("xmm9") _, out("xmm10") _, out("xmm11") _,
            out("xmm12") _, out("xmm13") _, out("xmm14") _, out("xmm15") _,
            out("xmm16") _, out("xmm17") _, out("xmm18") _, out("xmm19") _,
            out("xmm20") _, out("xmm21") _, out("xmm22") _, out("xmm23") _,
            out("xmm24") _, out("xmm25") _, out("xmm26") _, out("xmm27") _,
            out("xmm28") _, out("xmm29") _, out("xmm30") _, out("xmm31") _,
            options(nostack, preserves_flags),
        );
    }
}
