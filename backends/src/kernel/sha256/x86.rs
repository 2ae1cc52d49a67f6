//! SHA-256 and the chain step on x86-64 with the SHA extensions (SHA-NI).
//!
//! Whole functions in assembly, because SHA instructions exist only in the legacy SSE encoding,
//! and one instruction of that encoding after a VEX-encoded one that left the upper half of a
//! register dirty costs a hundredfold on some processors: in a build with AVX the compiler puts such
//! ones between the rounds of code made of intrinsics. Nothing the compiler makes stands here, in any build.
//!
//! What the functions promise: no branch or address depends on a secret; nothing secret is put
//! anywhere but into registers and [`Scratch`], which are cleared, and the outputs.

#[macro_use]
mod rounds;
#[macro_use]
mod blocks;
mod table;

use core::arch::naked_asm;
use core::mem::{MaybeUninit, offset_of};

use sprag_core::primitives::ChainStepJob;

use super::Instructions;
use crate::hmac_sha256::{BLOCK, Compression};
use table::{TABLE, Table};

cpufeatures::new!(sha_extensions, "sha", "sse4.1", "ssse3");

/// Proof that this processor has the instructions.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShaNi(());

impl Instructions for ShaNi {
    const NAME: &'static str = "SHA-NI";

    #[inline]
    fn detect() -> Option<Self> {
        sha_extensions::get().then_some(Self(()))
    }

    #[inline]
    fn chain_step(self, chain_key: &[u8; 32], message_key: &mut [u8; 32], next: &mut [u8; 32]) {
        // SAFETY: `self` proves that the processor has the instructions; the three pointers come
        // from references, so each is valid for the 32 bytes read or written.
        unsafe { chain_step(chain_key, message_key, next) }
    }

    #[inline]
    fn chain_advance(self, chain_key: &mut [u8; 32], steps: u32) {
        // SAFETY: `self` proves that the processor has the instructions; the pointer comes from an
        // exclusive reference, so it is valid for reading and writing 32 bytes.
        unsafe { chain_advance(chain_key, steps) }
    }

    fn chain_step_batch(self, jobs: &mut [ChainStepJob<'_>]) {
        let (pairs, rest) = jobs.as_chunks_mut::<2>();
        if !pairs.is_empty() {
            let mut scratch = Scratch(MaybeUninit::uninit());
            for [one, two] in pairs {
                // SAFETY: `self` proves that the processor has the instructions; the pointers in
                // the jobs are references, so each is valid for the 32 bytes read or written, and
                // the scratch memory is as long and as aligned as its type says.
                unsafe { chain_step_two(one, two, &mut scratch) }
            }
        }
        for job in rest {
            self.chain_step(job.chain_key, job.message_key, job.next);
        }
    }
}

impl Compression for ShaNi {
    fn compress(self, state: &mut [u32; 8], blocks: &[[u8; BLOCK]]) {
        // SAFETY: `self` proves that the processor has the instructions; the state's pointer comes
        // from an exclusive reference to eight words, that of the blocks from a slice of as many
        // as are named.
        unsafe { compress_blocks(state, blocks.as_ptr(), blocks.len()) }
    }

    fn compress_key(self, key: &[u8; BLOCK], inner: &mut [u32; 8], outer: &mut [u32; 8]) {
        // SAFETY: `self` proves that the processor has the instructions; the three pointers come
        // from references, so each is valid for the block read or the eight words written.
        unsafe { compress_key(key, inner, outer) }
    }
}

/// Any number of blocks into a chaining value.
///
/// # Safety
/// The processor has SSSE3, SSE4.1 and the SHA extensions; `blocks` is valid for reading `count`
/// blocks.
#[unsafe(naked)]
unsafe extern "sysv64" fn compress_blocks(
    state: &mut [u32; 8],
    blocks: *const [u8; BLOCK],
    count: usize,
) {
    with_table!(
        "test rdx, rdx\njz 3f\n",
        load_state!(),
        "2:\n",
        lines!("movdqa xmm14, xmm1", "movdqa xmm15, xmm2"),
        load_block!("rsi"),
        compress!(["xmm1" "xmm2" "xmm3" "xmm4" "xmm5" "xmm6"]),
        lines!("paddd xmm1, xmm14", "paddd xmm2, xmm15"),
        "add rsi, 64\ndec rdx\njnz 2b\n",
        store_state!("xmm1" "xmm2", "rdi"),
        clear_registers!(),
        "3:\nret",
    )
}

/// The two key blocks of HMAC side by side, into the chaining values behind them.
///
/// # Safety
/// The processor has SSSE3, SSE4.1 and the SHA extensions.
#[unsafe(naked)]
unsafe extern "sysv64" fn compress_key(
    key: &[u8; BLOCK],
    inner: &mut [u32; 8],
    outer: &mut [u32; 8],
) {
    with_table!(
        load_block!("rdi"),
        long_key_blocks!(),
        store_state!("xmm1" "xmm2", "rsi"),
        store_state!("xmm7" "xmm8", "rdx"),
        clear_registers!(),
        "ret",
    )
}

/// One chain step: three pairs of compressions, everything in registers.
///
/// # Safety
/// The processor has SSSE3, SSE4.1 and the SHA extensions.
#[unsafe(naked)]
unsafe extern "sysv64" fn chain_step(
    chain_key: &[u8; 32],
    message_key: &mut [u8; 32],
    next: &mut [u8; 32],
) {
    with_table!(
        load_key!(),
        key_blocks!(),
        // Both messages go on from the inner chaining value, kept in xmm5 and xmm6; the outer one
        // waits in xmm14 and xmm15.
        lines!(
            "movdqa xmm14, xmm7",
            "movdqa xmm15, xmm8",
            "movdqa xmm5, xmm1",
            "movdqa xmm6, xmm2",
            "movdqa xmm7, xmm1",
            "movdqa xmm8, xmm2",
        ),
        compress_constant!(["xmm1" "xmm2" "first"] ["xmm7" "xmm8" "second"]),
        lines!(
            "paddd xmm1, xmm5",
            "paddd xmm2, xmm6",
            "paddd xmm7, xmm5",
            "paddd xmm8, xmm6",
        ),
        digest_words!("xmm1" "xmm2", "xmm3" "xmm4"),
        digest_words!("xmm7" "xmm8", "xmm9" "xmm10"),
        lines!(
            "movdqa xmm5, [rcx + {tail}]",
            "movdqa xmm6, [rcx + {tail} + 16]",
            "movdqa xmm11, xmm5",
            "movdqa xmm12, xmm6",
            "movdqa xmm1, xmm14",
            "movdqa xmm2, xmm15",
            "movdqa xmm7, xmm14",
            "movdqa xmm8, xmm15",
        ),
        compress!(
            ["xmm1" "xmm2" "xmm3" "xmm4" "xmm5" "xmm6"]
            ["xmm7" "xmm8" "xmm9" "xmm10" "xmm11" "xmm12"]
        ),
        lines!(
            "paddd xmm1, xmm14",
            "paddd xmm2, xmm15",
            "paddd xmm7, xmm14",
            "paddd xmm8, xmm15",
        ),
        store_digest!("xmm1" "xmm2", "rsi"),
        store_digest!("xmm7" "xmm8", "rdx"),
        clear_registers!(),
        "ret",
    )
}

/// Chain steps one after the other: a pair of compressions and two single ones each, everything in
/// registers.
///
/// # Safety
/// The processor has SSSE3, SSE4.1 and the SHA extensions.
#[unsafe(naked)]
unsafe extern "sysv64" fn chain_advance(chain_key: &mut [u8; 32], steps: u32) {
    with_table!(
        "test esi, esi\njz 3f\n",
        load_key!(),
        "2:\n",
        key_blocks!(),
        lines!("movdqa xmm5, xmm1", "movdqa xmm6, xmm2"),
        compress_constant!(["xmm1" "xmm2" "second"]),
        lines!("paddd xmm1, xmm5", "paddd xmm2, xmm6"),
        digest_words!("xmm1" "xmm2", "xmm3" "xmm4"),
        lines!(
            "movdqa xmm5, [rcx + {tail}]",
            "movdqa xmm6, [rcx + {tail} + 16]",
            "movdqa xmm1, xmm7",
            "movdqa xmm2, xmm8",
        ),
        compress!(["xmm1" "xmm2" "xmm3" "xmm4" "xmm5" "xmm6"]),
        lines!("paddd xmm1, xmm7", "paddd xmm2, xmm8", "movdqa xmm14, xmm2"),
        digest_words!("xmm1" "xmm14", "xmm3" "xmm4"),
        "dec esi\njnz 2b\n",
        store_digest!("xmm1" "xmm2", "rdi"),
        clear_registers!(),
        "3:\nret",
    )
}

/// Two chain steps at once: three times four compressions side by side.
///
/// # Safety
/// The processor has SSSE3, SSE4.1 and the SHA extensions.
#[unsafe(naked)]
unsafe extern "sysv64" fn chain_step_two(
    one: &mut ChainStepJob<'_>,
    two: &mut ChainStepJob<'_>,
    scratch: &mut Scratch,
) {
    with_table!(
        "mov r8, rdi\nmov r9, rsi\n",
        "mov rdi, [r8 + {chain_key}]\n",
        load_key!(),
        store_key_blocks!("0" "64"),
        "mov rdi, [r9 + {chain_key}]\n",
        load_key!(),
        store_key_blocks!("128" "192"),
        lines!(
            "movdqa xmm1, [rcx + {initial}]",
            "movdqa xmm2, [rcx + {initial} + 16]",
            "movdqa xmm3, xmm1",
            "movdqa xmm4, xmm2",
            "movdqa xmm5, xmm1",
            "movdqa xmm6, xmm2",
            "movdqa xmm7, xmm1",
            "movdqa xmm8, xmm2",
        ),
        compress_in_memory!(
            ["xmm1" "xmm2" "xmm9" "0"]
            ["xmm3" "xmm4" "xmm10" "64"]
            ["xmm5" "xmm6" "xmm11" "128"]
            ["xmm7" "xmm8" "xmm12" "192"]
        ),
        add_state!(
            "xmm1" "xmm2", "rcx + {initial}";
            "xmm3" "xmm4", "rcx + {initial}";
            "xmm5" "xmm6", "rcx + {initial}";
            "xmm7" "xmm8", "rcx + {initial}"
        ),
        lines!(
            "movdqa [rdx + 256], xmm3",
            "movdqa [rdx + 272], xmm4",
            "movdqa [rdx + 288], xmm7",
            "movdqa [rdx + 304], xmm8",
            "movdqa xmm9, xmm1",
            "movdqa xmm10, xmm2",
            "movdqa xmm11, xmm5",
            "movdqa xmm12, xmm6",
            "movdqa xmm3, xmm1",
            "movdqa xmm4, xmm2",
            "movdqa xmm7, xmm5",
            "movdqa xmm8, xmm6",
        ),
        compress_constant!(
            ["xmm1" "xmm2" "first"]
            ["xmm3" "xmm4" "second"]
            ["xmm5" "xmm6" "first"]
            ["xmm7" "xmm8" "second"]
        ),
        lines!(
            "paddd xmm1, xmm9",
            "paddd xmm2, xmm10",
            "paddd xmm3, xmm9",
            "paddd xmm4, xmm10",
            "paddd xmm5, xmm11",
            "paddd xmm6, xmm12",
            "paddd xmm7, xmm11",
            "paddd xmm8, xmm12",
        ),
        store_last_block!("xmm1" "xmm2" "0"),
        store_last_block!("xmm3" "xmm4" "64"),
        store_last_block!("xmm5" "xmm6" "128"),
        store_last_block!("xmm7" "xmm8" "192"),
        lines!(
            "movdqa xmm1, [rdx + 256]",
            "movdqa xmm2, [rdx + 272]",
            "movdqa xmm3, xmm1",
            "movdqa xmm4, xmm2",
            "movdqa xmm5, [rdx + 288]",
            "movdqa xmm6, [rdx + 304]",
            "movdqa xmm7, xmm5",
            "movdqa xmm8, xmm6",
        ),
        compress_in_memory!(
            ["xmm1" "xmm2" "xmm9" "0"]
            ["xmm3" "xmm4" "xmm10" "64"]
            ["xmm5" "xmm6" "xmm11" "128"]
            ["xmm7" "xmm8" "xmm12" "192"]
        ),
        add_state!(
            "xmm1" "xmm2", "rdx + 256";
            "xmm3" "xmm4", "rdx + 256";
            "xmm5" "xmm6", "rdx + 288";
            "xmm7" "xmm8", "rdx + 288"
        ),
        "mov rdi, [r8 + {message_key}]\nmov rsi, [r8 + {next}]\n",
        store_digest!("xmm1" "xmm2", "rdi"),
        store_digest!("xmm3" "xmm4", "rsi"),
        "mov rdi, [r9 + {message_key}]\nmov rsi, [r9 + {next}]\n",
        store_digest!("xmm5" "xmm6", "rdi"),
        store_digest!("xmm7" "xmm8", "rsi"),
        clear_registers!(),
        clear_scratch!(
            "0" "16" "32" "48" "64" "80" "96" "112" "128" "144" "160" "176" "192" "208" "224" "240"
            "256" "272" "288" "304"
        ),
        "ret",
    )
}

/// What [`chain_step_two`] keeps out of registers: four message blocks and two outer chaining
/// values. Holds nothing before, and zeros behind it.
#[repr(C, align(64))]
struct Scratch(MaybeUninit<[u8; SCRATCH]>);

const SCRATCH: usize = 4 * 64 + 2 * 32;

#[cfg(test)]
mod tests;
