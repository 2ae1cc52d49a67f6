//! Vectors of four blocks without AVX-512, for tests alone: each operation is done block by block
//! with AES-NI and PCLMULQDQ.
//!
//! What the vectors of four blocks share with the others, the text of `message`, `hash` and `bulk`,
//! is so tested at that width on every processor. What that leaves to processors with AVX-512 is the
//! operations of `lanes4`, of which these are the portable twins.

use core::arch::x86_64::*;
use core::array::from_fn;

use sprag_core::primitives::{OpenJob, SealJob};

use super::block::{self, X, ZERO as ZERO_BLOCK};
use super::{Message, USUAL_AAD, blocks, with_aes};
use crate::aead_limit;
use crate::kernel::aes256gcm::{SingleUse, opened};

/// Blocks in a vector.
const LANES: usize = 4;
/// Bytes in a vector.
const WIDTH: usize = 16 * LANES;

/// Nothing that tests seal is secret.
const SMALL_FRAME: usize = 0;
const SHORT_FRAME: usize = 0;
const MIDDLE_FRAME: usize = 0;
const LONG_FRAME: usize = 0;

/// The first block first.
#[derive(Clone, Copy)]
struct V([X; LANES]);

const ZERO: V = V([ZERO_BLOCK; LANES]);

hashing!("aes,pclmulqdq,ssse3,sse4.1");
messages!("aes,pclmulqdq,ssse3,sse4.1");
bulk!("aes,pclmulqdq,ssse3,sse4.1");

operations! { "aes,pclmulqdq,ssse3,sse4.1":
    fn zero() -> V { ZERO }
    fn xor(a: V, b: V) -> V { V(from_fn(|i| block::xor(a.0[i], b.0[i]))) }
    /// The sum of three.
    fn xor3(a: V, b: V, c: V) -> V { xor(a, xor(b, c)) }
    fn aes_round(state: V, key: V) -> V {
        V(from_fn(|i| block::aes_round(state.0[i], key.0[i])))
    }
    fn aes_last_round(state: V, key: V) -> V {
        V(from_fn(|i| block::aes_last_round(state.0[i], key.0[i])))
    }
    /// The same; the order of instructions is all one here.
    fn pinned(v: V) -> V { v }
    fn broadcast(block: X) -> V { V([block; LANES]) }
    /// The first block of a vector in every lane.
    fn broadcast_first(v: V) -> V { broadcast(v.0[0]) }
    /// A block in the first lane, zeros in the others.
    fn in_first_lane(block: X) -> V { in_lane(block, 0) }
    fn reversed(v: V) -> V { V(v.0.map(|x| block::reversed(x))) }
    /// The two halves of every block exchanged.
    fn halves_swapped(v: V) -> V { V(v.0.map(|x| _mm_shuffle_epi32(x, 0x4e))) }
    fn low_low(a: V, b: V) -> V { V(from_fn(|i| _mm_clmulepi64_si128(a.0[i], b.0[i], 0x00))) }
    fn high_low(a: V, b: V) -> V { V(from_fn(|i| _mm_clmulepi64_si128(a.0[i], b.0[i], 0x01))) }
    fn low_high(a: V, b: V) -> V { V(from_fn(|i| _mm_clmulepi64_si128(a.0[i], b.0[i], 0x10))) }
    fn high_high(a: V, b: V) -> V { V(from_fn(|i| _mm_clmulepi64_si128(a.0[i], b.0[i], 0x11))) }
    fn polynomial() -> V { broadcast(_mm_set1_epi64x(block::POLYNOMIAL)) }
    /// The sum of all blocks.
    fn sum_of_lanes(v: V) -> X {
        let [a, b, c, d] = v.0;
        block::xor(block::xor(a, b), block::xor(c, d))
    }
    /// The hash key as the multiplications take it: see the vectors of one block.
    fn hash_key(encrypted_zeros: V) -> V {
        V(reversed(encrypted_zeros).0.map(|key| {
            let carries = _mm_slli_si128(_mm_srli_epi64(key, 63), 8);
            let doubled = _mm_or_si128(_mm_slli_epi64(key, 1), carries);
            let overflow = _mm_shuffle_epi32(_mm_srai_epi32(key, 31), 0xff);
            let reduction = _mm_set_epi64x(block::POLYNOMIAL, 1);
            block::xor(doubled, _mm_and_si128(overflow, reduction))
        }))
    }
    /// The counter from `first` on.
    fn counters(nonce: X, first: u32) -> V {
        V(from_fn(|i| block::counter(nonce, first + i as u32)))
    }
    /// Adds to every counter, given with its bytes reversed.
    fn advanced(reversed: V, by: i32) -> V {
        V(reversed.0.map(|x| _mm_add_epi32(x, _mm_set_epi32(0, 0, 0, by))))
    }
    /// The powers of the hash key from the fourth to the first, and the fourth in every lane.
    fn first_powers(key: V) -> (V, Factor) {
        let second = product(key, Factor::new(key));
        let third = product(second, Factor::new(key));
        let fourth = product(third, Factor::new(key));
        (V([fourth.0[0], third.0[0], second.0[0], key.0[0]]), Factor::new(fourth))
    }
    /// A block in one lane, zeros in the others.
    fn in_lane(block: X, lane: usize) -> V {
        let mut v = ZERO;
        v.0[lane] = block;
        v
    }
    /// The bytes before `len`, with zeros behind them.
    fn truncated(v: V, len: usize) -> V {
        let mut bytes = [0; WIDTH];
        store(v, &mut bytes);
        load_partial(&bytes[..len.min(WIDTH)])
    }
    fn load(bytes: &[u8; WIDTH]) -> V {
        let (blocks, _) = bytes.as_chunks();
        V(from_fn(|i| block::load(&blocks[i])))
    }
    fn store(v: V, bytes: &mut [u8; WIDTH]) {
        let (blocks, _) = bytes.as_chunks_mut();
        for (x, block) in v.0.into_iter().zip(blocks) {
            block::store(x, block);
        }
    }
    /// Fewer bytes than a vector has, with zeros behind them.
    fn load_partial(bytes: &[u8]) -> V {
        let mut whole = [0; WIDTH];
        whole[..bytes.len()].copy_from_slice(bytes);
        load(&whole)
    }
    /// The first bytes of a vector, as many as there is room for.
    fn store_partial(v: V, bytes: &mut [u8]) {
        let mut whole = [0; WIDTH];
        store(v, &mut whole);
        bytes.copy_from_slice(&whole[..bytes.len()]);
    }
    fn clear_stack(frame: usize) { block::clear_stack(frame) }
    fn clear_registers() { block::clear_registers() }
}

/// Proof that this processor has AES-NI and PCLMULQDQ; a `Path` to these vectors for every length.
#[derive(Clone, Copy)]
pub(in super::super) struct Emulated(());

impl Emulated {
    pub(in super::super) fn available() -> Option<Self> {
        with_aes::get().then_some(Self(()))
    }
}

impl SingleUse for Emulated {
    fn run<const SEAL: bool>(
        self,
        text: Option<&[u8]>,
        message: &mut [Message<'_>; 1],
        tag: &mut [u8; 16],
    ) -> bool {
        match text {
            // SAFETY: `self` proves that the processor has the instructions.
            None => unsafe { run::<SEAL>(message, tag) },
            // SAFETY: `self` proves that the processor has the instructions.
            Some(text) => unsafe { run_from::<SEAL>(text, message, tag) },
        }
    }

    fn seal_batch(self, jobs: &mut [SealJob<'_>]) {
        // SAFETY: `self` proves that the processor has the instructions.
        unsafe { seal_batch(jobs) }
    }

    fn open_batch(self, jobs: &mut [OpenJob<'_>]) {
        // SAFETY: `self` proves that the processor has the instructions.
        unsafe { open_batch(jobs) }
    }
}
