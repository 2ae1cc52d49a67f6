//! Message buffers at a known place in a cache line.

/// Bytes that start at a multiple of 64, or a fixed offset past one.
///
/// `malloc` places a buffer anywhere in a cache line, and on some processors a copy's speed
/// hangs on its offset; a measurement must not depend on such luck.
pub struct Buffer {
    bytes: Vec<u8>,
    start: usize,
    len: usize,
}

impl Buffer {
    /// `len` zeros at the start of a cache line.
    #[must_use]
    pub fn aligned(len: usize) -> Self {
        Self::at_offset(len, 0)
    }

    /// `len` zeros, `offset` bytes past the start of a cache line.
    #[must_use]
    pub fn at_offset(len: usize, offset: usize) -> Self {
        let bytes = vec![0; len + offset + 64];
        let start = bytes.as_ptr().align_offset(64) + offset;
        Self { bytes, start, len }
    }

    /// The bytes.
    #[must_use]
    pub fn get(&self) -> &[u8] {
        &self.bytes[self.start..self.start + self.len]
    }

    /// The bytes, for writing.
    pub fn get_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..self.start + self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_starts_where_it_says() {
        for offset in [0, 16] {
            for len in [1, 64, 1350] {
                let mut buffer = Buffer::at_offset(len, offset);
                assert_eq!(buffer.get().as_ptr().addr() % 64, offset);
                assert_eq!(buffer.get_mut().len(), len);
            }
        }
    }
}
