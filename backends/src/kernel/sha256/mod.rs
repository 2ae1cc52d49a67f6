//! HMAC-SHA-256 made for the ratchet, which steps its chain on every message.
//!
//! A chain step is six compressions, of which three are the longest chain of dependent ones; the
//! processor's SHA unit has room for the other three beside them. Each kind of processor has a
//! module with the same three functions: `x86` for SHA-NI; one for ARMv8's SHA-2 instructions
//! would stand beside it. The portable path is that of [`rustcrypto`](crate::rustcrypto), as is
//! everything but the chain.

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod x86;

use sprag_core::primitives::{ChainStepJob, Hmac, PrimitiveError};

use crate::rustcrypto::HmacSha256 as Portable;

/// SHA-256, HMAC-SHA-256 and HKDF-SHA-256 (FIPS 180-4, RFC 2104, RFC 5869), with the chain of the
/// Double Ratchet in assembly where the processor has SHA-256 instructions.
///
/// Everything else, and the chain on other processors, is [`crate::rustcrypto::HmacSha256`].
#[derive(Clone, Copy, Debug)]
pub struct HmacSha256;

impl Hmac for HmacSha256 {
    fn sha256(parts: &[&[u8]]) -> [u8; 32] {
        Portable::sha256(parts)
    }

    fn hmac(key: &[u8], parts: &[&[u8]], tag: &mut [u8; 32]) {
        Portable::hmac(key, parts, tag);
    }

    fn hkdf_expand(prk: &[u8; 32], info: &[u8], okm: &mut [u8]) -> Result<(), PrimitiveError> {
        Portable::hkdf_expand(prk, info, okm)
    }

    #[inline]
    fn chain_step(chain_key: &[u8; 32], message_key: &mut [u8; 32], next: &mut [u8; 32]) {
        #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
        if let Some(sha_ni) = x86::ShaNi::detect() {
            return sha_ni.chain_step(chain_key, message_key, next);
        }
        Portable::chain_step(chain_key, message_key, next);
    }

    fn chain_advance(chain_key: &mut [u8; 32], steps: u32) {
        #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
        if let Some(sha_ni) = x86::ShaNi::detect() {
            return sha_ni.chain_advance(chain_key, steps);
        }
        Portable::chain_advance(chain_key, steps);
    }

    fn chain_step_batch(jobs: &mut [ChainStepJob<'_>]) {
        #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
        if let Some(sha_ni) = x86::ShaNi::detect() {
            return sha_ni.chain_step_batch(jobs);
        }
        Portable::chain_step_batch(jobs);
    }
}

#[cfg(test)]
mod tests;
