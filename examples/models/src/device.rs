//! A device of an end-to-end encrypted messenger: sessions and history over one store, a relay to talk
//! through.
//!
//! What lives here: enrolment, first messages through prekeys, the conversation, the history encrypted
//! at rest under a key that is in memory alone (a real device has it from its hardware). What does not:
//! when a session is renewed, who else gets a message, what leaves the device as a backup
//! ([`crate::models`]).
//!
//! Identities are trusted on first use: that people should compare them is left out.
//!
//! On the wire a message is one byte that says whether it starts a session, and the engine's bytes.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use sprag::SecretBytes;
use sprag::history::{EpochKey, History};
use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::durable::Durable;
use sprag::sprag_core::handshake::{Identity, PrekeyBundle, Prekeys};
use sprag::store::Store;
use sprag::wrap::hpke::{DhKem, PrivateKey};
use sprag::wrap::{KekRing, WrapAlgorithm};
use sprag::{
    ConversationId, DurableError, Expected, InitiatePolicy, Peer, PrekeyPolicy, Secret,
    SessionPolicy, StoreKeys, UnixTime,
};

use crate::address::Address;
use crate::net::Connection;
use crate::{Result, fields};

const FIRST: u8 = 1;
const FURTHER: u8 = 2;

/// One-time prekeys that a device publishes: few, as the parties are few, too.
pub const ONE_TIME: u32 = 16;

/// Records of the history that are read at once.
const PAGE: usize = 256;

/// A message as its reader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Who wrote it.
    pub from: String,
    /// The text.
    pub text: Vec<u8>,
}

/// A message that waits at the relay.
#[derive(Debug)]
pub struct Waiting {
    /// Its number at the relay.
    pub id: Vec<u8>,
    /// The device that sent it, as the relay says.
    pub from: Address,
    /// The message, sealed.
    pub sealed: SecretBytes,
}

/// A device.
pub struct Device<B: PqBackend, S: Store> {
    address: Address,
    durable: Durable<B, Arc<S>>,
    history: History<Arc<S>, B, DhKem>,
    epoch: EpochKey,
    records: u64,
    policy: SessionPolicy,
    now: UnixTime,
    relay: Connection,
}

impl<B: PqBackend, S: Store> Device<B, S> {
    /// A new device over an empty store, its prekeys published at a relay.
    ///
    /// # Errors
    /// The engine's, the store's, the relay's.
    pub fn enrol(
        address: Address,
        store: S,
        relay: SocketAddr,
        policy: SessionPolicy,
    ) -> Result<Self> {
        let (rng, now) = (&mut sprag::entropy::system(), sprag::platform::now());
        let store = Arc::new(store);
        let identity = Identity::generate(address.account_id()?, address.device, now, rng)?;
        let prekeys = Prekeys::generate(published(), now, rng)?;
        let keys = StoreKeys::new(Secret::random(rng)?);
        let shared = Arc::clone(&store);
        let mut durable = Durable::create(shared, keys, policy, identity, prekeys, rng)?;
        durable.observe_time(now);
        let key = PrivateKey::generate(rng)?;
        let ring = KekRing::new([1; 16], WrapAlgorithm::DhKemAes256Gcm, key)?;
        let history = History::new(store, ring);
        let epoch = history.begin_epoch(1, rng)?;
        let mut device = Self {
            address,
            durable,
            history,
            epoch,
            records: 0,
            policy,
            now,
            relay: Connection::open(relay)?,
        };
        device.publish()?;
        Ok(device)
    }

    fn publish(&mut self) -> Result<()> {
        let (rng, now) = (&mut sprag::entropy::system(), self.now);
        let (record, batch) = self.durable.change_prekeys(
            |prekeys, identity, rng| {
                let batch = prekeys.replenish(identity, 0, now, rng)?;
                Ok((prekeys.record(identity)?, batch))
            },
            rng,
        )?;
        let device = self.address.to_string();
        let publish = [b"publish", device.as_bytes(), &record.encode()];
        self.relay.call(&publish)?;
        if let Some(batch) = batch {
            let replenish = [b"replenish", device.as_bytes(), &batch.encode()];
            self.relay.call(&replenish)?;
        }
        Ok(())
    }

    /// Where it is reached.
    pub const fn address(&self) -> &Address {
        &self.address
    }

    /// The relay, for requests that are not a device's own and for what went over the wire.
    pub const fn relay(&mut self) -> &mut Connection {
        &mut self.relay
    }

    /// Tells what time it is.
    pub fn observe_time(&mut self, now: UnixTime) {
        self.now = now;
        self.durable.observe_time(now);
    }

    /// The devices of an account, as the relay says.
    ///
    /// # Errors
    /// The relay's.
    pub fn devices(&mut self, account: &str) -> Result<Vec<Address>> {
        let devices = self.relay.call(&[b"devices", account.as_bytes()])?;
        let devices = fields::split(&devices)?;
        devices.into_iter().map(address).collect()
    }

    /// Seals a message; the first one through the peer's prekeys.
    ///
    /// # Errors
    /// The engine's, among them that a session reached a limit of the policy; the relay's.
    pub fn seal(&mut self, to: &Address, text: &[u8]) -> Result<Vec<u8>> {
        let with = ConversationId::new(&to.account_id()?, to.device);
        let rng = &mut sprag::entropy::system();
        match self.durable.encrypt(&with, text, rng) {
            Ok(sealed) => Ok([&[FURTHER][..], &sealed].concat()),
            Err(DurableError::NoConversation) => self.begin(to, text),
            Err(error) => Err(error.into()),
        }
    }

    /// Seals a message as the first of a new session, through the peer's prekeys.
    ///
    /// # Errors
    /// The engine's, the relay's.
    pub fn begin(&mut self, to: &Address, text: &[u8]) -> Result<Vec<u8>> {
        let account = to.account_id()?;
        let with = ConversationId::new(&account, to.device);
        let rng = &mut sprag::entropy::system();
        let bundle = self.relay.call(&[b"bundle", to.to_string().as_bytes()])?;
        let bundle = PrekeyBundle::decode(&bundle)?.verify::<B>(&peer(&account, to), self.now)?;
        let policy = InitiatePolicy {
            session: self.policy,
            ..InitiatePolicy::default()
        };
        let sealed = self.durable.initiate(&with, &bundle, text, &policy, rng)?;
        Ok([&[FIRST][..], &sealed].concat())
    }

    /// Hands a sealed message to the relay.
    ///
    /// # Errors
    /// The relay's.
    pub fn deliver(&mut self, to: &Address, sealed: &[u8]) -> Result<()> {
        let (from, to) = (self.address.to_string(), to.to_string());
        let send = [b"send", from.as_bytes(), to.as_bytes(), sealed];
        self.relay.call(&send).map(drop)
    }

    /// Seals a message, hands it to the relay, keeps its text, and returns what was sent.
    ///
    /// # Errors
    /// As [`seal`](Self::seal).
    pub fn send(&mut self, to: &Address, text: &[u8]) -> Result<Vec<u8>> {
        let sealed = self.seal(to, text)?;
        self.deliver(to, &sealed)?;
        self.keep_own(text)?;
        Ok(sealed)
    }

    /// What waits at the relay for `device`, which may be another one: the relay does not ask.
    ///
    /// # Errors
    /// The relay's.
    pub fn waiting(&mut self, device: &Address) -> Result<Vec<Waiting>> {
        let device = device.to_string();
        let answer = self.relay.call(&[b"receive", device.as_bytes()])?;
        let fields = fields::split(&answer)?;
        let (waiting, rest) = fields.as_chunks();
        if !rest.is_empty() {
            return Err(fields::Malformed.into());
        }
        let waiting = waiting.iter().map(|[id, from, sealed]| {
            Ok(Waiting {
                id: id.to_vec(),
                from: address(from)?,
                sealed: SecretBytes::from(*sealed),
            })
        });
        waiting.collect()
    }

    /// Opens a sealed message.
    ///
    /// # Errors
    /// The engine's; nothing was changed then.
    pub fn open(&mut self, from: &Address, sealed: &[u8]) -> Result<Vec<u8>> {
        let account = from.account_id()?;
        let rng = &mut sprag::entropy::system();
        let attach = |text: &[u8]| Some(text.to_vec());
        let opened = match sealed.split_first() {
            Some((&FIRST, first)) => self
                .durable
                .accept(&peer(&account, from), first, attach, rng),
            Some((&FURTHER, sealed)) => {
                let with = ConversationId::new(&account, from.device);
                self.durable.decrypt_attaching(&with, sealed, attach, rng)
            }
            _ => return Err(fields::Malformed.into()),
        };
        match opened {
            // It was opened before this device could tell the relay.
            Ok(text) | Err(DurableError::Duplicate(Some(text))) => Ok(text),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens what the relay gives at once of what waits: each is kept in the history, then acknowledged
    /// and gone from the relay.
    ///
    /// # Errors
    /// As [`open`](Self::open); what came before is kept, what comes after waits.
    pub fn receive(&mut self) -> Result<Vec<Letter>> {
        let own = self.address.clone();
        let mut letters = Vec::new();
        for Waiting { id, from, sealed } in self.waiting(&own)? {
            let text = self.open(&from, &sealed)?;
            let from_name = from.to_string();
            let letter = Letter {
                from: from_name,
                text,
            };
            self.keep(&letter)?;
            self.acknowledge(&id, &from, &sealed)?;
            letters.push(letter);
        }
        Ok(letters)
    }

    /// Tells the relay that a message is safe here, and forgets what was attached to it.
    fn acknowledge(&mut self, id: &[u8], from: &Address, sealed: &[u8]) -> Result<()> {
        let own = self.address.to_string();
        self.relay.call(&[b"acknowledge", own.as_bytes(), id])?;
        let with = ConversationId::new(&from.account_id()?, from.device);
        let message = sealed.get(1..).unwrap_or_default();
        let rng = &mut sprag::entropy::system();
        Ok(self.durable.acknowledge(&[(with, message)], rng)?)
    }

    /// Keeps a text of this device's own in the history.
    ///
    /// # Errors
    /// The store's.
    pub fn keep_own(&mut self, text: &[u8]) -> Result<()> {
        let from = self.address.to_string();
        let text = text.to_vec();
        self.keep(&Letter { from, text })
    }

    fn keep(&mut self, letter: &Letter) -> Result<()> {
        let name = self.records.to_be_bytes();
        let record = letter.encode();
        let rng = &mut sprag::entropy::system();
        self.history.put(&self.epoch, &name, &record, rng)?;
        self.records += 1;
        Ok(())
    }

    /// Keeps messages in the history, all of them or none: a page of what is restored.
    ///
    /// # Errors
    /// The store's.
    pub fn keep_all(&mut self, letters: &[Letter]) -> Result<()> {
        let rng = &mut sprag::entropy::system();
        let numbered = (self.records..).zip(letters);
        let records: Vec<_> = numbered
            .map(|(number, letter)| (number.to_be_bytes(), letter.encode()))
            .collect();
        let named = records
            .iter()
            .map(|(name, record)| (&name[..], &record[..]));
        self.history.put_all(&self.epoch, named, rng)?;
        self.records += letters.len() as u64;
        Ok(())
    }

    /// The history, oldest first.
    ///
    /// # Errors
    /// The store's.
    pub fn history(&self) -> Result<Vec<Letter>> {
        let mut letters = Vec::new();
        let mut after: Option<Vec<u8>> = None;
        loop {
            let page = self.history.page(&self.epoch, after.as_deref(), PAGE)?;
            for (_, record) in &page {
                letters.push(Letter::decode(record)?);
            }
            match page.into_iter().next_back() {
                Some((last, _)) => after = Some(last),
                None => return Ok(letters),
            }
        }
    }
}

impl<B: PqBackend, S: Store> fmt::Debug for Device<B, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Letter {
    /// The bytes of a record or of a backup's item.
    #[must_use]
    pub fn encode(&self) -> SecretBytes {
        fields::join(&[self.from.as_bytes(), &self.text])
    }

    /// Reads them.
    ///
    /// # Errors
    /// [`fields::Malformed`].
    pub fn decode(record: &[u8]) -> std::result::Result<Self, fields::Malformed> {
        match fields::split(record)?[..] {
            [from, text] => Ok(Self {
                from: String::from_utf8_lossy(from).into_owned(),
                text: text.to_vec(),
            }),
            _ => Err(fields::Malformed),
        }
    }
}

fn published() -> PrekeyPolicy {
    PrekeyPolicy {
        low: 4,
        high: ONE_TIME,
        ..PrekeyPolicy::default()
    }
}

fn peer<'a>(account: &'a sprag::AccountId, address: &Address) -> Peer<'a> {
    Peer {
        account,
        device: address.device,
        expected: Expected::Unknown,
    }
}

fn address(field: &[u8]) -> Result<Address> {
    Ok(std::str::from_utf8(field)?.parse()?)
}
