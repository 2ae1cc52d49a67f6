//! Sealing a file as it comes.

use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::{Zeroize, Zeroizing};

use super::keys::Keys;
use super::spread;
use super::{CHUNK_LEN, ChunkedError, HEADER_LEN, InOrder, SEALED_LEN, Spread, TAG_LEN};
use crate::backend::FileBackend;
use crate::secret::Secret;

/// Seals a file as it comes, with at most one chunk in memory, or as many as a [`Spread`] takes
/// together.
///
/// ```
/// # fn example<Backend: sprag_core::FileBackend>(
/// #     rng: &mut impl rand_core::CryptoRng,
/// # ) -> Result<(), Box<dyn std::error::Error>> {
/// use sprag_core::Secret;
/// use sprag_core::history::chunked::{Opener, Sealer};
///
/// let key = Secret::random(rng)?;
/// let (mut sealer, header) = Sealer::<Backend>::new(&key, b"report 7", rng)?;
/// let mut file = header.to_vec();
/// sealer.update(b"one part, ", &mut file)?;
/// sealer.update(b"and another", &mut file)?;
/// sealer.finish(&mut file)?;
///
/// let (header, rest) = file.split_first_chunk().unwrap();
/// let mut opener = Opener::<Backend>::new(&key, b"report 7", header)?;
/// let mut text = Vec::new();
/// opener.update(rest, &mut text)?;
/// opener.finish(&mut text)?;
/// assert_eq!(text, b"one part, and another");
/// # Ok(())
/// # }
/// ```
pub struct Sealer<B: FileBackend, P = InOrder> {
    keys: Keys<B>,
    /// Number of the next chunk.
    next: u64,
    /// Plaintext from there on: less between calls than what is sealed together.
    pending: Zeroizing<Vec<u8>>,
    /// So much, in bytes.
    together: usize,
    spread: P,
    failed: bool,
}

impl<B: FileBackend> Sealer<B> {
    /// Starts a file: the header stands in front of everything else. `context` says what the file
    /// is; whoever opens it says the same.
    ///
    /// # Errors
    /// [`ChunkedError::Entropy`], [`ChunkedError::Backend`].
    pub fn new<R: TryCryptoRng + ?Sized>(
        key: &Secret<32>,
        context: &[u8],
        rng: &mut R,
    ) -> Result<(Self, [u8; HEADER_LEN]), ChunkedError> {
        let (keys, header) = Keys::draw(key, context, rng)?;
        let sealer = Self {
            keys,
            next: 0,
            pending: Zeroizing::new(Vec::with_capacity(CHUNK_LEN)),
            together: CHUNK_LEN,
            spread: InOrder,
            failed: false,
        };
        Ok((sealer, header))
    }

    /// Seals from here on as `spread` says. The file is the same.
    #[must_use]
    pub fn on<P: Spread>(self, spread: P) -> Sealer<B, P> {
        let together = spread.chunks_at_once().max(1).saturating_mul(CHUNK_LEN);
        let mut pending = Zeroizing::new(Vec::with_capacity(together));
        pending.extend_from_slice(&self.pending);
        Sealer {
            keys: self.keys,
            next: self.next,
            pending,
            together,
            spread,
            failed: self.failed,
        }
    }
}

impl<B: FileBackend, P: Spread> Sealer<B, P> {
    /// Takes more plaintext and appends the chunks that it completes to `out`, as many together as are
    /// worked on at once.
    ///
    /// # Errors
    /// [`ChunkedError::TooLong`], [`ChunkedError::Backend`]; the file cannot be gone on with then.
    #[inline]
    pub fn update(&mut self, plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), ChunkedError> {
        // What completes nothing is the common case where items are small.
        let room = self.together.saturating_sub(self.pending.len());
        if plaintext.len() < room {
            self.pending.extend_from_slice(plaintext);
            return Ok(());
        }
        self.complete(plaintext, room, out)
    }

    /// Appends what is left, and the last chunk.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<(), ChunkedError> {
        let chunks = (self.pending.len() / CHUNK_LEN).saturating_add(1);
        self.seal_pending(chunks, out)
    }

    /// Takes what fills the `room` there is, and more.
    fn complete(
        &mut self,
        mut plaintext: &[u8],
        room: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), ChunkedError> {
        if !self.pending.is_empty() {
            let (front, rest) = plaintext.split_at(room.min(plaintext.len()));
            self.pending.extend_from_slice(front);
            self.seal_pending(self.pending.len() / CHUNK_LEN, out)?;
            plaintext = rest;
        }
        // What is whole needs no detour.
        let parts = plaintext.chunks_exact(self.together);
        self.pending.extend_from_slice(parts.remainder());
        parts
            .into_iter()
            .try_for_each(|part| self.seal(part, part.len() / CHUNK_LEN, out))
    }

    fn seal_pending(&mut self, chunks: usize, out: &mut Vec<u8>) -> Result<(), ChunkedError> {
        let mut pending = core::mem::take(&mut self.pending);
        let sealed = self.seal(&pending, chunks, out);
        // The next part overwrites it, and the end wipes it.
        pending.clear();
        self.pending = pending;
        sealed
    }

    /// Appends the next `chunks`, sealed on their way.
    fn seal(&mut self, text: &[u8], chunks: usize, out: &mut Vec<u8>) -> Result<(), ChunkedError> {
        if self.failed {
            return Err(ChunkedError::Refused);
        }
        self.failed = true;
        let start = out.len();
        let len = text.len().saturating_add(chunks.saturating_mul(TAG_LEN));
        out.resize(start.saturating_add(len), 0);
        let places = out.get_mut(start..).unwrap_or_default();
        let (keys, next) = (&self.keys, self.next);
        let sealed = spread::all(&self.spread, places, SEALED_LEN, |number, place| {
            let rest = text.get(number.saturating_mul(CHUNK_LEN)..);
            let text = rest.and_then(|rest| rest.get(..place.len().checked_sub(TAG_LEN)?));
            let text = text.ok_or(ChunkedError::NoSuchChunk)?;
            keys.seal_into(next.saturating_add(number as u64), text, place)
        });
        if let Err(error) = sealed {
            places.zeroize();
            out.truncate(start);
            return Err(error);
        }
        // At most MAX_CHUNKS, or the sealing would have been refused.
        self.next = next.saturating_add(chunks as u64);
        self.failed = false;
        Ok(())
    }
}

impl<B: FileBackend, P> fmt::Debug for Sealer<B, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer")
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}
