//! The keys of a scope: made, read, rotated, destroyed; and the rotation of the scope's own key.

use rand_core::TryCryptoRng;

use super::entry::Entry;
use super::name::Name;
use super::scope::{Scope, ScopeKey};
use super::{KeyRing, KeyRingError};
use crate::backend::CryptoBackend;
use crate::lifecycle::{KeyAction, KeyKind, each, tell};
use crate::secret::Secret;

impl<B: CryptoBackend> KeyRing<B> {
    /// Draws a key, as generation 1 of its name.
    ///
    /// # Errors
    /// As [`insert`](Self::insert).
    pub fn generate<R: TryCryptoRng + ?Sized>(
        &mut self,
        scope: &ScopeKey<B>,
        name: &str,
        rng: &mut R,
    ) -> Result<(), KeyRingError> {
        let key = Secret::random(rng)?;
        self.insert(scope, name, &key, rng)
    }

    /// Takes in a key, as generation 1 of its name.
    ///
    /// # Errors
    /// [`KeyRingError::Exists`], [`KeyRingError::NameTooLong`], [`KeyRingError::InvalidName`],
    /// [`KeyRingError::Full`] beyond 1024 keys, [`KeyRingError::Entropy`], and as
    /// [`revision`](Self::revision).
    pub fn insert<R: TryCryptoRng + ?Sized>(
        &mut self,
        scope: &ScopeKey<B>,
        name: &str,
        key: &Secret<32>,
        rng: &mut R,
    ) -> Result<(), KeyRingError> {
        let name = Name::new(name)?;
        self.change(scope, |sealed| {
            if sealed.entries.iter().any(|entry| entry.name == name) {
                return Err(KeyRingError::Exists);
            }
            add(sealed, Entry::seal(scope, name, 1, key, rng)?);
            Ok(())
        })?;
        tell::<B>(KeyKind::WrappedKey, KeyAction::Generated);
        Ok(())
    }

    /// Draws the next generation of a key, and says its number. The older ones are there until they
    /// are destroyed.
    ///
    /// # Errors
    /// [`KeyRingError::UnknownEntry`], [`KeyRingError::GenerationsUsedUp`], [`KeyRingError::Full`]
    /// beyond 1024 keys, [`KeyRingError::Entropy`], and as [`revision`](Self::revision).
    pub fn rotate<R: TryCryptoRng + ?Sized>(
        &mut self,
        scope: &ScopeKey<B>,
        name: &str,
        rng: &mut R,
    ) -> Result<u32, KeyRingError> {
        self.change(scope, |sealed| {
            let newest = newest(sealed, name)?;
            let next = newest.generation.checked_add(1);
            let next = next.ok_or(KeyRingError::GenerationsUsedUp)?;
            let key = Secret::random(rng)?;
            let entry = Entry::seal(scope, newest.name.clone(), next, &key, rng)?;
            add(sealed, entry);
            Ok(next)
        })
        .inspect(|_| tell::<B>(KeyKind::WrappedKey, KeyAction::Generated))
    }

    /// The newest generation of a key: its number, and the key.
    ///
    /// # Errors
    /// [`KeyRingError::UnknownEntry`], and as [`revision`](Self::revision).
    pub fn current(
        &self,
        scope: &ScopeKey<B>,
        name: &str,
    ) -> Result<(u32, Secret<32>), KeyRingError> {
        let newest = newest(self.authentic(scope)?, name)?;
        let key = newest.open(scope)?;
        tell::<B>(KeyKind::WrappedKey, KeyAction::Used);
        Ok((newest.generation, key))
    }

    /// One generation of a key.
    ///
    /// # Errors
    /// [`KeyRingError::UnknownEntry`], [`KeyRingError::UnknownGeneration`], and as
    /// [`revision`](Self::revision).
    pub fn get(
        &self,
        scope: &ScopeKey<B>,
        name: &str,
        generation: u32,
    ) -> Result<Secret<32>, KeyRingError> {
        let sealed = self.authentic(scope)?;
        newest(sealed, name)?;
        let mut entries = sealed.entries.iter();
        let found = entries.find(|entry| is(entry, name, generation));
        let entry = found.ok_or(KeyRingError::UnknownGeneration(generation))?;
        let key = entry.open(scope)?;
        tell::<B>(KeyKind::WrappedKey, KeyAction::Used);
        Ok(key)
    }

    /// The names and generations of a scope's keys, by ascending name, then generation.
    ///
    /// # Errors
    /// As [`revision`](Self::revision).
    pub fn entries(
        &self,
        scope: &ScopeKey<B>,
    ) -> Result<impl Iterator<Item = (&str, u32)>, KeyRingError> {
        let entries = self.authentic(scope)?.entries.iter();
        Ok(entries.map(|entry| (entry.name.as_str(), entry.generation)))
    }

    /// Destroys an older generation of a key. Older copies of the ring hold it still, and whoever has
    /// the scope key reads them: [rotate the scope](Self::rotate_scope), and destroy those.
    ///
    /// # Errors
    /// [`KeyRingError::CurrentGeneration`], [`KeyRingError::UnknownEntry`],
    /// [`KeyRingError::UnknownGeneration`], and as [`revision`](Self::revision).
    pub fn destroy(
        &mut self,
        scope: &ScopeKey<B>,
        name: &str,
        generation: u32,
    ) -> Result<(), KeyRingError> {
        self.change(scope, |sealed| {
            if newest(sealed, name)?.generation == generation {
                return Err(KeyRingError::CurrentGeneration);
            }
            let before = sealed.entries.len();
            sealed.entries.retain(|entry| !is(entry, name, generation));
            if sealed.entries.len() == before {
                return Err(KeyRingError::UnknownGeneration(generation));
            }
            Ok(())
        })?;
        tell::<B>(KeyKind::WrappedKey, KeyAction::Destroyed);
        Ok(())
    }

    /// Removes a key with all its generations. The name can be used again, from generation 1.
    ///
    /// # Errors
    /// [`KeyRingError::UnknownEntry`], and as [`revision`](Self::revision).
    pub fn remove(&mut self, scope: &ScopeKey<B>, name: &str) -> Result<(), KeyRingError> {
        let removed = self.change(scope, |sealed| {
            newest(sealed, name)?;
            let before = sealed.entries.len();
            sealed.entries.retain(|entry| entry.name.as_str() != name);
            Ok(before.saturating_sub(sealed.entries.len()))
        })?;
        each::<B>(KeyKind::WrappedKey, KeyAction::Destroyed, removed);
        Ok(())
    }

    /// Draws a new key for the scope, and seals its keys anew under that. **No slot is left**: give it
    /// those that shall open it from now on, and no others will.
    ///
    /// # Errors
    /// [`KeyRingError::GenerationsUsedUp`], [`KeyRingError::Entropy`], and as
    /// [`revision`](Self::revision).
    pub fn rotate_scope<R: TryCryptoRng + ?Sized>(
        &mut self,
        key: &ScopeKey<B>,
        rng: &mut R,
    ) -> Result<ScopeKey<B>, KeyRingError> {
        let at = self.find(key)?;
        let before = self.scopes.get_mut(at).ok_or(KeyRingError::UnknownScope)?;
        let next = before.generation.checked_add(1);
        let mut scope = before.clone();
        scope.generation = next.ok_or(KeyRingError::GenerationsUsedUp)?;
        scope.slots.clear();
        let new = key.next(scope.place(&self.id), Secret::random(rng)?);
        for entry in &mut scope.entries {
            let opened = entry.open(key)?;
            *entry = Entry::seal(&new, entry.name.clone(), entry.generation, &opened, rng)?;
        }
        scope.changed(&new)?;
        *before = scope;
        Ok(new)
    }
}

fn newest<'a>(scope: &'a Scope, name: &str) -> Result<&'a Entry, KeyRingError> {
    let mut entries = scope.entries.iter().rev();
    let found = entries.find(|entry| entry.name.as_str() == name);
    found.ok_or(KeyRingError::UnknownEntry)
}

fn is(entry: &Entry, name: &str, generation: u32) -> bool {
    entry.name.as_str() == name && entry.generation == generation
}

/// Adds an entry whose place is free.
fn add(scope: &mut Scope, entry: Entry) {
    let at = scope
        .entries
        .partition_point(|other| other.place() < entry.place());
    scope.entries.insert(at, entry);
}
