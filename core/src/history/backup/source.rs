//! Where a backup is read from.

use alloc::vec::Vec;
use core::convert::Infallible;

use super::{BackupError, RestoreError};

/// A file that can be read from the front more than once.
pub trait BackupSource {
    /// Why reading failed.
    type Error;

    /// Goes back to the first byte.
    ///
    /// # Errors
    /// The source's own.
    fn rewind(&mut self) -> Result<(), Self::Error>;

    /// Fills the front of `buffer` and says how far; 0 only at the end.
    ///
    /// # Errors
    /// The source's own.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error>;

    /// The next so many bytes where they stand, or as many as there are left: of a file in memory, which
    /// need not be copied to be read. `None` if there is nothing to point to, and [`read`](Self::read)
    /// is to be called.
    fn next_in_memory(&mut self, _len: usize) -> Option<&[u8]> {
        None
    }
}

impl<S: BackupSource + ?Sized> BackupSource for &mut S {
    type Error = S::Error;

    fn rewind(&mut self) -> Result<(), S::Error> {
        (**self).rewind()
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, S::Error> {
        (**self).read(buffer)
    }

    fn next_in_memory(&mut self, len: usize) -> Option<&[u8]> {
        (**self).next_in_memory(len)
    }
}

/// A backup in memory.
#[derive(Clone, Debug)]
pub struct Bytes<'a> {
    all: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Bytes<'a> {
    /// Reads these bytes.
    #[must_use]
    pub const fn new(all: &'a [u8]) -> Self {
        Self { all, rest: all }
    }

    fn split(&mut self, len: usize) -> &'a [u8] {
        let (next, rest) = self.rest.split_at(len.min(self.rest.len()));
        self.rest = rest;
        next
    }
}

impl BackupSource for Bytes<'_> {
    type Error = Infallible;

    fn rewind(&mut self) -> Result<(), Infallible> {
        self.rest = self.all;
        Ok(())
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        let next = self.split(buffer.len());
        let to = buffer.get_mut(..next.len()).unwrap_or_default();
        to.copy_from_slice(next);
        Ok(next.len())
    }

    fn next_in_memory(&mut self, len: usize) -> Option<&[u8]> {
        Some(self.split(len))
    }
}

/// Reads until `buffer` is full or the file ends, and says how far.
fn fill<S: BackupSource, I>(
    source: &mut S,
    buffer: &mut [u8],
) -> Result<usize, RestoreError<S::Error, I>> {
    let mut filled = 0_usize;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        let room = rest.len();
        match source.read(rest).map_err(RestoreError::Source)? {
            0 => break,
            len => filled = filled.saturating_add(len.min(room)),
        }
    }
    Ok(filled)
}

/// Reads the next `len` bytes, or as many as there are left, in place of what was read before.
pub(super) fn fill_with<S: BackupSource, I>(
    source: &mut S,
    len: usize,
    buffer: &mut Vec<u8>,
) -> Result<(), RestoreError<S::Error, I>> {
    buffer.resize(len, 0);
    let filled = fill(source, buffer)?;
    buffer.truncate(filled);
    Ok(())
}

/// Reads exactly as many bytes as `buffer` has.
pub(super) fn exact<S: BackupSource, I>(
    source: &mut S,
    buffer: &mut [u8],
) -> Result<(), RestoreError<S::Error, I>> {
    if fill(source, buffer)? < buffer.len() {
        return Err(BackupError::Incomplete.into());
    }
    Ok(())
}
