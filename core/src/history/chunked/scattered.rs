//! Text that lies in more than one place, and is sealed from there.

use core::ops::Range;

/// Text to be sealed, wherever its bytes are. Threads may read it.
pub(crate) trait Scattered: Sync {
    /// How many bytes it has.
    fn len(&self) -> usize;

    /// The bytes of `range` where they stand, if they are all in one place.
    fn in_place(&self, range: Range<usize>) -> Option<&[u8]>;

    /// Copies the bytes from `start` on to `to`, as many as it takes; `None` if there are not so many.
    fn copy(&self, start: usize, to: &mut [u8]) -> Option<()>;
}

impl Scattered for [u8] {
    fn len(&self) -> usize {
        self.len()
    }

    fn in_place(&self, range: Range<usize>) -> Option<&[u8]> {
        self.get(range)
    }

    fn copy(&self, start: usize, to: &mut [u8]) -> Option<()> {
        let end = start.saturating_add(to.len());
        to.copy_from_slice(self.get(start..end)?);
        Some(())
    }
}

/// One text behind another.
pub(super) struct Behind<'a, T: ?Sized> {
    pub(super) front: &'a [u8],
    pub(super) text: &'a T,
}

impl<T: Scattered + ?Sized> Scattered for Behind<'_, T> {
    fn len(&self) -> usize {
        self.front.len().saturating_add(self.text.len())
    }

    fn in_place(&self, range: Range<usize>) -> Option<&[u8]> {
        let front = self.front.len();
        match range.start.checked_sub(front) {
            Some(start) => self.text.in_place(start..range.end.saturating_sub(front)),
            None => self.front.get(range),
        }
    }

    fn copy(&self, start: usize, to: &mut [u8]) -> Option<()> {
        let front = self.front.get(start..).unwrap_or_default();
        let (to, rest) = to.split_at_mut(front.len().min(to.len()));
        front.copy(0, to)?;
        let start = start.saturating_sub(self.front.len());
        self.text.copy(start, rest)
    }
}
