//! SHA-256 and the chain step on ARMv8 with the SHA-2 instructions.
//!
//! Intrinsics, not assembly as on x86-64: what the compiler puts between these instructions does
//! not slow them down.
//!
//! What the functions promise: no branch or address depends on a secret; no secret stays in a
//! register, and [`Lanes`] is wiped.

mod lanes;
mod words;

use sprag_core::primitives::ChainStepJob;

use super::Instructions;
use crate::hmac_sha256::{BLOCK, Compression};
use crate::kernel::aarch64::clear_registers;
use lanes::{Lanes, SECOND, last_block, padded_key};
use words::{load_block, load_key, load_state, store_digest, store_state};

cpufeatures::new!(sha2_instructions, "sha2");

/// Proof that this processor has the instructions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sha2(());

impl Instructions for Sha2 {
    const NAME: &'static str = "ARMv8 SHA2";

    #[inline]
    fn detect() -> Option<Self> {
        sha2_instructions::get().then_some(Self(()))
    }

    #[inline]
    fn chain_step(self, chain_key: &[u8; 32], message_key: &mut [u8; 32], next: &mut [u8; 32]) {
        // SAFETY: `self` proves that the processor has the instructions.
        unsafe { chain_step(chain_key, message_key, next) }
    }

    #[inline]
    fn chain_advance(self, chain_key: &mut [u8; 32], steps: u32) {
        // SAFETY: `self` proves that the processor has the instructions.
        unsafe { chain_advance(chain_key, steps) }
    }

    fn chain_step_batch(self, jobs: &mut [ChainStepJob<'_>]) {
        let (pairs, rest) = jobs.as_chunks_mut::<2>();
        for [one, two] in pairs {
            // SAFETY: `self` proves that the processor has the instructions.
            unsafe { chain_step_two(one, two) }
        }
        for job in rest {
            self.chain_step(job.chain_key, job.message_key, job.next);
        }
    }
}

impl Compression for Sha2 {
    fn compress(self, state: &mut [u32; 8], blocks: &[[u8; BLOCK]]) {
        // SAFETY: `self` proves that the processor has the instructions.
        unsafe { compress_blocks(state, blocks) }
    }

    fn compress_key(self, key: &[u8; BLOCK], inner: &mut [u32; 8], outer: &mut [u32; 8]) {
        // SAFETY: `self` proves that the processor has the instructions.
        unsafe { compress_key(key, inner, outer) }
    }
}

/// Any number of blocks into a chaining value.
#[target_feature(enable = "sha2")]
fn compress_blocks(state: &mut [u32; 8], blocks: &[[u8; BLOCK]]) {
    let mut lanes = Lanes::new();
    lanes.after = [load_state(state)];
    for block in blocks {
        lanes.before = lanes.after;
        lanes.blocks = [load_block(block)];
        lanes.compress();
    }
    store_state(lanes.after[0], state);
    clear_registers();
}

/// The two key blocks of HMAC side by side, into the chaining values behind them.
#[target_feature(enable = "sha2")]
fn compress_key(key: &[u8; BLOCK], inner: &mut [u32; 8], outer: &mut [u32; 8]) {
    let mut lanes = Lanes::new();
    lanes.blocks = [load_block(key); 2];
    lanes.key_blocks();
    store_state(lanes.after[0], inner);
    store_state(lanes.after[1], outer);
    clear_registers();
}

/// One chain step: three pairs of compressions.
#[target_feature(enable = "sha2")]
fn chain_step(chain_key: &[u8; 32], message_key: &mut [u8; 32], next: &mut [u8; 32]) {
    let mut lanes = Lanes::new();
    lanes.chain_step([chain_key; 2]);
    store_digest(lanes.after[0], message_key);
    store_digest(lanes.after[1], next);
    clear_registers();
}

/// Two chain steps at once: three times four compressions side by side.
#[target_feature(enable = "sha2")]
fn chain_step_two(one: &mut ChainStepJob<'_>, two: &mut ChainStepJob<'_>) {
    let mut lanes = Lanes::new();
    lanes.chain_step([one.chain_key, one.chain_key, two.chain_key, two.chain_key]);
    store_digest(lanes.after[0], one.message_key);
    store_digest(lanes.after[1], one.next);
    store_digest(lanes.after[2], two.message_key);
    store_digest(lanes.after[3], two.next);
    clear_registers();
}

/// Chain steps one after the other: a pair of compressions and two single ones each.
#[target_feature(enable = "sha2")]
fn chain_advance(chain_key: &mut [u8; 32], steps: u32) {
    let (mut pair, mut single) = (Lanes::new(), Lanes::new());
    single.after = [load_key(chain_key)];
    for _ in 0..steps {
        pair.blocks = [padded_key(single.after[0]); 2];
        pair.key_blocks();
        single.before = [pair.after[0]];
        single.compress_constant([&SECOND]);
        single.blocks = [last_block(single.after[0])];
        single.before = [pair.after[1]];
        single.compress();
    }
    store_digest(single.after[0], chain_key);
    clear_registers();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::aarch64::registers_after;

    #[test]
    fn nothing_secret_stays_in_the_registers() {
        extern "C" fn stepped() {
            let (mut message_key, mut next) = ([0; 32], [0; 32]);
            if let Some(sha2) = Sha2::detect() {
                sha2.chain_step(&[0x5a; 32], &mut message_key, &mut next);
            }
        }
        if Sha2::detect().is_none() {
            eprintln!("not checked: no SHA-256 instructions were detected");
            return;
        }
        assert_eq!(registers_after(stepped), [[0; 16]; 24]);
    }
}
