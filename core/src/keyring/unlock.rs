//! Who can open a scope: slots are set, removed, and opened.

use rand_core::TryCryptoRng;

use super::name::Name;
use super::scope::{Place, Scope, ScopeKey};
use super::slot::{NamedSlot, Slot};
use super::{KeyRing, KeyRingError, Password, PasswordLimits};
use crate::backend::{CryptoBackend, FileBackend};
use crate::primitives::PasswordCost;
use crate::secret::Secret;
use crate::slot::{PasswordSlot, SecretSlot};
use crate::wrap::hpke::HpkeKem;
use crate::wrap::{Binding, Envelope, KekRing, PublicKek, Purpose};

const PASSWORD: &[u8] = b"SPRAG1 kr pw";
const DEVICE: &[u8] = b"SPRAG1 kr dk";

impl<B: FileBackend> KeyRing<B> {
    /// Lets a password open the scope; in place of the slot that had the name, if there was one. The
    /// keys stay as they are. What checking it costs is up to `cost`, for us now and for an attacker
    /// at each guess.
    ///
    /// # Errors
    /// [`KeyRingError::CostRefused`] for a cost that Argon2 does not allow,
    /// [`KeyRingError::OutOfMemory`], [`KeyRingError::Full`] beyond 64 slots,
    /// [`KeyRingError::NameTooLong`], [`KeyRingError::InvalidName`], [`KeyRingError::Entropy`], and as
    /// [`revision`](Self::revision).
    pub fn set_password<R: TryCryptoRng + ?Sized>(
        &mut self,
        key: &ScopeKey<B>,
        slot: &str,
        password: &Password,
        cost: PasswordCost,
        rng: &mut R,
    ) -> Result<(), KeyRingError> {
        self.set(key, slot, || {
            let label = key.place.label(PASSWORD);
            let slot = PasswordSlot::seal::<B, R>(&key.key, password, cost, &label, rng)?;
            Ok(Slot::Password(slot))
        })
    }

    /// Unlocks a scope with the password of a slot. Only that slot is tried, for each try costs what
    /// the file says, within the limits.
    ///
    /// # Errors
    /// [`KeyRingError::UnknownScope`], [`KeyRingError::UnknownSlot`], [`KeyRingError::CostRefused`],
    /// [`KeyRingError::OutOfMemory`], [`KeyRingError::WrongPassword`], [`KeyRingError::Damaged`].
    pub fn unlock_with_password(
        &self,
        scope: &str,
        slot: &str,
        password: &Password,
        limits: &PasswordLimits,
    ) -> Result<ScopeKey<B>, KeyRingError> {
        let scope = self.scope(scope)?;
        let mut slots = scope.slots.iter().filter(|it| it.name.as_str() == slot);
        let slot = slots.find_map(|slot| match &slot.slot {
            Slot::Password(slot) => Some(slot),
            _ => None,
        });
        let (slot, place) = (
            slot.ok_or(KeyRingError::UnknownSlot)?,
            scope.place(&self.id),
        );
        let key = slot.open::<B>(password, limits, &place.label(PASSWORD))?;
        unlocked(scope, place, key.ok_or(KeyRingError::WrongPassword)?)
    }
}

impl<B: CryptoBackend> KeyRing<B> {
    /// Lets a 32-byte secret of a device open the scope; in place of the slot that had the name, if
    /// there was one. One secret may open many scopes and rings.
    ///
    /// # Errors
    /// [`KeyRingError::Full`] beyond 64 slots, [`KeyRingError::NameTooLong`],
    /// [`KeyRingError::InvalidName`], [`KeyRingError::Entropy`], and as [`revision`](Self::revision).
    pub fn set_device_key<R: TryCryptoRng + ?Sized>(
        &mut self,
        key: &ScopeKey<B>,
        slot: &str,
        device: &Secret<32>,
        rng: &mut R,
    ) -> Result<(), KeyRingError> {
        self.set(key, slot, || {
            let label = key.place.label(DEVICE);
            let slot = SecretSlot::seal::<B, R>(&key.key, device, &label, rng)?;
            Ok(Slot::Device(slot))
        })
    }

    /// Lets the holder of a private key open the scope; in place of the slot that had the name, if
    /// there was one. After a rotation of the recipient's key it is set again.
    ///
    /// # Errors
    /// [`KeyRingError::WrongKey`] if the public key is a bad one, and as
    /// [`set_device_key`](Self::set_device_key).
    pub fn set_recipient<K: HpkeKem<B>, R: TryCryptoRng + ?Sized>(
        &mut self,
        key: &ScopeKey<B>,
        slot: &str,
        to: &PublicKek<B, K>,
        rng: &mut R,
    ) -> Result<(), KeyRingError> {
        self.set(key, slot, || {
            let context = key.place.context();
            let binding = binding(&key.place.ring, &context);
            Ok(Slot::Recipient(Envelope::seal(
                &key.key, to, &binding, rng,
            )?))
        })
    }

    /// Removes a slot. It opens the older copies of the ring still: [`rotate_scope`] shuts its holder
    /// out of what comes later, which this alone does not if it kept the scope key.
    ///
    /// [`rotate_scope`]: Self::rotate_scope
    ///
    /// # Errors
    /// [`KeyRingError::UnknownSlot`], and as [`revision`](Self::revision).
    pub fn remove_slot(&mut self, key: &ScopeKey<B>, slot: &str) -> Result<(), KeyRingError> {
        self.change(key, |scope| {
            let before = scope.slots.len();
            scope.slots.retain(|other| other.name.as_str() != slot);
            if scope.slots.len() == before {
                return Err(KeyRingError::UnknownSlot);
            }
            Ok(())
        })
    }

    /// Unlocks a scope with the secret of a device.
    ///
    /// # Errors
    /// [`KeyRingError::UnknownScope`], [`KeyRingError::UnknownSlot`], [`KeyRingError::WrongKey`],
    /// [`KeyRingError::Damaged`].
    pub fn unlock_with_device_key(
        &self,
        scope: &str,
        device: &Secret<32>,
    ) -> Result<ScopeKey<B>, KeyRingError> {
        let scope = self.scope(scope)?;
        let place = scope.place(&self.id);
        let label = place.label(DEVICE);
        let mut refused = KeyRingError::UnknownSlot;
        for slot in &scope.slots {
            let Slot::Device(slot) = &slot.slot else {
                continue;
            };
            match slot.open::<B>(device, &label)? {
                Some(key) => return unlocked(scope, place, key),
                None => refused = KeyRingError::WrongKey,
            }
        }
        Err(refused)
    }

    /// Unlocks a scope with a recipient's private keys.
    ///
    /// # Errors
    /// As [`unlock_with_device_key`](Self::unlock_with_device_key).
    pub fn unlock_with_kek<K: HpkeKem<B>>(
        &self,
        scope: &str,
        ring: &KekRing<B, K>,
    ) -> Result<ScopeKey<B>, KeyRingError> {
        let scope = self.scope(scope)?;
        let place = scope.place(&self.id);
        let context = place.context();
        let binding = binding(&self.id, &context);
        let mut refused = KeyRingError::UnknownSlot;
        for slot in &scope.slots {
            let Slot::Recipient(envelope) = &slot.slot else {
                continue;
            };
            match ring.open(envelope, &binding) {
                Ok(key) => return unlocked(scope, place, key),
                Err(error) => refused = error.into(),
            }
        }
        Err(refused)
    }

    /// Puts a slot under a name.
    fn set(
        &mut self,
        key: &ScopeKey<B>,
        name: &str,
        slot: impl FnOnce() -> Result<Slot, KeyRingError>,
    ) -> Result<(), KeyRingError> {
        let name = Name::new(name)?;
        self.change(key, |scope| {
            let slot = slot()?;
            scope.slots.retain(|other| other.name != name);
            let at = scope.slots.partition_point(|other| other.name < name);
            scope.slots.insert(at, NamedSlot { name, slot });
            Ok(())
        })
    }
}

fn binding<'a>(ring: &'a [u8; 16], context: &'a [u8]) -> Binding<'a> {
    Binding {
        purpose: Purpose::KeyRing,
        key_id: ring,
        context,
    }
}

fn unlocked<B: CryptoBackend>(
    scope: &Scope,
    place: Place,
    key: Secret<32>,
) -> Result<ScopeKey<B>, KeyRingError> {
    let key = ScopeKey::new(place, key);
    scope.authenticate(&key)?;
    Ok(key)
}
