//! A key ring: the keys of a device, a user, an application, at rest in one file.
//!
//! What lives here: [`KeyRing`], named scopes of named 32-byte keys with generations; who can open a
//! scope (a password, a device key, a key-encryption key of [`crate::wrap`]); [`KeyRings`], which keeps
//! rings in a [`Store`](crate::store::Store). What does not: what the keys are for; sessions and
//! prekeys, which a ring that came back from a copy would set back ([`crate::durable`]).
//!
//! ```text
//! ring      "SPRAGSKR"(8) || version(1) = 1 || ring id(16) || scopes(1) || scope *     names rise
//! scope     name || generation(4) || revision(8) || slots(1) || slot * || keys(2) || key * || mac(32)
//! slot      name || type(1) || length(2) || data                                       names rise
//!   1       memory(4) || passes(4) || lanes(4) || salt(16) || commitment(32) || wrapped(48)
//!   2       salt(16) || commitment(32) || wrapped(48)
//!   3       envelope of crate::wrap, purpose 5, key id = ring id, context = name || generation(4)
//! key       name || generation(4) || nonce(12) || sealed(48)          names rise, then generations
//! name      length(1) || 1 to 64 of A-Z a-z 0-9 - _ . /
//!
//! SK        32 random bytes for each generation of a scope; place = ring id || name || generation(4)
//! slots     of SK, as crate::slot says, label "SPRAG1 kr pw" || place or "SPRAG1 kr dk" || place
//! ad        "SPRAG1 kr key" || place || the key's name || its generation(4)
//! sealed    AES-256-GCM(HKDF-Expand(SK, ad, 32), nonce, ad, key)
//! mac       HMAC(HKDF-Expand(SK, "SPRAG1 kr mac", 32), first 25 bytes of the ring || scope before mac)
//! ```
//! Scopes share nothing but the file: each has a key of its own, so whoever opens one opens no other,
//! and every key and slot is bound to its ring, scope and generation. The MAC covers a scope as a
//! whole: nothing in it can be left out, reordered, exchanged or set back alone. Whoever opens a scope
//! may also change it.
//!
//! What no file can tell of itself: that **it**, or a scope of it as a whole, is an older copy, or that
//! a scope was left out. Where that matters, keep each scope's [`revision`](KeyRing::revision), which
//! rises with each change, where the file's keeper cannot set it back (a counter in hardware, another
//! party), and refuse a lower one. Names, kinds of slots and numbers stand in the clear.
//!
//! A slot that was removed still opens the older copies of the file. [`rotate_scope`] shuts a holder
//! out of what comes later; keys it has seen, it has seen: [`rotate`] them too.
//!
//! [`rotate`]: KeyRing::rotate
//! [`rotate_scope`]: KeyRing::rotate_scope
//!
//! ```
//! # fn example<Backend: sprag_core::FileBackend>(
//! #     rng: &mut impl rand_core::CryptoRng,
//! # ) -> Result<(), sprag_core::keyring::KeyRingError> {
//! use sprag_core::Secret;
//! use sprag_core::keyring::{KeyRing, Password, PasswordLimits};
//! use sprag_core::primitives::PasswordCost;
//!
//! let mut ring = KeyRing::<Backend>::new(rng)?;
//! let user = ring.create_scope("user", rng)?;
//! let password = Password::from_nfkc("correct horse"); // sprag::password normalizes
//! ring.set_password(&user, "password", &password, PasswordCost::SMALL, rng)?;
//! let phone = Secret::random(rng)?; // kept in the phone's hardware
//! ring.set_device_key(&user, "phone", &phone, rng)?;
//! ring.generate(&user, "notes", rng)?;
//! let file = ring.encode()?;
//!
//! // Later: the phone opens it, and makes a new generation of the key.
//! let mut ring = KeyRing::<Backend>::decode(&file)?;
//! let user = ring.unlock_with_device_key("user", &phone)?;
//! let (first, old) = ring.current(&user, "notes")?;
//! assert_eq!(ring.rotate(&user, "notes", rng)?, 2);
//! assert_eq!(ring.get(&user, "notes", first)?.expose(), old.expose());
//!
//! // The phone is lost: a new scope key, and only the password opens it.
//! let user = ring.rotate_scope(&user, rng)?;
//! ring.set_password(&user, "password", &password, PasswordCost::SMALL, rng)?;
//! let file = ring.encode()?;
//! let ring = KeyRing::<Backend>::decode(&file)?;
//! assert!(ring.unlock_with_device_key("user", &phone).is_err());
//! ring.unlock_with_password("user", "password", &password, &PasswordLimits::default())?;
//! # Ok(())
//! # }
//! ```

mod entry;
mod error;
mod keys;
mod name;
mod scope;
mod slot;
mod stored;
mod unlock;

pub use crate::password::{Password, PasswordLimits};
pub use error::KeyRingError;
pub use name::MAX_NAME;
pub use scope::ScopeKey;
pub use slot::SlotKind;
pub use stored::{KeyRings, Stored};

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use rand_core::TryCryptoRng;

use self::name::Name;
use self::scope::{Place, Scope};
use self::slot::Slot;
use crate::backend::CryptoBackend;
use crate::codec::{Reader, Writer};
use crate::entropy;
use crate::lifecycle::{KeyAction, KeyKind, each};
use crate::secret::Secret;
use crate::wrap::KekName;

const MAGIC: &[u8; 8] = b"SPRAGSKR";
const VERSION: u8 = 1;
const MAX_SCOPES: usize = 64;

/// A key ring as it is stored: sealed. What opens a scope of it gives a [`ScopeKey`], and that is what
/// reads and changes the scope. There is nothing secret in the ring itself.
pub struct KeyRing<B> {
    id: [u8; 16],
    /// By ascending name.
    scopes: Vec<Scope>,
    backend: PhantomData<B>,
}

impl<B: CryptoBackend> KeyRing<B> {
    /// A ring without scopes, with a random id.
    ///
    /// # Errors
    /// [`KeyRingError::Entropy`].
    pub fn new<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, KeyRingError> {
        let mut id = [0; 16];
        entropy::fill(rng, &mut id)?;
        Ok(Self {
            id,
            scopes: Vec::new(),
            backend: PhantomData,
        })
    }

    /// Tells this ring from all others.
    #[must_use]
    pub const fn id(&self) -> &[u8; 16] {
        &self.id
    }

    /// The names of the scopes. Each is authentic once the scope was unlocked.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().map(|scope| scope.name.as_str())
    }

    /// The slots of a scope, by name: to know what to ask for. Authentic once the scope was unlocked.
    ///
    /// # Errors
    /// [`KeyRingError::UnknownScope`].
    pub fn slots(
        &self,
        scope: &str,
    ) -> Result<impl Iterator<Item = (&str, SlotKind)>, KeyRingError> {
        let slots = self.scope(scope)?.slots.iter();
        Ok(slots.map(|slot| (slot.name.as_str(), slot.kind())))
    }

    /// Makes a scope under a fresh key. Give it a slot before the ring is [encoded](Self::encode).
    ///
    /// # Errors
    /// [`KeyRingError::NameTooLong`], [`KeyRingError::InvalidName`], [`KeyRingError::Exists`],
    /// [`KeyRingError::Full`] beyond 64 scopes, [`KeyRingError::Entropy`].
    pub fn create_scope<R: TryCryptoRng + ?Sized>(
        &mut self,
        scope: &str,
        rng: &mut R,
    ) -> Result<ScopeKey<B>, KeyRingError> {
        let name = Name::new(scope)?;
        let found = self.scopes.binary_search_by(|other| other.name.cmp(&name));
        let Err(at) = found else {
            return Err(KeyRingError::Exists);
        };
        if self.scopes.len() >= MAX_SCOPES {
            return Err(KeyRingError::Full);
        }
        let place = Place {
            ring: self.id,
            scope: name,
            generation: 1,
        };
        let key = ScopeKey::new(place, Secret::random(rng)?);
        self.scopes.insert(at, Scope::create(&key)?);
        Ok(key)
    }

    /// Removes a scope and all its keys.
    ///
    /// # Errors
    /// As [`revision`](Self::revision).
    pub fn remove_scope(&mut self, key: &ScopeKey<B>) -> Result<(), KeyRingError> {
        let at = self.find(key)?;
        let keys = self.scopes.remove(at).entries.len();
        each::<B>(KeyKind::WrappedKey, KeyAction::Destroyed, keys);
        Ok(())
    }

    /// How often the scope was changed: it rises with each change, for a counter outside to be
    /// compared with.
    ///
    /// # Errors
    /// [`KeyRingError::ForeignRing`] if the scope key is of another ring,
    /// [`KeyRingError::UnknownScope`] if the scope was removed, [`KeyRingError::Rotated`] if the key is
    /// not of the scope's generation, [`KeyRingError::Damaged`]. So for every call with a scope key.
    pub fn revision(&self, key: &ScopeKey<B>) -> Result<u64, KeyRingError> {
        Ok(self.authentic(key)?.revision)
    }

    /// The bytes to keep: 26 and, for each scope, 48, for each password 112, for each device key 100,
    /// for each recipient 138, or 1226 with X-Wing, for each key 65, and the names.
    ///
    /// # Errors
    /// [`KeyRingError::NoSlot`] if a scope could not be opened again.
    pub fn encode(&self) -> Result<Vec<u8>, KeyRingError> {
        let mut bytes = front(&self.id);
        bytes.put(&[self.scopes.len() as u8]);
        for scope in &self.scopes {
            if scope.slots.is_empty() {
                return Err(KeyRingError::NoSlot);
            }
            scope.write(&mut bytes);
        }
        Ok(bytes)
    }

    /// Reads what [`encode`](Self::encode) wrote, and believes nothing of it yet.
    ///
    /// # Errors
    /// [`KeyRingError::Foreign`], [`KeyRingError::UnsupportedVersion`], [`KeyRingError::Malformed`].
    pub fn decode(bytes: &[u8]) -> Result<Self, KeyRingError> {
        let (id, scopes) = read(bytes)?;
        Ok(Self {
            id,
            scopes,
            backend: PhantomData,
        })
    }

    fn scope(&self, name: &str) -> Result<&Scope, KeyRingError> {
        let mut scopes = self.scopes.iter();
        let found = scopes.find(|scope| scope.name.as_str() == name);
        found.ok_or(KeyRingError::UnknownScope)
    }

    /// Where the scope of a key stands.
    fn find(&self, key: &ScopeKey<B>) -> Result<usize, KeyRingError> {
        if key.place.ring != self.id {
            return Err(KeyRingError::ForeignRing);
        }
        let mut scopes = self.scopes.iter().enumerate();
        let found = scopes.find(|(_, scope)| scope.name == key.place.scope);
        let (at, scope) = found.ok_or(KeyRingError::UnknownScope)?;
        if scope.generation != key.place.generation {
            return Err(KeyRingError::Rotated);
        }
        scope.authenticate(key)?;
        Ok(at)
    }

    /// The scope of a key, once it is known to be genuine.
    fn authentic(&self, key: &ScopeKey<B>) -> Result<&Scope, KeyRingError> {
        let at = self.find(key)?;
        self.scopes.get(at).ok_or(KeyRingError::UnknownScope)
    }

    /// Changes the scope of a key, or leaves it as it was.
    fn change<T>(
        &mut self,
        key: &ScopeKey<B>,
        change: impl FnOnce(&mut Scope) -> Result<T, KeyRingError>,
    ) -> Result<T, KeyRingError> {
        let at = self.find(key)?;
        let before = self.scopes.get_mut(at).ok_or(KeyRingError::UnknownScope)?;
        let mut scope = before.clone();
        let outcome = change(&mut scope)?;
        scope.changed(key)?;
        *before = scope;
        Ok(outcome)
    }
}

impl<B> fmt::Debug for KeyRing<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("scopes", &self.scopes.len())
            .finish_non_exhaustive()
    }
}

/// The recipients of a ring, all scopes together.
pub(crate) fn recipients(bytes: &[u8]) -> Result<Vec<KekName>, KeyRingError> {
    let (_, scopes) = read(bytes)?;
    let slots = scopes.iter().flat_map(|scope| &scope.slots);
    let names = slots.filter_map(|slot| match &slot.slot {
        Slot::Recipient(envelope) => Some(envelope.kek()),
        _ => None,
    });
    Ok(names.collect())
}

fn read(bytes: &[u8]) -> Result<([u8; 16], Vec<Scope>), KeyRingError> {
    let mut reader = Reader::new(bytes);
    if reader.array().map_err(|_| KeyRingError::Foreign)? != MAGIC {
        return Err(KeyRingError::Foreign);
    }
    let version = reader.u8()?;
    if version != VERSION {
        return Err(KeyRingError::UnsupportedVersion(version));
    }
    let (id, count) = (*reader.array()?, usize::from(reader.u8()?));
    if count > MAX_SCOPES {
        return Err(KeyRingError::Malformed);
    }
    let scopes = (0..count).map(|_| Scope::read(&mut reader));
    let scopes: Vec<_> = scopes.collect::<Result<_, _>>()?;
    reader.finish()?;
    if !scopes.is_sorted_by(|one, next| one.name < next.name) {
        return Err(KeyRingError::Malformed);
    }
    Ok((id, scopes))
}

/// What stands in front of the scopes: 25 bytes.
fn front(id: &[u8; 16]) -> Vec<u8> {
    let mut front = MAGIC.to_vec();
    front.put(&[VERSION]);
    front.put(id);
    front
}
