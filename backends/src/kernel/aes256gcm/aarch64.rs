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

use sprag_core::primitives::{OpenJob, SealJob};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::opened;
use crate::aead_limit;
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

    /// Encrypts the buffer, which is within GCM's limit, and returns the tag.
    pub(super) fn seal(
        self,
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> [u8; 16] {
        let mut tag = [0; 16];
        // SAFETY: `self` proves that the processor has the instructions.
        unsafe { crypt::<true>(key, nonce, aad, buffer, &mut tag) }
        tag
    }

    /// Decrypts the buffer and says whether it and the associated data belong to the tag. If they
    /// do not, the buffer is zeros.
    #[must_use]
    pub(super) fn open(
        self,
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> bool {
        // Wiped, because the right tag is what a forger looks for.
        let mut expected = Zeroizing::new([0; 16]);
        // SAFETY: `self` proves that the processor has the instructions.
        unsafe { crypt::<false>(key, nonce, aad, buffer, &mut expected) }
        let matches = bool::from(expected.ct_eq(tag));
        if !matches {
            buffer.zeroize();
        }
        clear_registers();
        matches
    }

    /// As [`seal`](Self::seal), of `text` into a buffer of its length.
    pub(super) fn seal_into(
        self,
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        text: &[u8],
        buffer: &mut [u8],
    ) -> [u8; 16] {
        buffer.copy_from_slice(text);
        self.seal(key, nonce, aad, buffer)
    }

    /// As [`open`](Self::open), of `sealed` into a buffer of its length.
    pub(super) fn open_into(
        self,
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        sealed: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> bool {
        buffer.copy_from_slice(sealed);
        self.open(key, nonce, aad, buffer, tag)
    }

    /// Seals one after the other; a message beyond GCM's limit is refused.
    pub(super) fn seal_batch(self, jobs: &mut [SealJob<'_>]) {
        for job in jobs {
            job.outcome = aead_limit::check(job.buffer.len(), aead_limit::AES_GCM)
                .map(|()| self.seal(job.key, job.nonce, job.aad, job.buffer));
        }
    }

    /// Opens one after the other.
    pub(super) fn open_batch(self, jobs: &mut [OpenJob<'_>]) {
        for job in jobs {
            job.outcome = opened(self.open(job.key, job.nonce, job.aad, job.buffer, job.tag));
        }
    }
}

/// Seals or opens in place and computes the tag.
#[target_feature(enable = "aes")]
fn crypt<const SEAL: bool>(
    key: &[u8; 32],
    nonce: &[u8; 12],
    aad: &[u8],
    buffer: &mut [u8],
    tag: &mut [u8; 16],
) {
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
                let tag_is_right = path.open(&[1; 32], &[2; 12], &[3; 40], &mut buffer, &[0; 16]);
                assert!(!tag_is_right);
            }
        }
        if Path::detect().is_none() {
            eprintln!("not checked: no AES instructions were detected");
            return;
        }
        assert_eq!(registers_after(opened), [[0; 16]; 24]);
    }
}
