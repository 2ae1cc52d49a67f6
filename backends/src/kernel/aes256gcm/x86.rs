//! Single-use AES-256-GCM keys on x86-64: which instructions there are, and how to reach them.
//!
//! The code of a message stands once, in `message`, and is compiled for vectors of one, two and
//! four blocks. This module is the only one that asks the processor: a [`Path`] is the proof that
//! the instructions of its vectors are there.

mod block;
#[macro_use]
mod hash;
#[macro_use]
mod bulk;
#[macro_use]
mod message;
#[cfg(test)]
#[macro_use]
mod depth;
#[cfg(test)]
pub(super) mod emulated;
mod lanes1;
mod lanes2;
mod lanes4;

use core::arch::x86_64::{__cpuid, __cpuid_count};
use core::sync::atomic::{AtomicU8, Ordering};

use sprag_core::primitives::{OpenJob, SealJob};
use sprag_core::session::HEADER_LEN;

#[cfg(feature = "forced-paths")]
use super::forced::sealed::Choice;
use super::{Message, SingleUse};

cpufeatures::new!(with_aes, "aes", "pclmulqdq", "ssse3", "sse4.1");
cpufeatures::new!(with_avx2, "avx2");
cpufeatures::new!(
    with_avx512,
    "avx512f",
    "avx512bw",
    "avx512vl",
    "vaes",
    "vpclmulqdq"
);

/// Proof that this processor has the instructions of one kind of vector.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path(Vectors);

/// The vectors there is code for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Vectors {
    /// One block: AES-NI, PCLMULQDQ.
    One = 1,
    /// Two blocks: VAES, VPCLMULQDQ and AVX2 as well.
    Two = 2,
    /// Four blocks: AVX-512 as well.
    Four = 4,
}

impl Path {
    /// The best path there is. Looks the processor up once per process; after that an atomic load.
    #[inline]
    pub(super) fn detect() -> Option<Self> {
        /// What was found: a [`Vectors`], or one of these.
        static FOUND: AtomicU8 = AtomicU8::new(NOT_ASKED);
        const NOT_ASKED: u8 = u8::MAX;
        const NONE: u8 = 0;
        match FOUND.load(Ordering::Relaxed) {
            FOUR => Some(Self(Vectors::Four)),
            TWO => Some(Self(Vectors::Two)),
            ONE => Some(Self(Vectors::One)),
            NONE => None,
            _ => {
                let best = Self::available().next_back();
                let code = best.map_or(NONE, |path| path.0 as u8);
                FOUND.store(code, Ordering::Relaxed);
                best
            }
        }
    }

    /// Every path of this processor, the best one last.
    pub(super) fn available() -> impl DoubleEndedIterator<Item = Self> {
        let one = with_aes::get();
        let two = one && with_avx2::get() && has_vector_aes();
        let four = two && with_avx512::get();
        [
            (one, Vectors::One),
            (two, Vectors::Two),
            (four, Vectors::Four),
        ]
        .into_iter()
        .filter_map(|(there, vectors)| there.then_some(Self(vectors)))
    }

    /// The path of one's choice, if the processor has it: every path includes the ones before it.
    #[cfg(feature = "forced-paths")]
    #[inline]
    pub(super) fn forced(choice: Choice) -> Option<Self> {
        let vectors = match choice {
            Choice::AesNi => Vectors::One,
            Choice::Vaes256 => Vectors::Two,
            Choice::Vaes512 => Vectors::Four,
            Choice::Armv8 => return None,
        };
        let best = Self::detect()?;
        (vectors as u8 <= best.0 as u8).then_some(Self(vectors))
    }

    /// The longest message in bytes for which this is faster than ring: the first path measured on
    /// Zen 4, the second on Zen 3 with messages of up to 64 KiB. Ring takes VAES on 256 bits on both,
    /// so where a processor has only the first path the true length can only be longer.
    pub(super) const fn fastest_up_to(self) -> usize {
        match self.0 {
            Vectors::One => 1350,
            Vectors::Two | Vectors::Four => usize::MAX,
        }
    }

    /// Whether a long message that goes from one buffer into another does so here faster than a copy
    /// and ring: measured on Zen 3 with the second path, which takes as long as ring does in place.
    /// Without VAES ring is the faster one by more than a copy costs.
    pub(super) const fn is_fastest_between_buffers(self) -> bool {
        !matches!(self.0, Vectors::One)
    }

    /// What reports call it.
    pub(super) const fn name(self) -> &'static str {
        match self.0 {
            Vectors::One => "AES-NI",
            Vectors::Two => "VAES, 256 bits",
            Vectors::Four => "VAES, 512 bits",
        }
    }

    /// The vectors that are fastest for a message of this length, of those there are.
    #[inline]
    fn for_length(self, len: usize) -> Vectors {
        match self.0 {
            Vectors::Four if len <= SHORTER_IN_TWO => Vectors::Two,
            vectors => vectors,
        }
    }
}

impl SingleUse for Path {
    #[inline]
    fn run<const SEAL: bool>(
        self,
        text: Option<&[u8]>,
        message: &mut [Message<'_>; 1],
        tag: &mut [u8; 16],
    ) -> bool {
        let Some(text) = text else {
            return match self.for_length(message[0].buffer.len()) {
                // SAFETY: `self` proves that the processor has the instructions.
                Vectors::One => unsafe { lanes1::run::<SEAL>(message, tag) },
                // SAFETY: `self` proves that the processor has these instructions, or more.
                Vectors::Two => unsafe { lanes2::run::<SEAL>(message, tag) },
                // SAFETY: `self` proves that the processor has these instructions and more.
                Vectors::Four => unsafe { lanes4::run::<SEAL>(message, tag) },
            };
        };
        match self.0 {
            // SAFETY: `self` proves that the processor has the instructions.
            Vectors::One => unsafe { lanes1::run_from::<SEAL>(text, message, tag) },
            // SAFETY: `self` proves that the processor has the instructions.
            Vectors::Two => unsafe { lanes2::run_from::<SEAL>(text, message, tag) },
            // SAFETY: `self` proves that the processor has the instructions.
            Vectors::Four => unsafe { lanes4::run_from::<SEAL>(text, message, tag) },
        }
    }

    /// Seals each of the messages, short ones two by two.
    fn seal_batch(self, jobs: &mut [SealJob<'_>]) {
        let vectors = |job: &SealJob<'_>| self.for_length(job.buffer.len());
        for run in jobs.chunk_by_mut(|one, next| vectors(one) == vectors(next)) {
            match run.first().map(vectors) {
                None => {}
                // SAFETY: `self` proves that the processor has the instructions.
                Some(Vectors::One) => unsafe { lanes1::seal_batch(run) },
                // SAFETY: `self` proves that the processor has these instructions, or more.
                Some(Vectors::Two) => unsafe { lanes2::seal_batch(run) },
                // SAFETY: `self` proves that the processor has these instructions and more.
                Some(Vectors::Four) => unsafe { lanes4::seal_batch(run) },
            }
        }
    }

    /// Opens each of the messages, likewise.
    fn open_batch(self, jobs: &mut [OpenJob<'_>]) {
        let vectors = |job: &OpenJob<'_>| self.for_length(job.buffer.len());
        for run in jobs.chunk_by_mut(|one, next| vectors(one) == vectors(next)) {
            match run.first().map(vectors) {
                None => {}
                // SAFETY: `self` proves that the processor has the instructions.
                Some(Vectors::One) => unsafe { lanes1::open_batch(run) },
                // SAFETY: `self` proves that the processor has these instructions, or more.
                Some(Vectors::Two) => unsafe { lanes2::open_batch(run) },
                // SAFETY: `self` proves that the processor has these instructions and more.
                Some(Vectors::Four) => unsafe { lanes4::open_batch(run) },
            }
        }
    }
}

impl<'a> Message<'a> {
    #[inline]
    fn to_seal(job: &'a mut SealJob<'_>) -> Self {
        let SealJob {
            key,
            nonce,
            aad,
            buffer,
            ..
        } = job;
        Self {
            key,
            nonce,
            aad,
            buffer,
        }
    }

    #[inline]
    fn to_open(job: &'a mut OpenJob<'_>) -> Self {
        let OpenJob {
            key,
            nonce,
            aad,
            buffer,
            ..
        } = job;
        Self {
            key,
            nonce,
            aad,
            buffer,
        }
    }
}

/// Length of the associated data of the engine's messages: session identifier and header.
const USUAL_AAD: usize = 32 + HEADER_LEN;

/// How many blocks are hashed.
#[inline]
const fn blocks(aad: &[u8], buffer: &[u8]) -> usize {
    aad.len().div_ceil(16) + buffer.len().div_ceil(16) + 1
}

/// Up to this many bytes, where nearly all time is latency, vectors of two blocks are faster than
/// those of four: instructions on the wide ones take longer on Zen 4.
const SHORTER_IN_TWO: usize = 128;

const ONE: u8 = Vectors::One as u8;
const TWO: u8 = Vectors::Two as u8;
const FOUR: u8 = Vectors::Four as u8;

/// Whether there are VAES and VPCLMULQDQ. `cpufeatures` says so only where there is AVX-512,
/// too, which the instructions on 256 bits do not need; that the system keeps registers of that
/// width is what it says of AVX2.
fn has_vector_aes() -> bool {
    const BOTH: u32 = 0b11 << 9;
    // Rust 1.89 takes these calls as unsafe, later compilers do not.
    #[allow(unused_unsafe)]
    // SAFETY: every processor of this architecture has the instruction.
    unsafe {
        __cpuid(0).eax >= 7 && __cpuid_count(7, 0).ecx & BOTH == BOTH
    }
}

#[cfg(test)]
mod tests;
