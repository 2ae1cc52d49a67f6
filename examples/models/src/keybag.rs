//! The key bag: what the devices of one account share, sealed for each of them.
//!
//! A [`KeyRing`] with one scope, which each device opens by a slot of its own: in it are the key of the
//! account's archive, and the public key of every device, for the next scope key to be sealed to. What
//! does not live here: who keeps the bag, which anybody may, and would learn the devices' numbers; how a
//! device shows its key to another, which must not go through whoever keeps the bag.
//!
//! A bag does not say who made it: whoever keeps it could put one of its own making in its place, or an
//! older copy. A real one is signed by a device, and each remembers the newest revision it has seen.

use sprag::keyring::{KeyRing, ScopeKey};
use sprag::sprag_core::backend::CryptoBackend;
use sprag::wrap::hpke::{DhKem, PrivateKey, PublicKey};
use sprag::wrap::{KekName, KekRing, PublicKek, WrapAlgorithm};
use sprag::{Secret, entropy};

use crate::Result;
use crate::address::Address;

const ALGORITHM: WrapAlgorithm = WrapAlgorithm::DhKemAes256Gcm;

const SCOPE: &str = "account";
const ARCHIVE: &str = "archive";

/// A bag, opened.
#[derive(Debug)]
pub struct KeyBag<B> {
    ring: KeyRing<B>,
    scope: ScopeKey<B>,
}

/// A device that the bag is sealed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The device.
    pub address: Address,
    /// Its public key for bags.
    pub key: [u8; 32],
}

impl<B: CryptoBackend> KeyBag<B> {
    /// A bag with a new archive key, for one device.
    ///
    /// # Errors
    /// The engine's.
    pub fn new(first: &Member) -> Result<Self> {
        let rng = &mut entropy::system();
        let mut ring = KeyRing::new(rng)?;
        let scope = ring.create_scope(SCOPE, rng)?;
        ring.generate(&scope, ARCHIVE, rng)?;
        let mut bag = Self { ring, scope };
        bag.add(first)?;
        Ok(bag)
    }

    /// The recovery key of the archive.
    ///
    /// # Errors
    /// The engine's.
    pub fn archive(&self) -> Result<Secret<32>> {
        Ok(self.ring.current(&self.scope, ARCHIVE)?.1)
    }

    /// Adds a device, of 64 at most; it can read the archive from the beginning.
    ///
    /// # Errors
    /// The engine's.
    pub fn add(&mut self, member: &Member) -> Result<()> {
        let (device, key) = (member.address.device, Secret::new(member.key));
        let rng = &mut entropy::system();
        self.ring.insert(&self.scope, &key_of(device), &key, rng)?;
        self.admit(device)
    }

    /// Removes a device: the others share a new scope key and a new archive key, as it knows the old
    /// ones. Archive anew.
    ///
    /// # Errors
    /// The engine's.
    pub fn remove(&mut self, device: &Address) -> Result<()> {
        let (rng, ring) = (&mut entropy::system(), &mut self.ring);
        ring.remove(&self.scope, &key_of(device.device))?;
        let (old, _) = ring.current(&self.scope, ARCHIVE)?;
        ring.rotate(&self.scope, ARCHIVE, rng)?;
        ring.destroy(&self.scope, ARCHIVE, old)?;
        self.scope = ring.rotate_scope(&self.scope, rng)?;
        self.devices()?
            .into_iter()
            .try_for_each(|device| self.admit(device))
    }

    /// The bag as it is kept: nobody but its devices opens it.
    ///
    /// # Errors
    /// The engine's.
    pub fn seal(&self) -> Result<Vec<u8>> {
        Ok(self.ring.encode()?)
    }

    /// Opens a bag with a device's key.
    ///
    /// # Errors
    /// [`KeyRingError::WrongKey`](sprag::keyring::KeyRingError::WrongKey) if it is not sealed for the
    /// device; the engine's others.
    pub fn open(file: &[u8], own: &KekRing<B, DhKem>) -> Result<Self> {
        let ring = KeyRing::decode(file)?;
        let scope = ring.unlock_with_kek(SCOPE, own)?;
        Ok(Self { ring, scope })
    }

    /// Lets a device whose key is in the bag open it.
    fn admit(&mut self, device: u32) -> Result<()> {
        let name = key_of(device);
        let (_, key) = self.ring.current(&self.scope, &name)?;
        let key = PublicKey::from_bytes(key.expose())?;
        let to = PublicKek::<B, DhKem>::new(kek(device), ALGORITHM, key)?;
        let rng = &mut entropy::system();
        Ok(self.ring.set_recipient(&self.scope, &name, &to, rng)?)
    }

    /// The numbers of the devices.
    fn devices(&self) -> Result<Vec<u32>> {
        let names = self.ring.entries(&self.scope)?.map(|(name, _)| name);
        let devices = names.filter_map(|name| name.strip_prefix(DEVICE)?.parse().ok());
        Ok(devices.collect())
    }
}

/// A device's private key for bags, and itself as a member.
///
/// # Errors
/// The engine's.
pub fn join<B: CryptoBackend>(address: Address) -> Result<(KekRing<B, DhKem>, Member)> {
    let private = PrivateKey::<B>::generate(&mut entropy::system())?;
    let key = *private.public().as_bytes();
    let ring = KekRing::at(kek(address.device), ALGORITHM, private)?;
    Ok((ring, Member { address, key }))
}

const DEVICE: &str = "device/";

/// The name of a device's public key in the bag, and of its slot.
fn key_of(device: u32) -> String {
    format!("{DEVICE}{device}")
}

/// Every device has one key, named by its number.
fn kek(device: u32) -> KekName {
    let mut id = [0; 16];
    id[12..].copy_from_slice(&device.to_be_bytes());
    let generation = 1;
    KekName { id, generation }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sprag::keyring::KeyRingError;
    use sprag::rustcrypto::Backend;

    #[test]
    fn only_the_devices_of_a_bag_open_it_and_a_removed_one_does_not_learn_the_new_key() {
        let device = |number| Address::new("alice", number).unwrap();
        let (one, first) = join::<Backend>(device(1)).unwrap();
        let (two, second) = join::<Backend>(device(2)).unwrap();
        let mut bag = KeyBag::new(&first).unwrap();
        let refused = |bag: &KeyBag<_>, own| {
            let refused = KeyBag::open(&bag.seal().unwrap(), own).unwrap_err();
            assert_eq!(refused.downcast_ref(), Some(&KeyRingError::WrongKey));
        };
        refused(&bag, &two);

        bag.add(&second).unwrap();
        let opened = KeyBag::open(&bag.seal().unwrap(), &two).unwrap();
        let key = |bag: &KeyBag<Backend>| *bag.archive().unwrap().expose();
        assert_eq!(key(&opened), key(&bag));

        bag.remove(&second.address).unwrap();
        refused(&bag, &two);
        let left = KeyBag::open(&bag.seal().unwrap(), &one).unwrap();
        assert_eq!(key(&left), key(&bag));
        assert_ne!(key(&left), key(&opened));
        // The scope key that the removed device had opens nothing of the new bag.
        let known = KeyBag {
            ring: left.ring,
            scope: opened.scope,
        };
        let refused = known.archive().unwrap_err();
        assert_eq!(refused.downcast_ref(), Some(&KeyRingError::Rotated));
    }
}
