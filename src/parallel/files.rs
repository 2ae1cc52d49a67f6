//! Chunked files on the threads of the caller's pool.

use std::ops::Range;

use rand_core::TryCryptoRng;
use rayon::prelude::*;
use sprag_core::history::chunked::{
    self, CHUNK_LEN, ChunkedError, HEADER_LEN, InOrder, Pieces, Run, Spread, TAG_LEN,
};
use sprag_core::{FileBackend, Secret, SecretBytes};
use zeroize::Zeroize;

use super::{split, turns};

const SEALED_LEN: usize = CHUNK_LEN + TAG_LEN;
/// So many chunks are gathered for each thread: some 30 µs of work, beside which a wait at its end is
/// short, and all of it fits into the caches of a core.
const CHUNKS_PER_THREAD: usize = 16;
/// A thread takes at most so many at once: so much another one waits for it at the end.
const CHUNKS_IN_A_ROW: usize = 4;

/// The chunks that are there together, on the threads of the pool that the call runs in: a
/// [`Sealer`](chunked::Sealer), an [`Opener`](chunked::Opener), a
/// [`BackupWriter`](sprag_core::history::backup::BackupWriter) and a
/// [`Backup`](sprag_core::history::backup::Backup) take it by their `on`, and are then used within the
/// pool. Outside of one the calling thread does all.
///
/// For each thread 256 KiB of text are gathered at once, and twice as much of a backup that is restored; of
/// one that is verified 256 KiB for each thread are in memory. A backup that is elsewhere is read in parts of
/// 512 KiB for each thread, the next one on the calling thread while the others open the one before. What
/// stands together need not be gathered: give a writer two megabytes of items at a time by `add_all`. And
/// keep each thread of the pool on a processor of its own where that is in your hands (`start_handler` of
/// its builder): a scheduler may leave two of them on one for milliseconds.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use sprag::default::Backend;
/// use sprag::history::backup::{Backup, BackupBuilder, Bytes, HistoryRecord, RecoveryKey};
/// use sprag::parallel::OnPool;
///
/// let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build()?;
/// let rng = &mut sprag::entropy::system();
/// let key = RecoveryKey::generate(rng)?;
/// let builder = BackupBuilder::<Backend>::new(rng)?.recovery_key(&key, rng)?;
/// let mut file = Vec::new();
/// let mut writer = builder.begin(sprag::platform::now(), rng, &mut file)?.on(OnPool);
/// pool.install(|| {
///     writer.add(&HistoryRecord { id: b"1", body: &[7; 1_000_000] }, &mut file)?;
///     writer.finish().try_for_each(|part| part.map(|part| file.extend(part)))
/// })?;
///
/// let mut backup = Backup::open(Bytes::new(&file))?.on(OnPool);
/// let key = backup.unlock_with_recovery_key::<Backend>(&key)?;
/// let verified = pool.install(|| backup.verify(key, &mut |_| ()))?;
/// assert_eq!(verified.items, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OnPool;

impl Spread for OnPool {
    fn chunks_at_once(&self) -> usize {
        match split::threads() {
            1 => InOrder.chunks_at_once(),
            threads => CHUNKS_PER_THREAD * threads,
        }
    }

    fn each(
        &self,
        bytes: &mut [u8],
        len: usize,
        work: impl Fn(usize, &mut [u8]) -> Result<(), ChunkedError> + Send + Sync,
    ) -> Result<(), ChunkedError> {
        if split::threads() == 1 {
            return InOrder.each(bytes, len, work);
        }
        let pieces = bytes.par_chunks_mut(len).with_max_len(CHUNKS_IN_A_ROW);
        let pieces = pieces.enumerate();
        let failed = pieces.find_map_first(|(number, piece)| work(number, piece).err());
        failed.map_or(Ok(()), Err)
    }

    fn in_turn<E: From<ChunkedError> + Send>(
        &self,
        count: usize,
        runs: &mut Vec<Run>,
        open: impl Fn(Range<usize>, &mut Run) -> Result<(), ChunkedError> + Send + Sync,
        read: impl FnMut(&Run) -> Result<(), E> + Send,
    ) -> Result<(), E> {
        if split::threads() == 1 {
            return InOrder.in_turn(count, runs, open, read);
        }
        turns::in_turn(count, runs, open, read)
    }

    fn beside<E: From<ChunkedError> + Send, T>(
        &self,
        work: impl FnOnce() -> Result<(), E> + Send,
        here: impl FnOnce() -> T,
    ) -> (Result<(), E>, T) {
        if split::threads() == 1 {
            return InOrder.beside(work, here);
        }
        let mut done = Err(ChunkedError::LeftOut.into());
        let here = rayon::in_place_scope(|scope| {
            scope.spawn(|_| done = work());
            here()
        });
        (done, here)
    }
}

/// Length in bytes of a file with `text_len` bytes of plaintext.
#[must_use]
pub const fn file_len(text_len: usize) -> usize {
    chunked::file_len(text_len as u64) as usize
}

/// Length in bytes of the plaintext of a file with `file_len` bytes, if there is a file so long.
#[must_use]
pub fn text_len(file_len: usize) -> Option<usize> {
    chunked::text_len(file_len as u64).map(|len| len as usize)
}

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
    let mut file = vec![0; file_len(text.len())];
    seal_file_into::<B, R>(key, context, text, &mut file, rng)?;
    Ok(file)
}

/// The same into a buffer of the caller, of [`file_len`] bytes. For one that is used again, since the
/// system takes longer to give out new memory than the cipher takes to fill it.
///
/// # Errors
/// As [`Pieces::create`]; [`ChunkedError::NoSuchChunk`] for a buffer of another length.
pub fn seal_file_into<B: FileBackend, R: TryCryptoRng + ?Sized>(
    key: &Secret<32>,
    context: &[u8],
    text: &[u8],
    file: &mut [u8],
    rng: &mut R,
) -> Result<(), ChunkedError> {
    if file.len() != file_len(text.len()) {
        return Err(ChunkedError::NoSuchChunk);
    }
    let (pieces, header) = Pieces::<B>::create(key, context, text.len() as u64, rng)?;
    let (front, body) = file.split_at_mut(HEADER_LEN);
    front.copy_from_slice(&header);
    let sealed = OnPool.each(body, SEALED_LEN, |number, sealed| {
        let start = number * CHUNK_LEN;
        let text = &text[start..start + (sealed.len() - TAG_LEN)];
        pieces.seal_chunk_into(number as u64, text, sealed)
    });
    if sealed.is_err() {
        // Plaintext may stand in it.
        file.zeroize();
    }
    sealed
}

/// The text of a whole file. The end is checked before anything else is opened.
///
/// # Errors
/// As [`Pieces::open`] and [`Pieces::open_chunk`], for the first chunk that is refused.
pub fn open_file<B: FileBackend>(
    key: &Secret<32>,
    context: &[u8],
    file: &[u8],
) -> Result<SecretBytes, ChunkedError> {
    let (pieces, body) = begun::<B>(key, context, file)?;
    let mut text = SecretBytes::from(vec![0; pieces.text_len() as usize]);
    open_all(&pieces, body, &mut text)?;
    Ok(text)
}

/// The same into a buffer of the caller, of [`text_len`] bytes. Of a file that is refused nothing is left
/// in it.
///
/// # Errors
/// As [`open_file`]; [`ChunkedError::NoSuchChunk`] for a buffer of another length, which is unchanged.
pub fn open_file_into<B: FileBackend>(
    key: &Secret<32>,
    context: &[u8],
    file: &[u8],
    text: &mut [u8],
) -> Result<(), ChunkedError> {
    let (pieces, body) = begun::<B>(key, context, file)?;
    if text.len() as u64 != pieces.text_len() {
        return Err(ChunkedError::NoSuchChunk);
    }
    let opened = open_all(&pieces, body, text);
    if opened.is_err() {
        text.zeroize();
    }
    opened
}

/// A file's keys, and its chunks.
fn begun<'a, B: FileBackend>(
    key: &Secret<32>,
    context: &[u8],
    file: &'a [u8],
) -> Result<(Pieces<B>, &'a [u8]), ChunkedError> {
    let (header, body) = file.split_first_chunk().ok_or(ChunkedError::Incomplete)?;
    let pieces = Pieces::open(key, context, header, file.len() as u64)?;
    Ok((pieces, body))
}

fn open_all<B: FileBackend>(
    pieces: &Pieces<B>,
    body: &[u8],
    text: &mut [u8],
) -> Result<(), ChunkedError> {
    let whole = pieces.last() as usize;
    let (sealed, last) = body.split_at(whole * SEALED_LEN);
    let (chunks, end) = text.split_at_mut(whole * CHUNK_LEN);

    pieces.open_chunk_into(whole as u64, last, end)?;
    OnPool.each(chunks, CHUNK_LEN, |number, chunk| {
        let start = number * SEALED_LEN;
        let sealed = &sealed[start..start + SEALED_LEN];
        pieces.open_chunk_into(number as u64, sealed, chunk)
    })
}
