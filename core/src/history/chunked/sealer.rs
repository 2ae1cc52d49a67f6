//! Sealing a file as it comes.

use core::fmt;
use core::ops::Range;

use rand_core::TryCryptoRng;
use zeroize::Zeroize;

use super::keys::Keys;
use super::room::Grow;
use super::scattered::{Behind, Scattered};
use super::spread;
use super::{
    Buffer, CHUNK_LEN, ChunkedError, HEADER_LEN, InOrder, Room, SEALED_LEN, Spread, TAG_LEN,
};
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
    pending: Buffer,
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
            pending: Buffer::new(),
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
    /// Takes more plaintext and appends the chunks that it completes to `out`. Less than is worked on at
    /// once is gathered until there is so much.
    ///
    /// # Errors
    /// [`ChunkedError::TooLong`], [`ChunkedError::Backend`], [`ChunkedError::LeftOut`]; every later call is
    /// [`ChunkedError::Refused`].
    #[inline]
    pub fn update(&mut self, plaintext: &[u8], out: &mut impl Room) -> Result<(), ChunkedError> {
        self.update_from(plaintext, out)
    }

    /// As [`update`](Self::update), with text that lies in more than one place.
    #[inline]
    pub(crate) fn update_from(
        &mut self,
        text: &(impl Scattered + ?Sized),
        out: &mut impl Room,
    ) -> Result<(), ChunkedError> {
        if self.failed {
            return Err(ChunkedError::Refused);
        }
        let at_once = spread::at_once(&self.spread);
        let enough = at_once.saturating_mul(CHUNK_LEN);
        // What completes nothing is the common case where items are small.
        if self.pending.len().saturating_add(text.len()) < enough {
            return self.gather(text, 0);
        }
        let pending = core::mem::take(&mut self.pending);
        let all = Behind {
            front: &pending,
            text,
        };
        let sealed = self.seal_whole(&all, spread::at_most(at_once), out)?;
        let behind = sealed.saturating_sub(pending.len());
        self.pending = pending;
        self.pending.consume(sealed);
        self.gather(text, behind)
    }

    /// Appends what is left, and the last chunk.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub fn finish(mut self, out: &mut impl Room) -> Result<(), ChunkedError> {
        if self.failed {
            return Err(ChunkedError::Refused);
        }
        let pending = core::mem::take(&mut self.pending);
        let chunks = (pending.len() / CHUNK_LEN).saturating_add(1);
        self.seal(&*pending, 0..pending.len(), chunks, out)
    }

    /// Keeps the text from `start` on for later.
    #[inline]
    fn gather(
        &mut self,
        text: &(impl Scattered + ?Sized),
        start: usize,
    ) -> Result<(), ChunkedError> {
        let place = self.pending.next(text.len().saturating_sub(start));
        text.copy(start, place).ok_or(ChunkedError::NoSuchChunk)
    }

    /// Seals the whole chunks of a text, `at_most` so many together, and says how many bytes that were.
    fn seal_whole(
        &mut self,
        text: &impl Scattered,
        at_most: usize,
        out: &mut impl Room,
    ) -> Result<usize, ChunkedError> {
        let chunks = text.len() / CHUNK_LEN;
        // Parts of about one length: a short one at the end would leave threads without work.
        let parts = chunks.div_ceil(at_most).max(1);
        let each = chunks.div_ceil(parts).max(1);
        let whole = chunks.saturating_mul(CHUNK_LEN);
        let len = each.saturating_mul(CHUNK_LEN);
        for start in (0..whole).step_by(len) {
            let part = start..start.saturating_add(len).min(whole);
            let chunks = part.len() / CHUNK_LEN;
            self.seal(text, part, chunks, out)?;
        }
        Ok(whole)
    }

    /// Appends the next `chunks`, which are `part` of a text, sealed on their way.
    fn seal(
        &mut self,
        text: &(impl Scattered + ?Sized),
        part: Range<usize>,
        chunks: usize,
        out: &mut impl Room,
    ) -> Result<(), ChunkedError> {
        self.failed = true;
        let len = part.len().saturating_add(chunks.saturating_mul(TAG_LEN));
        let places = out.next(len);
        let (keys, next) = (&self.keys, self.next);
        let sealed = spread::all(&self.spread, places, SEALED_LEN, |number, place| {
            let start = part.start.saturating_add(number.saturating_mul(CHUNK_LEN));
            let len = place.len().checked_sub(TAG_LEN);
            let end = start.saturating_add(len.ok_or(ChunkedError::NoSuchChunk)?);
            keys.seal_from(next.saturating_add(number as u64), text, start..end, place)
        });
        if let Err(error) = sealed {
            places.zeroize();
            out.take_back(len);
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
