//! Processors of which no SHA-256 instructions are known here: nothing is ever detected.

use sprag_core::primitives::ChainStepJob;

use super::Instructions;
use crate::hmac_sha256::{BLOCK, Compression};

/// A proof that nobody can give.
#[derive(Clone, Copy)]
pub(super) enum Absent {}

impl Instructions for Absent {
    const NAME: &'static str = "none";

    fn detect() -> Option<Self> {
        None
    }

    fn chain_step(self, _: &[u8; 32], _: &mut [u8; 32], _: &mut [u8; 32]) {
        match self {}
    }

    fn chain_advance(self, _: &mut [u8; 32], _: u32) {
        match self {}
    }

    fn chain_step_batch(self, _: &mut [ChainStepJob<'_>]) {
        match self {}
    }
}

impl Compression for Absent {
    fn compress(self, _: &mut [u32; 8], _: &[[u8; BLOCK]]) {
        match self {}
    }
}
