//! Sealing a file as it comes.

use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::{Zeroize, Zeroizing};

use super::keys::Keys;
use super::{CHUNK_LEN, ChunkedError, HEADER_LEN, TAG_LEN};
use crate::backend::FileBackend;
use crate::secret::Secret;

/// Seals a file as it comes, with at most one chunk in memory.
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
pub struct Sealer<B: FileBackend> {
    keys: Keys<B>,
    /// Number of the next chunk.
    next: u64,
    /// Its plaintext so far: less than a whole chunk between calls.
    pending: Zeroizing<Vec<u8>>,
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
            failed: false,
        };
        Ok((sealer, header))
    }

    /// Takes more plaintext and appends the chunks that it completes to `out`.
    ///
    /// # Errors
    /// [`ChunkedError::TooLong`], [`ChunkedError::Backend`]; the file cannot be gone on with then.
    #[inline]
    pub fn update(&mut self, plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), ChunkedError> {
        // What completes no chunk is the common case where items are small.
        let room = CHUNK_LEN.saturating_sub(self.pending.len());
        if plaintext.len() < room {
            self.pending.extend_from_slice(plaintext);
            return Ok(());
        }
        self.complete(plaintext, out)
    }

    fn complete(&mut self, mut plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), ChunkedError> {
        while !plaintext.is_empty() {
            // A whole chunk needs no detour.
            if let (true, Some((chunk, rest))) = (
                self.pending.is_empty(),
                plaintext.split_at_checked(CHUNK_LEN),
            ) {
                self.seal(chunk, out)?;
                plaintext = rest;
                continue;
            }
            let room = CHUNK_LEN.saturating_sub(self.pending.len());
            let (part, rest) = plaintext.split_at(room.min(plaintext.len()));
            self.pending.extend_from_slice(part);
            plaintext = rest;
            if self.pending.len() == CHUNK_LEN {
                self.seal_pending(out)?;
            }
        }
        Ok(())
    }

    /// Appends the last chunk.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<(), ChunkedError> {
        self.seal_pending(out)
    }

    fn seal_pending(&mut self, out: &mut Vec<u8>) -> Result<(), ChunkedError> {
        let mut pending = core::mem::take(&mut self.pending);
        let sealed = self.seal(&pending, out);
        // The next chunk overwrites it, and the end wipes it.
        pending.clear();
        self.pending = pending;
        sealed
    }

    /// Appends the next chunk, sealed on its way.
    fn seal(&mut self, text: &[u8], out: &mut Vec<u8>) -> Result<(), ChunkedError> {
        if self.failed {
            return Err(ChunkedError::Refused);
        }
        self.failed = true;
        let start = out.len();
        let len = text.len().saturating_add(TAG_LEN);
        out.resize(start.saturating_add(len), 0);
        let place = out.get_mut(start..).unwrap_or_default();
        if let Err(error) = self.keys.seal_into(self.next, text, place) {
            place.zeroize();
            out.truncate(start);
            return Err(error);
        }
        // At most MAX_CHUNKS, or the sealing would have been refused.
        self.next = self.next.saturating_add(1);
        self.failed = false;
        Ok(())
    }
}

impl<B: FileBackend> fmt::Debug for Sealer<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer")
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}
