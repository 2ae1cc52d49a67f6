//! What a user's device asks of the server, over a channel.

use sprag::sprag_core::PqBackend;

use super::PAGE;
use crate::Result;
use crate::channel::{Closed, Connection};
use crate::fields::{self, Malformed};

/// A device that is connected.
#[derive(Debug)]
pub struct Device<B: PqBackend> {
    connection: Connection<B>,
}

/// A message of the user's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its number, from 1.
    pub number: u64,
    /// Who wrote it.
    pub from: String,
    /// What.
    pub text: String,
}

impl<B: PqBackend> Device<B> {
    /// A device by its channel.
    #[must_use]
    pub const fn new(connection: Connection<B>) -> Self {
        Self { connection }
    }

    /// Enrols the device for a user.
    ///
    /// # Errors
    /// The server's refusal; the network's. So do all others.
    pub fn enrol(&mut self, user: &str, code: &str) -> Result<()> {
        let request = [b"enrol", user.as_bytes(), code.as_bytes()];
        self.connection.call(&request).map(drop)
    }

    /// Sends a message.
    ///
    /// # Errors
    /// As [`enrol`](Self::enrol).
    pub fn send(&mut self, to: &str, text: &str) -> Result<()> {
        self.post(to, text)?;
        self.settle()
    }

    /// Sends a message, and does not wait.
    ///
    /// # Errors
    /// As [`enrol`](Self::enrol).
    pub fn post(&mut self, to: &str, text: &str) -> Result<()> {
        let request = [b"send", to.as_bytes(), text.as_bytes()];
        self.connection.post(&request)
    }

    /// Waits until the server has the message that was posted.
    ///
    /// # Errors
    /// As [`enrol`](Self::enrol).
    pub fn settle(&mut self) -> Result<()> {
        self.connection.answer().map(drop)
    }

    /// Every message behind the one with this number; of 0, the whole history.
    ///
    /// # Errors
    /// As [`enrol`](Self::enrol).
    pub fn fetch(&mut self, mut after: u64) -> Result<Vec<Message>> {
        let mut all = Vec::new();
        loop {
            let page = self.page(after)?;
            let is_last = page.len() < PAGE;
            after = page.last().map_or(after, |message| message.number);
            all.extend(page);
            if is_last {
                return Ok(all);
            }
        }
    }

    /// The next messages behind the one with this number, [`PAGE`] at most; none at the end.
    ///
    /// # Errors
    /// As [`enrol`](Self::enrol).
    pub fn page(&mut self, after: u64) -> Result<Vec<Message>> {
        let answer = self.connection.call(&[b"fetch", &after.to_be_bytes()])?;
        let answer = fields::split(&answer)?;
        let (messages, rest) = answer.as_chunks::<3>();
        if !rest.is_empty() {
            return Err(Malformed.into());
        }
        let messages = messages.iter().map(|[number, from, text]| {
            Ok(Message {
                number: u64::from_be_bytes((*number).try_into()?),
                from: String::from_utf8(from.to_vec())?,
                text: String::from_utf8(text.to_vec())?,
            })
        });
        messages.collect()
    }

    /// Takes a device from the user.
    ///
    /// # Errors
    /// As [`enrol`](Self::enrol).
    pub fn revoke(&mut self, device: &[u8; 32]) -> Result<()> {
        self.connection.call(&[b"revoke", device]).map(drop)
    }

    /// The bytes on the wire so far, sent and received.
    #[must_use]
    pub const fn wire(&self) -> (u64, u64) {
        self.connection.wire()
    }

    /// Ends the channel.
    ///
    /// # Errors
    /// The network's.
    pub fn close(self) -> Result<Closed> {
        self.connection.close()
    }
}
