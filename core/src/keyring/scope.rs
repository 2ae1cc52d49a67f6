//! A scope as it is stored: its slots, its keys, and the MAC over both.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use subtle::ConstantTimeEq;

use super::entry::Entry;
use super::name::Name;
use super::slot::NamedSlot;
use super::{KeyRingError, front};
use crate::backend::CryptoBackend;
use crate::codec::{Malformed, Reader, Writer};
use crate::lifecycle::{KeyAction, KeyKind, Life};
use crate::primitives::Hmac;
use crate::secret::Secret;

const MAC_LABEL: &[u8] = b"SPRAG1 kr mac";
const MAX_SLOTS: usize = 64;
const MAX_ENTRIES: usize = 1024;

/// Names one generation of one scope of one ring.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) ring: [u8; 16],
    pub(super) scope: Name,
    pub(super) generation: u32,
}

impl Place {
    /// A label that holds for this place alone.
    pub(super) fn label(&self, label: &[u8]) -> Vec<u8> {
        let mut bytes = label.to_vec();
        bytes.put(&self.ring);
        bytes.put(&self.context());
        bytes
    }

    /// The place within its ring.
    pub(super) fn context(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.scope.write(&mut bytes);
        bytes.put_u32(self.generation);
        bytes
    }
}

/// The key of one generation of a scope: leave to read and to change it. Wiped on drop.
pub struct ScopeKey<B> {
    pub(super) place: Place,
    pub(super) key: Secret<32>,
    life: Life,
    backend: PhantomData<B>,
}

impl<B: CryptoBackend> ScopeKey<B> {
    /// A key that takes no other's place.
    pub(super) fn new(place: Place, key: Secret<32>) -> Self {
        let life = Life::begins::<B>(KeyKind::ScopeKey);
        Self::with(place, key, life)
    }

    /// A key that takes the place of this one.
    pub(super) fn next(&self, place: Place, key: Secret<32>) -> Self {
        Self::with(place, key, self.life.next(KeyAction::Renewed))
    }
}

impl<B> ScopeKey<B> {
    const fn with(place: Place, key: Secret<32>, life: Life) -> Self {
        Self {
            place,
            key,
            life,
            backend: PhantomData,
        }
    }

    /// It sealed or opened a key of its scope.
    pub(super) fn used(&self) {
        self.life.used();
    }

    /// The scope's name.
    #[must_use]
    pub fn scope(&self) -> &str {
        self.place.scope.as_str()
    }

    /// The generation of the scope's key, from 1.
    #[must_use]
    pub const fn generation(&self) -> u32 {
        self.place.generation
    }
}

impl<B> fmt::Debug for ScopeKey<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopeKey")
            .field("scope", &self.scope())
            .field("generation", &self.place.generation)
            .finish_non_exhaustive()
    }
}

/// A scope, sealed. There is nothing secret in it.
#[derive(Clone)]
pub(super) struct Scope {
    pub(super) name: Name,
    pub(super) generation: u32,
    /// Counts the scope's changes.
    pub(super) revision: u64,
    /// By ascending name.
    pub(super) slots: Vec<NamedSlot>,
    /// By ascending name, then generation.
    pub(super) entries: Vec<Entry>,
    mac: [u8; 32],
}

impl Scope {
    /// A scope that nobody can open yet.
    pub(super) fn create<B: CryptoBackend>(key: &ScopeKey<B>) -> Result<Self, KeyRingError> {
        let mut scope = Self {
            name: key.place.scope.clone(),
            generation: key.place.generation,
            revision: 1,
            slots: Vec::new(),
            entries: Vec::new(),
            mac: [0; 32],
        };
        scope.mac = scope.mac_under(key)?;
        Ok(scope)
    }

    pub(super) fn place(&self, ring: &[u8; 16]) -> Place {
        Place {
            ring: *ring,
            scope: self.name.clone(),
            generation: self.generation,
        }
    }

    /// Whether it is as somebody made it who has the key.
    pub(super) fn authenticate<B: CryptoBackend>(
        &self,
        key: &ScopeKey<B>,
    ) -> Result<(), KeyRingError> {
        if bool::from(self.mac_under(key)?.ct_eq(&self.mac)) {
            Ok(())
        } else {
            Err(KeyRingError::Damaged)
        }
    }

    /// Ends a change.
    pub(super) fn changed<B: CryptoBackend>(
        &mut self,
        key: &ScopeKey<B>,
    ) -> Result<(), KeyRingError> {
        if self.slots.len() > MAX_SLOTS || self.entries.len() > MAX_ENTRIES {
            return Err(KeyRingError::Full);
        }
        let next = self.revision.checked_add(1);
        self.revision = next.ok_or(KeyRingError::GenerationsUsedUp)?;
        self.mac = self.mac_under(key)?;
        Ok(())
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (name, generation, revision) = (Name::read(reader)?, reader.u32()?, reader.u64()?);
        let count = usize::from(reader.u8()?);
        if generation == 0 || revision == 0 || count == 0 || count > MAX_SLOTS {
            return Err(Malformed);
        }
        let slots = (0..count).map(|_| NamedSlot::read(reader));
        let slots: Vec<_> = slots.collect::<Result<_, _>>()?;
        let count = usize::from(reader.u16()?);
        if count > MAX_ENTRIES {
            return Err(Malformed);
        }
        let entries = (0..count).map(|_| Entry::read(reader));
        let entries: Vec<_> = entries.collect::<Result<_, _>>()?;
        let rises = slots.is_sorted_by(|one, next| one.name < next.name)
            && entries.is_sorted_by(|one, next| one.place() < next.place());
        if !rises {
            return Err(Malformed);
        }
        Ok(Self {
            name,
            generation,
            revision,
            slots,
            entries,
            mac: *reader.array()?,
        })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        self.write_body(out);
        out.put(&self.mac);
    }

    fn write_body(&self, out: &mut Vec<u8>) {
        self.name.write(out);
        out.put_u32(self.generation);
        out.put_u64(self.revision);
        out.put(&[self.slots.len() as u8]);
        self.slots.iter().for_each(|slot| slot.write(out));
        out.put_u16(self.entries.len() as u16);
        self.entries.iter().for_each(|entry| entry.write(out));
    }

    fn mac_under<B: CryptoBackend>(&self, key: &ScopeKey<B>) -> Result<[u8; 32], KeyRingError> {
        let mut body = Vec::new();
        self.write_body(&mut body);
        let mut mac_key = Secret::<32>::zeroed();
        let scope_key = key.key.expose();
        B::HmacSha256::hkdf_expand(scope_key, MAC_LABEL, mac_key.expose_mut())?;
        let mut mac = [0; 32];
        B::HmacSha256::hmac(
            mac_key.expose(),
            &[&front(&key.place.ring), &body],
            &mut mac,
        );
        Ok(mac)
    }
}
