//! Key rings in a store: one record for each, replaced only on top of what was loaded.
//!
//! ```text
//! record   kind 8, ring id(16):  the encoded ring
//! ```

use rand_core::TryCryptoRng;

use super::{KeyRing, KeyRingError};
use crate::backend::CryptoBackend;
use crate::store::{RecordId, RecordKind, Store};
use crate::wrap::{replace, unexpected};

/// The key rings in a store.
#[derive(Debug)]
pub struct KeyRings<S> {
    store: S,
}

/// A ring as it was loaded, to be changed and saved.
#[derive(Debug)]
pub struct Stored<B> {
    /// The ring.
    pub ring: KeyRing<B>,
    revision: u64,
}

impl<S: Store> KeyRings<S> {
    /// The rings in `store`.
    #[must_use]
    pub const fn new(store: S) -> Self {
        Self { store }
    }

    /// Keeps a new ring.
    ///
    /// # Errors
    /// [`KeyRingError::Exists`], [`KeyRingError::NoSlot`]; the store's errors.
    pub fn insert<B: CryptoBackend, R: TryCryptoRng + ?Sized>(
        &self,
        ring: KeyRing<B>,
        rng: &mut R,
    ) -> Result<Stored<B>, KeyRingError> {
        let revision = self.commit(&ring, None, rng).map_err(|error| match error {
            KeyRingError::Conflict => KeyRingError::Exists,
            other => other,
        })?;
        Ok(Stored { ring, revision })
    }

    /// The ring of this id.
    ///
    /// # Errors
    /// [`KeyRingError::NotFound`], [`KeyRingError::ForeignRing`] if another one stands in its place,
    /// and as [`KeyRing::decode`]; the store's errors.
    pub fn load<B: CryptoBackend>(&self, id: &[u8; 16]) -> Result<Stored<B>, KeyRingError> {
        let found = self.store.load(&[name(id)?])?;
        let record = found.into_iter().next().flatten();
        let record = record.ok_or(KeyRingError::NotFound)?;
        let ring = KeyRing::decode(&record.blob)?;
        if ring.id() != id {
            return Err(KeyRingError::ForeignRing);
        }
        let revision = record.revision;
        Ok(Stored { ring, revision })
    }

    /// Saves a ring that was changed.
    ///
    /// # Errors
    /// [`KeyRingError::Conflict`] if somebody else saved it since it was loaded: load it again, and
    /// change that. [`KeyRingError::NoSlot`]; the store's errors.
    pub fn save<B: CryptoBackend, R: TryCryptoRng + ?Sized>(
        &self,
        stored: &mut Stored<B>,
        rng: &mut R,
    ) -> Result<(), KeyRingError> {
        stored.revision = self.commit(&stored.ring, Some(stored.revision), rng)?;
        Ok(())
    }

    fn commit<B: CryptoBackend, R: TryCryptoRng + ?Sized>(
        &self,
        ring: &KeyRing<B>,
        expected: Option<u64>,
        rng: &mut R,
    ) -> Result<u64, KeyRingError> {
        let change = replace(&name(ring.id())?, expected, ring.encode()?, rng)?;
        let revision = change.new.as_ref().map_or(0, |record| record.revision);
        self.store.commit(&[change]).map_err(unexpected)?;
        Ok(revision)
    }
}

fn name(id: &[u8; 16]) -> Result<RecordId, KeyRingError> {
    Ok(RecordId::new(RecordKind::KeyRing, id)?)
}
