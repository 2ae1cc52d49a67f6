//! The server's side: keys that seal tickets, and what a ticket is accepted for.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;

use crate::backend::CryptoBackend;
use crate::codec::Reader;
use crate::entropy;
use crate::lifecycle::{KeyAction, KeyKind, Life};
use crate::primitives::{Aead, Hmac};
use crate::secret::{Secret, SecretBytes};
use crate::time::UnixTime;
use crate::transport::cipher::TAG_LEN;
use crate::transport::error::TransportError;
use crate::transport::noise::{Handshake, StaticKey};
use crate::transport::resumption::ticket::{Content, FRONT_LEN, Front, MAX_LIFETIME, TICKET_LEN};
use crate::transport::resumption::{Resumption, StrikeRegister, TicketId, protocol};

/// How far ahead of ours the clock of whoever issued a ticket may be, in seconds.
const MAX_SKEW: u64 = 60;

/// What tickets are good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketPolicy {
    /// Seconds for which a ticket is accepted, at most 7 days; less if its key goes before.
    pub lifetime: u64,
    /// Seconds after which tickets are sealed under a new key. The last one is kept as long again.
    pub rotate_after: u64,
    /// How often a ticket may be used.
    pub uses: u8,
    /// Number of the rules under which clients are let in: with another one, no old ticket is taken.
    pub revision: u32,
}

impl Default for TicketPolicy {
    /// 24 hours, a new key every 12 hours, one use, revision 0.
    fn default() -> Self {
        Self {
            lifetime: 24 * 3600,
            rotate_after: 12 * 3600,
            uses: 1,
            revision: 0,
        }
    }
}

struct TicketKey {
    id: [u8; 8],
    key: Secret<32>,
    since: UnixTime,
    life: Life,
}

impl TicketKey {
    /// `begin` tells of the key once there is one.
    fn draw<R: TryCryptoRng + ?Sized>(
        now: UnixTime,
        rng: &mut R,
        begin: impl FnOnce() -> Life,
    ) -> Result<Self, TransportError> {
        let mut id = [0; 8];
        entropy::fill(rng, &mut id)?;
        let key = Secret::random(rng)?;
        Ok(Self {
            id,
            key,
            since: now,
            life: begin(),
        })
    }

    fn derive<B: CryptoBackend>(&self, salt: &[u8; 16]) -> Secret<32> {
        let mut key = Secret::zeroed();
        let parts: [&[u8]; 2] = [b"SPRAG1 tkt", salt];
        B::HmacSha256::hmac(self.key.expose(), &parts, key.expose_mut());
        key
    }
}

/// The keys that seal a server's tickets: the current one and the last.
///
/// They live in memory alone, so that a stolen disk opens no ticket; after a restart clients make
/// whole handshakes again.
pub struct TicketKeys {
    policy: TicketPolicy,
    clock: UnixTime,
    current: TicketKey,
    last: Option<TicketKey>,
}

/// A client that came back.
#[derive(Debug)]
pub struct Resumed<B: CryptoBackend> {
    /// The handshake, whose answer is to be written. Then it is finished.
    pub handshake: Handshake<B>,
    /// The static key that the client proved when the ticket was issued, if it had one.
    pub client: Option<[u8; 32]>,
}

impl TicketKeys {
    /// A first key.
    ///
    /// # Errors
    /// [`TransportError::InvalidPolicy`] for a lifetime above 7 days, a rotation of 0 seconds or no
    /// use; [`TransportError::Entropy`].
    pub fn new<R: TryCryptoRng + ?Sized>(
        policy: TicketPolicy,
        now: UnixTime,
        rng: &mut R,
    ) -> Result<Self, TransportError> {
        let TicketPolicy { lifetime, uses, .. } = policy;
        if lifetime > MAX_LIFETIME || policy.rotate_after == 0 || uses == 0 {
            return Err(TransportError::InvalidPolicy);
        }
        Ok(Self {
            policy,
            clock: now,
            current: TicketKey::draw(now, rng, || Life::untold(KeyKind::TicketKey))?,
            last: None,
        })
    }

    /// Tells the observer of `B` of these keys from here on ([`crate::lifecycle`]): they name no
    /// backend, and by themselves tell nobody.
    #[must_use]
    pub fn observed_by<B: CryptoBackend>(mut self) -> Self {
        for key in [&mut self.current].into_iter().chain(&mut self.last) {
            key.life = Life::begins::<B>(KeyKind::TicketKey);
        }
        self
    }

    /// Tells what time it is, which draws a new key when that is due and wipes the last but one. Time
    /// never goes backwards here.
    ///
    /// # Errors
    /// [`TransportError::Entropy`]; the keys are unchanged then.
    pub fn observe_time<R: TryCryptoRng + ?Sized>(
        &mut self,
        now: UnixTime,
        rng: &mut R,
    ) -> Result<(), TransportError> {
        let clock = self.clock.max(now);
        let age = clock.since(self.current.since);
        if age >= self.policy.rotate_after {
            let renewed = || self.current.life.next(KeyAction::Renewed);
            let fresh = TicketKey::draw(clock, rng, renewed)?;
            let last = core::mem::replace(&mut self.current, fresh);
            let kept = age < self.policy.rotate_after.saturating_mul(2);
            self.last = kept.then_some(last);
        }
        self.clock = clock;
        Ok(())
    }

    /// Puts other rules in force. With another revision no ticket that is out is taken any more.
    pub const fn set_revision(&mut self, revision: u32) {
        self.policy.revision = revision;
    }

    /// Makes a ticket for the client of a channel. It travels inside of the channel
    /// ([`Channel::send_ticket`](crate::transport::Channel::send_ticket)).
    ///
    /// # Errors
    /// [`TransportError::Entropy`], [`TransportError::Library`].
    pub fn issue<B: CryptoBackend, R: TryCryptoRng + ?Sized>(
        &self,
        resumption: &Resumption,
        rng: &mut R,
    ) -> Result<Vec<u8>, TransportError> {
        let mut salt = [0; 16];
        entropy::fill(rng, &mut salt)?;
        let front = Front {
            key_id: self.current.id,
            not_after: self.clock.plus(self.policy.lifetime),
            salt,
        };
        let front = front.encode();
        let content = Content {
            secret: resumption.secret.duplicate(),
            aead: resumption.aead,
            client: resumption.remote_static,
            issued: self.clock,
            uses: self.policy.uses,
            revision: self.policy.revision,
        };
        let mut content = content.encode();
        let key = self.current.derive::<B>(&salt);
        let tag = B::Aes256Gcm::seal_once(key.expose(), &[0; 12], &front, &mut content)?;
        self.current.life.used();
        Ok([front.as_slice(), &content, &tag].concat())
    }

    /// Accepts a client's first message: its ticket and a handshake message, as
    /// [`ClientTicket::resume`](crate::transport::ClientTicket::resume) made it. The handshake is by
    /// NKpsk0 if the server's static key is given and by NNpsk0 without; both sides must choose alike.
    ///
    /// The use is noted once the message has shown that the sender holds the ticket's secret, so that
    /// nobody else can use a ticket up.
    ///
    /// # Errors
    /// [`TransportError::Malformed`], [`TransportError::UnknownTicketKey`],
    /// [`TransportError::TicketExpired`], [`TransportError::AuthenticationFailed`],
    /// [`TransportError::UnexpectedRecord`] for data in the first message, those of
    /// [`Handshake::read_message`] and of the register. The client then makes a whole handshake.
    pub fn resume<B: CryptoBackend, G: StrikeRegister + ?Sized>(
        &self,
        first: &[u8],
        prologue: &[u8],
        static_key: Option<Arc<StaticKey<B>>>,
        register: &mut G,
    ) -> Result<Resumed<B>, TransportError> {
        let mut reader = Reader::new(first);
        let ticket = reader.prefixed()?;
        let message = reader.bytes(reader.remaining())?;
        let (front, content) = self.unseal::<B>(ticket)?;
        let current = content.revision == self.policy.revision;
        let issued = content.issued <= self.clock.plus(MAX_SKEW);
        if !current || !issued || self.clock > front.not_after {
            return Err(TransportError::TicketExpired);
        }
        let protocol = protocol(content.aead, static_key.is_some());
        let mut builder = Handshake::responder(protocol)
            .prologue(prologue)
            .psk(content.secret);
        if let Some(key) = static_key {
            builder = builder.static_key(key);
        }
        let mut handshake = builder.build()?;
        if !handshake.read_message(message)?.is_empty() {
            return Err(TransportError::UnexpectedRecord);
        }
        let (id, uses) = (TicketId(front.salt), content.uses);
        register.spend(id, uses, content.issued, front.not_after, self.clock)?;
        let client = content.client;
        Ok(Resumed { handshake, client })
    }

    fn unseal<B: CryptoBackend>(&self, ticket: &[u8]) -> Result<(Front, Content), TransportError> {
        if ticket.len() != TICKET_LEN {
            return Err(TransportError::Malformed);
        }
        let split = ticket.split_at_checked(FRONT_LEN);
        let (front_bytes, sealed) = split.ok_or(TransportError::Malformed)?;
        let (body, tag) = sealed
            .split_last_chunk::<TAG_LEN>()
            .ok_or(TransportError::Malformed)?;
        let front = Front::decode(front_bytes)?;
        let mut keys = [&self.current].into_iter().chain(&self.last);
        let key = keys
            .find(|key| key.id == front.key_id)
            .ok_or(TransportError::UnknownTicketKey)?;
        let life = &key.life;
        let key = key.derive::<B>(&front.salt);
        let mut body = SecretBytes::from(body);
        B::Aes256Gcm::open_once(key.expose(), &[0; 12], front_bytes, &mut body, tag)?;
        life.used();
        Ok((front, Content::decode(&body)?))
    }
}

impl fmt::Debug for TicketKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TicketKeys")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
