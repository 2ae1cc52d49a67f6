//! A quick digest over a workload's outputs, to compare backends by.

/// A 64-bit digest of everything absorbed. Not cryptographic: it answers whether two backends
/// computed the same, not whether someone forged it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(u64);

impl Digest {
    /// Nothing absorbed yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Absorbs `bytes` and their length.
    pub fn absorb(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        for &byte in rest {
            self.mix(byte.into());
        }
        self.mix(bytes.len() as u64);
    }

    /// Absorbs another digest.
    pub fn absorb_digest(&mut self, other: Self) {
        self.mix(other.0);
    }

    fn mix(&mut self, word: u64) {
        self.0 = (self.0 ^ word)
            .wrapping_mul(0xff51_afd7_ed55_8ccd)
            .rotate_left(29);
    }
}

impl Default for Digest {
    fn default() -> Self {
        Self::new()
    }
}
