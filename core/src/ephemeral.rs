//! Ephemeral keys made ahead, and where an operation's randomness comes from.
//!
//! What lives here: [`EphemeralPool`], a bounded store of X25519 keys that an application fills
//! while it is idle, and [`KeySource`], what every call that draws takes: a generator, or a
//! generator behind a pool. What does not: prekeys, which are published and stored
//! ([`crate::handshake`]).
//!
//! Invariants: a key leaves the pool by being moved out, so none is used twice; a pool is never
//! encoded or copied, and wipes what is left in it.

use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;
use subtle::ConstantTimeEq;

use crate::backend::CryptoBackend;
use crate::entropy::{self, EntropyError};
use crate::lifecycle::{KeyAction, KeyKind, each, tell};
use crate::primitives::{KeyAgreement, PrimitiveError};
use crate::secret::Secret;

/// Keys that are made at once.
const BATCH: usize = 64;

type PrivateKey<B> = <<B as CryptoBackend>::X25519 as KeyAgreement>::PrivateKey;

/// X25519 keys made while there was time, for turns of the ratchet and for first messages, which
/// then need not make their own.
///
/// [`fill`](Self::fill) it when idle, and pass `&mut pool.before(&mut rng)` where a call takes a
/// generator.
///
/// The keys lie in memory until they are used: a longer time than without a pool, so keep it
/// small. It holds one more secret than the sessions do, and is never stored.
pub struct EphemeralPool<B: CryptoBackend> {
    /// The keys, and behind them, once there was one, a blank that is no secret: it takes the place
    /// of a key that is moved out, whose bytes would stay behind there. The vector never grows, which
    /// would leave all of them behind.
    keys: Vec<PrivateKey<B>>,
    capacity: usize,
}

impl<B: CryptoBackend> EphemeralPool<B> {
    /// The largest capacity.
    pub const MAX_CAPACITY: usize = 4096;

    /// An empty pool for at most `capacity` keys, and never more than
    /// [`MAX_CAPACITY`](Self::MAX_CAPACITY).
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let capacity = capacity.min(Self::MAX_CAPACITY);
        Self {
            keys: Vec::with_capacity(capacity.saturating_add(1)),
            capacity,
        }
    }

    /// Makes keys until the pool is full; gives how many it made.
    ///
    /// # Errors
    /// [`PoolError`]; the keys made before stay in the pool.
    pub fn fill<R: TryCryptoRng + ?Sized>(&mut self, rng: &mut R) -> Result<usize, PoolError> {
        self.fill_some(self.capacity, rng)
    }

    /// Makes at most `count` keys, for those who are idle for a short while; gives how many it
    /// made.
    ///
    /// # Errors
    /// As [`fill`](Self::fill).
    pub fn fill_some<R: TryCryptoRng + ?Sized>(
        &mut self,
        count: usize,
        rng: &mut R,
    ) -> Result<usize, PoolError> {
        if self.keys.is_empty() {
            self.keys.push(B::X25519::private_key(&[1; 32])?);
        }
        let count = count.min(self.capacity.saturating_sub(self.len()));
        let mut seeds: Vec<Secret<32>> = Vec::with_capacity(count.min(BATCH));
        let mut last = Secret::zeroed();
        let mut left = count;
        while left > 0 {
            seeds.clear();
            let mut drawn = Ok(());
            for _ in 0..left.min(BATCH) {
                drawn = draw(rng, &mut last).map(|seed| seeds.push(seed));
                if drawn.is_err() {
                    break;
                }
            }
            self.add(&seeds)?;
            drawn?;
            left = left.saturating_sub(seeds.len());
        }
        Ok(count)
    }

    fn add(&mut self, seeds: &[Secret<32>]) -> Result<(), PrimitiveError> {
        let blank = self.len();
        let seeds: Vec<_> = seeds.iter().map(Secret::expose).collect();
        B::X25519::private_key_batch(&seeds, &mut self.keys)?;
        let last = self.len();
        self.keys.swap(blank, last);
        each::<B>(KeyKind::PooledKey, KeyAction::Generated, seeds.len());
        Ok(())
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len().saturating_sub(1)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many there may be.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.capacity
    }

    /// The pool as a source for one or more calls, before a generator: that gives all other
    /// randomness, and keys once the pool is empty.
    pub const fn before<'a, R: TryCryptoRng + ?Sized>(
        &'a mut self,
        rng: &'a mut R,
    ) -> Pooled<'a, B, R> {
        Pooled { pool: self, rng }
    }

    /// Moves a key out; the blank moves into its place.
    fn take(&mut self) -> Option<PrivateKey<B>> {
        let last = self.len().checked_sub(1)?;
        tell::<B>(KeyKind::PooledKey, KeyAction::Destroyed);
        Some(self.keys.swap_remove(last))
    }
}

impl<B: CryptoBackend> Drop for EphemeralPool<B> {
    fn drop(&mut self) {
        each::<B>(KeyKind::PooledKey, KeyAction::Destroyed, self.len());
    }
}

/// A seed that differs from the one before: a generator that is stuck would make one key of many.
fn draw<R: TryCryptoRng + ?Sized>(
    rng: &mut R,
    last: &mut Secret<32>,
) -> Result<Secret<32>, EntropyError> {
    let seed = Secret::random(rng)?;
    if bool::from(seed.ct_eq(last)) {
        return Err(EntropyError);
    }
    *last = seed.duplicate();
    Ok(seed)
}

impl<B: CryptoBackend> fmt::Debug for EphemeralPool<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EphemeralPool")
            .field("backend", &B::NAME)
            .field("keys", &self.len())
            .field("capacity", &self.capacity)
            .finish()
    }
}

/// An [`EphemeralPool`] before a generator.
pub struct Pooled<'a, B: CryptoBackend, R: ?Sized> {
    pool: &'a mut EphemeralPool<B>,
    rng: &'a mut R,
}

impl<B: CryptoBackend, R: ?Sized> fmt::Debug for Pooled<'_, B, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pooled")
            .field("pool", &self.pool)
            .finish_non_exhaustive()
    }
}

/// Why a pool could not be filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolError {
    /// The generator failed.
    Entropy,
    /// The crypto library failed.
    Library,
}

impl From<EntropyError> for PoolError {
    fn from(_: EntropyError) -> Self {
        Self::Entropy
    }
}

impl From<PrimitiveError> for PoolError {
    fn from(_: PrimitiveError) -> Self {
        Self::Library
    }
}

impl fmt::Display for PoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Entropy => "the random number generator failed",
            Self::Library => "the crypto library failed",
        })
    }
}

impl core::error::Error for PoolError {}

/// What a call draws from: any generator of [`rand_core`], or [`EphemeralPool::before`].
///
/// Every `R: TryCryptoRng` is one; there are no others than these two.
pub trait KeySource<B: CryptoBackend>: sealed::Keys<B> {}

impl<B: CryptoBackend, S: sealed::Keys<B> + ?Sized> KeySource<B> for S {}

/// A key that nobody has used: made ahead, or still to be made from its bytes.
pub enum FreshKey<B: CryptoBackend> {
    /// Made.
    Ready(PrivateKey<B>),
    /// Still to be made.
    Seed(Secret<32>),
}

impl<B: CryptoBackend> FreshKey<B> {
    pub(crate) fn into_key(self) -> Result<PrivateKey<B>, PrimitiveError> {
        match self {
            Self::Ready(key) => Ok(key),
            Self::Seed(bytes) => B::X25519::private_key(bytes.expose()),
        }
    }
}

impl<R: TryCryptoRng + ?Sized> sealed::Randomness for R {
    #[inline]
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        entropy::fill(self, bytes)
    }
}

impl<B: CryptoBackend, R: TryCryptoRng + ?Sized> sealed::Keys<B> for R {
    fn fresh_key(&mut self) -> Result<FreshKey<B>, EntropyError> {
        Secret::random(self).map(FreshKey::Seed)
    }
}

impl<B: CryptoBackend, R: TryCryptoRng + ?Sized> sealed::Randomness for Pooled<'_, B, R> {
    #[inline]
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        entropy::fill(self.rng, bytes)
    }
}

impl<B: CryptoBackend, R: TryCryptoRng + ?Sized> sealed::Keys<B> for Pooled<'_, B, R> {
    fn fresh_key(&mut self) -> Result<FreshKey<B>, EntropyError> {
        match self.pool.take() {
            Some(key) => Ok(FreshKey::Ready(key)),
            None => Secret::random(self.rng).map(FreshKey::Seed),
        }
    }
}

/// Keeps [`KeySource`] closed: a source of another kind could give a key twice.
pub(crate) mod sealed {
    use super::{CryptoBackend, EntropyError, FreshKey};

    /// Gives random bytes.
    pub trait Randomness {
        /// As [`crate::entropy::fill`].
        fn fill(&mut self, bytes: &mut [u8]) -> Result<(), EntropyError>;
    }

    /// Gives keys that were never used.
    pub trait Keys<B: CryptoBackend>: Randomness {
        /// A key, or the bytes to make it from.
        fn fresh_key(&mut self) -> Result<FreshKey<B>, EntropyError>;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use std::collections::BTreeSet;

    use rand_chacha::ChaCha20Rng;
    use rand_core::{SeedableRng, TryRng};

    use super::sealed::Keys;
    use super::*;
    use crate::testing::null::Null;

    fn key(source: &mut impl Keys<Null>) -> [u8; 32] {
        let key = source.fresh_key().unwrap().into_key().unwrap();
        *<Null as KeyAgreement>::public_key(&key)
    }

    #[test]
    fn every_key_is_given_once_and_then_the_generator_gives_them() {
        let rng = &mut ChaCha20Rng::seed_from_u64(1);
        let mut pool = EphemeralPool::<Null>::new(5);
        assert_eq!((pool.len(), pool.capacity()), (0, 5));
        assert_eq!(pool.fill_some(2, rng), Ok(2));
        assert_eq!(pool.fill(rng), Ok(3));
        assert_eq!(pool.fill(rng), Ok(0));
        let mut seen = BTreeSet::new();
        for left in [4, 3, 2, 1, 0] {
            assert!(seen.insert(key(&mut pool.before(rng))));
            assert_eq!(pool.len(), left);
        }
        assert!(pool.is_empty());
        let from_pool = key(&mut pool.before(&mut ChaCha20Rng::seed_from_u64(2)));
        let from_generator = key(&mut ChaCha20Rng::seed_from_u64(2));
        assert_eq!(from_pool, from_generator);
        assert!(seen.insert(from_pool));
        assert_eq!(pool.fill(rng), Ok(5));
        assert!(seen.insert(key(&mut pool.before(rng))));
    }

    #[test]
    fn what_is_left_in_the_place_of_a_key_is_no_secret() {
        let rng = &mut ChaCha20Rng::seed_from_u64(1);
        let mut pool = EphemeralPool::<Null>::new(3);
        pool.fill(rng).unwrap();
        let blank = *Null::private_bytes(pool.keys.last().unwrap());
        for left in [2, 1, 0] {
            key(&mut pool.before(rng));
            assert_eq!(Null::private_bytes(pool.keys.last().unwrap()), &blank);
            assert_eq!(pool.keys.len(), left + 1);
        }
    }

    /// Gives the same bytes again and again.
    struct Stuck;

    impl TryRng for Stuck {
        type Error = EntropyError;

        fn try_next_u32(&mut self) -> Result<u32, EntropyError> {
            Ok(7)
        }

        fn try_next_u64(&mut self) -> Result<u64, EntropyError> {
            Ok(7)
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), EntropyError> {
            bytes.fill(7);
            Ok(())
        }
    }

    impl TryCryptoRng for Stuck {}

    /// Gives different bytes so many times and then the same ones.
    struct Sticks(usize);

    impl TryRng for Sticks {
        type Error = EntropyError;

        fn try_next_u32(&mut self) -> Result<u32, EntropyError> {
            unreachable!("seeds are drawn as bytes")
        }

        fn try_next_u64(&mut self) -> Result<u64, EntropyError> {
            unreachable!("seeds are drawn as bytes")
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), EntropyError> {
            self.0 = self.0.saturating_sub(1);
            bytes.fill(0xff);
            bytes[..8].copy_from_slice(&self.0.to_be_bytes());
            Ok(())
        }
    }

    impl TryCryptoRng for Sticks {}

    #[test]
    fn the_keys_made_before_a_failure_stay() {
        for made in [1, 2, BATCH - 1, BATCH, BATCH + 1, 2 * BATCH, 2 * BATCH + 3] {
            let mut pool = EphemeralPool::<Null>::new(1000);
            assert_eq!(pool.fill(&mut Sticks(made)), Err(PoolError::Entropy));
            assert_eq!(pool.len(), made);
            let mut rng = Sticks(0);
            let given = core::iter::from_fn(|| pool.before(&mut rng).pool.take());
            let given: BTreeSet<_> = given.map(|key| *Null::private_bytes(&key)).collect();
            let blank = [1; 32];
            assert!(given.len() == made && !given.contains(&blank));
        }
    }

    #[test]
    fn a_stuck_generator_fills_no_pool() {
        let mut pool = EphemeralPool::<Null>::new(5);
        assert_eq!(pool.fill(&mut Stuck), Err(PoolError::Entropy));
        assert_eq!(pool.len(), 1);
    }
}
