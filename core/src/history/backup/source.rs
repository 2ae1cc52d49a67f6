//! Where a backup is read from.

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
}

impl<S: BackupSource + ?Sized> BackupSource for &mut S {
    type Error = S::Error;

    fn rewind(&mut self) -> Result<(), S::Error> {
        (**self).rewind()
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, S::Error> {
        (**self).read(buffer)
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
}

impl BackupSource for Bytes<'_> {
    type Error = Infallible;

    fn rewind(&mut self) -> Result<(), Infallible> {
        self.rest = self.all;
        Ok(())
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        let len = self.rest.len().min(buffer.len());
        let (read, rest) = self.rest.split_at(len);
        buffer
            .iter_mut()
            .zip(read)
            .for_each(|(to, from)| *to = *from);
        self.rest = rest;
        Ok(len)
    }
}

/// Reads until `buffer` is full or the file ends, and says how far.
pub(super) fn fill<S: BackupSource, I>(
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
