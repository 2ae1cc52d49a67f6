//! Where an opener puts its text.

use alloc::vec::Vec;

/// A buffer that text is appended to.
pub(crate) trait Room {
    /// The next `len` bytes, whatever stands in them: they count as text.
    fn next(&mut self, len: usize) -> &mut [u8];

    /// The last `len` bytes are no text after all.
    fn take_back(&mut self, len: usize);
}

impl Room for Vec<u8> {
    fn next(&mut self, len: usize) -> &mut [u8] {
        let start = self.len();
        self.resize(start.saturating_add(len), 0);
        self.get_mut(start..).unwrap_or_default()
    }

    fn take_back(&mut self, len: usize) {
        self.truncate(self.len().saturating_sub(len));
    }
}
