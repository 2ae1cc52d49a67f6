//! X25519 on x86-64 with AVX2 and FMA: four agreements, one in each lane of 256-bit vectors.
//!
//! What lives here: batches. A single agreement is left to the library: the lanes take longer than
//! two of the fastest library's.
//!
//! The multiplier of these processors that is widest is that of doubles, which holds 53 bits, so an
//! element of the field is six vectors of doubles; [`field`] tells how products stay exact.
//!
//! Additions and fused multiplications of doubles take the same time for all numbers but subnormal
//! ones, and here every number is zero or an integer or one times 2^-43 or more. Bits of the scalar
//! select by masks. What the functions leave behind in registers and on the stack is cleared, as
//! far as the compiler lets that be known.

mod field;
mod ladder;
mod products;

use core::arch::asm;

use super::clear_stack;

cpufeatures::new!(avx2_extensions, "avx2", "fma");

/// Proof that this processor has the instructions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Avx2(());

impl Avx2 {
    /// Looks the processor up once per process; after that an atomic load.
    #[inline]
    pub(super) fn detect() -> Option<Self> {
        avx2_extensions::get().then_some(Self(()))
    }

    /// Four agreements, side by side.
    pub(super) fn four(
        self,
        keys: [&[u8; 32]; 4],
        peers: [&[u8; 32]; 4],
        shared: &mut [[u8; 32]; 4],
    ) {
        // SAFETY: `self` proves that the processor has the instructions.
        unsafe {
            ladder::agree(keys, peers, shared);
            clear_registers();
        }
        clear_stack();
    }
}

/// Clears the vector registers, which hold field elements and bits of the scalar.
#[target_feature(enable = "avx2")]
fn clear_registers() {
    // SAFETY: registers are all that it changes, and `clobber_abi` names those it may.
    unsafe {
        asm!(
            "vzeroall",
            clobber_abi("sysv64"),
            options(nomem, nostack, preserves_flags),
        );
    }
}
