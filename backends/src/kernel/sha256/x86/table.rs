//! The constants of the chain step, as the assembly reads them.

use crate::kernel::sha256::schedule::{K, scheduled};

/// What the assembly reads, in the order of its registers. Every field is a multiple of 16 bytes,
/// so that each vector is aligned.
#[repr(C, align(64))]
pub(super) struct Table {
    /// The round constants (FIPS 180-4 section 4.2.2).
    pub(super) k: [u32; 64],
    /// Round constants plus scheduled message words of the block that follows the inner key block
    /// of HMAC for the message 0x01.
    pub(super) first: [u32; 64],
    /// Likewise for the message 0x02.
    pub(super) second: [u32; 64],
    /// The initial chaining value (FIPS 180-4 section 5.3.3) as f, e, b, a and h, g, d, c.
    pub(super) initial: [u32; 8],
    /// HMAC's inner pad (RFC 2104 section 2).
    pub(super) inner_pad: [u32; 4],
    /// HMAC's outer pad.
    pub(super) outer_pad: [u32; 4],
    /// What follows the inner digest in the last block of HMAC: padding and length.
    pub(super) tail: [u32; 8],
    /// A byte shuffle that swaps the bytes in each word.
    pub(super) swap_words: [u32; 4],
    /// A byte shuffle that reverses all 16.
    pub(super) reverse: [u32; 4],
}

pub(super) static TABLE: Table = Table {
    k: K,
    first: scheduled(0x01),
    second: scheduled(0x02),
    initial: [
        0x9b05_688c,
        0x510e_527f,
        0xbb67_ae85,
        0x6a09_e667,
        0x5be0_cd19,
        0x1f83_d9ab,
        0xa54f_f53a,
        0x3c6e_f372,
    ],
    inner_pad: [0x3636_3636; 4],
    outer_pad: [0x5c5c_5c5c; 4],
    tail: [0x8000_0000, 0, 0, 0, 0, 0, 0, (64 + 32) * 8],
    swap_words: [0x0001_0203, 0x0405_0607, 0x0809_0a0b, 0x0c0d_0e0f],
    reverse: [0x0c0d_0e0f, 0x0809_0a0b, 0x0405_0607, 0x0001_0203],
};
