//! One message of AES-256-GCM on ARMv8 with the AES and PMULL instructions.
//!
//! The hash key, the mask of the tag and the first six blocks of key stream advance one round with
//! every round key that the key schedule makes; longer messages go on eight blocks at a time. What
//! lives here: the order of the two halves; [`cipher`] and [`ghash`] are the halves.
//!
//! What the functions promise: no branch or address depends on a secret, no secret stays in a
//! register, and what the halves keep in memory is wiped when they go.

mod cipher;
mod ghash;

use core::arch::aarch64::{uint8x16_t, veorq_u8};

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::{Message, SingleUse};
use crate::kernel::aarch64::{clear_registers, load, store};
use cipher::Cipher;
use ghash::Ghash;

cpufeatures::new!(aes_and_pmull, "aes");

/// Proof that this processor has the instructions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path(());

impl Path {
    /// Looks the processor up once per process; after that an atomic load.
    #[inline]
    pub(super) fn detect() -> Option<Self> {
        aes_and_pmull::get().then_some(Self(()))
    }

    /// Every path of this processor.
    #[cfg(test)]
    pub(super) fn available() -> impl Iterator<Item = Self> {
        Self::detect().into_iter()
    }

    /// The path of one's choice, if the processor has it.
    #[cfg(feature = "forced-paths")]
    pub(super) fn forced(choice: super::forced::sealed::Choice) -> Option<Self> {
        Self::detect().filter(|_| choice == super::forced::sealed::Choice::Armv8)
    }

    /// The longest message in bytes for which this should be faster than every library. An
    /// estimate, as there was no such processor to measure on: libraries hash and encrypt long
    /// messages in one stream of instructions, this does one after the other.
    pub(super) const fn fastest_up_to(self) -> usize {
        512
    }

    /// Whether a long message that goes from one buffer into another does so here faster than a copy
    /// and ring: by the estimate above not.
    pub(super) const fn is_fastest_between_buffers(self) -> bool {
        false
    }

    /// What reports call it.
    pub(super) const fn name(self) -> &'static str {
        "ARMv8 AES and PMULL"
    }
}

impl SingleUse for Path {
    fn run<const SEAL: bool>(
        self,
        text: Option<&[u8]>,
        [message]: &mut [Message<'_>; 1],
        tag: &mut [u8; 16],
    ) -> bool {
        if let Some(text) = text {
            message.buffer.copy_from_slice(text);
        }
        if SEAL {
            // SAFETY: `self` proves that the processor has the instructions.
            unsafe { crypt::<true>(message, tag) }
            return true;
        }
        // Wiped, because the right tag is what a forger looks for.
        let mut expected = Zeroizing::new([0; 16]);
        // SAFETY: `self` proves that the processor has the instructions.
        unsafe { crypt::<false>(message, &mut expected) }
        let matches = bool::from(expected.ct_eq(tag));
        if !matches {
            message.buffer.zeroize();
        }
        clear_registers();
        matches
    }
}

/// Seals or opens in place and computes the tag.
#[target_feature(enable = "aes")]
fn crypt<const SEAL: bool>(message: &mut Message<'_>, tag: &mut [u8; 16]) {
    let Message {
        key,
        nonce,
        aad,
        buffer,
    } = message;
    let mut cipher = Cipher::new(nonce);
    let hash_key = cipher.start(key);
    let mut hash = Ghash::new();
    let blocks = aad.len().div_ceil(16) + buffer.len().div_ceil(16) + 1;
    hash.start(hash_key, blocks);
    hash.update(aad);
    let bits = (aad.len() as u128 * 8) << 64 | (buffer.len() as u128 * 8);
    let (first, rest) = buffer.split_at_mut(buffer.len().min(cipher::FIRST * 16));
    apply::<SEAL>(cipher.first_blocks(), first, &mut hash);
    for group in rest.chunks_mut(cipher::GROUP * 16) {
        apply::<SEAL>(cipher.next_blocks(), group, &mut hash);
    }
    hash.update(&bits.to_be_bytes());
    store(veorq_u8(hash.sum(), cipher.mask()), tag);
    clear_registers();
}

/// Adds key stream to text, and the ciphertext to the hash.
#[inline]
#[target_feature(enable = "aes")]
fn apply<const SEAL: bool>(stream: &[uint8x16_t], text: &mut [u8], hash: &mut Ghash) {
    if !SEAL {
        hash.update(text);
    }
    let (blocks, tail) = text.as_chunks_mut();
    for (block, stream) in blocks.iter_mut().zip(stream) {
        store(veorq_u8(load(block), *stream), block);
    }
    if !tail.is_empty() {
        let mut last = Zeroizing::new([0; 16]);
        store(stream[blocks.len()], &mut last);
        for (byte, stream) in tail.iter_mut().zip(last.iter()) {
            *byte ^= stream;
        }
    }
    if SEAL {
        hash.update(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::aarch64::registers_after;

    #[test]
    fn nothing_secret_stays_in_the_registers() {
        extern "C" fn opened() {
            let mut buffer = [0x5a; 300];
            if let Some(path) = Path::detect() {
                let wrong = &[0; 16];
                let opened = path.open(&[1; 32], &[2; 12], &[3; 40], None, &mut buffer, wrong);
                assert!(opened.is_err());
            }
        }
        if Path::detect().is_none() {
            eprintln!("not checked: no AES instructions were detected");
            return;
        }
        assert_eq!(registers_after(opened), [[0; 16]; 24]);
    }
}
