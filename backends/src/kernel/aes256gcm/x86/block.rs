//! One block of 128 bits: what the vectors of every width are made of.

use core::arch::asm;
use core::arch::x86_64::*;

/// One block.
pub(super) type X = __m128i;

// SAFETY: any bytes are a block.
pub(super) const ZERO: X = unsafe { core::mem::zeroed() };

#[inline]
#[target_feature(enable = "sse2")]
pub(super) fn zero() -> X {
    _mm_setzero_si128()
}

#[inline]
#[target_feature(enable = "sse2")]
pub(super) fn xor(a: X, b: X) -> X {
    _mm_xor_si128(a, b)
}

#[inline]
#[target_feature(enable = "sse2")]
pub(super) fn load(bytes: &[u8; 16]) -> X {
    // SAFETY: the reference is valid for the 16 bytes read; the load needs no alignment.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "sse2")]
pub(super) fn store(block: X, bytes: &mut [u8; 16]) {
    // SAFETY: the exclusive reference is valid for the 16 bytes written; the store needs no
    // alignment.
    unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), block) }
}

/// The same block, at this place in the order of instructions.
#[inline]
#[target_feature(enable = "sse2")]
pub(super) fn pinned(mut block: X) -> X {
    // SAFETY: no instruction.
    unsafe { asm!("/* {} */", inout(xmm_reg) block, options(nomem, nostack, preserves_flags)) };
    block
}

#[inline]
#[target_feature(enable = "sse2")]
pub(super) fn halves(bytes: &[u8; 32]) -> [X; 2] {
    // SAFETY: the reference is valid for the 32 bytes read; the loads need no alignment.
    unsafe {
        let first = bytes.as_ptr().cast::<X>();
        [_mm_loadu_si128(first), _mm_loadu_si128(first.add(1))]
    }
}

/// Up to 16 bytes with zeros behind them, without a copy in memory.
#[inline]
#[target_feature(enable = "sse2")]
pub(super) fn load_partial(bytes: &[u8]) -> X {
    let (low, high) = match bytes.split_first_chunk() {
        Some((low, rest)) => (u64::from_le_bytes(*low), low_bytes(rest)),
        None => (low_bytes(bytes), 0),
    };
    _mm_set_epi64x(high.cast_signed(), low.cast_signed())
}

/// The first bytes of a block, as many as there is room for, up to 16.
#[inline]
#[target_feature(enable = "sse2")]
pub(super) fn store_partial(block: X, bytes: &mut [u8]) {
    let low = _mm_cvtsi128_si64(block).cast_unsigned();
    let high = _mm_cvtsi128_si64(_mm_unpackhi_epi64(block, block)).cast_unsigned();
    match bytes.split_first_chunk_mut() {
        Some((first, rest)) => {
            *first = low.to_le_bytes();
            put_low_bytes(high, rest);
        }
        None => put_low_bytes(low, bytes),
    }
}

/// Up to 8 bytes as the low ones of a word.
#[inline]
fn low_bytes(bytes: &[u8]) -> u64 {
    if let Some(all) = bytes.first_chunk() {
        return u64::from_le_bytes(*all);
    }
    let mut word = 0;
    let mut rest = bytes;
    let mut shift = 0;
    if let Some((four, behind)) = rest.split_first_chunk() {
        word = u64::from(u32::from_le_bytes(*four));
        (rest, shift) = (behind, 32);
    }
    if let Some((two, behind)) = rest.split_first_chunk() {
        word |= u64::from(u16::from_le_bytes(*two)) << shift;
        (rest, shift) = (behind, shift + 16);
    }
    if let Some(last) = rest.first() {
        word |= u64::from(*last) << shift;
    }
    word
}

/// The reverse of [`low_bytes`].
#[inline]
fn put_low_bytes(mut word: u64, bytes: &mut [u8]) {
    if let Some(all) = bytes.first_chunk_mut() {
        *all = word.to_le_bytes();
        return;
    }
    let mut rest = bytes;
    if rest.len() & 4 != 0 {
        let (four, behind) = rest.split_at_mut(4);
        four.copy_from_slice(&(word as u32).to_le_bytes());
        (rest, word) = (behind, word >> 32);
    }
    if rest.len() & 2 != 0 {
        let (two, behind) = rest.split_at_mut(2);
        two.copy_from_slice(&(word as u16).to_le_bytes());
        (rest, word) = (behind, word >> 16);
    }
    if let Some(last) = rest.first_mut() {
        *last = word as u8;
    }
}

/// The block that reverses the bytes of another one.
#[inline]
#[target_feature(enable = "sse2")]
pub(super) fn reversal() -> X {
    _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
}

#[inline]
#[target_feature(enable = "ssse3")]
pub(super) fn reversed(block: X) -> X {
    _mm_shuffle_epi8(block, reversal())
}

/// The nonce with a counter of zero.
#[inline]
#[target_feature(enable = "sse2")]
pub(super) fn nonce_block(nonce: &[u8; 12]) -> X {
    load_partial(nonce)
}

/// The part of a counter's block that is its value.
#[inline]
pub(super) const fn counter_word(counter: u32) -> i32 {
    counter.swap_bytes().cast_signed()
}

/// The block of the counter with the value `number`.
#[inline]
#[target_feature(enable = "sse2")]
pub(super) fn counter(nonce: X, number: u32) -> X {
    _mm_or_si128(nonce, _mm_set_epi32(counter_word(number), 0, 0, 0))
}

#[inline]
#[target_feature(enable = "aes")]
pub(super) fn aes_round(state: X, key: X) -> X {
    _mm_aesenc_si128(state, key)
}

#[inline]
#[target_feature(enable = "aes")]
pub(super) fn aes_last_round(state: X, key: X) -> X {
    _mm_aesenclast_si128(state, key)
}

/// The upper word of GHASH's polynomial with its bits reversed, which is what a carryless
/// multiplication reduces by.
pub(super) const POLYNOMIAL: i64 = 0xc200_0000_0000_0000_u64.cast_signed();

/// Whether two blocks are equal, in constant time.
#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) fn equal(one: X, other: X) -> bool {
    let difference = _mm_xor_si128(one, other);
    _mm_testz_si128(difference, difference) == 1
}

/// Each 32-bit word plus all words below it.
#[inline]
#[target_feature(enable = "sse2")]
pub(super) fn running_xor(words: X) -> X {
    let words = _mm_xor_si128(words, _mm_slli_si128(words, 4));
    _mm_xor_si128(words, _mm_slli_si128(words, 8))
}

/// The next even round key (FIPS 197 section 5.2): what is to be added to `base`, the running sum
/// of the one before, comes from the last word of the odd one between.
#[inline]
#[target_feature(enable = "aes,ssse3")]
pub(super) fn even_round_key(even: X, odd: X, round_constant: i32) -> X {
    let last_rotated = _mm_set_epi8(
        12, 15, 14, 13, 12, 15, 14, 13, 12, 15, 14, 13, 12, 15, 14, 13,
    );
    // All columns are the same, so the rotation of rows in the last round of AES does nothing.
    let word = _mm_shuffle_epi8(odd, last_rotated);
    let base = _mm_xor_si128(running_xor(even), _mm_set1_epi32(round_constant));
    _mm_aesenclast_si128(word, base)
}

/// The next odd round key.
#[inline]
#[target_feature(enable = "aes,ssse3")]
pub(super) fn odd_round_key(odd: X, even: X) -> X {
    let word = _mm_shuffle_epi32(even, 0xff);
    _mm_aesenclast_si128(word, running_xor(odd))
}

/// As many bytes of ones as `len`, then zeros: the mask of a vector of `N` bytes.
#[inline]
pub(super) fn mask<const N: usize>(len: usize) -> &'static [u8; N] {
    const LONGEST: usize = 32;
    const BYTES: [u8; 2 * LONGEST] = {
        let mut bytes = [0; 2 * LONGEST];
        let mut index = 0;
        while index < LONGEST {
            bytes[index] = 0xff;
            index += 1;
        }
        bytes
    };
    let mask = BYTES[LONGEST - len.min(N)..].first_chunk();
    mask.expect("a vector has at most 32 bytes")
}

/// Overwrites the stack where the function that was called just before had its frame: what the
/// compiler found no register for stands there.
#[inline]
#[target_feature(enable = "avx")]
pub(super) fn clear_stack_wide(frame: usize) {
    let frame = frame.next_multiple_of(128);
    // SAFETY: below the stack pointer nothing is in use: this is not told to leave the stack
    // alone, so the compiler keeps nothing in the red zone. The frame that was there was about as
    // large. Nothing is written at the stack pointer or above, even for no bytes at all, because
    // the steps divide the frame.
    unsafe {
        asm!(
            "vpxor xmm0, xmm0, xmm0",
            "neg {place}",
            "add {place}, rsp",
            "cmp {place}, rsp",
            "jae 3f",
            "2:",
            "vmovups [{place}], ymm0",
            "vmovups [{place} + 32], ymm0",
            "vmovups [{place} + 64], ymm0",
            "vmovups [{place} + 96], ymm0",
            "add {place}, 128",
            "cmp {place}, rsp",
            "jb 2b",
            "3:",
            place = inout(reg) frame => _,
            out("xmm0") _,
        );
    }
}

/// [`clear_stack_wide`] without AVX.
#[inline]
#[target_feature(enable = "sse2")]
pub(super) fn clear_stack(frame: usize) {
    let frame = frame.next_multiple_of(64);
    // SAFETY: below the stack pointer nothing is in use: this is not told to leave the stack
    // alone, so the compiler keeps nothing in the red zone. The frame that was there was about as
    // large. Nothing is written at the stack pointer or above, even for no bytes at all, because
    // the steps divide the frame.
    unsafe {
        asm!(
            "xorps xmm0, xmm0",
            "neg {place}",
            "add {place}, rsp",
            "cmp {place}, rsp",
            "jae 3f",
            "2:",
            "movups [{place}], xmm0",
            "movups [{place} + 16], xmm0",
            "movups [{place} + 32], xmm0",
            "movups [{place} + 48], xmm0",
            "add {place}, 64",
            "cmp {place}, rsp",
            "jb 2b",
            "3:",
            place = inout(reg) frame => _,
            out("xmm0") _,
        );
    }
}

/// Clears all sixteen registers.
#[inline]
#[target_feature(enable = "avx")]
pub(super) fn clear_wide_registers() {
    // SAFETY: only registers that are named as overwritten are.
    unsafe {
        asm!(
            "vzeroall",
            out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _,
            out("xmm4") _, out("xmm5") _, out("xmm6") _, out("xmm7") _,
            out("xmm8") _, out("xmm9") _, out("xmm10") _, out("xmm11") _,
            out("xmm12") _, out("xmm13") _, out("xmm14") _, out("xmm15") _,
            options(nostack, preserves_flags),
        );
    }
}

/// Clears all sixteen registers; in a build for processors with AVX, of which the compiler makes
/// use, their upper halves as well.
#[inline]
#[target_feature(enable = "sse2")]
pub(super) fn clear_registers() {
    #[cfg(target_feature = "avx")]
    // SAFETY: this build is for processors with AVX.
    unsafe {
        clear_wide_registers();
    }
    #[cfg(not(target_feature = "avx"))]
    // SAFETY: only registers that are named as overwritten are.
    unsafe {
        asm!(
            "pxor xmm0, xmm0", "pxor xmm1, xmm1", "pxor xmm2, xmm2", "pxor xmm3, xmm3",
            "pxor xmm4, xmm4", "pxor xmm5, xmm5", "pxor xmm6, xmm6", "pxor xmm7, xmm7",
            "pxor xmm8, xmm8", "pxor xmm9, xmm9", "pxor xmm10, xmm10", "pxor xmm11, xmm11",
            "pxor xmm12, xmm12", "pxor xmm13, xmm13", "pxor xmm14, xmm14", "pxor xmm15, xmm15",
            out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _,
            out("xmm4") _, out("xmm5") _, out("xmm6") _, out("xmm7") _,
            out("xmm8") _, out("xmm9") _, out("xmm10") _, out("xmm11") _,
            out("xmm12") _, out("xmm13") _, out("xmm14") _, out("xmm15") _,
            options(nostack, preserves_flags),
        );
    }
}
