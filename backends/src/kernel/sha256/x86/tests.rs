//! What the assembly leaves behind: nothing in the registers, nothing beside its outputs.

use core::arch::asm;

use super::*;

/// Bytes that no function may touch.
const CANARY: u8 = 0xa5;

/// An output between canaries, as far from a vector's alignment as `offset` says.
struct Fenced<T, const N: usize> {
    offset: usize,
    page: Box<[T; N]>,
}

impl<T: Copy + PartialEq, const N: usize> Fenced<T, N> {
    fn new(offset: usize, canary: T) -> Self {
        Self {
            offset,
            page: Box::new([canary; N]),
        }
    }

    fn output<const LEN: usize>(&mut self) -> &mut [T; LEN] {
        let (output, _) = self.page[self.offset..]
            .split_first_chunk_mut()
            .expect("room for the output");
        output
    }

    /// Are all the elements around the output's `len` as they were?
    fn is_whole(&self, len: usize, canary: T) -> bool {
        let (before, rest) = self.page.split_at(self.offset);
        before
            .iter()
            .chain(&rest[len..])
            .all(|item| *item == canary)
    }
}

fn detected() -> Option<ShaNi> {
    let detected = ShaNi::detect();
    if detected.is_none() {
        eprintln!("not checked: this processor has no SHA extensions");
    }
    detected
}

#[test]
fn only_the_outputs_are_written() {
    let Some(sha_ni) = detected() else { return };
    const WORD: u32 = u32::from_ne_bytes([CANARY; 4]);
    for offset in 0..16 {
        let mut inner = Fenced::<u32, 40>::new(offset, WORD);
        let mut outer = Fenced::<u32, 40>::new(15 - offset, WORD);
        sha_ni.compress_key(&[0x5a; BLOCK], inner.output(), outer.output());
        assert_ne!(inner.output(), outer.output::<8>());
        sha_ni.compress(inner.output(), &[[0x3c; BLOCK]; 3]);
        assert!(inner.is_whole(8, WORD) && outer.is_whole(8, WORD));
        let unchanged = *outer.output::<8>();
        sha_ni.compress(outer.output(), &[]);
        assert_eq!(*outer.output::<8>(), unchanged);

        for jobs in 0..6 {
            let mut outputs: Vec<_> = (0..2 * jobs)
                .map(|at| Fenced::<u8, 96>::new((offset + at) % 64, CANARY))
                .collect();
            let (pairs, _) = outputs.as_chunks_mut::<2>();
            let mut batch: Vec<_> = pairs
                .iter_mut()
                .map(|[message_key, next]| ChainStepJob {
                    chain_key: &[7; 32],
                    message_key: message_key.output(),
                    next: next.output(),
                })
                .collect();
            sha_ni.chain_step_batch(&mut batch);
            assert!(outputs.iter().all(|output| output.is_whole(32, CANARY)));
        }
        let mut chain_key = Fenced::<u8, 64>::new(offset, CANARY);
        sha_ni.chain_advance(chain_key.output(), 3);
        assert!(chain_key.is_whole(32, CANARY));
    }
}

#[test]
fn nothing_secret_stays_in_the_registers() {
    if detected().is_none() {
        return;
    }
    let (key, mut message_key, mut next) = ([0x5a; 32], [0; 32], [0; 32]);
    let (mut inner, mut outer) = ([0_u32; 8], [0; 8]);
    let blocks = [[0x5a_u8; BLOCK]; 2];
    // SAFETY: the processor has the instructions, and each function gets its arguments: pointers
    // to live arrays as long as it reads or writes, and a number of steps or blocks.
    let left = unsafe {
        [
            registers_after(
                chain_step as *const (),
                [
                    &raw const key as usize,
                    &raw mut message_key as usize,
                    &raw mut next as usize,
                ],
            ),
            registers_after(chain_advance as *const (), [&raw mut next as usize, 3, 0]),
            registers_after(
                compress_key as *const (),
                [
                    &raw const blocks as usize,
                    &raw mut inner as usize,
                    &raw mut outer as usize,
                ],
            ),
            registers_after(
                compress_blocks as *const (),
                [&raw mut inner as usize, &raw const blocks as usize, 2],
            ),
        ]
    };
    assert_ne!(message_key, [0; 32]);
    assert_ne!(next, [0; 32]);
    assert_ne!(inner, [0; 8]);
    assert_ne!(outer, [0; 8]);
    assert_eq!(left, [[[0; 16]; 16]; 4]);
}

#[test]
fn nothing_secret_of_a_batch_stays_in_the_registers_or_the_scratch_memory() {
    if detected().is_none() {
        return;
    }
    let mut outputs = [[0; 32]; 4];
    let [a, b, c, d] = &mut outputs;
    let mut jobs = [(a, b), (c, d)].map(|(message_key, next)| ChainStepJob {
        chain_key: &[0x5a; 32],
        message_key,
        next,
    });
    let [one, two] = &mut jobs;
    let mut scratch = Scratch(MaybeUninit::new([0xff; SCRATCH]));
    // SAFETY: the processor has the instructions; the pointers are those of two jobs and of
    // scratch memory.
    let left = unsafe {
        registers_after(
            chain_step_two as *const (),
            [
                one as *mut ChainStepJob<'_> as usize,
                two as *mut ChainStepJob<'_> as usize,
                &raw mut scratch as usize,
            ],
        )
    };
    assert_eq!(left, [[0; 16]; 16]);
    // SAFETY: it was initialised above, and only ever written to.
    assert_eq!(unsafe { scratch.0.assume_init() }, [0; SCRATCH]);
    assert_eq!(outputs[0], outputs[2]);
    assert_ne!(outputs[0], [0; 32]);
}

/// Calls `function` and reads the vector registers it leaves.
///
/// # Safety
/// `function` takes up to three arguments, by the System V ABI, and may be called with these.
unsafe fn registers_after(function: *const (), arguments: [usize; 3]) -> [[u8; 16]; 16] {
    let mut left = [[0xff_u8; 16]; 16];
    let [first, second, third] = arguments;
    // SAFETY: the caller vouches for the call, whose clobbers are named; r12 is kept by that ABI
    // and holds the address of as many bytes as are stored.
    unsafe {
        asm!(
            "call {function}",
            "movdqu [r12], xmm0",
            "movdqu [r12 + 16], xmm1",
            "movdqu [r12 + 32], xmm2",
            "movdqu [r12 + 48], xmm3",
            "movdqu [r12 + 64], xmm4",
            "movdqu [r12 + 80], xmm5",
            "movdqu [r12 + 96], xmm6",
            "movdqu [r12 + 112], xmm7",
            "movdqu [r12 + 128], xmm8",
            "movdqu [r12 + 144], xmm9",
            "movdqu [r12 + 160], xmm10",
            "movdqu [r12 + 176], xmm11",
            "movdqu [r12 + 192], xmm12",
            "movdqu [r12 + 208], xmm13",
            "movdqu [r12 + 224], xmm14",
            "movdqu [r12 + 240], xmm15",
            function = in(reg) function,
            in("rdi") first,
            in("rsi") second,
            in("rdx") third,
            in("r12") &mut left,
            clobber_abi("sysv64"),
        );
    }
    left
}
