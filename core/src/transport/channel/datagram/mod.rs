//! A channel over datagrams: they get lost, overtake each other and arrive twice.
//!
//! What lives here: the channel, its keys' renewal and its end; in `records` sealing and opening, in
//! `epochs` the keys. What does not: sending and receiving the datagrams.

mod epochs;
mod records;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use self::epochs::{Numbered, Receiving, Sending};
use crate::backend::CryptoBackend;
use crate::time::UnixTime;
use crate::transport::channel::epoch::Epoch;
use crate::transport::channel::facts::Facts;
use crate::transport::channel::policy::ChannelPolicy;
use crate::transport::channel::record::Kind;
use crate::transport::channel::stream::Renewal;
use crate::transport::error::TransportError;
use crate::transport::noise::{Handshake, Outcome};
use crate::transport::resumption::Resumption;

/// Most seconds for which the last epoch's datagrams are still opened.
pub const PREVIOUS_EPOCH_AGE: u64 = 10;

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
            facts: Facts::new::<B>(outcome, policy, now)?,
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
            let since = receiving.previous.as_ref().map(|previous| previous.1);
            if since.is_some_and(|since| clock.since(since) > PREVIOUS_EPOCH_AGE) {
                // Dropped in place: taken out, its keys would stay behind here.
                receiving.previous = None;
            }
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
    /// [`TransportError::Closed`], [`TransportError::LimitReached`] of the cipher,
    /// [`TransportError::Library`].
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
            self.facts.later = None;
        }
    }

    /// What a later resumption of this channel needs, beside the ticket.
    ///
    /// # Errors
    /// [`TransportError::Closed`] once both directions are closed.
    pub fn resumption(&self) -> Result<Resumption, TransportError> {
        self.facts.resumption::<B>()
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
