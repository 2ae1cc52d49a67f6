//! Single chunks of a file, in any order and on any thread; how long files are.

use core::fmt;
use core::ops::Range;

use rand_core::TryCryptoRng;

use super::keys::Keys;
use super::{CHUNK_LEN, ChunkedError, HEADER_LEN, MAX_CHUNKS, SEALED_LEN, TAG_LEN};
use crate::backend::FileBackend;
use crate::secret::Secret;

const TEXT: u64 = CHUNK_LEN as u64;
const SEALED: u64 = SEALED_LEN as u64;

/// Length in bytes of a file with `text_len` bytes of plaintext.
#[must_use]
pub const fn file_len(text_len: u64) -> u64 {
    let chunks = (text_len / TEXT).saturating_add(1);
    let tags = chunks.saturating_mul(TAG_LEN as u64);
    text_len
        .saturating_add(HEADER_LEN as u64)
        .saturating_add(tags)
}

/// Length in bytes of the plaintext of a file with `file_len` bytes, if there is a file so long.
#[must_use]
pub fn text_len(file_len: u64) -> Option<u64> {
    let body = file_len.checked_sub(HEADER_LEN as u64)?;
    let last = (body % SEALED).checked_sub(TAG_LEN as u64)?;
    Some((body / SEALED).saturating_mul(TEXT).saturating_add(last))
}

/// A file of known length, of which single chunks are sealed or opened.
///
/// The length is authentic once the last chunk was opened ([`last`](Self::last)), and not before:
/// whoever cuts a file off also tells a shorter length.
pub struct Pieces<B: FileBackend> {
    keys: Keys<B>,
    text_len: u64,
}

impl<B: FileBackend> Pieces<B> {
    /// A new file with `text_len` bytes of plaintext, and its header. **Every chunk is sealed once**:
    /// two plaintexts in one place would share a nonce.
    ///
    /// # Errors
    /// [`ChunkedError::TooLong`], [`ChunkedError::Entropy`], [`ChunkedError::Backend`].
    pub fn create<R: TryCryptoRng + ?Sized>(
        key: &Secret<32>,
        context: &[u8],
        text_len: u64,
        rng: &mut R,
    ) -> Result<(Self, [u8; HEADER_LEN]), ChunkedError> {
        if text_len / TEXT >= MAX_CHUNKS {
            return Err(ChunkedError::TooLong);
        }
        let (keys, header) = Keys::draw(key, context, rng)?;
        Ok((Self { keys, text_len }, header))
    }

    /// A file of `file_len` bytes with this header.
    ///
    /// # Errors
    /// [`ChunkedError::WrongKey`]; [`ChunkedError::Incomplete`] if no file has this length,
    /// [`ChunkedError::TooLong`].
    pub fn open(
        key: &Secret<32>,
        context: &[u8],
        header: &[u8; HEADER_LEN],
        file_len: u64,
    ) -> Result<Self, ChunkedError> {
        let keys = Keys::of(key, context, header)?;
        let text_len = text_len(file_len).ok_or(ChunkedError::Incomplete)?;
        if text_len / TEXT >= MAX_CHUNKS {
            return Err(ChunkedError::TooLong);
        }
        Ok(Self { keys, text_len })
    }

    /// Length of the plaintext in bytes.
    #[must_use]
    pub const fn text_len(&self) -> u64 {
        self.text_len
    }

    /// Number of the last chunk; there are so many before it.
    #[must_use]
    pub const fn last(&self) -> u64 {
        self.text_len / TEXT
    }

    /// Where in the file a chunk stands, its tag at the end.
    #[must_use]
    pub fn place(&self, chunk: u64) -> Option<Range<u64>> {
        let len = (self.chunk_len(chunk)?.saturating_add(TAG_LEN)) as u64;
        let start = chunk.saturating_mul(SEALED);
        let start = start.saturating_add(HEADER_LEN as u64);
        Some(start..start.saturating_add(len))
    }

    /// Length of a chunk's plaintext in bytes.
    #[must_use]
    pub fn chunk_len(&self, chunk: u64) -> Option<usize> {
        use core::cmp::Ordering;
        match chunk.cmp(&self.last()) {
            Ordering::Less => Some(CHUNK_LEN),
            Ordering::Equal => Some((self.text_len % TEXT) as usize),
            Ordering::Greater => None,
        }
    }

    /// Seals a chunk in place: the tag stands behind it.
    ///
    /// # Errors
    /// [`ChunkedError::NoSuchChunk`] if there is none, or if it has another length.
    pub fn seal_chunk(&self, chunk: u64, text: &mut [u8]) -> Result<[u8; TAG_LEN], ChunkedError> {
        self.check(chunk, text.len())?;
        self.keys.seal(chunk, text)
    }

    /// As [`seal_chunk`](Self::seal_chunk), into a place for the chunk with its tag: faster than a copy
    /// that is then sealed.
    ///
    /// # Errors
    /// As [`seal_chunk`](Self::seal_chunk).
    pub fn seal_chunk_into(
        &self,
        chunk: u64,
        text: &[u8],
        place: &mut [u8],
    ) -> Result<(), ChunkedError> {
        self.check(chunk, text.len())?;
        self.check(chunk, place.len().saturating_sub(TAG_LEN))?;
        self.keys.seal_into(chunk, text, place)
    }

    /// Opens a chunk with its tag in place: its plaintext, in front. One that is refused leaves
    /// zeros there.
    ///
    /// # Errors
    /// [`ChunkedError::NoSuchChunk`] as [`seal_chunk`](Self::seal_chunk),
    /// [`ChunkedError::Damaged`]; [`ChunkedError::Incomplete`] for the last one.
    pub fn open_chunk<'a>(
        &self,
        chunk: u64,
        sealed: &'a mut [u8],
    ) -> Result<&'a mut [u8], ChunkedError> {
        let (text, tag) = sealed
            .split_last_chunk_mut::<TAG_LEN>()
            .ok_or(ChunkedError::NoSuchChunk)?;
        self.check(chunk, text.len())?;
        self.opened(chunk, self.keys.open(chunk, text, tag))?;
        Ok(text)
    }

    /// As [`open_chunk`](Self::open_chunk), into a place of the plaintext's length.
    ///
    /// # Errors
    /// As [`open_chunk`](Self::open_chunk).
    pub fn open_chunk_into(
        &self,
        chunk: u64,
        sealed: &[u8],
        place: &mut [u8],
    ) -> Result<(), ChunkedError> {
        self.check(chunk, place.len())?;
        self.check(chunk, sealed.len().saturating_sub(TAG_LEN))?;
        self.opened(chunk, self.keys.open_into(chunk, sealed, place))
    }

    fn opened(&self, chunk: u64, opened: Result<(), ChunkedError>) -> Result<(), ChunkedError> {
        match opened {
            Err(ChunkedError::Damaged { .. }) if chunk == self.last() => {
                Err(ChunkedError::Incomplete)
            }
            outcome => outcome,
        }
    }

    fn check(&self, chunk: u64, len: usize) -> Result<(), ChunkedError> {
        if self.chunk_len(chunk) != Some(len) {
            return Err(ChunkedError::NoSuchChunk);
        }
        Ok(())
    }
}

impl<B: FileBackend> fmt::Debug for Pieces<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pieces")
            .field("text_len", &self.text_len)
            .finish_non_exhaustive()
    }
}
