//! X25519 on x86-64 with AVX-512 IFMA, whose instructions multiply 52-bit words and add either
//! half of the products to 64-bit words, in every lane.
//!
//! An element of the field is five vectors, one per limb of 51 bits. Between limbs there is slack,
//! and carries wait for when a product needs them:
//!
//! - *carried*: every limb is below 2^51 + 2^15, so it may be multiplied;
//! - *wide*: every limb is below 5 · 2^57, as products leave them. Sums and differences of two carried
//!   or wide elements are carried at once.
//!
//! No instruction's time depends on the data, bits of the scalar select by masks, and what the
//! functions leave behind in registers and on the stack is cleared, as far as the compiler lets
//! that be known.

#[allow(
    clippy::duplicate_mod,
    reason = "the same code for two widths of vectors"
)]
mod eight;
#[allow(
    clippy::duplicate_mod,
    reason = "the same code for two widths of vectors"
)]
mod four;
mod single;

use core::arch::asm;

use super::clear_stack;

cpufeatures::new!(
    ifma_extensions,
    "avx512f",
    "avx512dq",
    "avx512vl",
    "avx512ifma"
);

/// Proof that this processor has the instructions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ifma(());

impl Ifma {
    /// Looks the processor up once per process; after that an atomic load.
    #[inline]
    pub(super) fn detect() -> Option<Self> {
        ifma_extensions::get().then_some(Self(()))
    }

    /// One agreement.
    pub(super) fn one(self, key: &[u8; 32], peer: &[u8; 32], shared: &mut [u8; 32]) {
        // SAFETY: `self` proves that the processor has the instructions.
        unsafe {
            single::agree(key, peer, shared);
            clear_registers();
        }
        clear_stack();
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
            four::lanes::agree(keys, peers, shared);
            clear_registers();
        }
        clear_stack();
    }

    /// Eight agreements, side by side.
    pub(super) fn eight(
        self,
        keys: [&[u8; 32]; 8],
        peers: [&[u8; 32]; 8],
        shared: &mut [[u8; 32]; 8],
    ) {
        // SAFETY: `self` proves that the processor has the instructions.
        unsafe {
            eight::lanes::agree(keys, peers, shared);
            clear_registers();
        }
        clear_stack();
    }
}

/// Clears the vector and mask registers, which hold field elements and bits of the scalar.
#[target_feature(enable = "avx512f")]
fn clear_registers() {
    // SAFETY: registers are all that it changes, and `clobber_abi` names those it may.
    unsafe {
        asm!(
            "vzeroall",
            "vpxord zmm16, zmm16, zmm16",
            "vpxord zmm17, zmm17, zmm17",
            "vpxord zmm18, zmm18, zmm18",
            "vpxord zmm19, zmm19, zmm19",
            "vpxord zmm20, zmm20, zmm20",
            "vpxord zmm21, zmm21, zmm21",
            "vpxord zmm22, zmm22, zmm22",
            "vpxord zmm23, zmm23, zmm23",
            "vpxord zmm24, zmm24, zmm24",
            "vpxord zmm25, zmm25, zmm25",
            "vpxord zmm26, zmm26, zmm26",
            "vpxord zmm27, zmm27, zmm27",
            "vpxord zmm28, zmm28, zmm28",
            "vpxord zmm29, zmm29, zmm29",
            "vpxord zmm30, zmm30, zmm30",
            "vpxord zmm31, zmm31, zmm31",
            "kxorw k1, k1, k1",
            "kxorw k2, k2, k2",
            "kxorw k3, k3, k3",
            "kxorw k4, k4, k4",
            "kxorw k5, k5, k5",
            "kxorw k6, k6, k6",
            "kxorw k7, k7, k7",
            clobber_abi("sysv64"),
            options(nomem, nostack),
        );
    }
}
