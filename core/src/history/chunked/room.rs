//! Where files and their texts are appended.

use alloc::vec::Vec;

use super::Buffer;

/// What a file or its text is appended to: a `Vec` of bytes, or a [`Buffer`] to be emptied and filled again.
pub trait Room: Grow {}

impl Room for Vec<u8> {}
impl Room for Buffer {}

mod sealed {
    pub trait Grow {
        /// The next `len` bytes, whatever stands in them: they count as written.
        fn next(&mut self, len: usize) -> &mut [u8];

        /// The last `len` bytes were not written after all.
        fn take_back(&mut self, len: usize);
    }
}

pub(super) use sealed::Grow;

impl Grow for Vec<u8> {
    fn next(&mut self, len: usize) -> &mut [u8] {
        let start = self.len();
        self.resize(start.saturating_add(len), 0);
        self.get_mut(start..).unwrap_or_default()
    }

    fn take_back(&mut self, len: usize) {
        self.truncate(self.len().saturating_sub(len));
    }
}
