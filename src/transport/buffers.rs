//! What both adapters share: a channel between two buffers of records.
//!
//! Whole records are opened where they arrived; sealed ones wait until the stream takes them. What
//! was sealed is never sealed again, however often the stream interrupts.

use std::io;
use std::ops::Range;

use sprag_core::CryptoBackend;
use sprag_core::transport::{
    Channel, ClientTicket, MAX_PAYLOAD_LEN, Received, STREAM_HEADER_LEN, STREAM_OVERHEAD,
    TicketKeys,
};

use super::{cut, refused};
use crate::{entropy, platform};

/// Payload of a record that we send, at most, in bytes.
const SEND_LEN: usize = 16 * 1024;
/// The longest record.
const RECORD_LEN: usize = MAX_PAYLOAD_LEN + STREAM_OVERHEAD;

pub(super) struct Buffers<B: CryptoBackend> {
    pub(super) channel: Channel<B>,
    incoming: Box<[u8]>,
    /// What of `incoming` was received and not opened.
    received: Range<usize>,
    /// What of `incoming` was opened and not given out.
    plain: Range<usize>,
    outgoing: Vec<u8>,
    /// How much of `outgoing` the stream took.
    taken: usize,
    ticket: Option<ClientTicket>,
    /// The peer's direction has ended, as it should.
    ended: bool,
    failed: bool,
}

impl<B: CryptoBackend> Buffers<B> {
    pub(super) fn new(channel: Channel<B>) -> Self {
        Self {
            channel,
            incoming: vec![0; RECORD_LEN].into(),
            received: 0..0,
            plain: 0..0,
            outgoing: Vec::new(),
            taken: 0,
            ticket: None,
            ended: false,
            failed: false,
        }
    }

    /// Moves opened bytes into `target`; how many. 0 where there are none, or no room.
    pub(super) fn give(&mut self, target: &mut [u8]) -> usize {
        let len = target.len().min(self.plain.len());
        let from = self.plain.start..self.plain.start + len;
        target[..len].copy_from_slice(&self.incoming[from]);
        self.plain.start += len;
        len
    }

    pub(super) fn has_plain(&self) -> bool {
        !self.plain.is_empty()
    }

    pub(super) const fn has_ended(&self) -> bool {
        self.ended
    }

    /// Opens the next record if it is there as a whole. Afterwards `plain` or `outgoing` may hold
    /// something; false: more must be received first.
    pub(super) fn open(&mut self) -> io::Result<bool> {
        self.check()?;
        if self.ended || self.received.is_empty() {
            return Ok(false);
        }
        let waiting = &self.incoming[self.received.clone()];
        let Some(front) = waiting.first_chunk::<2>() else {
            return Ok(false);
        };
        let len = Channel::<B>::record_len(*front).map_err(refused);
        let len = self.or_fail(len)?;
        if self.received.len() < len {
            return Ok(false);
        }
        let start = self.received.start;
        self.channel.observe_time(platform::now());
        let record = &mut self.incoming[start..start + len];
        let opened = self.channel.open_in_place(record).map_err(refused);
        let opened = self.or_fail(opened)?;
        self.received.start += len;
        match opened {
            Received::Data(range) => self.plain = start + range.start..start + range.end,
            Received::Ticket(range) => {
                let ticket = &self.incoming[start + range.start..start + range.end];
                let resumption = self.channel.resumption().map_err(refused)?;
                let ticket = ClientTicket::new(ticket, resumption, platform::now());
                let ticket = self.or_fail(ticket.map_err(refused))?;
                self.ticket = Some(ticket);
            }
            Received::Closed => self.ended = true,
            _ => {}
        }
        // While the stream takes nothing, what the peer asks for waits, and many wishes become one:
        // a peer that only asks makes nothing grow.
        if self.pending().len() < SEND_LEN {
            self.add_control()?;
        }
        Ok(true)
    }

    /// Where the stream's next bytes go. To be called when [`open`](Self::open) wants more, which
    /// leaves nothing to give out.
    pub(super) fn room(&mut self) -> &mut [u8] {
        if self.received.start > 0 {
            self.incoming.copy_within(self.received.clone(), 0);
            self.received = 0..self.received.len();
            self.plain = 0..0;
        }
        &mut self.incoming[self.received.end..]
    }

    /// Notes that so many bytes came; none means that the stream has ended.
    pub(super) fn arrived(&mut self, len: usize) -> io::Result<()> {
        if len == 0 {
            self.fail();
            return Err(cut());
        }
        self.received.end += len;
        Ok(())
    }

    /// Seals the first bytes of `payload` into the outgoing buffer; how many.
    pub(super) fn seal(&mut self, payload: &[u8]) -> io::Result<usize> {
        self.check()?;
        if payload.is_empty() {
            return Ok(0);
        }
        self.add_control()?;
        let payload = &payload[..payload.len().min(SEND_LEN)];
        let start = self.outgoing.len();
        let end = start + payload.len() + STREAM_OVERHEAD;
        self.outgoing.resize(end, 0);
        let text = start + STREAM_HEADER_LEN;
        self.outgoing[text..text + payload.len()].copy_from_slice(payload);
        if let Err(error) = self.channel.seal_in_place(&mut self.outgoing[start..]) {
            zeroize::Zeroize::zeroize(&mut self.outgoing[start..]);
            self.outgoing.truncate(start);
            return Err(refused(error));
        }
        Ok(payload.len())
    }

    /// Adds what is due beside data.
    fn add_control(&mut self) -> io::Result<()> {
        self.channel.observe_time(platform::now());
        let rng = &mut entropy::system();
        while let Some(record) = self.channel.control(rng).map_err(refused)? {
            self.outgoing.extend_from_slice(&record);
        }
        Ok(())
    }

    /// Adds a ticket for the client's next connection.
    pub(super) fn add_ticket(&mut self, keys: &TicketKeys) -> io::Result<()> {
        let resumption = self.channel.resumption().map_err(refused)?;
        let ticket = keys.issue::<B, _>(&resumption, &mut entropy::system());
        let record = self.channel.send_ticket(&ticket.map_err(refused)?);
        self.outgoing.extend_from_slice(&record.map_err(refused)?);
        Ok(())
    }

    /// Seals the end of our direction, once.
    pub(super) fn close(&mut self) -> io::Result<()> {
        if self.failed || self.channel.is_closed().0 {
            return Ok(());
        }
        let record = self.channel.close().map_err(refused)?;
        self.outgoing.extend_from_slice(&record);
        Ok(())
    }

    /// What the stream is to take next.
    pub(super) fn pending(&self) -> &[u8] {
        &self.outgoing[self.taken..]
    }

    /// Notes that the stream took so many bytes.
    pub(super) fn took(&mut self, len: usize) -> io::Result<()> {
        if len == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.taken += len;
        if self.taken == self.outgoing.len() {
            self.outgoing.clear();
            self.taken = 0;
        }
        Ok(())
    }

    pub(super) fn take_ticket(&mut self) -> Option<ClientTicket> {
        self.ticket.take()
    }

    fn check(&self) -> io::Result<()> {
        if self.failed {
            return Err(io::Error::new(
                io::ErrorKind::NotConnected,
                "the channel failed before",
            ));
        }
        Ok(())
    }

    /// On a stream nothing follows a record that was refused.
    fn or_fail<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if result.is_err() {
            self.fail();
        }
        result
    }

    fn fail(&mut self) {
        self.failed = true;
        self.channel.abandon();
    }
}

impl<B: CryptoBackend> Drop for Buffers<B> {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut *self.incoming);
    }
}
