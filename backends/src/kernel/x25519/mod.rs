//! X25519 (RFC 7748) in the lanes of vector registers.
//!
//! What lives here: agreements only, for processors with AVX-512 IFMA, and batches of them for those
//! with AVX2 and FMA. What does not: keys, and all other agreements, which are the library's that the
//! component is made over.

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod avx2;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod encoding;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod ifma;

extern crate alloc;

use alloc::vec::Vec;
use core::fmt;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
use core::hint::black_box;
use core::marker::PhantomData;

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
use zeroize::{Zeroize, Zeroizing};

use sprag_core::primitives::{AgreeJob, KeyAgreement, PrimitiveError};

/// X25519 (RFC 7748): keys from the library `L`, agreements in vector lanes where the processor
/// has them, from `L` elsewhere.
///
/// With AVX-512 IFMA a single agreement computes the four products of a ladder step side by side,
/// and a batch puts one agreement into each of four or eight lanes. With AVX2 and FMA only batches
/// of three and more go into lanes, four at a time; other agreements are those of `L`.
#[derive(Clone, Copy)]
pub struct X25519<L>(PhantomData<L>);

impl<L> fmt::Debug for X25519<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("X25519")
    }
}

impl<L: KeyAgreement> KeyAgreement for X25519<L> {
    type PrivateKey = L::PrivateKey;

    fn private_key(bytes: &[u8; 32]) -> Result<L::PrivateKey, PrimitiveError> {
        L::private_key(bytes)
    }

    fn private_key_batch(
        bytes: &[&[u8; 32]],
        keys: &mut Vec<L::PrivateKey>,
    ) -> Result<(), PrimitiveError> {
        L::private_key_batch(bytes, keys)
    }

    fn public_key(private: &L::PrivateKey) -> &[u8; 32] {
        L::public_key(private)
    }

    fn private_bytes(private: &L::PrivateKey) -> &[u8; 32] {
        L::private_bytes(private)
    }

    fn agree(
        private: &L::PrivateKey,
        peer: &[u8; 32],
        shared: &mut [u8; 32],
    ) -> Result<(), PrimitiveError> {
        #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
        if let Some(ifma) = ifma::Ifma::detect() {
            ifma.one(L::private_bytes(private), peer, shared);
            return contributory(shared);
        }
        L::agree(private, peer, shared)
    }

    fn agree_batch(jobs: &mut [AgreeJob<'_, Self>]) {
        #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
        if let Some(ifma) = ifma::Ifma::detect() {
            return agree_in_lanes(ifma, jobs);
        }
        #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
        if let Some(avx2) = avx2::Avx2::detect() {
            return agree_in_fours(avx2, jobs);
        }
        agree_in_turn(jobs);
    }
}

/// The name of the instructions that agreements take here.
pub(super) fn path() -> &'static str {
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    if ifma::Ifma::detect().is_some() {
        return "AVX-512 IFMA";
    }
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    if avx2::Avx2::detect().is_some() {
        return "AVX2 and FMA in batches, four lanes; the library's alone";
    }
    "portable"
}

/// One after the other, by the library.
fn agree_in_turn<L: KeyAgreement>(jobs: &mut [AgreeJob<'_, X25519<L>>]) {
    for job in jobs {
        job.outcome = L::agree(job.private, job.peer, job.shared);
    }
}

/// Four by four. Three are put into the lanes too, which take longer than two agreements of the
/// fastest library and less than three.
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
fn agree_in_fours<L: KeyAgreement>(avx2: avx2::Avx2, jobs: &mut [AgreeJob<'_, X25519<L>>]) {
    for now in jobs.chunks_mut(4) {
        match now {
            [_, _, _] | [_, _, _, _] => {
                fill(now, |keys, peers, shared| avx2.four(keys, peers, shared))
            }
            _ => agree_in_turn(now),
        }
    }
}

/// Eight by eight; what is left goes where it costs least: alone it takes less than four
/// lanes take, filled or not, and four lanes a little more than half of what eight take.
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
fn agree_in_lanes<L: KeyAgreement>(ifma: ifma::Ifma, jobs: &mut [AgreeJob<'_, X25519<L>>]) {
    let mut jobs = jobs;
    while !jobs.is_empty() {
        let (now, later) = jobs.split_at_mut(match jobs.len() {
            1 => 1,
            2..=5 => jobs.len().min(4),
            _ => jobs.len().min(8),
        });
        match now {
            [job] => job.outcome = X25519::<L>::agree(job.private, job.peer, job.shared),
            [_, _] | [_, _, _] | [_, _, _, _] => {
                fill(now, |keys, peers, shared| ifma.four(keys, peers, shared))
            }
            _ => fill(now, |keys, peers, shared| ifma.eight(keys, peers, shared)),
        }
        jobs = later;
    }
}

/// Puts up to `LANES` jobs into lanes; those that stay free repeat the first job.
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
fn fill<const LANES: usize, L: KeyAgreement>(
    jobs: &mut [AgreeJob<'_, X25519<L>>],
    agree: impl Fn([&[u8; 32]; LANES], [&[u8; 32]; LANES], &mut [[u8; 32]; LANES]),
) {
    let job = |lane| jobs.get(lane).unwrap_or(&jobs[0]);
    let keys = core::array::from_fn(|lane| L::private_bytes(job(lane).private));
    let peers = core::array::from_fn(|lane| job(lane).peer);
    // Stays where it is until it is wiped: what is returned by value may leave a copy behind.
    let mut shared = Zeroizing::new([[0; 32]; LANES]);
    agree(keys, peers, &mut shared);
    for (job, shared) in jobs.iter_mut().zip(&*shared) {
        job.shared.copy_from_slice(shared);
        job.outcome = contributory(shared);
    }
}

/// How much of the stack is cleared in bytes: more than any of the agreements takes.
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
const CLEARED: usize = 8 * 1024;

/// Overwrites the stack where the functions called just before had their frames, which the
/// compiler fills as it likes. In words, because each write is made by itself.
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
#[inline(never)]
fn clear_stack() {
    let mut frame = [0_u64; CLEARED / 8];
    frame.zeroize();
    black_box(&frame);
}

/// Refuses the all-zero result (RFC 7748 section 6.1), looking at every byte of it.
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
fn contributory(shared: &[u8; 32]) -> Result<(), PrimitiveError> {
    match shared.iter().fold(0, |bits, byte| bits | byte) {
        0 => Err(PrimitiveError::NonContributory),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
