//! Opening a file as it comes.

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use zeroize::Zeroize;

use super::keys::Keys;
use super::spread;
use super::{CHUNK_LEN, ChunkedError, HEADER_LEN, InOrder, Room, Run, SEALED_LEN, Spread, TAG_LEN};
use crate::backend::FileBackend;
use crate::secret::Secret;

/// Opens a file as it comes, with at most one chunk in memory besides what the caller has there.
pub struct Opener<B: FileBackend, P = InOrder> {
    keys: Keys<B>,
    /// Number of the next chunk.
    next: u64,
    /// What has come of it, sealed: less than a whole chunk between calls.
    pending: Vec<u8>,
    /// Where chunks are opened that are read on the way, to be used again.
    runs: Vec<Run>,
    spread: P,
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
            runs: Vec::new(),
            spread: InOrder,
            failed: false,
        })
    }

    /// Opens the chunks that a call completes from here on as `spread` says.
    #[must_use]
    pub fn on<P: Spread>(self, spread: P) -> Opener<B, P> {
        Opener {
            keys: self.keys,
            next: self.next,
            pending: self.pending,
            runs: self.runs,
            spread,
            failed: self.failed,
        }
    }
}

impl<B: FileBackend, P: Spread> Opener<B, P> {
    /// Takes more of the file and appends the plaintext of the chunks that it completes to `out`.
    /// That nothing is missing is known only after [`finish`](Self::finish).
    ///
    /// # Errors
    /// [`ChunkedError::Damaged`], [`ChunkedError::Backend`], [`ChunkedError::LeftOut`]: what was appended
    /// before is authentic, and every later call is [`ChunkedError::Refused`].
    pub fn update(&mut self, file: &[u8], out: &mut impl Room) -> Result<(), ChunkedError> {
        let rest = self.complete_pending(file)?;
        if self.pending.len() == SEALED_LEN {
            self.take_pending(|this, sealed| this.open(sealed, out))?;
        }
        let whole = self.keep_end(rest);
        let most = spread::at_most(spread::at_once(&self.spread));
        let mut parts = whole.chunks(most.saturating_mul(SEALED_LEN));
        parts.try_for_each(|part| self.open(part, out))
    }

    /// Takes more of the file and gives the plaintext of the chunks that it completes to `read`, a few chunks
    /// at a time, in order, on any thread: for a text that is looked through once and need not be gathered.
    /// That nothing is missing is known only after [`finish`](Self::finish), which gives the last chunk.
    ///
    /// # Errors
    /// As [`update`](Self::update), and those of `read`: what was given to it before is authentic, and
    /// every later call is [`ChunkedError::Refused`].
    pub fn look_through<E: From<ChunkedError> + Send>(
        &mut self,
        file: &[u8],
        mut read: impl FnMut(&[u8]) -> Result<(), E> + Send,
    ) -> Result<(), E> {
        let rest = self.complete_pending(file)?;
        if self.pending.len() == SEALED_LEN {
            self.take_pending(|this, sealed| this.read(sealed, &mut read))?;
        }
        let whole = self.keep_end(rest);
        self.read(whole, &mut read)
    }

    /// Ends the file, and appends the plaintext of the last chunk.
    ///
    /// # Errors
    /// [`ChunkedError::Incomplete`], [`ChunkedError::Refused`].
    pub fn finish(mut self, out: &mut impl Room) -> Result<(), ChunkedError> {
        let opened = self.take_pending(|this, sealed| this.open(sealed, out));
        opened.map_err(|error| match error {
            ChunkedError::Damaged { .. } => ChunkedError::Incomplete,
            other => other,
        })
    }

    /// Adds to a chunk of which only a part has come, and gives back what is behind it.
    fn complete_pending<'a>(&mut self, file: &'a [u8]) -> Result<&'a [u8], ChunkedError> {
        if self.failed {
            return Err(ChunkedError::Refused);
        }
        if self.pending.is_empty() {
            return Ok(file);
        }
        let room = SEALED_LEN.saturating_sub(self.pending.len());
        let (front, rest) = file.split_at(room.min(file.len()));
        self.pending.extend_from_slice(front);
        Ok(rest)
    }

    /// Keeps the end, which is a part of a chunk, and gives back the whole ones: they need no detour.
    fn keep_end<'a>(&mut self, file: &'a [u8]) -> &'a [u8] {
        let chunks = file.chunks_exact(SEALED_LEN);
        let end = chunks.remainder();
        self.pending.extend_from_slice(end);
        let whole = file.len().saturating_sub(end.len());
        file.get(..whole).unwrap_or_default()
    }

    /// Lets `take` have the chunk that is pending; the next one comes to its place.
    fn take_pending<T>(&mut self, take: impl FnOnce(&mut Self, &[u8]) -> T) -> T {
        let mut pending = core::mem::take(&mut self.pending);
        let taken = take(self, &pending);
        pending.clear();
        self.pending = pending;
        taken
    }

    /// Appends the text of the next chunks, opened on their way.
    fn open(&mut self, sealed: &[u8], out: &mut impl Room) -> Result<(), ChunkedError> {
        if self.failed {
            return Err(ChunkedError::Refused);
        }
        self.failed = true;
        let chunks = sealed.len().div_ceil(SEALED_LEN).max(1);
        let len = sealed.len().checked_sub(chunks.saturating_mul(TAG_LEN));
        let len = len.ok_or(ChunkedError::Incomplete)?;
        let places = out.next(len);
        let (keys, next) = (&self.keys, self.next);
        let open = |number: usize, place: &mut [u8]| {
            let rest = sealed.get(number.saturating_mul(SEALED_LEN)..);
            let sealed = rest.and_then(|rest| rest.get(..place.len().saturating_add(TAG_LEN)));
            let sealed = sealed.ok_or(ChunkedError::NoSuchChunk)?;
            keys.open_into(next.saturating_add(number as u64), sealed, place)
        };
        // A single chunk may be an empty one, which is no piece of what it is opened into.
        let opened = if chunks == 1 {
            open(0, places)
        } else {
            spread::all(&self.spread, places, CHUNK_LEN, open)
        };
        if let Err(error) = opened {
            places.zeroize();
            out.take_back(len);
            return Err(error);
        }
        // At most MAX_CHUNKS, or the opening would have been refused.
        self.next = next.saturating_add(chunks as u64);
        self.failed = false;
        Ok(())
    }

    /// Opens whole chunks, and gives their text to `read`.
    fn read<E: From<ChunkedError> + Send>(
        &mut self,
        sealed: &[u8],
        read: &mut (impl FnMut(&[u8]) -> Result<(), E> + Send),
    ) -> Result<(), E> {
        self.failed = true;
        let chunks = sealed.len() / SEALED_LEN;
        let (keys, first) = (&self.keys, self.next);
        let open = |pieces: Range<usize>, run: &mut Run| {
            let start = pieces.start.saturating_mul(SEALED_LEN);
            let sealed = sealed.get(start..pieces.end.saturating_mul(SEALED_LEN));
            let sealed = sealed.ok_or(ChunkedError::NoSuchChunk)?;
            run.open(keys, first.saturating_add(pieces.start as u64), sealed)
        };
        let mut next = first;
        self.spread.in_turn(chunks, &mut self.runs, open, |run| {
            read(run.text_from(&mut next)?)
        })?;
        if next != first.saturating_add(chunks as u64) {
            return Err(ChunkedError::LeftOut.into());
        }
        self.next = next;
        self.failed = false;
        Ok(())
    }
}

impl<B: FileBackend, P> fmt::Debug for Opener<B, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opener")
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}
