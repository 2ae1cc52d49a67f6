//! The groups `backup` and `history`: files for later, and what is read back from them.
//!
//! What lives here: chunked files and backups beside the bare cipher ([`FileWork`]), and the restoring
//! of a backup ([`restore()`], [`peak`]). What does not: the disk; files are buffers in memory.

mod backup;
mod bare;
mod chunked;
mod restore;

use sprag::history::chunked::InOrder;
use sprag::parallel::OnPool;
use sprag::sprag_core::backend::FileBackend;

use super::pool::pool;
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
    /// The same on the threads of the pool that measures it.
    BackupPool,
    /// A backup that is not in memory: its parts are read before they are opened.
    Read,
    /// The same on the threads of the pool that measures it.
    ReadPool,
    /// The whole file in one call, on the calling thread.
    Whole,
    /// The same call in a pool of two, called from outside: it takes whatever pool it is in, and what it is
    /// compared with is to have none.
    Pool,
    /// The chunks by the cipher alone, under one prepared key, where they stand.
    Bare,
    /// The same on the threads of the pool that measures it: what the machine lets two threads gain.
    BarePool,
}

impl Way {
    /// Does it split its work among the threads of the pool that measures it?
    #[must_use]
    pub const fn splits(self) -> bool {
        matches!(self, Self::BackupPool | Self::ReadPool | Self::BarePool)
    }
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
    let (in_memory, elsewhere) = (backup::Place::Memory, backup::Place::Elsewhere);
    match (direction, way) {
        (Direction::Seal, Way::Bare) => bare::seal::<B>(size, bare::Threads::One),
        (Direction::Seal, Way::BarePool) => bare::seal::<B>(size, bare::Threads::Pool),
        (Direction::Open, Way::Bare) => bare::open::<B>(size, bare::Threads::One),
        (Direction::Open, Way::BarePool) => bare::open::<B>(size, bare::Threads::Pool),
        (Direction::Seal, Way::Stream) => Ok(chunked::seal_stream::<B>(size, seed)),
        (Direction::Open, Way::Stream) => chunked::open_stream::<B>(size, seed),
        (Direction::Seal, Way::Backup) => backup::seal::<B, _>(size, seed, InOrder),
        (Direction::Seal, Way::BackupPool) => backup::seal::<B, _>(size, seed, OnPool),
        (Direction::Seal, Way::Read | Way::ReadPool) => Err(Wrong::new("nothing is read")),
        (Direction::Open, Way::Backup) => backup::open::<B, _>(size, seed, in_memory, InOrder),
        (Direction::Open, Way::BackupPool) => backup::open::<B, _>(size, seed, in_memory, OnPool),
        (Direction::Open, Way::Read) => backup::open::<B, _>(size, seed, elsewhere, InOrder),
        (Direction::Open, Way::ReadPool) => backup::open::<B, _>(size, seed, elsewhere, OnPool),
        (Direction::Seal, Way::Whole) => chunked::seal_whole::<B>(size, seed, None),
        (Direction::Seal, Way::Pool) => chunked::seal_whole::<B>(size, seed, Some(pool()?)),
        (Direction::Open, Way::Whole) => chunked::open_whole::<B>(size, seed, None),
        (Direction::Open, Way::Pool) => chunked::open_whole::<B>(size, seed, Some(pool()?)),
    }
}

const TEXT: u8 = b't';
/// Files that are prepared at once: they are large.
const CAPACITY: usize = 1;

fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == TEXT)
}
