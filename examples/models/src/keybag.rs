//! The key bag: what the devices of one account share, sealed for each of them.
//!
//! What lives here: the key of the account's archive and the list of its devices, in one file with an
//! envelope for each device (a backup of the engine's, whose slots are envelopes), which anybody may
//! keep. What does not: who keeps it; how a device shows its key to another, which must not go through
//! whoever keeps the bag.
//!
//! A bag does not say who made it: whoever keeps it could put one of its own making in its place. A real
//! one is signed by a device.

use sprag::history::backup::{
    AppData, Backup, BackupBuilder, BackupError, Bytes, RecoveryKey, Restored,
};
use sprag::sprag_core::backend::{CryptoBackend, FileBackend};
use sprag::wrap::hpke::{DhKem, PrivateKey, PublicKey};
use sprag::wrap::{KekName, KekRing, PublicKek, WrapAlgorithm};

use crate::address::Address;
use crate::{Result, fields};

const ALGORITHM: WrapAlgorithm = WrapAlgorithm::DhKemAes256Gcm;

const ARCHIVE: &[u8] = b"archive";
const MEMBER: &[u8] = b"member";

/// A bag, opened.
#[derive(Debug)]
pub struct KeyBag {
    archive: RecoveryKey,
    members: Vec<Member>,
}

/// A device that the bag is sealed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The device.
    pub address: Address,
    /// Its public key for bags.
    pub key: [u8; 32],
}

impl KeyBag {
    /// A bag with a new archive key, for one device.
    ///
    /// # Errors
    /// The generator's.
    pub fn new(first: Member) -> Result<Self> {
        Ok(Self {
            archive: RecoveryKey::generate(&mut sprag::entropy::system())?,
            members: vec![first],
        })
    }

    /// The key of the archive.
    #[must_use]
    pub const fn archive(&self) -> &RecoveryKey {
        &self.archive
    }

    /// Adds a device; it can read the archive from the beginning.
    pub fn add(&mut self, member: Member) {
        self.members.retain(|m| m.address != member.address);
        self.members.push(member);
    }

    /// Removes a device, and takes a new archive key, as it knows the old one: archive anew.
    ///
    /// # Errors
    /// The generator's.
    pub fn remove(&mut self, device: &Address) -> Result<()> {
        self.archive = RecoveryKey::generate(&mut sprag::entropy::system())?;
        self.members.retain(|member| member.address != *device);
        Ok(())
    }

    /// Seals the bag for its devices, 16 at most.
    ///
    /// # Errors
    /// The engine's.
    pub fn seal<B: FileBackend>(&self) -> Result<Vec<u8>> {
        let rng = &mut sprag::entropy::system();
        let mut builder = BackupBuilder::<B>::new(rng)?;
        for member in &self.members {
            let key = PublicKey::from_bytes(&member.key)?;
            let to = PublicKek::<B, DhKem>::new(name(&member.address), ALGORITHM, key)?;
            builder = builder.recipient(&to, rng)?;
        }
        let mut file = Vec::new();
        let mut writer = builder.begin(sprag::platform::now(), rng, &mut file)?;
        let archive = self.archive.to_text::<B>();
        let archive = AppData {
            name: ARCHIVE,
            body: archive.as_bytes(),
        };
        writer.add(&archive, &mut file)?;
        for member in &self.members {
            let address = member.address.to_string();
            let body = fields::join(&[address.as_bytes(), &member.key]);
            let member = AppData {
                name: MEMBER,
                body: &body,
            };
            writer.add(&member, &mut file)?;
        }
        for part in writer.finish() {
            file.extend_from_slice(&part?);
        }
        Ok(file)
    }

    /// Opens a bag with a device's key.
    ///
    /// # Errors
    /// [`BackupError::WrongKey`] if it is not sealed for the device; the engine's others.
    pub fn open<B: FileBackend>(file: &[u8], ring: &KekRing<B, DhKem>) -> Result<Self> {
        let mut backup = Backup::open(Bytes::new(file))?;
        let key = backup.unlock_with_kek(ring)?;
        let verified = backup.verify(key, &mut |_| {})?;
        let mut archive = None;
        let mut members = Vec::new();
        backup.restore(&verified, &mut |_| {}, |item| {
            match item {
                Restored::App(AppData { name, body }) if name == ARCHIVE => {
                    archive = std::str::from_utf8(body)
                        .ok()
                        .and_then(|text| RecoveryKey::from_text::<B>(text).ok());
                }
                Restored::App(AppData { name, body }) if name == MEMBER => {
                    members.push(member(body).ok_or(BackupError::Malformed)?);
                }
                _ => {}
            }
            Ok::<_, BackupError>(())
        })?;
        let archive = archive.ok_or(BackupError::Malformed)?;
        Ok(Self { archive, members })
    }
}

/// A device's private key for bags, and itself as a member.
///
/// # Errors
/// The engine's.
pub fn join<B: CryptoBackend>(address: Address) -> Result<(KekRing<B, DhKem>, Member)> {
    let private = PrivateKey::<B>::generate(&mut sprag::entropy::system())?;
    let key = *private.public().as_bytes();
    let ring = KekRing::at(name(&address), ALGORITHM, private)?;
    Ok((ring, Member { address, key }))
}

/// Every device has one key, named by its number.
fn name(address: &Address) -> KekName {
    let mut id = [0; 16];
    id[12..].copy_from_slice(&address.device.to_be_bytes());
    let generation = 1;
    KekName { id, generation }
}

fn member(body: &[u8]) -> Option<Member> {
    let [address, key] = fields::split(body).ok()?[..] else {
        return None;
    };
    Some(Member {
        address: std::str::from_utf8(address).ok()?.parse().ok()?,
        key: key.try_into().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sprag::rustcrypto::Backend;

    #[test]
    fn only_the_devices_of_a_bag_open_it_and_a_removed_one_does_not_learn_the_new_key() {
        let device = |number| Address::new("alice", number).unwrap();
        let (one, first) = join::<Backend>(device(1)).unwrap();
        let (two, second) = join::<Backend>(device(2)).unwrap();
        let mut bag = KeyBag::new(first).unwrap();
        let refused = KeyBag::open(&bag.seal::<Backend>().unwrap(), &two).unwrap_err();
        assert_eq!(refused.downcast_ref(), Some(&BackupError::WrongKey));

        bag.add(second.clone());
        let opened = KeyBag::open(&bag.seal::<Backend>().unwrap(), &two).unwrap();
        let text = |bag: &KeyBag| bag.archive().to_text::<Backend>();
        assert_eq!(text(&opened), text(&bag));
        assert_eq!(opened.members, bag.members);

        bag.remove(&second.address).unwrap();
        assert_ne!(text(&opened), text(&bag));
        let sealed = bag.seal::<Backend>().unwrap();
        assert!(KeyBag::open(&sealed, &one).is_ok());
        assert!(KeyBag::open(&sealed, &two).is_err());
    }
}
