//! What the ARMv8 paths share: moving vectors in and out, and leaving nothing in the registers.

use core::arch::aarch64::{uint8x16_t, vld1q_u8, vst1q_u8};
use core::arch::asm;

/// Sixteen bytes as a vector.
#[inline]
pub(super) fn load(bytes: &[u8; 16]) -> uint8x16_t {
    // SAFETY: the pointer comes from a reference to as many bytes as are read, and the instruction
    // takes any alignment.
    unsafe { vld1q_u8(bytes.as_ptr()) }
}

/// A vector as sixteen bytes.
#[inline]
pub(super) fn store(vector: uint8x16_t, bytes: &mut [u8; 16]) {
    // SAFETY: the pointer comes from an exclusive reference to as many bytes as are written, and
    // the instruction takes any alignment.
    unsafe { vst1q_u8(bytes.as_mut_ptr(), vector) }
}

/// Clears every vector register. For the end of a function that had secrets in them: what the
/// function still has to store is stored before.
#[inline(always)]
pub(super) fn clear_registers() {
    macro_rules! clear {
        ($($register:tt)*) => {
            // SAFETY: writes nothing but the registers, each of which is named as clobbered.
            unsafe {
                asm!(
                    $(concat!("movi ", $register, ".2d, #0"),)*
                    $(out($register) _,)*
                    options(nostack, preserves_flags),
                )
            }
        };
    }
    clear!(
        "v0" "v1" "v2" "v3" "v4" "v5" "v6" "v7" "v8" "v9" "v10" "v11" "v12" "v13" "v14" "v15"
        "v16" "v17" "v18" "v19" "v20" "v21" "v22" "v23" "v24" "v25" "v26" "v27" "v28" "v29" "v30"
        "v31"
    );
}

/// The vector registers after a call, but for the eight whose lower halves are the caller's own.
#[cfg(test)]
pub(super) fn registers_after(called: extern "C" fn()) -> [[u8; 16]; 24] {
    let mut left = [[0xff_u8; 16]; 24];
    // SAFETY: the stores fill the array that x20 points to, which the ABI of the call keeps; what
    // the call and they change is named.
    unsafe {
        asm!(
            "blr {called}",
            "stp q0, q1, [x20]",
            "stp q2, q3, [x20, #32]",
            "stp q4, q5, [x20, #64]",
            "stp q6, q7, [x20, #96]",
            "stp q16, q17, [x20, #128]",
            "stp q18, q19, [x20, #160]",
            "stp q20, q21, [x20, #192]",
            "stp q22, q23, [x20, #224]",
            "stp q24, q25, [x20, #256]",
            "stp q26, q27, [x20, #288]",
            "stp q28, q29, [x20, #320]",
            "stp q30, q31, [x20, #352]",
            called = in(reg) called,
            in("x20") &mut left,
            clobber_abi("C"),
        );
    }
    left
}
