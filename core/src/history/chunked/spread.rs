//! On which threads the chunks of a part are worked through.

/// How the chunks of a part are worked through: one after the other, or on the threads of a pool.
pub trait Spread: Clone {
    /// So many chunks are worked on together, and lie in memory. At least one.
    fn chunks_at_once(&self) -> usize;

    /// Calls `work` with every `len` bytes of `bytes`, the last of which may be fewer, and their number,
    /// in any order and on any threads. Each is called at most once, and all that stand before one that
    /// fails.
    ///
    /// # Errors
    /// That of the lowest number.
    fn each<E: Send>(
        &self,
        bytes: &mut [u8],
        len: usize,
        work: impl Fn(usize, &mut [u8]) -> Result<(), E> + Send + Sync,
    ) -> Result<(), E>;
}

/// One chunk after the other, on the calling thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InOrder;

impl Spread for InOrder {
    fn chunks_at_once(&self) -> usize {
        1
    }

    fn each<E: Send>(
        &self,
        bytes: &mut [u8],
        len: usize,
        work: impl Fn(usize, &mut [u8]) -> Result<(), E> + Send + Sync,
    ) -> Result<(), E> {
        let mut pieces = bytes.chunks_mut(len).enumerate();
        pieces.try_for_each(|(number, piece)| work(number, piece))
    }
}
