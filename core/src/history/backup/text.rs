//! The text of a backup, between the opening of a part and the reading of its items.

use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::history::chunked::Room;

/// Text that was opened and not yet read. Wiped at its end.
#[derive(Default)]
pub(super) struct Text {
    /// All of it may be written: room that was written once needs no other zeros.
    bytes: Zeroizing<Vec<u8>>,
    read: usize,
    filled: usize,
}

impl Text {
    /// What is still to be read.
    pub(super) fn unread(&self) -> &[u8] {
        self.bytes.get(self.read..self.filled).unwrap_or_default()
    }

    /// All but the last `left` bytes were read.
    pub(super) const fn leave(&mut self, left: usize) {
        self.read = self.filled.saturating_sub(left);
    }

    /// For how many bytes there is room, read, unread and free.
    #[cfg(test)]
    pub(super) fn room(&self) -> usize {
        self.bytes.len()
    }

    /// Makes room for `len` bytes. What was read gives way; there is as much again as is needed, so that
    /// it need not do so each time. Where the text grows it leaves no old bytes behind.
    fn reserve(&mut self, len: usize) {
        if self.bytes.len().saturating_sub(self.filled) >= len {
            return;
        }
        let unread = self.read..self.filled;
        let room = unread.len().saturating_add(len).saturating_mul(2);
        self.read = 0;
        self.filled = unread.len();
        if room > self.bytes.len() {
            let mut grown = Zeroizing::new(vec![0; room]);
            let unread = self.bytes.get(unread).unwrap_or_default();
            let front = grown.get_mut(..unread.len()).unwrap_or_default();
            front.copy_from_slice(unread);
            self.bytes = grown;
        } else {
            self.bytes.copy_within(unread, 0);
        }
    }
}

impl Room for Text {
    fn next(&mut self, len: usize) -> &mut [u8] {
        self.reserve(len);
        let start = self.filled;
        self.filled = start.saturating_add(len);
        self.bytes.get_mut(start..self.filled).unwrap_or_default()
    }

    fn take_back(&mut self, len: usize) {
        self.filled = self.filled.saturating_sub(len).max(self.read);
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_read_stays_while_the_rest_gives_way() {
        let mut text = Text::default();
        let (mut written, mut read) = (0_u8, 0_u8);
        for len in (0..200).map(|n| n * 7 % 40) {
            for byte in text.next(len) {
                (*byte, written) = (written, written.wrapping_add(1));
            }
            let left = text.unread().len() / 3;
            for byte in &text.unread()[..text.unread().len() - left] {
                assert_eq!(*byte, read);
                read = read.wrapping_add(1);
            }
            text.leave(left);
            assert!(text.room() <= 2 * (20 + 40), "{}", text.room());
        }
        assert_eq!(usize::from(written.wrapping_sub(read)), text.unread().len());
    }

    #[test]
    fn what_is_taken_back_was_never_there() {
        let mut text = Text::default();
        text.next(3).copy_from_slice(b"one");
        text.next(3).copy_from_slice(b"two");
        text.take_back(3);
        assert_eq!(text.unread(), b"one");
        text.next(5).copy_from_slice(b"three");
        assert_eq!(text.unread(), b"onethree");
    }
}
