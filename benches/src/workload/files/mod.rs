//! The groups `backup` and `history`: files for later, and what is read back from them.
//!
//! What lives here: chunked files and backups beside the bare cipher ([`FileWork`]), and the restoring
//! of a backup ([`restore()`], [`peak`]). What does not: the disk; files are buffers in memory.

mod backup;
mod bare;
mod chunked;
mod pool;
mod restore;

use sprag::sprag_core::backend::FileBackend;

use super::{Operation, Wrong};

pub(super) use restore::TEXT_LEN;
pub use restore::{Destination, build as restore, peak};

/// What is done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileWork {
    /// In which direction.
    pub direction: Direction,
    /// In which way.
    pub way: Way,
}

/// Plaintext to file, or back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Seals.
    Seal,
    /// Opens.
    Open,
}

/// How a file is worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// In parts that come and go through one buffer.
    Stream,
    /// As a backup of items, written through one buffer, and verified.
    Backup,
    /// The same in a pool of two.
    BackupPool,
    /// The whole file in one call, on the calling thread.
    Whole,
    /// The same call in a pool of two.
    Pool,
    /// The chunks by the cipher alone, under one prepared key, where they stand.
    Bare,
    /// The same in a pool: what the machine lets two threads gain.
    BarePool,
}

/// Builds the operation on backend `B`, on files of `size` bytes of plaintext.
///
/// # Errors
/// [`Wrong`] if setting it up gave a wrong result.
pub fn build<B: FileBackend>(
    FileWork { direction, way }: FileWork,
    size: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    let pool = pool::of(way)?;
    match (direction, way) {
        (Direction::Seal, Way::Bare | Way::BarePool) => bare::seal::<B>(size, pool),
        (Direction::Open, Way::Bare | Way::BarePool) => bare::open::<B>(size, pool),
        (Direction::Seal, Way::Stream) => Ok(chunked::seal_stream::<B>(size, seed)),
        (Direction::Open, Way::Stream) => chunked::open_stream::<B>(size, seed),
        (Direction::Seal, Way::Backup | Way::BackupPool) => backup::seal::<B>(size, seed, pool),
        (Direction::Open, Way::Backup | Way::BackupPool) => backup::open::<B>(size, seed, pool),
        (Direction::Seal, Way::Whole | Way::Pool) => chunked::seal_whole::<B>(size, seed, pool),
        (Direction::Open, Way::Whole | Way::Pool) => chunked::open_whole::<B>(size, seed, pool),
    }
}

const TEXT: u8 = b't';
/// Files that are prepared at once: they are large.
const CAPACITY: usize = 1;

fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == TEXT)
}
