//! The keys of objects at rest: one random key for each object, wrapped in a record beside the place
//! where the object lies.
//!
//! ```text
//! record   kind 5, the object's name:
//!          0x01 || current || previous(1) || [previous]
//! version  length(2) || envelope || length(2) || location
//! envelope purpose 2, key id = first 16 bytes of SHA-256(name), context = name
//! ```
//! The object itself, sealed in chunks under its key ([`crate::history::chunked`]), lies where the
//! application puts it; the record only says where. Two ways lead to new keys:
//!
//! - **wrapping anew** ([`Objects::rewrap`]) when a key-encryption key is rotated: cheap, the object
//!   stays;
//! - **encrypting anew** when the object's own key must go: stream the object under a fresh key to
//!   another place, then [`replace`](Objects::replace) swaps both in one commit. Readers of the old
//!   version have a grace period, until [`forget_previous`](Objects::forget_previous).

use alloc::vec::Vec;

use rand_core::TryCryptoRng;

use super::hpke::HpkeKem;
use super::{
    Binding, Envelope, Holder, KekRing, Purpose, RewrapCursor, RewrapProgress, WrapError, replace,
    rewrap_page, unexpected,
};
use crate::backend::CryptoBackend;
use crate::codec::{Reader, Writer};
use crate::lifecycle::{KeyAction, KeyKind, each, tell};
use crate::primitives::Hmac;
use crate::secret::Secret;
use crate::store::{Change, RecordId, RecordKind, Store};

const FORMAT: u8 = 1;

/// An object's key and place, as of one moment.
#[derive(Debug)]
pub struct Object {
    /// The key that the object is sealed under.
    pub key: Secret<32>,
    /// Where it lies, in the application's words.
    pub location: Vec<u8>,
    /// The same of the version before, until it is forgotten.
    pub previous: Option<(Secret<32>, Vec<u8>)>,
    revision: u64,
}

/// The wrapped keys of objects, in a store.
#[derive(Debug)]
pub struct Objects<S, B, K: HpkeKem<B>> {
    store: S,
    ring: KekRing<B, K>,
}

impl<S: Store, B: CryptoBackend, K: HpkeKem<B>> Objects<S, B, K> {
    /// The objects whose records are in `store`, under a key-encryption key.
    #[must_use]
    pub const fn new(store: S, ring: KekRing<B, K>) -> Self {
        Self { store, ring }
    }

    /// The generations of the key-encryption key, to rotate them.
    pub const fn ring_mut(&mut self) -> &mut KekRing<B, K> {
        &mut self.ring
    }

    /// Records an object, sealed under `key` and lying at `location` (at most 65535 bytes). Put the
    /// object there first.
    ///
    /// # Errors
    /// [`WrapError::Exists`]; [`WrapError::Malformed`] for a name of more than 160 bytes or a
    /// location that is too long; the store's errors.
    pub fn insert<R: TryCryptoRng + ?Sized>(
        &self,
        name: &[u8],
        key: &Secret<32>,
        location: &[u8],
        rng: &mut R,
    ) -> Result<(), WrapError> {
        let id = RecordId::new(RecordKind::Object, name)?;
        let current = self.version(&id, key, location, rng)?;
        let previous = None;
        self.commit(&id, None, &Versions { current, previous }, rng)
            .map_err(|error| match error {
                WrapError::Conflict => WrapError::Exists,
                other => other,
            })?;
        tell::<B>(KeyKind::WrappedKey, KeyAction::Generated);
        Ok(())
    }

    /// An object's key and place.
    ///
    /// # Errors
    /// [`WrapError::NotFound`], and as [`KekRing::open`]; the store's errors.
    pub fn get(&self, name: &[u8]) -> Result<Object, WrapError> {
        let id = RecordId::new(RecordKind::Object, name)?;
        let (versions, revision) = self.load(&id)?;
        let open = |version: Version| {
            let key = bound::<B, _>(&id, |binding| self.ring.open(&version.envelope, binding))?;
            Ok::<_, WrapError>((key, version.location))
        };
        let previous = versions.previous.map(open).transpose()?;
        let (key, location) = open(versions.current)?;
        tell::<B>(KeyKind::WrappedKey, KeyAction::Used);
        Ok(Object {
            key,
            location,
            previous,
            revision,
        })
    }

    /// Swaps an object that was encrypted anew in for the version in `seen`, which stays readable
    /// until it is forgotten.
    ///
    /// # Errors
    /// [`WrapError::Conflict`] if somebody else changed the record since `seen` was read: the new
    /// version is then nobody's. Otherwise as [`insert`](Self::insert).
    pub fn replace<R: TryCryptoRng + ?Sized>(
        &self,
        name: &[u8],
        seen: &Object,
        key: &Secret<32>,
        location: &[u8],
        rng: &mut R,
    ) -> Result<(), WrapError> {
        let id = RecordId::new(RecordKind::Object, name)?;
        let current = self.version(&id, key, location, rng)?;
        let previous = Some(self.version(&id, &seen.key, &seen.location, rng)?);
        self.commit(
            &id,
            Some(seen.revision),
            &Versions { current, previous },
            rng,
        )?;
        tell::<B>(KeyKind::WrappedKey, KeyAction::Renewed);
        if seen.previous.is_some() {
            tell::<B>(KeyKind::WrappedKey, KeyAction::Destroyed);
        }
        Ok(())
    }

    /// Ends the grace period: destroys the previous version's key, and says where the version lies,
    /// for the application to remove it.
    ///
    /// # Errors
    /// As [`replace`](Self::replace).
    pub fn forget_previous<R: TryCryptoRng + ?Sized>(
        &self,
        name: &[u8],
        rng: &mut R,
    ) -> Result<Option<Vec<u8>>, WrapError> {
        let id = RecordId::new(RecordKind::Object, name)?;
        let (mut versions, revision) = self.load(&id)?;
        let Some(previous) = versions.previous.take() else {
            return Ok(None);
        };
        self.commit(&id, Some(revision), &versions, rng)?;
        tell::<B>(KeyKind::WrappedKey, KeyAction::Destroyed);
        Ok(Some(previous.location))
    }

    /// Removes an object's record, and with it every copy of its key that the store has.
    ///
    /// # Errors
    /// [`WrapError::NotFound`], [`WrapError::Conflict`]; the store's errors.
    pub fn remove(&self, name: &[u8]) -> Result<(), WrapError> {
        let id = RecordId::new(RecordKind::Object, name)?;
        let (mut versions, revision) = self.load(&id)?;
        let (expected, new) = (Some(revision), None);
        let change = Change { id, expected, new };
        self.store.commit(&[change]).map_err(unexpected)?;
        let keys = versions.envelopes().count();
        each::<B>(KeyKind::WrappedKey, KeyAction::Destroyed, keys);
        Ok(())
    }

    /// Wraps the keys of the next `limit` objects for the current generation.
    ///
    /// # Errors
    /// As [`KekRing::rewrap`]; the store's errors. What was done before stays done.
    pub fn rewrap<R: TryCryptoRng + ?Sized>(
        &self,
        from: &RewrapCursor,
        limit: usize,
        rng: &mut R,
    ) -> Result<RewrapProgress, WrapError> {
        rewrap_page::<Versions, B, K, S, R>(&self.store, &self.ring, from, limit, rng)
    }

    /// Wipes an older generation's private key, once nothing in the store refers to it.
    ///
    /// Before that, every worker has the newer generation: one that still wraps for the old one
    /// would bring new references to it.
    ///
    /// # Errors
    /// [`WrapError::Referenced`] while any record refers to it, [`WrapError::CurrentGeneration`],
    /// [`WrapError::UnknownGeneration`]; the store's errors.
    pub fn destroy_generation(&mut self, generation: u32) -> Result<(), WrapError> {
        self.ring.destroy(generation, &self.store)
    }

    fn version<R: TryCryptoRng + ?Sized>(
        &self,
        id: &RecordId,
        key: &Secret<32>,
        location: &[u8],
        rng: &mut R,
    ) -> Result<Version, WrapError> {
        if u16::try_from(location.len()).is_err() {
            return Err(WrapError::Malformed);
        }
        let to = self.ring.current();
        let envelope = bound::<B, _>(id, |binding| Envelope::seal(key, &to, binding, rng))?;
        let location = location.to_vec();
        Ok(Version { envelope, location })
    }

    fn load(&self, id: &RecordId) -> Result<(Versions, u64), WrapError> {
        let found = self.store.load(core::slice::from_ref(id))?;
        let record = found.into_iter().next().flatten();
        let record = record.ok_or(WrapError::NotFound)?;
        Ok((Versions::decode(id, &record.blob)?, record.revision))
    }

    fn commit<R: TryCryptoRng + ?Sized>(
        &self,
        id: &RecordId,
        expected: Option<u64>,
        versions: &Versions,
        rng: &mut R,
    ) -> Result<(), WrapError> {
        let change = replace(id, expected, versions.encode(), rng)?;
        self.store.commit(&[change]).map_err(unexpected)
    }
}

struct Version {
    envelope: Envelope,
    location: Vec<u8>,
}

impl Version {
    fn read(reader: &mut Reader<'_>) -> Result<Self, WrapError> {
        Ok(Self {
            envelope: Envelope::decode(reader.prefixed()?)?,
            location: reader.prefixed()?.to_vec(),
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        for field in [&self.envelope.encode(), &self.location] {
            out.put_u16(field.len() as u16);
            out.put(field);
        }
    }
}

/// What a record holds.
pub(super) struct Versions {
    current: Version,
    previous: Option<Version>,
}

impl Versions {
    fn read(blob: &[u8]) -> Result<Self, WrapError> {
        let mut reader = Reader::new(blob);
        if reader.u8()? != FORMAT {
            return Err(WrapError::Malformed);
        }
        let current = Version::read(&mut reader)?;
        let previous = reader.flag()?.then(|| Version::read(&mut reader));
        let previous = previous.transpose()?;
        reader.finish()?;
        Ok(Self { current, previous })
    }
}

impl Holder for Versions {
    const KIND: RecordKind = RecordKind::Object;

    fn decode(id: &RecordId, blob: &[u8]) -> Result<Self, WrapError> {
        Self::read(blob).map_err(|_| WrapError::Damaged(id.clone()))
    }

    fn encode(&self) -> Vec<u8> {
        let mut blob = Vec::from([FORMAT]);
        self.current.write(&mut blob);
        blob.put(&[u8::from(self.previous.is_some())]);
        if let Some(previous) = &self.previous {
            previous.write(&mut blob);
        }
        blob
    }

    fn envelopes(&mut self) -> impl Iterator<Item = &mut Envelope> {
        let current = core::iter::once(&mut self.current);
        let versions = current.chain(self.previous.as_mut());
        versions.map(|version| &mut version.envelope)
    }

    fn bound<B: CryptoBackend, T>(id: &RecordId, then: impl FnOnce(&Binding<'_>) -> T) -> T {
        bound::<B, T>(id, then)
    }
}

fn bound<B: CryptoBackend, T>(id: &RecordId, then: impl FnOnce(&Binding<'_>) -> T) -> T {
    let digest = B::HmacSha256::sha256(&[id.name()]);
    let mut key_id = [0; 16];
    key_id
        .iter_mut()
        .zip(digest)
        .for_each(|(to, from)| *to = from);
    then(&Binding {
        purpose: Purpose::Object,
        key_id: &key_id,
        context: id.name(),
    })
}
