//! The models whose devices talk through a relay: `signal`, `whatsapp`, `secret-chat`, `imessage`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sprag::SessionPolicy;
use sprag::sprag_core::backend::{FileBackend, PqBackend};
use sprag::stores::{Durability, Sqlite, SqliteOptions};
use sprag_models::address::Address;
use sprag_models::relay::Relay;
use sprag_models::{Result, net, renewal};
use tempfile::TempDir;

use super::figures::{Measured, Round};
use super::restore::{self, Lock};
use super::{Plan, TEXT, ensure, stored, text};

/// How a message is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// To one device.
    Direct,
    /// To one device, in sessions that are renewed.
    Renewing,
    /// To every device of both accounts, which have two each.
    FanOut,
}

pub(super) struct Relayed<B: PqBackend + FileBackend> {
    plan: Plan,
    way: Way,
    relay: Arc<Relay<B>>,
    address: SocketAddr,
    /// Holds the relay's files and the backup.
    _folder: TempDir,
    backup: Option<Sealed<B>>,
    /// Bytes of a device's file after the first message.
    enrolled: u64,
}

/// The backup that histories are restored from.
struct Sealed<B: FileBackend> {
    path: PathBuf,
    lock: Lock<B>,
    bytes: u64,
}

impl<B: PqBackend + FileBackend> Relayed<B> {
    /// The relay, and the backup if there is a lock for one.
    pub(super) fn open(plan: Plan, way: Way, lock: Option<Lock<B>>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let relay = Arc::new(Relay::<B>::new(folder.path().to_owned(), true));
        let address = net::serve(Arc::clone(&relay))?;
        let path = folder.path().join("backup");
        let backup = lock.map(|lock| {
            let bytes = restore::write(&path, &lock, &plan)?;
            Result::Ok(Sealed { path, lock, bytes })
        });
        let mut relayed = Self {
            plan,
            way,
            relay,
            address,
            _folder: folder,
            backup: backup.transpose()?,
            enrolled: 0,
        };
        let files = tempfile::tempdir()?;
        relayed.meet(files.path(), "blank")?;
        relayed.enrolled = stored(&database(files.path(), "alice-blank.1"))?;
        Ok(relayed)
    }

    /// Two new accounts, and the first message between them.
    fn meet(&self, files: &Path, round: &str) -> Result<Talk<B>> {
        let devices = if self.way == Way::FanOut { 2 } else { 1 };
        let account = |name: &str| {
            let devices = (1..=devices).map(|number| {
                let address = format!("{name}-{round}.{number}");
                self.enrol(files, &address)
            });
            devices.collect::<Result<Vec<_>>>()
        };
        let mut talk = Talk {
            way: self.way,
            writer: account("alice")?,
            reader: account("bob")?,
        };
        talk.message(0)?;
        Ok(talk)
    }

    fn enrol(&self, files: &Path, address: &str) -> Result<Device<B>> {
        let policy = match self.way {
            Way::Renewing => renewal::policy(),
            Way::Direct | Way::FanOut => SessionPolicy::default(),
        };
        let store = SqliteOptions::new(database(files, address))
            .durability(Durability::ProcessCrash)
            .open()?;
        Device::enrol(address.parse()?, store, self.address, policy)
    }

    /// The whole history on a new device.
    fn restore(&self, backup: &Sealed<B>, files: &Path, round: usize) -> Result<Duration> {
        let name = format!("restored-{round}.1");
        let mut device = self.enrol(files, &name)?;
        let took = restore::read(&backup.path, &backup.lock, &self.plan, &mut device)?;
        drop(device);
        let kept = stored(&database(files, &name))?;
        ensure(
            kept >= self.plan.history * TEXT as u64,
            "the device did not keep all",
        )?;
        Ok(took)
    }
}

type Device<B> = sprag_models::device::Device<B, Sqlite>;

/// The devices of two accounts. The first of each writes.
struct Talk<B: PqBackend> {
    way: Way,
    writer: Vec<Device<B>>,
    reader: Vec<Device<B>>,
}

impl<B: PqBackend> Talk<B> {
    fn message(&mut self, number: u64) -> Result<()> {
        let text = text(number);
        self.write(&text)?;
        self.read(&text)
    }

    fn write(&mut self, text: &str) -> Result<()> {
        let to: Address = first(&mut self.reader)?.address().clone();
        let writer = first(&mut self.writer)?;
        match self.way {
            Way::Direct => writer.send(&to, text.as_bytes()).map(drop),
            Way::Renewing => writer.send_renewing(&to, text.as_bytes()).map(drop),
            Way::FanOut => writer.fan_out(to.account(), text.as_bytes()).map(drop),
        }
    }

    /// Every device but the one that wrote it reads it.
    fn read(&mut self, text: &str) -> Result<()> {
        let from = first(&mut self.writer)?.address().to_string();
        for device in self.writer.iter_mut().skip(1).chain(&mut self.reader) {
            let letters = device.receive()?;
            let [letter] = &letters[..] else {
                return Err(format!("{} messages came in place of one", letters.len()).into());
            };
            let right = letter.text == text.as_bytes() && letter.from == from;
            ensure(right, "another message came")?;
        }
        Ok(())
    }

    /// The other account writes next, and of this one its next device after that: a device that is
    /// never answered would go on sending what starts a session.
    fn turn(&mut self) {
        self.writer.rotate_left(1);
        std::mem::swap(&mut self.writer, &mut self.reader);
    }

    fn wire(&mut self) -> u64 {
        let devices = self.writer.iter_mut().chain(&mut self.reader);
        let relays = devices.map(|device| device.relay().sent() + device.relay().received());
        relays.sum()
    }
}

impl<B: PqBackend + FileBackend> Measured for Relayed<B> {
    fn round(&mut self, number: usize) -> Result<Round> {
        let files = tempfile::tempdir()?;
        let files = files.path();
        let start = Instant::now();
        let mut talk = self.meet(files, &number.to_string())?;
        let first = start.elapsed();

        let messages = self.plan.conversation;
        let before = talk.wire();
        let start = Instant::now();
        for number in 1..=messages {
            talk.message(number)?;
            talk.turn();
        }
        let talked = start.elapsed();
        let wire = talk.wire() - before;

        let last = text(messages + 1);
        talk.write(&last)?;
        let (_, waiting) = self.relay.waiting();
        talk.read(&last)?;
        let forgotten = self.relay.waiting() == (0, 0);
        ensure(forgotten, "the relay holds what was delivered")?;
        // Closed, so that all of it is in the file.
        drop(talk);
        let grown = stored(&database(files, &format!("alice-{number}.1")))?;
        let grown = grown.saturating_sub(self.enrolled);

        let backup = self.backup.as_ref();
        let restored = backup.map(|backup| self.restore(backup, files, number));
        let at_server = backup.filter(|backup| backup.lock.is_at_a_server());
        let kept = at_server.map_or(0, |backup| backup.bytes);
        Ok(Round {
            first,
            talked,
            messages,
            wire,
            waiting: Some(waiting as f64),
            server: Some(kept as f64 / self.plan.history as f64),
            device: Some(grown as f64 / (messages + 1) as f64),
            restored: restored.transpose()?,
        })
    }
}

fn first<B: PqBackend>(devices: &mut [Device<B>]) -> Result<&mut Device<B>> {
    devices
        .first_mut()
        .ok_or_else(|| "an account has no device".into())
}

fn database(files: &Path, address: &str) -> PathBuf {
    files.join(format!("{address}.db"))
}
