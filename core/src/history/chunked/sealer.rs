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
    /// Plaintext from there on, which is not enough yet to be sealed.
    pending: Zeroizing<Vec<u8>>,
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
            spread: InOrder,
            failed: false,
        };
        Ok((sealer, header))
    }

    /// Seals from here on as `spread` says. The file is the same.
    #[must_use]
    pub fn on<P: Spread>(self, spread: P) -> Sealer<B, P> {
        Sealer {
            keys: self.keys,
            next: self.next,
            pending: self.pending,
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
    /// [`ChunkedError::TooLong`], [`ChunkedError::Backend`], [`ChunkedError::LeftOut`]; every later call is
    /// [`ChunkedError::Refused`].
    #[inline]
    pub fn update(&mut self, plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), ChunkedError> {
        if self.failed {
            return Err(ChunkedError::Refused);
        }
        let together = spread::at_once(&self.spread).saturating_mul(CHUNK_LEN);
        // What completes nothing is the common case where items are small.
        if self.pending.len().saturating_add(plaintext.len()) < together {
            self.gather(plaintext, together);
            return Ok(());
        }
        self.complete(plaintext, together, out)
    }

    /// Appends what is left, and the last chunk.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<(), ChunkedError> {
        let chunks = (self.pending.len() / CHUNK_LEN).saturating_add(1);
        self.seal_pending(chunks, out)
    }

    fn complete(
        &mut self,
        plaintext: &[u8],
        together: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), ChunkedError> {
        if self.pending.is_empty() {
            return self.seal_all(plaintext, together, out);
        }
        // A pool may be smaller than it was: what was gathered for it ends with its last chunk then.
        let full = together.max(self.pending.len().next_multiple_of(CHUNK_LEN));
        let room = full.saturating_sub(self.pending.len());
        let Some((front, rest)) = plaintext.split_at_checked(room) else {
            self.gather(plaintext, full);
            return Ok(());
        };
        self.gather(front, full);
        self.seal_pending(full / CHUNK_LEN, out)?;
        self.seal_all(rest, together, out)
    }

    /// Gathers text of a part that is to have `full` bytes. Where its place grows it leaves no old bytes
    /// behind.
    #[inline]
    fn gather(&mut self, text: &[u8], full: usize) {
        if self.pending.capacity() < full {
            let mut grown = Zeroizing::new(Vec::with_capacity(full));
            grown.extend_from_slice(&self.pending);
            self.pending = grown;
        }
        self.pending.extend_from_slice(text);
    }

    /// Seals so much `together` as often as it can be done, and gathers the rest.
    fn seal_all(
        &mut self,
        text: &[u8],
        together: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), ChunkedError> {
        let mut parts = text.chunks_exact(together);
        self.gather(parts.remainder(), together);
        parts.try_for_each(|part| self.seal(part, together / CHUNK_LEN, out))
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
