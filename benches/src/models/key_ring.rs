//! `key-ring`: two devices that share the keys of their user in a sealed file, which a server keeps.
//!
//! A message is a new generation of a key: one device makes it, the other fetches and reads it. The one
//! before is destroyed, so that the file stays as long as it was.

use std::marker::PhantomData;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use sprag::keyring::{KeyRing, PasswordLimits};
use sprag::sprag_core::backend::FileBackend;
use sprag::{Secret, entropy, password};
use sprag_models::Result;
use sprag_models::backup::CHEAP;
use sprag_models::net::{self, Connection};
use sprag_models::store::FileStore;
use tempfile::TempDir;

use super::figures::{Measured, Round};
use super::{Plan, ensure};

const SCOPE: &str = "user";
const KEY: &str = "master";
const SLOT: &str = "password";
const PASSWORD: &str = "a password that is typed";

/// Generations that the bytes of one are measured with.
const GENERATIONS: u32 = 16;

pub(super) struct Shared<B> {
    plan: Plan,
    server: SocketAddr,
    /// Bytes of one key in the sealed file.
    kept: f64,
    /// Holds the server's files.
    _folder: TempDir,
    backend: PhantomData<B>,
}

impl<B: FileBackend> Shared<B> {
    pub(super) fn open(plan: Plan) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let store = Arc::new(FileStore::new(folder.path().to_owned()));
        Ok(Self {
            plan,
            server: net::serve(store)?,
            kept: bytes_of_a_key::<B>()?,
            _folder: folder,
            backend: PhantomData,
        })
    }

    fn device(&self, slot: &'static str, round: usize) -> Result<Holder> {
        Ok(Holder {
            slot,
            file: format!("ring-{round}.0"),
            device: Secret::random(&mut entropy::system())?,
            server: Connection::open(self.server)?,
        })
    }
}

fn bytes_of_a_key<B: FileBackend>() -> Result<f64> {
    let rng = &mut entropy::system();
    let mut ring = KeyRing::<B>::new(rng)?;
    let key = ring.create_scope(SCOPE, rng)?;
    ring.set_device_key(&key, SLOT, &Secret::random(rng)?, rng)?;
    ring.generate(&key, KEY, rng)?;
    let one = ring.encode()?.len();
    for _ in 0..GENERATIONS {
        ring.rotate(&key, KEY, rng)?;
    }
    let grown = ring.encode()?.len() - one;
    Ok(grown as f64 / f64::from(GENERATIONS))
}

/// A device that opens the ring.
struct Holder {
    slot: &'static str,
    file: String,
    device: Secret<32>,
    server: Connection,
}

impl Holder {
    /// Makes the ring, and its first key.
    fn create<B: FileBackend>(&mut self) -> Result<Secret<32>> {
        let rng = &mut entropy::system();
        let mut ring = KeyRing::<B>::new(rng)?;
        let key = ring.create_scope(SCOPE, rng)?;
        ring.set_device_key(&key, self.slot, &self.device, rng)?;
        ring.set_password(&key, SLOT, &password(PASSWORD), CHEAP, rng)?;
        ring.generate(&key, KEY, rng)?;
        self.put(&ring)?;
        Ok(ring.current(&key, KEY)?.1)
    }

    /// Comes to the ring by password, with a device key of its own from now on.
    fn join<B: FileBackend>(&mut self) -> Result<Secret<32>> {
        let mut ring = self.get::<B>()?;
        let limits = PasswordLimits::default();
        let key = ring.unlock_with_password(SCOPE, SLOT, &password(PASSWORD), &limits)?;
        let rng = &mut entropy::system();
        ring.set_device_key(&key, self.slot, &self.device, rng)?;
        self.put(&ring)?;
        Ok(ring.current(&key, KEY)?.1)
    }

    fn renew<B: FileBackend>(&mut self) -> Result<Secret<32>> {
        let mut ring = self.get::<B>()?;
        let key = ring.unlock_with_device_key(SCOPE, &self.device)?;
        let (old, _) = ring.current(&key, KEY)?;
        ring.rotate(&key, KEY, &mut entropy::system())?;
        ring.destroy(&key, KEY, old)?;
        self.put(&ring)?;
        Ok(ring.current(&key, KEY)?.1)
    }

    fn read<B: FileBackend>(&mut self) -> Result<Secret<32>> {
        let ring = self.get::<B>()?;
        let key = ring.unlock_with_device_key(SCOPE, &self.device)?;
        Ok(ring.current(&key, KEY)?.1)
    }

    fn get<B: FileBackend>(&mut self) -> Result<KeyRing<B>> {
        let file = self.server.call(&[b"get", self.file.as_bytes()])?;
        Ok(KeyRing::decode(&file)?)
    }

    fn put<B: FileBackend>(&mut self, ring: &KeyRing<B>) -> Result<()> {
        let file = ring.encode()?;
        let put = [b"put", self.file.as_bytes(), &file];
        self.server.call(&put).map(drop)
    }

    const fn wire(&self) -> u64 {
        self.server.sent() + self.server.received()
    }
}

impl<B: FileBackend> Measured for Shared<B> {
    fn round(&mut self, number: usize) -> Result<Round> {
        let start = Instant::now();
        let mut phone = self.device("phone", number)?;
        let mut laptop = self.device("laptop", number)?;
        same(&phone.create::<B>()?, &laptop.join::<B>()?)?;
        let first = start.elapsed();

        let before = phone.wire() + laptop.wire();
        let start = Instant::now();
        for _ in 0..self.plan.conversation {
            same(&phone.renew::<B>()?, &laptop.read::<B>()?)?;
            std::mem::swap(&mut phone, &mut laptop);
        }
        let talked = start.elapsed();
        Ok(Round {
            first,
            talked,
            messages: self.plan.conversation,
            wire: phone.wire() + laptop.wire() - before,
            waiting: None,
            server: Some(self.kept),
            device: None,
            restored: None,
        })
    }
}

fn same(made: &Secret<32>, read: &Secret<32>) -> Result<()> {
    ensure(made.expose() == read.expose(), "another key was read")
}
