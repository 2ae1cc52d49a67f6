//! Chunks that are opened one behind the other, to be read and overwritten.

use core::fmt;
use core::ops::Range;

use super::keys::Keys;
use super::room::Grow;
use super::{Buffer, CHUNK_LEN, ChunkedError, SEALED_LEN};
use crate::backend::FileBackend;

/// A place for the text of a few chunks, which a thread opens one behind the other
/// ([`Spread::in_turn`](super::Spread::in_turn)). It is used again for others; all is wiped at the end.
#[derive(Default)]
pub struct Run {
    /// Those whose text it is; none before they were all opened.
    chunks: Range<u64>,
    text: Buffer,
}

impl Run {
    /// Opens whole chunks, the first of which has the number `first`.
    pub(super) fn open<B: FileBackend>(
        &mut self,
        keys: &Keys<B>,
        first: u64,
        sealed: &[u8],
    ) -> Result<(), ChunkedError> {
        self.chunks = first..first;
        self.text.clear();
        let (sealed, _) = sealed.as_chunks::<SEALED_LEN>();
        let len = sealed.len().saturating_mul(CHUNK_LEN);
        let places = self.text.next(len).chunks_exact_mut(CHUNK_LEN);
        for ((number, sealed), place) in (first..).zip(sealed).zip(places) {
            keys.open_into(number, sealed, place)?;
        }
        self.chunks.end = first.saturating_add(sealed.len() as u64);
        Ok(())
    }

    /// The text, if it is that of the chunks from `next` on, which goes behind them.
    pub(super) fn text_from(&self, next: &mut u64) -> Result<&[u8], ChunkedError> {
        if self.chunks.is_empty() || self.chunks.start != *next {
            return Err(ChunkedError::LeftOut);
        }
        *next = self.chunks.end;
        Ok(&self.text)
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("chunks", &self.chunks)
            .finish_non_exhaustive()
    }
}
