//! A relay: published prekeys, and mailboxes that messages wait in until they were delivered.
//!
//! What lives here: the relay's state, in memory and in files of its folder (one-time prekeys in memory
//! alone), and its requests. What does not: who may make which.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::fs;
use std::io;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sprag::SecretBytes;
use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::handshake::{OneTimeBatch, PrekeyRecord};
use sprag::{HandshakeError, PublishedPrekeys};

use crate::address::{Address, BadAddress};
use crate::net::Service;
use crate::{Result, fields};

/// The most messages that wait for one device.
pub const MAX_WAITING: usize = 1000;

/// The most devices.
pub const MAX_DEVICES: usize = 1000;

/// The most crash reports that are kept.
const MAX_REPORTS: usize = 16;

/// A relay, on a backend that checks the signatures of what devices publish.
#[derive(Debug)]
pub struct Relay<B> {
    folder: PathBuf,
    forgets: bool,
    state: Mutex<State>,
    backend: PhantomData<B>,
}

#[derive(Debug, Default)]
struct State {
    devices: BTreeMap<Address, PublishedPrekeys>,
    mail: BTreeMap<Address, BTreeMap<u64, Mail>>,
    kept: Vec<Mail>,
    reports: VecDeque<Vec<u8>>,
    last_id: u64,
}

/// A message that waits. Wiped when it is forgotten.
#[derive(Debug)]
struct Mail {
    from: String,
    body: SecretBytes,
}

/// Why the relay refuses a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RelayError {
    /// No such request, or other fields than it has.
    UnknownRequest,
    /// An address that is none.
    Address(BadAddress),
    /// Nothing was published for this device.
    UnknownDevice(Address),
    /// The prekeys are refused.
    Prekeys(HandshakeError),
    /// The mailbox, or the relay, is full.
    Full,
}

impl fmt::Display for RelayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownRequest => f.write_str("no such request"),
            Self::Address(error) => error.fmt(f),
            Self::UnknownDevice(device) => write!(f, "nothing was published for {device}"),
            Self::Prekeys(error) => error.fmt(f),
            Self::Full => f.write_str("full"),
        }
    }
}

impl std::error::Error for RelayError {}

impl From<BadAddress> for RelayError {
    fn from(error: BadAddress) -> Self {
        Self::Address(error)
    }
}

impl From<HandshakeError> for RelayError {
    fn from(error: HandshakeError) -> Self {
        Self::Prekeys(error)
    }
}

impl<B: PqBackend> Relay<B> {
    /// A relay whose files are in `folder`. One that does not forget keeps what was delivered: it is
    /// broken.
    #[must_use]
    pub fn new(folder: PathBuf, forgets: bool) -> Self {
        Self {
            folder,
            forgets,
            state: Mutex::default(),
            backend: PhantomData,
        }
    }

    /// How many messages wait, and how many bytes they have.
    #[must_use]
    pub fn waiting(&self) -> (usize, usize) {
        let state = self.state();
        let mail = state.mail.values().flat_map(BTreeMap::values);
        mail.fold((0, 0), |(count, bytes), mail| {
            (count + 1, bytes + mail.body.len())
        })
    }

    fn publish(&self, device: &str, record: &[u8]) -> Result<()> {
        let device: Address = device.parse().map_err(RelayError::Address)?;
        let prekeys = PrekeyRecord::decode(record).map_err(RelayError::Prekeys)?;
        let prekeys = PublishedPrekeys::new::<B>(prekeys).map_err(RelayError::Prekeys)?;
        let mut state = self.state();
        if state.devices.len() >= MAX_DEVICES {
            return Err(RelayError::Full.into());
        }
        let name = device.to_string();
        let file = fields::join(&[name.as_bytes(), record]);
        self.write(&record_file(&device), &file)?;
        state.devices.insert(device, prekeys);
        Ok(())
    }

    fn replenish(&self, device: &str, batch: &[u8]) -> Result<()> {
        let device: Address = device.parse().map_err(RelayError::Address)?;
        let public = OneTimeBatch::decode(batch).map_err(RelayError::Prekeys)?;
        let mut state = self.state();
        let published = state.devices.get_mut(&device);
        let published = published.ok_or_else(|| RelayError::UnknownDevice(device.clone()))?;
        let added = published.add_batch::<B>(public);
        Ok(added.map_err(RelayError::Prekeys)?)
    }

    fn bundle(&self, device: &str) -> Result<SecretBytes> {
        let device: Address = device.parse().map_err(RelayError::Address)?;
        let mut state = self.state();
        let published = state.devices.get_mut(&device);
        let published = published.ok_or(RelayError::UnknownDevice(device))?;
        let bundle = published.take_bundle(sprag::platform::now());
        Ok(SecretBytes::from(bundle.encode()))
    }

    /// The devices of an account, as addresses.
    fn devices(&self, account: &str) -> SecretBytes {
        let state = self.state();
        let devices = state.devices.keys();
        let of_account = devices.filter(|device| device.account() == account);
        let names: Vec<String> = of_account.map(Address::to_string).collect();
        let names: Vec<&[u8]> = names.iter().map(String::as_bytes).collect();
        fields::join(&names)
    }

    /// Removes a device, with what waits for it.
    fn remove(&self, device: &str) -> Result<()> {
        let device: Address = device.parse().map_err(RelayError::Address)?;
        let mut state = self.state();
        if state.devices.remove(&device).is_none() {
            return Err(RelayError::UnknownDevice(device).into());
        }
        for id in state.mail.remove(&device).unwrap_or_default().into_keys() {
            fs::remove_file(self.mail_file(&device, id))?;
        }
        Ok(fs::remove_file(self.folder.join(record_file(&device)))?)
    }

    fn send(&self, from: &str, to: &str, body: &[u8]) -> Result<()> {
        let from: Address = from.parse().map_err(RelayError::Address)?;
        let to: Address = to.parse().map_err(RelayError::Address)?;
        let mut state = self.state();
        if !state.devices.contains_key(&to) {
            return Err(RelayError::UnknownDevice(to).into());
        }
        let id = state.last_id + 1;
        let mailbox = state.mail.entry(to.clone()).or_default();
        if mailbox.len() >= MAX_WAITING {
            return Err(RelayError::Full.into());
        }
        let from = from.to_string();
        let file = fields::join(&[from.as_bytes(), body]);
        self.write(&format!("mail/{to}/{id}"), &file)?;
        let body = SecretBytes::from(body);
        mailbox.insert(id, Mail { from, body });
        state.last_id = id;
        Ok(())
    }

    /// What waits for a device: number, sender and message of each, oldest first, as many as fit.
    fn receive(&self, device: &str) -> Result<SecretBytes> {
        let device: Address = device.parse().map_err(RelayError::Address)?;
        let state = self.state();
        let mut room = crate::net::MAX_FRAME / 2;
        let mut waiting: Vec<(&[u8], &[u8])> = Vec::new();
        let mut ids = Vec::new();
        for (id, mail) in state.mail.get(&device).into_iter().flatten() {
            // The first goes whatever its length, as it came in a frame: it would never go.
            if mail.body.len() > room && !waiting.is_empty() {
                break;
            }
            room = room.saturating_sub(mail.body.len());
            ids.push(id.to_be_bytes());
            waiting.push((mail.from.as_bytes(), &mail.body));
        }
        let lists = ids.iter().zip(&waiting);
        let list: Vec<&[u8]> = lists
            .flat_map(|(id, (from, body))| [&id[..], from, body])
            .collect();
        Ok(fields::join(&list))
    }

    fn acknowledge(&self, device: &str, id: &[u8]) -> Result<()> {
        let device: Address = device.parse().map_err(RelayError::Address)?;
        let id = id.try_into().map(u64::from_be_bytes);
        let id = id.map_err(|_| RelayError::UnknownRequest)?;
        let mut state = self.state();
        let Some(mail) = state
            .mail
            .get_mut(&device)
            .and_then(|box_| box_.remove(&id))
        else {
            return Ok(());
        };
        if !self.forgets {
            state.kept.push(mail);
            return Ok(());
        }
        Ok(fs::remove_file(self.mail_file(&device, id))?)
    }

    /// A crash report that a client sends. An honest one has nothing in it that is secret.
    fn report(&self, text: &[u8]) -> Result<()> {
        let mut state = self.state();
        state
            .reports
            .push_back(text.get(..4096).unwrap_or(text).to_vec());
        let excess = state.reports.len().saturating_sub(MAX_REPORTS);
        state.reports.drain(..excess);
        let file = state.reports.make_contiguous().join(&b'\n');
        Ok(self.write("reports", &file)?)
    }

    fn mail_file(&self, device: &Address, id: u64) -> PathBuf {
        self.folder.join(format!("mail/{device}/{id}"))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.folder.join(name);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, bytes)
    }

    /// A request that panicked changed nothing halfway: every change is one insertion or removal.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn record_file(device: &Address) -> String {
    format!("devices/{device}")
}

impl<B: PqBackend> Service for Relay<B> {
    fn answer(&self, request: &[u8]) -> Result<SecretBytes> {
        let request = fields::split(request)?;
        let text = |field| std::str::from_utf8(field).map_err(|_| RelayError::UnknownRequest);
        match request[..] {
            [b"publish", device, record] => self.publish(text(device)?, record)?,
            [b"replenish", device, batch] => self.replenish(text(device)?, batch)?,
            [b"bundle", device] => return self.bundle(text(device)?),
            [b"devices", account] => return Ok(self.devices(text(account)?)),
            [b"remove", device] => self.remove(text(device)?)?,
            [b"send", from, to, body] => self.send(text(from)?, text(to)?, body)?,
            [b"receive", device] => return self.receive(text(device)?),
            [b"acknowledge", device, id] => self.acknowledge(text(device)?, id)?,
            [b"report", body] => self.report(body)?,
            _ => return Err(RelayError::UnknownRequest.into()),
        }
        Ok(SecretBytes::default())
    }
}
