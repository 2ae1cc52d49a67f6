//! A channel over a stream: records in order, none missing.
//!
//! What lives here: the channel, its keys' renewal and its end; in `records` sealing and opening, in
//! `agreement` new secrets. What does not: reading and writing the stream.

mod agreement;
mod records;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use self::agreement::Agreement;
use crate::backend::CryptoBackend;
use crate::time::UnixTime;
use crate::transport::channel::epoch::Epoch;
use crate::transport::channel::facts::Facts;
use crate::transport::channel::policy::ChannelPolicy;
use crate::transport::channel::record::Kind;
use crate::transport::error::TransportError;
use crate::transport::noise::{Handshake, NoiseProtocol, Outcome};
use crate::transport::resumption::Resumption;

/// One end of a channel over a stream.
///
/// It seals and opens records in buffers of the caller and touches no socket. Beside data, records
/// renew keys and say that the stream ends; [`control`](Self::control) makes those that are due.
///
/// ```
/// # #[cfg(feature = "conformance")] {
/// # use std::sync::Arc;
/// use sprag_core::UnixTime;
/// use sprag_core::transport::{ChannelPolicy, Handshake, Received};
/// # use sprag_core::suite::AeadAlgorithm::Aes256Gcm;
/// # use sprag_core::transport::{NoiseProtocol, Pattern, StaticKey};
/// # use sprag_core::testing::null::Null as Backend;
/// # use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
/// # let rng = &mut ChaCha20Rng::seed_from_u64(1);
/// # let protocol = NoiseProtocol::new(Pattern::NK, Aes256Gcm);
/// # let key = Arc::new(StaticKey::<Backend>::generate(rng)?);
/// # let client = Handshake::<Backend>::initiator(protocol).remote_static(*key.public());
/// # let server = Handshake::responder(protocol).static_key(key);
/// # let (mut client, mut server) = (client.build()?, server.build()?);
/// # server.read_message(&client.write_message(b"", rng)?)?;
/// # client.read_message(&server.write_message(b"", rng)?)?;
/// // Behind the last message of a handshake:
/// let (policy, now) = (ChannelPolicy::default(), UnixTime(1_700_000_000));
/// let (mut client, mut server) = (client.into_channel(policy, now)?, server.into_channel(policy, now)?);
///
/// let mut record = client.seal(b"hello")?;
/// let Received::Data(text) = server.open_in_place(&mut record)? else { panic!() };
/// assert_eq!(record[text], *b"hello");
///
/// // An end that is not a cut.
/// assert_eq!(server.open_in_place(&mut client.close()?)?, Received::Closed);
/// # }
/// # Ok::<(), sprag_core::transport::TransportError>(())
/// ```
pub struct Channel<B: CryptoBackend> {
    facts: Facts,
    /// Absent once we closed.
    pub(super) sending: Option<Epoch<B>>,
    /// Absent once the peer closed.
    pub(super) receiving: Option<Box<Receiving<B>>>,
    /// The peer asked for our next key.
    asked: bool,
    /// We asked for the peer's next key, and it has not come.
    asking: bool,
    agreement: Agreement<B>,
    /// Payload bytes in both directions under earlier keys of the last agreement.
    earlier_bytes: u64,
    agreed: UnixTime,
}

/// The receiving keys: the next stands ready, so that a renewal takes no longer than a record.
pub(super) struct Receiving<B: CryptoBackend> {
    pub(super) current: Epoch<B>,
    pub(super) next: Epoch<B>,
}

impl<B: CryptoBackend> Receiving<B> {
    pub(super) fn new(current: Epoch<B>, now: UnixTime) -> Result<Self, TransportError> {
        let next = current.following(now)?;
        Ok(Self { current, next })
    }
}

/// What a record brought.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Received {
    /// Data: where they stand in the buffer.
    Data(Range<usize>),
    /// A ticket for a later resumption; [`Channel::resumption`] keeps it.
    Ticket(Range<usize>),
    /// Keys were renewed, or are to be: see whether [`Channel::control`] has something to send.
    Control,
    /// The peer sends no more. Everything it sent was received.
    Closed,
}

/// What is due to be renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// Our sending key.
    Sending,
    /// The peer's sending key: ask for it.
    Receiving,
    /// The secrets of a stream, by a key agreement, which the initiator starts.
    Agreement,
}

impl<B: CryptoBackend> Handshake<B> {
    /// Goes on with a channel over a stream (docs/PROTOCOL.md section 15.3).
    ///
    /// # Errors
    /// [`TransportError::NotFinished`], [`TransportError::InvalidPolicy`],
    /// [`TransportError::OutOfTurn`] for a one-way pattern, [`TransportError::Library`].
    pub fn into_channel(
        self,
        policy: ChannelPolicy,
        now: UnixTime,
    ) -> Result<Channel<B>, TransportError> {
        Channel::new(&self.finish()?, policy, now)
    }
}

impl<B: CryptoBackend> Channel<B> {
    fn new(
        outcome: &Outcome,
        policy: ChannelPolicy,
        now: UnixTime,
    ) -> Result<Self, TransportError> {
        let aead = outcome.protocol.aead();
        let receiving = Epoch::new(aead, &outcome.receiving, now)?;
        Ok(Self {
            facts: Facts::new::<B>(outcome, policy, now)?,
            sending: Some(Epoch::new(aead, &outcome.sending, now)?),
            receiving: Some(Box::new(Receiving::new(receiving, now)?)),
            asked: false,
            asking: false,
            agreement: Agreement::None,
            earlier_bytes: 0,
            agreed: now,
        })
    }

    /// The handshake's protocol.
    #[must_use]
    pub const fn protocol(&self) -> NoiseProtocol {
        self.facts.protocol
    }

    /// Whether this side sent the handshake's first message.
    #[must_use]
    pub const fn is_initiator(&self) -> bool {
        self.facts.initiator
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

    /// Tells what time it is. Time never goes backwards here.
    pub fn observe_time(&mut self, now: UnixTime) {
        self.facts.clock = self.facts.clock.max(now);
    }

    /// Renews our sending key: the record says so to the peer, and whether it shall renew its own
    /// too. While an earlier wish is open it is not repeated.
    ///
    /// # Errors
    /// [`TransportError::Closed`], [`TransportError::LimitReached`] of the cipher,
    /// [`TransportError::Library`]. The channel is then unchanged.
    pub fn update(&mut self, ask: bool) -> Result<Vec<u8>, TransportError> {
        let ask = ask && !self.asking;
        let epoch = self.sending.as_ref().ok_or(TransportError::Closed)?;
        let next = epoch.following(self.facts.clock)?;
        let kind = if ask {
            Kind::UpdateAndAsk
        } else {
            Kind::Update
        };
        let record = self.seal_kind(kind, &[])?;
        let past = self.sending.replace(next);
        let bytes = past.map_or(0, |past| past.bytes());
        self.earlier_bytes = self.earlier_bytes.saturating_add(bytes);
        self.asking |= ask;
        self.asked = false;
        Ok(record)
    }

    /// What is due by the policy's soft limits, the most thorough first.
    #[must_use]
    pub fn renewal(&self) -> Option<Renewal> {
        let Facts { policy, clock, .. } = &self.facts;
        let sending = self.sending.as_ref()?;
        let past = |epoch: &Epoch<B>| epoch.check(&policy.soft, 0, *clock).is_err();
        let receiving = self.receiving.as_deref().map(|keys| &keys.current);
        let bytes = sending.bytes().saturating_add(self.earlier_bytes);
        let bytes = bytes.saturating_add(receiving.map_or(0, Epoch::bytes));
        let age = clock.since(self.agreed);
        let old = bytes >= policy.agreement_bytes || age >= policy.agreement_age;
        if old && self.may_agree() {
            return Some(Renewal::Agreement);
        }
        if past(sending) {
            return Some(Renewal::Sending);
        }
        let ask = !self.asking && receiving.is_some_and(past);
        ask.then_some(Renewal::Receiving)
    }

    /// Ends our direction: the record tells the peer that nothing is missing. Our sending keys are
    /// wiped; the peer may go on sending until it closes too.
    ///
    /// # Errors
    /// [`TransportError::Closed`], [`TransportError::LimitReached`] of the cipher,
    /// [`TransportError::Library`].
    pub fn close(&mut self) -> Result<Vec<u8>, TransportError> {
        let record = self.seal_kind(Kind::Close, &[])?;
        self.sending = None;
        self.agreement = Agreement::None;
        self.wipe_if_closed();
        Ok(record)
    }

    /// Wipes all keys, without a word to the peer: for a connection that was cut.
    pub fn abandon(&mut self) {
        self.sending = None;
        self.receiving = None;
        self.agreement = Agreement::None;
        self.wipe_if_closed();
    }

    /// Whether our direction, and whether the peer's is closed.
    #[must_use]
    pub const fn is_closed(&self) -> (bool, bool) {
        (self.sending.is_none(), self.receiving.is_none())
    }

    fn wipe_if_closed(&mut self) {
        if self.is_closed() == (true, true) {
            self.facts.later = None;
        }
    }

    /// Sends a ticket to the initiator, as [`TicketKeys::issue`](crate::transport::TicketKeys::issue)
    /// made it.
    ///
    /// # Errors
    /// As [`seal`](Self::seal); [`TransportError::OutOfTurn`] from an initiator.
    pub fn send_ticket(&mut self, ticket: &[u8]) -> Result<Vec<u8>, TransportError> {
        if self.facts.initiator {
            return Err(TransportError::OutOfTurn);
        }
        self.seal_kind(Kind::Ticket, ticket)
    }

    /// What a later resumption of this channel needs, beside the ticket.
    ///
    /// # Errors
    /// [`TransportError::Closed`] once both directions are closed.
    pub fn resumption(&self) -> Result<Resumption, TransportError> {
        self.facts.resumption::<B>()
    }
}

impl<B: CryptoBackend> fmt::Debug for Channel<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("backend", &B::NAME)
            .field("protocol", &self.facts.protocol)
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}
