//! Key-encryption keys: their names, their public halves, and the generations of one of them.

use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;

use super::hpke::HpkeKem;
use super::{Binding, Envelope, WrapAlgorithm, WrapError, references};
use crate::backend::CryptoBackend;
use crate::lifecycle::{KeyAction, KeyKind, Life};
use crate::secret::Secret;
use crate::store::Store;

/// Names one generation of a key-encryption key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KekName {
    /// The key; the same for all of its generations.
    pub id: [u8; 16],
    /// The generation, from 1.
    pub generation: u32,
}

/// The public half of one generation: what keys are wrapped for.
pub struct PublicKek<B, K: HpkeKem<B>> {
    name: KekName,
    algorithm: WrapAlgorithm,
    key: K::PublicKey,
}

impl<B: CryptoBackend, K: HpkeKem<B>> PublicKek<B, K> {
    /// A public key, and how keys are to be wrapped for it.
    ///
    /// # Errors
    /// [`WrapError::UnknownAlgorithm`] if the algorithm uses another KEM.
    pub fn new(
        name: KekName,
        algorithm: WrapAlgorithm,
        key: K::PublicKey,
    ) -> Result<Self, WrapError> {
        check::<B, K>(algorithm)?;
        Ok(Self {
            name,
            algorithm,
            key,
        })
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> KekName {
        self.name
    }

    /// How keys are wrapped for it.
    #[must_use]
    pub const fn algorithm(&self) -> WrapAlgorithm {
        self.algorithm
    }

    /// The public key.
    #[must_use]
    pub const fn key(&self) -> &K::PublicKey {
        &self.key
    }
}

impl<B, K: HpkeKem<B>> fmt::Debug for PublicKek<B, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKek")
            .field("name", &self.name)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// The private keys of one key-encryption key: the current generation, and those that still open.
///
/// The keys are wiped when the ring is dropped, or one is destroyed. Storing them is the caller's.
pub struct KekRing<B, K: HpkeKem<B>> {
    id: [u8; 16],
    algorithm: WrapAlgorithm,
    current: Generation<K::PrivateKey>,
    older: Vec<Generation<K::PrivateKey>>,
}

struct Generation<P> {
    number: u32,
    key: P,
    life: Life,
}

impl<P> Generation<P> {
    fn new<B: CryptoBackend>(number: u32, key: P, how: KeyAction) -> Self {
        let life = Life::after::<B>(KeyKind::KekGeneration, how);
        Self { number, key, life }
    }
}

impl<B: CryptoBackend, K: HpkeKem<B>> KekRing<B, K> {
    /// A new key-encryption key: `key` is generation 1.
    ///
    /// # Errors
    /// [`WrapError::UnknownAlgorithm`] if the algorithm uses another KEM.
    pub fn new(
        id: [u8; 16],
        algorithm: WrapAlgorithm,
        key: K::PrivateKey,
    ) -> Result<Self, WrapError> {
        Self::at(KekName { id, generation: 1 }, algorithm, key)
    }

    /// A ring whose current generation is the one named.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn at(
        name: KekName,
        algorithm: WrapAlgorithm,
        key: K::PrivateKey,
    ) -> Result<Self, WrapError> {
        check::<B, K>(algorithm)?;
        Ok(Self {
            id: name.id,
            algorithm,
            current: Generation::new::<B>(name.generation, key, KeyAction::Generated),
            older: Vec::new(),
        })
    }

    /// Adds an older generation, to open what is still wrapped for it.
    ///
    /// # Errors
    /// [`WrapError::CurrentGeneration`] if it is not older than the current one.
    pub fn add_older(&mut self, generation: u32, key: K::PrivateKey) -> Result<(), WrapError> {
        if generation >= self.current.number {
            return Err(WrapError::CurrentGeneration);
        }
        self.older.retain(|older| older.number != generation);
        let added = Generation::new::<B>(generation, key, KeyAction::Generated);
        self.older.push(added);
        Ok(())
    }

    /// Makes `key` the current generation; what was current opens still.
    ///
    /// # Errors
    /// [`WrapError::GenerationsUsedUp`] after 2^32 - 1.
    pub fn rotate(&mut self, key: K::PrivateKey) -> Result<u32, WrapError> {
        let number = self.current.number.checked_add(1);
        let number = number.ok_or(WrapError::GenerationsUsedUp)?;
        let fresh = Generation::new::<B>(number, key, KeyAction::Renewed);
        let before = core::mem::replace(&mut self.current, fresh);
        self.older.push(before);
        Ok(number)
    }

    /// What keys are wrapped for now.
    #[must_use]
    pub fn current(&self) -> PublicKek<B, K> {
        PublicKek {
            name: self.current_name(),
            algorithm: self.algorithm,
            key: K::public(&self.current.key),
        }
    }

    /// The name of the current generation.
    #[must_use]
    pub const fn current_name(&self) -> KekName {
        KekName {
            id: self.id,
            generation: self.current.number,
        }
    }

    /// Unwraps with whichever generation an envelope names.
    ///
    /// # Errors
    /// [`WrapError::WrongKek`], [`WrapError::UnknownGeneration`], and as [`Envelope::open`].
    pub fn open(
        &self,
        envelope: &Envelope,
        binding: &Binding<'_>,
    ) -> Result<Secret<32>, WrapError> {
        let name = envelope.kek();
        if name.id != self.id {
            return Err(WrapError::WrongKek);
        }
        let mut held = core::iter::once(&self.current).chain(&self.older);
        let found = held.find(|held| held.number == name.generation);
        let found = found.ok_or(WrapError::UnknownGeneration(name.generation))?;
        let key = envelope.open::<B, K>(&found.key, binding)?;
        found.life.used();
        Ok(key)
    }

    /// The same key, wrapped for the current generation; `None` if it is already.
    ///
    /// # Errors
    /// As [`open`](Self::open) and [`Envelope::seal`].
    pub fn rewrap<R: TryCryptoRng + ?Sized>(
        &self,
        envelope: &Envelope,
        binding: &Binding<'_>,
        rng: &mut R,
    ) -> Result<Option<Envelope>, WrapError> {
        if envelope.kek() == self.current_name() && envelope.algorithm() == self.algorithm {
            return Ok(None);
        }
        let key = self.open(envelope, binding)?;
        Envelope::seal(&key, &self.current(), binding, rng).map(Some)
    }

    /// Wipes an older generation's private key, once nothing in the store refers to it.
    ///
    /// Before that, every worker has the newer generation: one that still wraps for the old one
    /// would bring new references to it.
    ///
    /// # Errors
    /// [`WrapError::Referenced`] while any record refers to it, [`WrapError::CurrentGeneration`],
    /// [`WrapError::UnknownGeneration`]; the store's errors.
    pub fn destroy(
        &mut self,
        generation: u32,
        store: &(impl Store + ?Sized),
    ) -> Result<(), WrapError> {
        if generation == self.current.number {
            return Err(WrapError::CurrentGeneration);
        }
        let is_it = |older: &Generation<_>| older.number == generation;
        if !self.older.iter().any(is_it) {
            return Err(WrapError::UnknownGeneration(generation));
        }
        if let Some(count) = references(store, &self.id)?.get(&generation) {
            return Err(WrapError::Referenced(*count));
        }
        self.older.retain(|older| !is_it(older));
        Ok(())
    }
}

impl<B, K: HpkeKem<B>> fmt::Debug for KekRing<B, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KekRing")
            .field("generation", &self.current.number)
            .field("older", &self.older.len())
            .finish_non_exhaustive()
    }
}

fn check<B, K: HpkeKem<B>>(algorithm: WrapAlgorithm) -> Result<(), WrapError> {
    if algorithm.kem() != K::ID {
        return Err(WrapError::UnknownAlgorithm(algorithm as u16));
    }
    Ok(())
}
