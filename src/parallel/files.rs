//! Chunked files on the threads of the caller's pool.

use rand_core::TryCryptoRng;
use rayon::prelude::*;
use sprag_core::history::chunked::{CHUNK_LEN, ChunkedError, HEADER_LEN, Pieces, TAG_LEN};
use sprag_core::{FileBackend, Secret};
use zeroize::Zeroizing;

use super::split;

const SEALED_LEN: usize = CHUNK_LEN + TAG_LEN;

/// A whole file, sealed: the bytes that [`Sealer`](sprag_core::history::chunked::Sealer) gives.
///
/// # Errors
/// As [`Pieces::create`].
pub fn seal_file<B: FileBackend, R: TryCryptoRng + ?Sized>(
    key: &Secret<32>,
    context: &[u8],
    text: &[u8],
    rng: &mut R,
) -> Result<Vec<u8>, ChunkedError> {
    let (pieces, header) = Pieces::<B>::create(key, context, text.len() as u64, rng)?;
    let chunks = text.len() / CHUNK_LEN + 1;
    let mut file = vec![0; HEADER_LEN + text.len() + chunks * TAG_LEN];
    let (front, body) = file.split_at_mut(HEADER_LEN);
    front.copy_from_slice(&header);
    let seal = |(number, sealed): (usize, &mut [u8])| {
        let (chunk, tag) = sealed.split_at_mut(sealed.len() - TAG_LEN);
        let start = number * CHUNK_LEN;
        chunk.copy_from_slice(&text[start..start + chunk.len()]);
        match pieces.seal_chunk(number as u64, chunk) {
            Ok(sealed) => {
                tag.copy_from_slice(&sealed);
                None
            }
            Err(error) => Some(error),
        }
    };
    let failed = if split::threads() == 1 {
        body.chunks_mut(SEALED_LEN).enumerate().find_map(seal)
    } else {
        body.par_chunks_mut(SEALED_LEN)
            .enumerate()
            .find_map_first(seal)
    };
    failed.map_or(Ok(file), Err)
}

/// The text of a whole file. The end is checked before anything else is opened.
///
/// # Errors
/// As [`Pieces::open`] and [`Pieces::open_chunk`], for the first chunk that is refused.
pub fn open_file<B: FileBackend>(
    key: &Secret<32>,
    context: &[u8],
    file: &[u8],
) -> Result<Zeroizing<Vec<u8>>, ChunkedError> {
    let incomplete = ChunkedError::Incomplete;
    let (header, body) = file.split_first_chunk().ok_or(incomplete)?;
    let pieces = Pieces::<B>::open(key, context, header, file.len() as u64)?;
    let whole = pieces.last() as usize;
    let (sealed, last) = body.split_at(whole * SEALED_LEN);
    let mut text = Zeroizing::new(vec![0; pieces.text_len() as usize]);
    let (chunks, end) = text.split_at_mut(whole * CHUNK_LEN);

    let open = |(number, (chunk, sealed)): (usize, (&mut [u8], &[u8]))| {
        let (from, tag) = sealed.split_last_chunk().expect("the length was checked");
        chunk.copy_from_slice(from);
        pieces.open_detached(number as u64, chunk, tag).err()
    };
    if let Some(error) = open((whole, (end, last))) {
        return Err(error);
    }
    let failed = if split::threads() == 1 {
        let pairs = chunks.chunks_mut(CHUNK_LEN).zip(sealed.chunks(SEALED_LEN));
        pairs.enumerate().find_map(open)
    } else {
        let pairs = chunks.par_chunks_mut(CHUNK_LEN);
        let pairs = pairs.zip(sealed.par_chunks(SEALED_LEN));
        pairs.enumerate().find_map_first(open)
    };
    failed.map_or(Ok(text), Err)
}
