//! The parties that several models have: the processes of relay, store and thief, and what every client's
//! process can do.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use sprag::history::backup::RecoveryKey;
use sprag::sprag_core::backend::{FileBackend, PqBackend};
use sprag::sprag_core::durable::Durable;
use sprag::stores::Sqlite;
use sprag::{Secret, SessionPolicy, StoreKeys};

use super::UnknownRole;
use crate::address::Address;
use crate::backup::{self, Unlock};
use crate::device::{Device, Letter};
use crate::net::{self, Connection};
use crate::party::{self, Fault, Place, UnknownCommand, hex, unhex};
use crate::relay::Relay;
use crate::store::FileStore;
use crate::{Result, journal};

/// The sessions and the history of a client, in its folder.
pub(super) const STORE: &str = "device";

/// The part of a party that is the same in several models: `relay`, `store`, `thief`.
///
/// # Errors
/// [`UnknownRole`]; the network's; reading's and writing's.
pub(super) fn common<B: PqBackend>(role: &str, place: &Place) -> Result<()> {
    match role {
        "relay" => relay::<B>(place),
        "store" => store(place),
        "thief" => thief::<B>(),
        _ => Err(UnknownRole(role.to_owned()).into()),
    }
}

/// A relay's process. It says its address, and to `waiting` how many messages wait.
fn relay<B: PqBackend>(place: &Place) -> Result<()> {
    let forgets = place.fault != Some(Fault::Keeps);
    let relay = Arc::new(Relay::<B>::new(place.folder.clone(), forgets));
    let address = net::serve(Arc::clone(&relay))?;
    party::answer(&[&address.to_string()], |verb, arguments| {
        match (verb, arguments) {
            ("waiting", []) => Ok(vec![relay.waiting().0.to_string()]),
            _ => Err(UnknownCommand(verb.to_owned()).into()),
        }
    })
}

/// A store's process. It says its address, and does nothing that it is told.
fn store(place: &Place) -> Result<()> {
    let address = net::serve(Arc::new(FileStore::new(place.folder.clone())))?;
    party::answer(&[&address.to_string()], |verb, _| {
        Err(UnknownCommand(verb.to_owned()).into())
    })
}

/// Somebody who found a device: `open` tries to open its store without its keys.
fn thief<B: PqBackend>() -> Result<()> {
    party::answer(&[], |verb, arguments| match (verb, arguments) {
        ("open", [store]) => {
            let store = Sqlite::open(Path::new(store))?;
            let guess = StoreKeys::new(Secret::random(&mut sprag::entropy::system())?);
            Durable::<B, _>::open(store, guess, SessionPolicy::default())?;
            Ok(Vec::new())
        }
        _ => Err(UnknownCommand(verb.to_owned()).into()),
    })
}

/// A client's process: a device, and what it is told to do.
#[derive(Debug)]
pub(super) struct Client<B: PqBackend> {
    place: Place,
    policy: SessionPolicy,
    device: Option<Device<B, Sqlite>>,
}

impl<B: PqBackend + FileBackend> Client<B> {
    /// A client that is not enrolled, whose keys are written down from now on ([`journal`]).
    ///
    /// # Errors
    /// The file system's.
    pub(super) fn new(place: &Place, policy: SessionPolicy) -> Result<Self> {
        journal::start(&place.folder)?;
        Ok(Self {
            place: place.clone(),
            policy,
            device: None,
        })
    }

    /// Its device.
    ///
    /// # Errors
    /// [`UnknownCommand`] before `enrol`.
    pub(super) fn device(&mut self) -> Result<&mut Device<B, Sqlite>> {
        let device = self.device.as_mut();
        device.ok_or_else(|| UnknownCommand("before enrol".to_owned()).into())
    }

    /// Does what every client can:
    ///
    /// - `enrol ADDRESS RELAY`
    /// - `say TO TEXT` seals and sends, and answers what was sent
    /// - `receive` opens all that waits, and answers sender and text of each
    /// - `waiting ADDRESS` answers what waits for a device, sealed: sender and message of each
    /// - `open FROM MESSAGE` opens one message
    /// - `remove ADDRESS` takes a device from the relay, with what waits for it
    /// - `history` answers sender and text of each
    /// - `export FILE` writes the history down, and answers the recovery key
    /// - `import FILE KEY` restores it
    ///
    /// # Errors
    /// [`UnknownCommand`]; why it could not be done.
    pub(super) fn command(&mut self, verb: &str, arguments: &[&str]) -> Result<Vec<String>> {
        match (verb, arguments) {
            ("enrol", [address, relay]) => self.enrol(address, relay),
            ("say", [to, text]) => self.say(&to.parse()?, text),
            ("receive", []) => Ok(told(&self.device()?.receive()?)),
            ("waiting", [address]) => self.waiting(&address.parse()?),
            ("open", [from, sealed]) => {
                let text = self.device()?.open(&from.parse()?, &unhex(sealed)?)?;
                Ok(vec![String::from_utf8_lossy(&text).into_owned()])
            }
            ("remove", [address]) => {
                let remove = [b"remove", address.as_bytes()];
                self.device()?.relay().call(&remove)?;
                Ok(Vec::new())
            }
            ("history", []) => Ok(told(&self.device()?.history()?)),
            ("export", [file]) => self.export(file),
            ("import", [file, key]) => {
                let file = std::fs::read(file)?;
                self.import(&file, &Unlock::RecoveryKey(key))
            }
            _ => Err(UnknownCommand(verb.to_owned()).into()),
        }
    }

    fn enrol(&mut self, address: &str, relay: &str) -> Result<Vec<String>> {
        let relay: SocketAddr = relay.parse()?;
        let store = Sqlite::open(self.place.folder.join(STORE))?;
        let device = Device::enrol(address.parse()?, store, relay, self.policy)?;
        self.device = Some(device);
        Ok(Vec::new())
    }

    fn say(&mut self, to: &Address, text: &str) -> Result<Vec<String>> {
        let sent = self.device()?.send(to, text.as_bytes())?;
        self.report(text)?;
        Ok(vec![hex(&sent)])
    }

    /// Sends a crash report. It has nothing in it, unless the client is broken.
    ///
    /// # Errors
    /// The relay's.
    pub(super) fn report(&mut self, text: &str) -> Result<()> {
        let report = match self.place.fault {
            Some(Fault::Leaks) => journal::leaked(&self.place.folder, text.as_bytes())?,
            _ => b"all is well".to_vec(),
        };
        let report = [b"report", &report[..]];
        self.device()?.relay().call(&report).map(drop)
    }

    /// What a store has no business to hold: a preview of letters, which only a client that is broken
    /// puts there.
    ///
    /// # Errors
    /// The store's.
    pub(super) fn preview(&self, letters: &[Letter], store: &mut Connection) -> Result<()> {
        if self.place.fault == Some(Fault::Leaks) {
            let texts = letters.iter().flat_map(|letter| letter.text.clone());
            let texts: Vec<u8> = texts.collect();
            let preview = journal::leaked(&self.place.folder, &texts)?;
            store.call(&[b"put", b"preview.0", &preview])?;
        }
        Ok(())
    }

    fn waiting(&mut self, address: &Address) -> Result<Vec<String>> {
        let waiting = self.device()?.waiting(address)?;
        let pairs = waiting.iter();
        Ok(pairs
            .flat_map(|mail| [mail.from.to_string(), hex(&mail.sealed)])
            .collect())
    }

    fn export(&mut self, file: &str) -> Result<Vec<String>> {
        let recovery = RecoveryKey::generate(&mut sprag::entropy::system())?;
        let letters = self.device()?.history()?;
        std::fs::write(file, backup::write::<B>(&letters, None, &recovery)?)?;
        Ok(vec![recovery.to_text::<B>().to_string()])
    }

    /// Restores a backup into the history, all of it or nothing, and answers how many letters.
    ///
    /// # Errors
    /// As [`backup::read`]; the store's.
    pub(super) fn import(&mut self, file: &[u8], with: &Unlock<'_>) -> Result<Vec<String>> {
        let letters = backup::read::<B>(file, with)?;
        self.device()?.keep_all(&letters)?;
        Ok(vec![letters.len().to_string()])
    }
}

/// Sender and text of each letter.
#[must_use]
pub(super) fn told(letters: &[Letter]) -> Vec<String> {
    let letters = letters.iter();
    letters
        .flat_map(|letter| {
            let text = String::from_utf8_lossy(&letter.text).into_owned();
            [letter.from.clone(), text]
        })
        .collect()
}
