//! What stands for every hash of [`Null`](super::Null).

/// A 64-bit checksum over a byte stream, independent of how the stream is cut into parts.
pub(super) struct Checksum {
    state: u64,
    word: [u8; 8],
    filled: usize,
}

impl Checksum {
    pub(super) fn of(parts: &[&[u8]]) -> Self {
        let mut sum = Self {
            state: 0x9e37_79b9_7f4a_7c15,
            word: [0; 8],
            filled: 0,
        };
        for part in parts {
            sum.absorb(part);
        }
        sum
    }

    pub(super) fn absorb(&mut self, mut bytes: &[u8]) {
        while self.filled != 0 || bytes.len() < 8 {
            let Some((&byte, rest)) = bytes.split_first() else {
                return;
            };
            self.push(byte);
            bytes = rest;
        }
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        for &byte in rest {
            self.push(byte);
        }
    }

    fn push(&mut self, byte: u8) {
        if let Some(slot) = self.word.get_mut(self.filled) {
            *slot = byte;
        }
        self.filled = self.filled.wrapping_add(1) % 8;
        if self.filled == 0 {
            self.mix(u64::from_le_bytes(self.word));
        }
    }

    fn mix(&mut self, word: u64) {
        self.state = (self.state ^ word)
            .wrapping_mul(0xff51_afd7_ed55_8ccd)
            .rotate_left(29);
    }

    /// Stretches the checksum over `out`; never all zeros.
    pub(super) fn expand(mut self, out: &mut [u8]) {
        while self.filled != 0 {
            self.push(0x80);
        }
        for chunk in out.chunks_mut(8) {
            self.mix(0x0123_4567_89ab_cdef);
            for (out, byte) in chunk.iter_mut().zip((self.state | 1).to_le_bytes()) {
                *out = byte;
            }
        }
    }
}
