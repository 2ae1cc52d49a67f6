//! A channel over datagrams: they get lost, overtake each other and arrive twice.

mod epochs;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use self::epochs::{Numbered, Receiving, Sending, Which};
use crate::backend::CryptoBackend;
use crate::time::UnixTime;
use crate::transport::channel::epoch::Epoch;
use crate::transport::channel::facts::{Facts, LaterSecrets};
use crate::transport::channel::policy::ChannelPolicy;
use crate::transport::channel::record::{
    DATAGRAM, DATAGRAM_HEADER_LEN, DATAGRAM_OVERHEAD, Kind, MAX_PAYLOAD_LEN,
};
use crate::transport::channel::stream::Renewal;
use crate::transport::cipher::TAG_LEN;
use crate::transport::error::TransportError;
use crate::transport::noise::{Handshake, Outcome};
use crate::transport::resumption::Resumption;

/// Most seconds for which the last epoch's datagrams are still opened.
pub const PREVIOUS_EPOCH_AGE: u64 = 10;
/// Numbers have 48 bits.
const MAX_NUMBER: u64 = (1 << 48) - 1;
/// Length of the associated data in bytes.
const AD_LEN: usize = 8;

/// One end of a channel over datagrams.
///
/// Each datagram is a record of its own, opened in any order and once. It says how far the peer's
/// epochs were followed, so that a sender renews its key only when the peer has the last one.
/// A datagram without data, from [`control`](Self::control), says so where no data are to be sent.
pub struct DatagramChannel<B: CryptoBackend> {
    facts: Facts,
    sending: Option<Sending<B>>,
    receiving: Option<Box<Receiving<B>>>,
    /// The peer asked for our next key.
    asked: bool,
    /// The peer's epoch moved on and we have sent nothing since.
    silent: bool,
    later: Option<LaterSecrets>,
}

/// What a datagram brought.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReceivedDatagram {
    /// Data: where they stand in the buffer.
    Data(Range<usize>),
    /// No data: it was about keys.
    Control,
    /// The peer sends no more. What it sent before may still be on its way, and is refused.
    Closed,
}

impl<B: CryptoBackend> Handshake<B> {
    /// Goes on with a channel over datagrams (docs/PROTOCOL.md section 15.4).
    ///
    /// # Errors
    /// [`TransportError::NotFinished`], [`TransportError::InvalidPolicy`],
    /// [`TransportError::OutOfTurn`] for a one-way pattern, [`TransportError::Library`].
    pub fn into_datagram_channel(
        self,
        policy: ChannelPolicy,
        now: UnixTime,
    ) -> Result<DatagramChannel<B>, TransportError> {
        DatagramChannel::new(&self.finish()?, policy, now)
    }
}

impl<B: CryptoBackend> DatagramChannel<B> {
    fn new(
        outcome: &Outcome,
        policy: ChannelPolicy,
        now: UnixTime,
    ) -> Result<Self, TransportError> {
        let aead = outcome.protocol.aead();
        let current = Epoch::new(aead, &outcome.receiving, now)?;
        let next = current.following(now)?;
        Ok(Self {
            facts: Facts::new(outcome, policy, now)?,
            sending: Some(Sending {
                epoch: Epoch::new(aead, &outcome.sending, now)?,
                number: 0,
                confirmed: true,
            }),
            receiving: Some(Box::new(Receiving {
                number: 0,
                current: Numbered::new(current),
                next: Numbered::new(next),
                previous: None,
            })),
            asked: false,
            silent: false,
            later: Some(LaterSecrets::new::<B>(outcome)?),
        })
    }

    /// The handshake's hash, the same on both sides and only there. Not secret.
    #[must_use]
    pub const fn channel_binding(&self) -> &[u8; 32] {
        &self.facts.channel_binding
    }

    /// The peer's static key, if the pattern had one.
    #[must_use]
    pub const fn remote_static(&self) -> Option<&[u8; 32]> {
        self.facts.remote_static.as_ref()
    }

    /// Tells what time it is; the keys of the epoch before last [`PREVIOUS_EPOCH_AGE`] seconds.
    pub fn observe_time(&mut self, now: UnixTime) {
        self.facts.clock = self.facts.clock.max(now);
        if let Some(receiving) = &mut self.receiving {
            let clock = self.facts.clock;
            receiving
                .previous
                .take_if(|(_, since)| clock.since(*since) > PREVIOUS_EPOCH_AGE);
        }
    }

    /// Seals `payload`, of at most 65518 bytes, and returns the datagram.
    ///
    /// # Errors
    /// As [`seal_in_place`](Self::seal_in_place).
    pub fn seal(&mut self, payload: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.seal_kind(Kind::Data, payload)
    }

    fn seal_kind(&mut self, kind: Kind, payload: &[u8]) -> Result<Vec<u8>, TransportError> {
        let len = payload.len().saturating_add(DATAGRAM_OVERHEAD);
        let mut record = Vec::with_capacity(len);
        record.extend_from_slice(&[0; DATAGRAM_HEADER_LEN]);
        record.extend_from_slice(payload);
        record.extend_from_slice(&[0; TAG_LEN]);
        self.seal_record(kind, &mut record)?;
        Ok(record)
    }

    /// Seals in `buffer`, which becomes the datagram. The payload stands behind
    /// [`DATAGRAM_HEADER_LEN`] bytes and before [`TAG_LEN`] bytes of any content. Nothing is
    /// allocated.
    ///
    /// # Errors
    /// [`TransportError::MessageTooLong`], [`TransportError::BufferTooShort`],
    /// [`TransportError::LimitReached`] (renew the key), [`TransportError::NonceExhausted`],
    /// [`TransportError::Closed`], [`TransportError::Library`]. The channel is then unchanged.
    pub fn seal_in_place(&mut self, buffer: &mut [u8]) -> Result<(), TransportError> {
        self.seal_record(Kind::Data, buffer)
    }

    fn seal_record(&mut self, kind: Kind, buffer: &mut [u8]) -> Result<(), TransportError> {
        let seen = self.receiving.as_ref().map_or(0, |keys| keys.number);
        let sending = self.sending.as_mut().ok_or(TransportError::Closed)?;
        let payload = buffer.len().checked_sub(DATAGRAM_OVERHEAD);
        let payload = payload.ok_or(TransportError::BufferTooShort)?;
        if payload > MAX_PAYLOAD_LEN {
            return Err(TransportError::MessageTooLong);
        }
        let limits = match kind {
            Kind::Data => self.facts.policy.hard,
            _ => ChannelPolicy::absolute(self.facts.protocol.aead()),
        };
        sending.epoch.check(&limits, payload, self.facts.clock)?;
        let number = sending.epoch.records();
        if number > MAX_NUMBER {
            return Err(TransportError::NonceExhausted);
        }
        let split = buffer.split_first_chunk_mut::<AD_LEN>();
        let (head, rest) = split.ok_or(TransportError::BufferTooShort)?;
        let split = rest.split_last_chunk_mut::<TAG_LEN>();
        let (body, tag) = split.ok_or(TransportError::BufferTooShort)?;
        // Numbers have 48 bits: the two bytes above them hold type and epoch.
        *head = number.to_be_bytes();
        let [first, second, ..] = head;
        (*first, *second) = (DATAGRAM, sending.number);
        if let Some(first) = body.first_mut() {
            *first = (seen & 0x0f) << 4 | kind as u8;
        }
        *tag = sending.epoch.seal(number, head, body)?;
        sending.epoch.count(payload);
        self.silent = false;
        Ok(())
    }

    /// Opens a datagram in place. Nothing is allocated unless the peer renewed its key.
    ///
    /// # Errors
    /// [`TransportError::Malformed`], [`TransportError::Duplicate`], [`TransportError::TooOld`],
    /// [`TransportError::UnknownEpoch`], [`TransportError::AuthenticationFailed`],
    /// [`TransportError::UnexpectedRecord`], [`TransportError::LimitReached`],
    /// [`TransportError::Closed`], [`TransportError::Library`]. Nothing has changed then but the count
    /// of forged records.
    pub fn open_in_place(
        &mut self,
        datagram: &mut [u8],
    ) -> Result<ReceivedDatagram, TransportError> {
        self.facts.check_forgeries()?;
        let (now, aead) = (self.facts.clock, self.facts.protocol.aead());
        let receiving = self.receiving.as_mut().ok_or(TransportError::Closed)?;
        let end = datagram.len().saturating_sub(TAG_LEN);
        let split = datagram.split_first_chunk_mut::<AD_LEN>();
        let (head, rest) = split.ok_or(TransportError::Malformed)?;
        let split = rest.split_last_chunk_mut::<TAG_LEN>();
        let (body, tag) = split.ok_or(TransportError::Malformed)?;
        let [first, epoch, ..] = *head;
        if first != DATAGRAM || body.is_empty() || body.len() > MAX_PAYLOAD_LEN.saturating_add(1) {
            return Err(TransportError::Malformed);
        }
        let number = u64::from_be_bytes(*head) & MAX_NUMBER;
        let which = receiving.which(epoch)?;
        let keys = receiving.epoch(which)?;
        keys.window.check(number)?;
        keys.epoch.check(&ChannelPolicy::absolute(aead), 0, now)?;
        if let Err(error) = keys.epoch.open(number, head, body, tag) {
            return Err(self.facts.forged(error));
        }
        let (front, payload) = body.split_first().ok_or(TransportError::Malformed)?;
        let (seen, kind) = (front >> 4, Kind::from_byte(front & 0x0f)?);
        match kind {
            Kind::Data => keys
                .epoch
                .check(&self.facts.policy.hard, payload.len(), now)?,
            Kind::Update | Kind::UpdateAndAsk | Kind::Close if payload.is_empty() => {}
            _ => return Err(TransportError::UnexpectedRecord),
        }
        let after = match which {
            Which::Next => Some(keys.epoch.following(now)?),
            _ => None,
        };
        keys.epoch.count(payload.len());
        keys.window.accept(number);
        if let Some(after) = after {
            receiving.promote(after, now);
            self.silent = true;
        }
        self.heard(seen, kind == Kind::UpdateAndAsk);
        match kind {
            Kind::Data => Ok(ReceivedDatagram::Data(DATAGRAM_HEADER_LEN..end)),
            Kind::Close => {
                self.receiving = None;
                self.wipe_if_closed();
                Ok(ReceivedDatagram::Closed)
            }
            _ => Ok(ReceivedDatagram::Control),
        }
    }

    /// What a datagram of the peer tells of our epochs.
    const fn heard(&mut self, seen: u8, ask: bool) {
        if let Some(sending) = &mut self.sending
            && sending.number & 0x0f == seen
        {
            sending.confirmed = true;
            // A wish is for the epoch that the peer has seen: a copy of it is none for the next.
            self.asked |= ask;
        }
    }

    /// Renews our sending key: the following datagrams are under the next one.
    ///
    /// # Errors
    /// [`TransportError::UpdatePending`] until a datagram of the peer has shown that it has the
    /// current key, [`TransportError::Closed`], [`TransportError::Library`].
    pub fn update(&mut self) -> Result<(), TransportError> {
        let now = self.facts.clock;
        let sending = self.sending.as_mut().ok_or(TransportError::Closed)?;
        if !sending.confirmed {
            return Err(TransportError::UpdatePending);
        }
        sending.epoch = sending.epoch.following(now)?;
        sending.number = sending.number.wrapping_add(1);
        sending.confirmed = false;
        self.asked = false;
        self.silent = true;
        Ok(())
    }

    /// A datagram that asks the peer to renew its key. It may be repeated: the peer renews once.
    ///
    /// # Errors
    /// [`TransportError::Closed`], [`TransportError::NonceExhausted`],
    /// [`TransportError::LimitReached`] of the cipher, [`TransportError::Library`].
    pub fn ask(&mut self) -> Result<Vec<u8>, TransportError> {
        self.seal_kind(Kind::UpdateAndAsk, &[])
    }

    /// What is due by the policy's soft limits. A stream's key agreement has no counterpart here:
    /// make a new handshake.
    #[must_use]
    pub fn renewal(&self) -> Option<Renewal> {
        let Facts { policy, clock, .. } = &self.facts;
        let past = |epoch: &Epoch<B>| epoch.check(&policy.soft, 0, *clock).is_err();
        let sending = self.sending.as_ref()?;
        if sending.confirmed && past(&sending.epoch) {
            return Some(Renewal::Sending);
        }
        let receiving = self.receiving.as_ref()?;
        past(&receiving.current.epoch).then_some(Renewal::Receiving)
    }

    /// Renews our key if that is due, and returns a datagram without data if the peer must hear of
    /// us. To be called after each datagram that was opened, and before data are sealed. Asking the
    /// peer for its next key ([`ask`](Self::ask)) is left to those who know how long an answer takes.
    ///
    /// # Errors
    /// As [`update`](Self::update) and [`ask`](Self::ask), but for
    /// [`TransportError::UpdatePending`].
    pub fn control(&mut self) -> Result<Option<Vec<u8>>, TransportError> {
        let Some(sending) = &self.sending else {
            return Ok(None);
        };
        let due = self.asked || self.renewal() == Some(Renewal::Sending);
        if due && sending.confirmed {
            self.update()?;
        }
        if !self.silent {
            return Ok(None);
        }
        self.seal_kind(Kind::Update, &[]).map(Some)
    }

    /// Ends our direction and wipes its keys.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub fn close(&mut self) -> Result<Vec<u8>, TransportError> {
        let record = self.seal_kind(Kind::Close, &[])?;
        self.sending = None;
        self.wipe_if_closed();
        Ok(record)
    }

    /// Whether our direction, and whether the peer's is closed.
    #[must_use]
    pub const fn is_closed(&self) -> (bool, bool) {
        (self.sending.is_none(), self.receiving.is_none())
    }

    #[cfg(test)]
    pub(super) fn set_records(&mut self, records: u64) {
        if let Some(sending) = &mut self.sending {
            sending.epoch.set_records(records);
        }
    }

    fn wipe_if_closed(&mut self) {
        if self.is_closed() == (true, true) {
            self.later = None;
        }
    }

    /// What a later resumption of this channel needs, beside the ticket.
    ///
    /// # Errors
    /// [`TransportError::Closed`] once both directions are closed.
    pub fn resumption(&self) -> Result<Resumption, TransportError> {
        let later = self.later.as_ref().ok_or(TransportError::Closed)?;
        Ok(Resumption::new(
            self.facts.protocol.aead(),
            later.resumption.duplicate(),
            self.facts.remote_static,
        ))
    }
}

impl<B: CryptoBackend> fmt::Debug for DatagramChannel<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatagramChannel")
            .field("backend", &B::NAME)
            .field("protocol", &self.facts.protocol)
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}
