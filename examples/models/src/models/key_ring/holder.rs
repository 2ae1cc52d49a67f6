//! Somebody who opens scopes of the ring: a device, an application, or whoever has got at the file.
//!
//! Its device key and the private key of its key-encryption key are in memory alone; a real device has
//! them from its hardware. So is the highest revision it has seen of each scope: that is the counter
//! that the server cannot set back.

use std::collections::BTreeMap;
use std::fmt;

use sprag::keyring::{KeyRing, PasswordLimits, ScopeKey};
use sprag::sprag_core::backend::FileBackend;
use sprag::wrap::hpke::{DhKem, PrivateKey, PublicKey};
use sprag::wrap::{KekName, KekRing, PublicKek, WrapAlgorithm};
use sprag::{Secret, password};

use crate::backup::CHEAP;
use crate::net::Connection;
use crate::party::{self, Fault, Place, UnknownCommand, hex, unhex};
use crate::{Result, fields, journal};

const KEK: KekName = KekName {
    id: [1; 16],
    generation: 1,
};
const ALGORITHM: WrapAlgorithm = WrapAlgorithm::DhKemAes256Gcm;

/// The process, whose AEAD keys are written down ([`journal`]). `WITH` is `device`, `kek`, or `password`
/// and the password.
///
/// - `connect SERVER`
/// - `create PASSWORD` makes the ring: scopes `device`, `user`, `app`, a key `master` in each
/// - `read SCOPE WITH` answers every generation of `master`, in hexadecimal
/// - `rotate SCOPE WITH` makes a new one
/// - `join SCOPE SLOT WITH` adds its own device key
/// - `public` answers the public key that scopes are wrapped for
/// - `admit SCOPE SLOT PUBLIC` wraps a scope for another's
/// - `shut-out SCOPE` makes a new scope key for its own device alone, and a new `master`
/// - `change-password NEW` for `user`
/// - `secrets` answers what must never leave it
pub(super) fn run<B: FileBackend>(place: &Place) -> Result<()> {
    journal::start(&place.folder)?;
    let mut holder = Holder::<B>::new(place)?;
    party::answer(&[], |verb, arguments| holder.command(verb, arguments))
}

struct Holder<B: FileBackend> {
    device: Secret<32>,
    private: Secret<32>,
    kek: KekRing<B, DhKem>,
    server: Option<Connection>,
    seen: BTreeMap<String, u64>,
    place: Place,
}

/// The ring as it was fetched, and the key of one scope.
struct Opened<B> {
    version: Vec<u8>,
    ring: KeyRing<B>,
    key: ScopeKey<B>,
}

impl<B: FileBackend> Holder<B> {
    fn new(place: &Place) -> Result<Self> {
        let rng = &mut sprag::entropy::system();
        let private = PrivateKey::<B>::generate(rng)?;
        Ok(Self {
            device: Secret::random(rng)?,
            private: private.to_bytes(),
            kek: KekRing::at(KEK, ALGORITHM, private)?,
            server: None,
            seen: BTreeMap::new(),
            place: place.clone(),
        })
    }

    fn command(&mut self, verb: &str, arguments: &[&str]) -> Result<Vec<String>> {
        match (verb, arguments) {
            ("connect", [server]) => self.server = Some(Connection::open(server.parse()?)?),
            ("create", [typed]) => self.create(typed)?,
            ("read", [scope, with @ ..]) => return self.read(scope, with),
            ("rotate", [scope, with @ ..]) => self.change(scope, with, |it, _| {
                let rng = &mut sprag::entropy::system();
                Ok(it.ring.rotate(&it.key, "master", rng).map(drop)?)
            })?,
            ("join", [scope, slot, with @ ..]) => self.change(scope, with, |it, device| {
                let rng = &mut sprag::entropy::system();
                Ok(it.ring.set_device_key(&it.key, slot, device, rng)?)
            })?,
            ("public", []) => return Ok(vec![hex(self.kek.current().key().as_bytes())]),
            ("admit", [scope, slot, public]) => {
                let public = PublicKey::from_bytes(unhex(public)?[..].try_into()?)?;
                let to = PublicKek::<B, DhKem>::new(KEK, ALGORITHM, public)?;
                self.change(scope, &["device"], |it, _| {
                    let rng = &mut sprag::entropy::system();
                    Ok(it.ring.set_recipient(&it.key, slot, &to, rng)?)
                })?;
            }
            ("shut-out", [scope]) => self.change(scope, &["device"], shut_out)?,
            ("change-password", [new]) => self.change("user", &["device"], |it, _| {
                let (rng, new) = (&mut sprag::entropy::system(), password(new));
                Ok(it
                    .ring
                    .set_password(&it.key, "password", &new, CHEAP, rng)?)
            })?,
            ("secrets", []) => {
                return Ok([&self.device, &self.private]
                    .map(|it| hex(it.expose()))
                    .into());
            }
            _ => return Err(UnknownCommand(verb.to_owned()).into()),
        }
        Ok(Vec::new())
    }

    fn create(&mut self, typed: &str) -> Result<()> {
        let rng = &mut sprag::entropy::system();
        let mut ring = KeyRing::<B>::new(rng)?;
        for scope in ["device", "user", "app"] {
            let key = ring.create_scope(scope, rng)?;
            ring.set_device_key(&key, "first", &self.device, rng)?;
            ring.generate(&key, "master", rng)?;
            if scope == "user" {
                ring.set_password(&key, "password", &password(typed), CHEAP, rng)?;
            }
        }
        self.save(&0_u64.to_be_bytes(), &ring)
    }

    fn read(&mut self, scope: &str, with: &[&str]) -> Result<Vec<String>> {
        let Opened { ring, key, .. } = self.open(scope, with)?;
        let mut keys = Vec::new();
        for (name, generation) in ring.entries(&key)? {
            let read = ring.get(&key, name, generation)?;
            if self.place.fault == Some(Fault::Leaks) {
                let report = journal::leaked(&self.place.folder, read.expose())?;
                let server = self.server.as_mut().ok_or(NotConnected)?;
                server.call(&[b"report", &report])?;
            }
            keys.push(hex(read.expose()));
        }
        Ok(keys)
    }

    fn change(
        &mut self,
        scope: &str,
        with: &[&str],
        change: impl FnOnce(&mut Opened<B>, &Secret<32>) -> Result<()>,
    ) -> Result<()> {
        let mut opened = self.open(scope, with)?;
        change(&mut opened, &self.device)?;
        self.save(&opened.version, &opened.ring)?;
        let revision = opened.ring.revision(&opened.key)?;
        self.seen.insert(scope.to_owned(), revision);
        Ok(())
    }

    fn open(&mut self, scope: &str, with: &[&str]) -> Result<Opened<B>> {
        let answer = self
            .server
            .as_mut()
            .ok_or(NotConnected)?
            .call(&[b"fetch"])?;
        let [version, file] = fields::split(&answer)?[..] else {
            return Err(fields::Malformed.into());
        };
        let (version, ring) = (version.to_vec(), KeyRing::decode(file)?);
        let key = match with {
            ["device"] => ring.unlock_with_device_key(scope, &self.device)?,
            ["kek"] => ring.unlock_with_kek(scope, &self.kek)?,
            ["password", typed] => {
                let (typed, limits) = (password(typed), PasswordLimits::default());
                ring.unlock_with_password(scope, "password", &typed, &limits)?
            }
            _ => return Err(UnknownCommand(with.concat()).into()),
        };
        let revision = ring.revision(&key)?;
        let seen = self.seen.entry(scope.to_owned()).or_default();
        if revision < *seen {
            return Err(SetBack.into());
        }
        *seen = revision;
        Ok(Opened { version, ring, key })
    }

    fn save(&mut self, version: &[u8], ring: &KeyRing<B>) -> Result<()> {
        let server = self.server.as_mut().ok_or(NotConnected)?;
        let file = ring.encode()?;
        server.call(&[b"save", version, &file]).map(drop)
    }
}

/// A new scope key, for this device alone; what was shut out knows the keys, so they are new too.
fn shut_out<B: FileBackend>(opened: &mut Opened<B>, device: &Secret<32>) -> Result<()> {
    let (rng, ring) = (&mut sprag::entropy::system(), &mut opened.ring);
    opened.key = ring.rotate_scope(&opened.key, rng)?;
    ring.set_device_key(&opened.key, "first", device, rng)?;
    ring.rotate(&opened.key, "master", rng)?;
    Ok(())
}

/// There is no server yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct NotConnected;

impl fmt::Display for NotConnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not connected")
    }
}

impl std::error::Error for NotConnected {}

/// The server hands out an older copy than it did before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SetBack;

impl fmt::Display for SetBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the scope was set back")
    }
}

impl std::error::Error for SetBack {}
