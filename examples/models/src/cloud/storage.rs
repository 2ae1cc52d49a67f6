//! What the server keeps: every message of every user, encrypted under the server's own keys.
//!
//! A message is a record of the history at rest ([`sprag::history`]), under the key of its month, which is
//! wrapped by a storage key that is not in the file. So the file alone says nothing, the server reads
//! all, and the keys of no channel have anything to do with it.
//!
//! ```text
//! epoch 0    accounts and devices, by the server's words
//! epoch n    messages of the n-th month of 30 days after 1970:  user || 0x00 || number(8)
//! ```

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sprag::SecretBytes;
use sprag::history::{EpochKey, EpochState, History};
use sprag::sprag_core::CryptoBackend;
use sprag::stores::{Durability, Sqlite, SqliteOptions};
use sprag::wrap::hpke::{DhKem, PrivateKey};
use sprag::wrap::{KekName, KekRing, RewrapCursor, WrapAlgorithm};
use sprag::{Secret, entropy, platform};

use crate::Result;

const ACCOUNTS: u64 = 0;
const MONTH: u64 = 30 * 24 * 3600;
const STORAGE_KEY: [u8; 16] = *b"the cloud's keys";
/// So many records are read or wrapped anew at a time.
const PAGE: usize = 512;

/// The messages and accounts of all users.
pub struct Storage<B: CryptoBackend> {
    kept: Mutex<Kept<B>>,
}

struct Kept<B: CryptoBackend> {
    history: History<Sqlite, B, DhKem>,
    epochs: BTreeMap<u64, EpochKey>,
    /// The last number of each user of whom it is known.
    last: HashMap<Vec<u8>, u64>,
}

/// The number of a message, and the message.
pub type Numbered = (u64, SecretBytes);

impl<B: CryptoBackend> Storage<B> {
    /// The storage in this file, under this generation of the storage key. What a commit survives is the
    /// caller's choice.
    ///
    /// # Errors
    /// The store's; the engine's, if this is another key than the file was written under.
    pub fn open(
        file: &Path,
        generation: u32,
        key: &Secret<32>,
        durability: Durability,
    ) -> Result<Self> {
        let store = SqliteOptions::new(file).durability(durability).open()?;
        let id = STORAGE_KEY;
        let name = KekName { id, generation };
        let key = PrivateKey::<B>::derive(key.expose())?;
        let ring = KekRing::at(name, WrapAlgorithm::DhKemAes256Gcm, key)?;
        let mut kept = Kept {
            history: History::new(store, ring),
            epochs: BTreeMap::new(),
            last: HashMap::new(),
        };
        for (number, state) in kept.history.epochs(None, usize::MAX)? {
            if state == EpochState::Alive {
                kept.epoch(number)?;
            }
        }
        kept.epoch(ACCOUNTS)?;
        Ok(Self {
            kept: Mutex::new(kept),
        })
    }

    /// Notes something about an account or a device.
    ///
    /// # Errors
    /// The engine's and the store's.
    pub fn note(&self, name: &[u8], text: &[u8]) -> Result<()> {
        let kept = &*self.kept();
        let rng = &mut entropy::system();
        let key = kept.key(ACCOUNTS)?;
        Ok(kept.history.put(key, name, text, rng)?)
    }

    /// What was noted, if anything was.
    ///
    /// # Errors
    /// The engine's and the store's.
    pub fn noted(&self, name: &[u8]) -> Result<Option<SecretBytes>> {
        let kept = &*self.kept();
        Ok(kept.history.get(kept.key(ACCOUNTS)?, name)?)
    }

    /// Removes a note.
    ///
    /// # Errors
    /// The store's.
    pub fn strike(&self, name: &[u8]) -> Result<()> {
        Ok(self.kept().history.remove(ACCOUNTS, name)?)
    }

    /// Keeps a message of a user, whose next number it gets.
    ///
    /// # Errors
    /// The engine's and the store's.
    pub fn append(&self, user: &[u8], text: &[u8]) -> Result<u64> {
        let kept = &mut *self.kept();
        let number = kept.last(user)? + 1;
        let month = platform::now().0 / MONTH;
        kept.epoch(month)?;
        let (key, rng) = (kept.key(month)?, &mut entropy::system());
        kept.history.put(key, &name(user, number), text, rng)?;
        kept.last.insert(user.to_vec(), number);
        Ok(number)
    }

    /// At most `limit` messages of a user, behind the one with this number.
    ///
    /// # Errors
    /// The engine's and the store's.
    pub fn after(&self, user: &[u8], number: u64, limit: usize) -> Result<Vec<Numbered>> {
        self.kept().after(user, number, limit)
    }

    /// Wraps everything for a new storage key, and wipes the old one. No message is touched. Returns how
    /// many keys were wrapped anew.
    ///
    /// # Errors
    /// The engine's and the store's; a pass that broke off can be made again.
    pub fn rotate(&self, key: &Secret<32>) -> Result<usize> {
        let kept = &mut *self.kept();
        let rng = &mut entropy::system();
        let key = PrivateKey::<B>::derive(key.expose())?;
        let old = kept.history.ring_mut().rotate(key)?.saturating_sub(1);
        let (mut from, mut count) = (Some(RewrapCursor::default()), 0);
        while let Some(cursor) = from {
            let page = kept.history.rewrap(&cursor, PAGE, rng)?;
            (from, count) = (page.next, count + page.rewrapped);
        }
        kept.history.destroy_generation(old)?;
        Ok(count)
    }

    fn kept(&self) -> MutexGuard<'_, Kept<B>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<B: CryptoBackend> Kept<B> {
    /// Sees to it that an epoch has begun and its key is there.
    fn epoch(&mut self, number: u64) -> Result<()> {
        if !self.epochs.contains_key(&number) {
            let key = self.history.begin_epoch(number, &mut entropy::system())?;
            self.epochs.insert(number, key);
        }
        Ok(())
    }

    fn key(&self, number: u64) -> Result<&EpochKey> {
        let key = self.epochs.get(&number);
        key.ok_or_else(|| "the epoch has not begun".into())
    }

    fn last(&mut self, user: &[u8]) -> Result<u64> {
        let mut last = 0;
        loop {
            if let Some(known) = self.last.get(user) {
                return Ok(*known);
            }
            match self.after(user, last, PAGE)?.last() {
                Some((number, _)) => last = *number,
                None => {
                    self.last.insert(user.to_vec(), last);
                }
            }
        }
    }

    fn after(&mut self, user: &[u8], number: u64, limit: usize) -> Result<Vec<Numbered>> {
        // A page opens whatever comes next, other users' records too, so no more is asked for than
        // there is, if that is known.
        let limit = self.last.get(user).map_or(limit, |last| {
            let behind = usize::try_from(last.saturating_sub(number));
            behind.map_or(limit, |behind| behind.min(limit))
        });
        let mut found = Vec::new();
        let start = name(user, number);
        let prefix = &start[..=user.len()];
        for key in self.epochs.range(ACCOUNTS + 1..).map(|(_, key)| key) {
            if found.len() == limit {
                return Ok(found);
            }
            let page = self.history.page(key, Some(&start), limit - found.len())?;
            for (name, text) in page {
                let Some(number) = name.strip_prefix(prefix) else {
                    break;
                };
                found.push((u64::from_be_bytes(number.try_into()?), text));
            }
        }
        if let Some((number, _)) = found.last().filter(|_| found.len() < limit) {
            self.last.insert(user.to_vec(), *number);
        }
        Ok(found)
    }
}

fn name(user: &[u8], number: u64) -> Vec<u8> {
    [user, &[0], &number.to_be_bytes()].concat()
}

impl<B: CryptoBackend> fmt::Debug for Storage<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Storage").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sprag::testing::counting::{Call, Counting, Primitive, record};

    type Counted = Storage<Counting<sprag::rustcrypto::Backend>>;

    /// What a user is given behind a message, and how many records were opened for it.
    fn opened(storage: &Counted, user: &str, number: u64) -> (Vec<u64>, usize) {
        let mut numbers = Vec::new();
        let calls = record(|| {
            let found = storage.after(user.as_bytes(), number, PAGE).unwrap();
            numbers.extend(found.iter().map(|(number, _)| *number));
        });
        let opens = |call: &&Call| matches!(call.primitive, Primitive::OpenOnce(_));
        (numbers, calls.iter().filter(opens).count())
    }

    #[test]
    fn a_fetch_opens_what_it_gives_and_no_other_users_records() {
        let folder = tempfile::tempdir().unwrap();
        let (file, key) = (folder.path().join("cloud"), Secret::new([7; 32]));
        let open = || Counted::open(&file, 1, &key, Durability::ProcessCrash).unwrap();
        let storage = open();
        for user in ["alice", "alice", "alice", "bob", "bob"] {
            storage.append(user.as_bytes(), b"text").unwrap();
        }
        assert_eq!(opened(&storage, "alice", 3), (vec![], 0));
        assert_eq!(opened(&storage, "alice", 1), (vec![2, 3], 2));
        assert_eq!(opened(&storage, "alice", 9), (vec![], 0));
        drop(storage);
        // Started anew, it has to find out where each user's records end.
        let storage = open();
        assert_eq!(opened(&storage, "alice", 0).0, [1, 2, 3]);
        assert_eq!(opened(&storage, "alice", 3), (vec![], 0));
        assert_eq!(storage.append(b"alice", b"text").unwrap(), 4);
        assert_eq!(storage.append(b"bob", b"text").unwrap(), 3);
        assert_eq!(opened(&storage, "alice", 3), (vec![4], 1));
    }
}
