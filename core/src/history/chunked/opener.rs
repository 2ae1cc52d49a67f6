//! Opening a file as it comes.

use alloc::vec::Vec;
use core::fmt;

use super::keys::Keys;
use super::room::Room;
use super::{ChunkedError, HEADER_LEN, SEALED_LEN, TAG_LEN};
use crate::backend::FileBackend;
use crate::secret::Secret;

/// Opens a file as it comes, with at most one chunk in memory.
pub struct Opener<B: FileBackend> {
    keys: Keys<B>,
    /// Number of the next chunk.
    next: u64,
    /// What has come of it, sealed: less than a whole chunk between calls.
    pending: Vec<u8>,
    failed: bool,
}

impl<B: FileBackend> Opener<B> {
    /// Starts with the header.
    ///
    /// # Errors
    /// [`ChunkedError::WrongKey`]; nothing was opened.
    pub fn new(
        key: &Secret<32>,
        context: &[u8],
        header: &[u8; HEADER_LEN],
    ) -> Result<Self, ChunkedError> {
        Ok(Self {
            keys: Keys::of(key, context, header)?,
            next: 0,
            pending: Vec::with_capacity(SEALED_LEN),
            failed: false,
        })
    }

    /// Takes more of the file and appends the plaintext of the chunks that it completes to `out`.
    /// That nothing is missing is known only after [`finish`](Self::finish).
    ///
    /// # Errors
    /// [`ChunkedError::Damaged`]: what was appended before is authentic, and every later call is
    /// [`ChunkedError::Refused`].
    pub fn update(&mut self, file: &[u8], out: &mut Vec<u8>) -> Result<(), ChunkedError> {
        self.update_into(file, out)
    }

    /// As [`update`](Self::update), into any room.
    pub(crate) fn update_into(
        &mut self,
        mut file: &[u8],
        out: &mut impl Room,
    ) -> Result<(), ChunkedError> {
        while !file.is_empty() {
            // A whole chunk needs no detour.
            if let (true, Some((sealed, rest))) =
                (self.pending.is_empty(), file.split_at_checked(SEALED_LEN))
            {
                self.open(sealed, out)?;
                file = rest;
                continue;
            }
            let room = SEALED_LEN.saturating_sub(self.pending.len());
            let (part, rest) = file.split_at(room.min(file.len()));
            self.pending.extend_from_slice(part);
            file = rest;
            if self.pending.len() == SEALED_LEN {
                self.open_pending(out)?;
            }
        }
        Ok(())
    }

    /// Ends the file, and appends the plaintext of the last chunk.
    ///
    /// # Errors
    /// [`ChunkedError::Incomplete`], [`ChunkedError::Refused`].
    pub fn finish(self, out: &mut Vec<u8>) -> Result<(), ChunkedError> {
        self.finish_into(out)
    }

    /// As [`finish`](Self::finish), into any room.
    pub(crate) fn finish_into(mut self, out: &mut impl Room) -> Result<(), ChunkedError> {
        self.open_pending(out).map_err(|error| match error {
            ChunkedError::Damaged { .. } => ChunkedError::Incomplete,
            other => other,
        })
    }

    fn open_pending(&mut self, out: &mut impl Room) -> Result<(), ChunkedError> {
        let mut pending = core::mem::take(&mut self.pending);
        let opened = self.open(&pending, out);
        pending.clear();
        self.pending = pending;
        opened
    }

    /// Appends the text of the next chunk, opened on its way.
    fn open(&mut self, sealed: &[u8], out: &mut impl Room) -> Result<(), ChunkedError> {
        if self.failed {
            return Err(ChunkedError::Refused);
        }
        self.failed = true;
        let len = sealed.len().checked_sub(TAG_LEN);
        let len = len.ok_or(ChunkedError::Incomplete)?;
        if let Err(error) = self.keys.open_into(self.next, sealed, out.next(len)) {
            out.take_back(len);
            return Err(error);
        }
        // At most MAX_CHUNKS, or the opening would have been refused.
        self.next = self.next.saturating_add(1);
        self.failed = false;
        Ok(())
    }
}

impl<B: FileBackend> fmt::Debug for Opener<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opener")
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}
