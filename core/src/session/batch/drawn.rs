//! What a batch draws, apart from the batch itself; and what its jobs will cost.
//!
//! For those who split a batch among threads: they draw for the jobs in order, on one thread, and
//! hand each part what was drawn for it, so that the parts together give the bytes of the whole.

use alloc::vec::Vec;
use core::fmt;
use core::mem;

use crate::backend::CryptoBackend;
use crate::entropy::EntropyError;
use crate::ephemeral::sealed::{Keys, Randomness};
use crate::ephemeral::{FreshKey, KeySource};
use crate::ratchet::{HEADER_LEN, Header, Route, SALT_LEN};
use crate::secret::Secret;
use crate::session::Session;

/// What the jobs of one [`encrypt_batch`](crate::session::encrypt_batch) draw, drawn ahead: the
/// source for that one call over the same jobs, in the same order.
///
/// It gives out everything once and then fails.
pub struct DrawnBatch<B: CryptoBackend> {
    /// Behind those that were given out.
    salts: alloc::vec::IntoIter<Result<[u8; SALT_LEN], EntropyError>>,
    keys: Vec<Result<FreshKey<B>, EntropyError>>,
    keys_given: usize,
}

impl<B: CryptoBackend> DrawnBatch<B> {
    /// Draws what `encrypt_batch` would draw for these jobs, in its order. Nothing else is done:
    /// neither sessions nor buffers change.
    ///
    /// A draw that fails is kept, and fails its job.
    pub fn draw<'a, S: KeySource<B> + ?Sized>(
        jobs: impl ExactSizeIterator<Item = (&'a Session<B>, &'a mut [u8])>,
        source: &mut S,
    ) -> Self {
        let count = jobs.len();
        let mut salts = Vec::with_capacity(count);
        let mut keys = Vec::new();
        for (session, buffer) in jobs {
            let refused = session.check_limits(1).is_err() || session.outgoing(buffer).is_err();
            if refused {
                continue;
            }
            if session.turns_when_sending() {
                // Whole at once: a vector that grows would leave its keys behind.
                keys.reserve_exact(count.saturating_sub(keys.len()));
                let key = source.fresh_key();
                let failed = key.is_err();
                keys.push(key);
                if failed {
                    continue;
                }
            }
            let mut salt = [0; SALT_LEN];
            salts.push(source.fill(&mut salt).map(|()| salt));
        }
        Self {
            salts: salts.into_iter(),
            keys,
            keys_given: 0,
        }
    }
}

impl<B: CryptoBackend> Randomness for DrawnBatch<B> {
    #[inline]
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        let salt = self.salts.next().ok_or(EntropyError)??;
        if bytes.len() != salt.len() {
            return Err(EntropyError);
        }
        bytes.copy_from_slice(&salt);
        Ok(())
    }
}

impl<B: CryptoBackend> Keys<B> for DrawnBatch<B> {
    fn fresh_key(&mut self) -> Result<FreshKey<B>, EntropyError> {
        let place = self.keys.get_mut(self.keys_given).ok_or(EntropyError)?;
        self.keys_given = self.keys_given.saturating_add(1);
        // Over the seed's own bytes, which moving it out would leave behind.
        mem::replace(place, Ok(FreshKey::Seed(Secret::zeroed())))
    }
}

impl<B: CryptoBackend> fmt::Debug for DrawnBatch<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DrawnBatch")
            .field("backend", &B::NAME)
            .finish_non_exhaustive()
    }
}

impl<B: CryptoBackend> Session<B> {
    /// Whether the next message sent turns the ratchet, which costs a key and an agreement more:
    /// for those who estimate what a batch will cost.
    #[must_use]
    pub fn turns_when_sending(&self) -> bool {
        let ratchet = self.ratchet.as_ref();
        ratchet.is_some_and(|ratchet| ratchet.turns_when_sending())
    }

    /// Whether `message`, if it is genuine, turns the ratchet, which costs an agreement more.
    #[must_use]
    pub fn turns_when_receiving(&self, message: &[u8]) -> bool {
        self.turn_of(message).is_some()
    }

    /// The key to agree with if `message` turns the ratchet, and we have one that it can turn.
    pub(super) fn turn_of(&self, message: &[u8]) -> Option<[u8; 32]> {
        let offset = self.locate(message).ok()?;
        let bytes = message.get(offset..)?.first_chunk::<HEADER_LEN>()?;
        let (header, _) = Header::decode(bytes)?;
        let ratchet = self.ratchet.as_ref()?;
        let route = ratchet.route(&header, self.policy.skip_limit());
        let turns = matches!(route, Ok(Route::Turn)) && ratchet.turn_key().is_ok();
        turns.then_some(*header.ratchet_key)
    }
}
