//! Sessions: messages in and out, the state that is stored, the limits that hold.
//!
//! What lives here: [`Session`] with its one-call and its two-step operations, [`SessionPolicy`],
//! the state's encoding, batch calls over many sessions, sending numbers taken ahead ([`Lease`]), and [`Conversation`], which keeps the few
//! sessions one can have with the same peer. What does not: the handshake that starts a session
//! ([`crate::handshake`]) and any store.
//!
//! Invariants: a session changes only in [`Session::commit`] and the calls built on it, and only
//! after the message was authenticated; every refused input leaves the encoding byte-identical.

mod batch;
mod conversation;
mod envelope;
mod error;
mod lease;
mod message;
mod pending;
mod policy;
mod start;
mod state;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]
mod tests;

pub use batch::{DrawnBatch, decrypt_batch, encrypt_batch};
pub use conversation::{Conversation, MAX_SESSIONS};
pub use error::{SessionError, StateError};
pub use lease::Lease;
pub use pending::Pending;
pub use policy::SessionPolicy;
pub(crate) use start::HandshakeOutput;
pub use state::STATE_VERSION;

use alloc::boxed::Box;
use core::fmt;

use crate::backend::CryptoBackend;
use crate::handshake::Fingerprint;
use crate::ratchet::{self, DoubleRatchet, Stamp};
use crate::suite::Suite;
use crate::time::UnixTime;

/// Length of a message's header in bytes.
pub const HEADER_LEN: usize = ratchet::HEADER_LEN;
/// Length of a message's authentication tag in bytes.
pub const TAG_LEN: usize = ratchet::TAG_LEN;
/// How much longer a message is than its plaintext, in bytes, once the peer has answered.
pub const OVERHEAD: usize = HEADER_LEN + TAG_LEN;

/// One side of a session with one device of a peer.
///
/// `B` is only how it computes: the encoding of a session carries no backend, and a session saved
/// under one continues under another.
pub struct Session<B: CryptoBackend> {
    suite: Suite,
    initiator: bool,
    policy: SessionPolicy,
    /// Output of the handshake; associated data of every message.
    sid: [u8; 32],
    /// SHA-256 of the INIT header.
    handshake_id: [u8; 32],
    peer: Fingerprint,
    created: UnixTime,
    /// The latest time the caller told.
    clock: UnixTime,
    /// Hours from `created` to `clock`, modulo 2^16: what stored keys are stamped with.
    hour: u16,
    revision: u64,
    sent: u64,
    received: u64,
    /// The INIT header, put before every message until the peer's first one arrives.
    prefix: Option<Box<[u8]>>,
    /// Absent once the session is closed.
    ratchet: Option<DoubleRatchet<B>>,
}

impl<B: CryptoBackend> Session<B> {
    /// The session's identifier, the same on both sides. Not secret.
    #[must_use]
    pub fn id(&self) -> SessionId {
        let mut id = [0; 16];
        id.iter_mut()
            .zip(self.sid)
            .for_each(|(to, from)| *to = from);
        SessionId(id)
    }

    /// The cipher suite.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        self.suite
    }

    /// The peer's identity, as the handshake authenticated it.
    #[must_use]
    pub const fn peer(&self) -> Fingerprint {
        self.peer
    }

    /// Whether this side sent the first message.
    #[must_use]
    pub const fn is_initiator(&self) -> bool {
        self.initiator
    }

    /// Whether a message of the peer was opened in this session. The first one proves to the
    /// initiator that the peer holds its keys.
    #[must_use]
    pub const fn is_confirmed(&self) -> bool {
        self.received > 0
    }

    /// Counts the committed changes, and the times at which stored keys expired.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// How many messages were sent and received.
    #[must_use]
    pub const fn messages(&self) -> (u64, u64) {
        (self.sent, self.received)
    }

    /// How many keys of missing messages are stored.
    #[must_use]
    pub fn skipped_keys(&self) -> usize {
        self.ratchet
            .as_ref()
            .map_or(0, |ratchet| ratchet.skipped.len())
    }

    /// How many bytes of heap the session holds, besides its own `size_of` and what the crypto
    /// library may keep for its keys.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        let prefix = self.prefix.as_ref().map_or(0, |prefix| prefix.len());
        let keys = self.ratchet.as_ref().map_or(0, |ratchet| {
            let opened = ratchet.opened.as_ref();
            let opened = opened.map_or(0, |opened| opened.heap_bytes());
            ratchet.skipped.heap_bytes().saturating_add(opened)
        });
        prefix.saturating_add(keys)
    }

    /// The limits in force.
    #[must_use]
    pub const fn policy(&self) -> &SessionPolicy {
        &self.policy
    }

    /// Puts other limits in force.
    pub const fn set_policy(&mut self, policy: SessionPolicy) {
        self.policy = policy;
    }

    /// Tells the session what time it is, which expires stored keys and the session itself by the
    /// policy. Time never goes backwards here.
    pub fn observe_time(&mut self, now: UnixTime) {
        self.clock = self.clock.max(now);
        self.hour = hours_between(self.created, self.clock);
        let kept = self.skipped_keys();
        self.expire_skipped();
        // A pending change may point at a stored key.
        if self.skipped_keys() != kept {
            self.revision = self.revision.saturating_add(1);
        }
    }

    /// Wipes all keys. Every later message is refused with [`SessionError::Closed`].
    pub fn close(&mut self) {
        self.ratchet = None;
        self.prefix = None;
        self.revision = self.revision.saturating_add(1);
    }

    /// Whether the session was closed.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.ratchet.is_none()
    }

    fn open_ratchet(&self) -> Result<&DoubleRatchet<B>, SessionError> {
        self.ratchet.as_ref().ok_or(SessionError::Closed)
    }

    const fn stamp(&self) -> Stamp {
        Stamp {
            received: self.received as u32,
            hour: self.hour,
        }
    }

    fn expire_skipped(&mut self) {
        let stamp = self.stamp();
        let policy = self.policy;
        if let Some(ratchet) = &mut self.ratchet {
            let (messages, hours) = (policy.skipped_ttl_messages, policy.skipped_ttl_hours);
            ratchet.skipped.expire::<B>(stamp, messages, hours);
        }
    }
}

impl<B: CryptoBackend> fmt::Debug for Session<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("backend", &B::NAME)
            .field("id", &self.id())
            .field("suite", &self.suite)
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

fn hours_between(created: UnixTime, clock: UnixTime) -> u16 {
    let hours = clock.since(created).checked_div(3600).unwrap_or(0);
    hours as u16
}

/// Names a session; the same on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub [u8; 16]);
