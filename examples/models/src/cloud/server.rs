//! What the server does with a device's request, having opened it.

use std::fmt;

use sprag::SecretBytes;
use sprag::sprag_core::CryptoBackend;
use sprag::sprag_core::primitives::Hmac;

use super::{Gate, PAGE, Storage};
use crate::Result;
use crate::channel::{Handler, Peer};
use crate::fields::{self, Malformed};

/// Longest name of a user in bytes.
const MAX_USER: usize = 64;

/// The server's side of all users.
pub struct Cloud<B: CryptoBackend> {
    storage: Storage<B>,
    /// A message stops here once it was opened, before it is kept.
    pub gate: Gate,
    /// What a broken server does with each text.
    report: Option<Report>,
}

type Report = Box<dyn Fn(&[u8]) + Send + Sync>;

impl<B: CryptoBackend> Cloud<B> {
    /// A server over this storage.
    #[must_use]
    pub fn new(storage: Storage<B>) -> Self {
        Self {
            storage,
            gate: Gate::default(),
            report: None,
        }
    }

    /// Tells `report` every text, as [`Fault::Leaks`](crate::party::Fault::Leaks) has it.
    #[must_use]
    pub fn reporting(mut self, report: impl Fn(&[u8]) + Send + Sync + 'static) -> Self {
        self.report = Some(Box::new(report));
        self
    }

    /// What it keeps.
    pub const fn storage(&self) -> &Storage<B> {
        &self.storage
    }

    /// The first device of a name makes the account; every further one shows that it knows the code.
    fn enrol(&self, device: &[u8; 32], user: &[u8], code: &[u8]) -> Result<()> {
        if user.len() > MAX_USER || user.contains(&0) {
            return Err(Malformed.into());
        }
        let mut tag = [0; 32];
        B::HmacSha256::hmac(user, &[code], &mut tag);
        match self.storage.noted(&account(user))? {
            // Of two tags it says nothing about the code where they begin to differ.
            Some(known) if known[..] != tag => return Err(Denied::WrongCode.into()),
            Some(_) => {}
            None => self.storage.note(&account(user), &tag)?,
        }
        self.storage.note(&enrolled(device), user)
    }

    fn send(&self, from: &[u8], to: &[u8], text: &[u8]) -> Result<()> {
        if to.len() > MAX_USER || self.storage.noted(&account(to))?.is_none() {
            return Err(Denied::NoSuchUser.into());
        }
        self.gate.pass();
        if let Some(report) = &self.report {
            report(text);
        }
        let message = fields::join(&[from, text]);
        if to != from {
            self.storage.append(to, &message)?;
        }
        self.storage.append(from, &message)?;
        Ok(())
    }

    fn fetch(&self, user: &[u8], after: u64) -> Result<SecretBytes> {
        let found = self.storage.after(user, after, PAGE)?;
        let mut answer = SecretBytes::default();
        for (number, message) in &found {
            let number = fields::join(&[&number.to_be_bytes()]);
            answer.extend_from_slice(&[&number[..], message].concat());
        }
        Ok(answer)
    }

    fn revoke(&self, user: &[u8], device: &[u8]) -> Result<()> {
        let device = device.try_into().map_err(|_| Malformed)?;
        if self.user(&device)?[..] != *user {
            return Err(Denied::UnknownDevice.into());
        }
        self.storage.strike(&enrolled(&device))
    }

    fn user(&self, device: &[u8; 32]) -> Result<SecretBytes> {
        let user = self.storage.noted(&enrolled(device))?;
        user.ok_or_else(|| Denied::UnknownDevice.into())
    }
}

impl<B: CryptoBackend> Handler for Cloud<B> {
    fn answer(&self, peer: Peer, request: &[u8]) -> Result<SecretBytes> {
        let device = peer.ok_or(Denied::UnknownDevice)?;
        let request = fields::split(request)?;
        if let [b"enrol", user, code] = request[..] {
            self.enrol(&device, user, code)?;
            return Ok(SecretBytes::default());
        }
        let user = self.user(&device)?;
        match request[..] {
            [b"send", to, text] => self.send(&user, to, text)?,
            [b"fetch", after] => {
                let after = after.try_into().map_err(|_| Malformed)?;
                return self.fetch(&user, u64::from_be_bytes(after));
            }
            [b"revoke", device] => self.revoke(&user, device)?,
            _ => return Err(Malformed.into()),
        }
        Ok(SecretBytes::default())
    }
}

fn account(user: &[u8]) -> Vec<u8> {
    [b"account ", user].concat()
}

fn enrolled(device: &[u8; 32]) -> Vec<u8> {
    [b"device ".as_slice(), device].concat()
}

/// Why a device was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// No user has this device, or no longer.
    UnknownDevice,
    /// The user has another code.
    WrongCode,
    /// Nobody has this name.
    NoSuchUser,
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownDevice => "no user has this device",
            Self::WrongCode => "that is not the user's code",
            Self::NoSuchUser => "nobody has this name",
        })
    }
}

impl std::error::Error for Denied {}

impl<B: CryptoBackend> fmt::Debug for Cloud<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cloud").finish_non_exhaustive()
    }
}
