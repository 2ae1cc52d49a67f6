//! SHA-256 and HMAC made for the ratchet, which steps its chain on every message.
//!
//! A chain step is six compressions, of which three are the longest chain of dependent ones; the
//! processor's SHA unit has room for the other three beside them. What lives here: the choice of
//! the path. [`Instructions`] is what each kind of processor gives, in a module of its own; the
//! constructions around it are `crate::hmac_sha256`, the portable path is that of
//! [`rustcrypto`](crate::rustcrypto).

#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
mod aarch64;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod x86;

#[cfg(not(any(
    all(target_arch = "aarch64", target_feature = "neon"),
    all(target_arch = "x86_64", target_feature = "sse2"),
)))]
mod absent;
#[cfg(any(
    all(target_arch = "aarch64", target_feature = "neon"),
    all(target_arch = "x86_64", target_feature = "sse2"),
))]
mod schedule;

use sprag_core::primitives::{ChainStepJob, Hmac, PrimitiveError};

use crate::hmac_sha256::{self as construction, Compression, Keyed};
use crate::rustcrypto::HmacSha256 as Portable;

#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
use aarch64::Sha2 as Native;
#[cfg(not(any(
    all(target_arch = "aarch64", target_feature = "neon"),
    all(target_arch = "x86_64", target_feature = "sse2"),
)))]
use absent::Absent as Native;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
use x86::ShaNi as Native;

/// SHA-256, HMAC-SHA-256 and HKDF-SHA-256 (FIPS 180-4, RFC 2104, RFC 5869) and the chain of the
/// Double Ratchet, in code of our own where the processor has SHA-256 instructions.
///
/// On other processors it is [`crate::rustcrypto::HmacSha256`].
#[derive(Clone, Copy, Debug)]
pub struct HmacSha256;

impl Hmac for HmacSha256 {
    fn sha256(parts: &[&[u8]]) -> [u8; 32] {
        match Native::detect() {
            Some(native) => construction::sha256(native, parts),
            None => Portable::sha256(parts),
        }
    }

    fn hmac(key: &[u8], parts: &[&[u8]], tag: &mut [u8; 32]) {
        match Native::detect() {
            Some(native) => Keyed::new(native, key).tag(parts, tag),
            None => Portable::hmac(key, parts, tag),
        }
    }

    fn hkdf_expand(prk: &[u8; 32], info: &[u8], okm: &mut [u8]) -> Result<(), PrimitiveError> {
        match Native::detect() {
            Some(native) => construction::hkdf_expand(native, prk, info, okm),
            None => Portable::hkdf_expand(prk, info, okm),
        }
    }

    #[inline]
    fn chain_step(chain_key: &[u8; 32], message_key: &mut [u8; 32], next: &mut [u8; 32]) {
        match Native::detect() {
            Some(native) => native.chain_step(chain_key, message_key, next),
            None => Portable::chain_step(chain_key, message_key, next),
        }
    }

    fn chain_advance(chain_key: &mut [u8; 32], steps: u32) {
        match Native::detect() {
            Some(native) => native.chain_advance(chain_key, steps),
            None => Portable::chain_advance(chain_key, steps),
        }
    }

    fn chain_step_batch(jobs: &mut [ChainStepJob<'_>]) {
        match Native::detect() {
            Some(native) => native.chain_step_batch(jobs),
            None => Portable::chain_step_batch(jobs),
        }
    }
}

/// The name of the instructions that SHA-256 takes here.
pub(super) fn path() -> &'static str {
    Native::detect().map_or("portable", |_| Native::NAME)
}

/// The SHA-256 instructions of one kind of processor. A value proves that they are there.
trait Instructions: Compression {
    /// As their makers call them.
    const NAME: &'static str;

    /// Looks the processor up once per process; after that an atomic load.
    fn detect() -> Option<Self>;

    /// As [`Hmac::chain_step`].
    fn chain_step(self, chain_key: &[u8; 32], message_key: &mut [u8; 32], next: &mut [u8; 32]);

    /// As [`Hmac::chain_advance`].
    fn chain_advance(self, chain_key: &mut [u8; 32], steps: u32);

    /// As [`Hmac::chain_step_batch`].
    fn chain_step_batch(self, jobs: &mut [ChainStepJob<'_>]);
}

#[cfg(test)]
mod tests;
