//! A buffer that is filled at its end and emptied from its front.

use alloc::vec;
use core::fmt;
use core::ops::Deref;

use super::room::Grow;
use crate::secret::SecretBytes;

/// Bytes that a processor moves between its caches at once.
const LINE: usize = 64;

/// Bytes that are appended at the end and taken from the front, again and again. A `Vec` is filled with
/// zeros before anything is sealed or opened into it, each time; here the place of what was taken is
/// used as it is. What was taken stays in memory until it is overwritten; all is wiped at the end.
///
/// ```
/// # fn example<Backend: sprag_core::FileBackend>(
/// #     rng: &mut impl rand_core::CryptoRng,
/// #     file: &mut std::fs::File,
/// # ) -> Result<(), Box<dyn std::error::Error>> {
/// use std::io::Write;
///
/// use sprag_core::Secret;
/// use sprag_core::history::chunked::{Buffer, Sealer};
///
/// let key = Secret::random(rng)?;
/// let (mut sealer, header) = Sealer::<Backend>::new(&key, b"report 7", rng)?;
/// file.write_all(&header)?;
/// let mut out = Buffer::new();
/// for part in [[7; 100_000], [8; 100_000]] {
///     sealer.update(&part, &mut out)?;
///     file.write_all(&out)?;
///     out.clear();
/// }
/// sealer.finish(&mut out)?;
/// file.write_all(&out)?;
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
pub struct Buffer {
    /// All of it may be written: room that was written once needs no other zeros.
    bytes: SecretBytes,
    taken: usize,
    filled: usize,
}

impl Buffer {
    /// An empty one, without room.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends these bytes.
    pub fn extend_from_slice(&mut self, bytes: &[u8]) {
        self.next(bytes.len()).copy_from_slice(bytes);
    }

    /// Takes the first `len` bytes away, or all if there are fewer.
    pub fn consume(&mut self, len: usize) {
        self.taken = self.taken.saturating_add(len).min(self.filled);
        // Little that is left goes to the front at once, so that the same memory is used again, which is
        // in the caches.
        if self.len() <= self.taken / 16 {
            self.move_to_front();
        }
    }

    /// Takes all bytes away.
    pub fn clear(&mut self) {
        self.consume(self.len());
    }

    /// For how many bytes there is room, taken, there and free, besides a line.
    #[cfg(test)]
    pub(crate) fn room(&self) -> usize {
        self.bytes.len().saturating_sub(LINE)
    }

    /// Makes room for `len` bytes. What was taken gives way; there is as much again as is there, so that it
    /// need not do so each time, and some more, for a few bytes that are left of as many. Where the buffer
    /// grows it leaves no old bytes behind.
    #[cold]
    fn grow(&mut self, len: usize) {
        let room = self.len().saturating_mul(2).saturating_add(len);
        let room = room.saturating_add(len / 16).saturating_add(LINE);
        if room <= self.bytes.len() {
            self.move_to_front();
            return;
        }
        let mut grown = Self {
            bytes: vec![0; room].into(),
            ..Self::default()
        };
        grown.taken = grown.front_of(self.len());
        grown.filled = grown.taken;
        grown.extend_from_slice(self);
        *self = grown;
    }

    /// Lets what was taken give way.
    fn move_to_front(&mut self) {
        let there = self.taken..self.filled;
        let front = self.front_of(there.len()).min(self.taken);
        self.filled = front.saturating_add(there.len());
        self.taken = front;
        self.bytes.copy_within(there, front);
    }

    /// Where `len` bytes are to begin for a line to begin behind them: ciphers write the longest vectors
    /// there are, and take longer where each of them crosses two lines.
    fn front_of(&self, len: usize) -> usize {
        let behind = self.bytes.get(len..).unwrap_or_default();
        behind.as_ptr().align_offset(LINE).min(LINE)
    }
}

impl Grow for Buffer {
    #[inline]
    fn next(&mut self, len: usize) -> &mut [u8] {
        if self.bytes.len().saturating_sub(self.filled) < len {
            self.grow(len);
        }
        let start = self.filled;
        self.filled = start.saturating_add(len);
        self.bytes.get_mut(start..self.filled).unwrap_or_default()
    }

    fn take_back(&mut self, len: usize) {
        self.filled = self.filled.saturating_sub(len).max(self.taken);
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes.get(self.taken..self.filled).unwrap_or_default()
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_taken_stays_while_the_rest_gives_way() {
        let mut buffer = Buffer::new();
        let (mut written, mut read) = (0_u8, 0_u8);
        for len in (0..200).map(|n| n * 7 % 40) {
            for byte in buffer.next(len) {
                (*byte, written) = (written, written.wrapping_add(1));
            }
            let left = buffer.len() / 3;
            let taken = buffer.len() - left;
            for byte in &buffer[..taken] {
                assert_eq!(*byte, read);
                read = read.wrapping_add(1);
            }
            buffer.consume(taken);
            assert_eq!(buffer.len(), left);
            assert!(buffer.room() <= 2 * (20 + 40), "{}", buffer.room());
        }
        assert_eq!(usize::from(written.wrapping_sub(read)), buffer.len());
        buffer.consume(1000);
        assert_eq!(*buffer, []);
    }

    #[test]
    fn what_follows_a_few_bytes_begins_with_a_line() {
        let mut buffer = Buffer::new();
        for left in [0, 1, 63, 64, 0] {
            let place = buffer.next(10_000);
            assert_eq!(place.as_ptr().align_offset(LINE), 0, "{left}");
            place[10_000 - left..].fill(7);
            buffer.consume(buffer.len() - left);
            assert_eq!(*buffer, vec![7; left]);
        }
        buffer.clear();
        assert_eq!(buffer.next(10_000).as_ptr().align_offset(LINE), 0);
    }

    #[test]
    fn what_is_taken_back_was_never_there() {
        let mut buffer = Buffer::new();
        buffer.extend_from_slice(b"one");
        buffer.extend_from_slice(b"two");
        buffer.take_back(3);
        assert_eq!(*buffer, *b"one");
        buffer.extend_from_slice(b"three");
        assert_eq!(*buffer, *b"onethree");
    }
}
