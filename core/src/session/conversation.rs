//! The few sessions two devices can have with each other, and which of them sends (after Sesame
//! revision 2 sections 3.3 and 3.4).
//!
//! Usually there is one. Both sides may start one at the same time, and a peer that lost its state
//! starts a new one while messages of the old are still on their way. Rules:
//!
//! - every session that is kept can receive; one sends;
//! - when both sides started at once, that is, when a peer's first message arrives before any
//!   answer to ours, the session with the lower identifier sends, so that both choose the same;
//! - any other new session replaces the old ones, which then only receive: an old session that
//!   could be made to send again would undo what the new one healed;
//! - among the sessions of a simultaneous start, the one that received last sends;
//! - at most [`MAX_SESSIONS`] are kept; the oldest that does not send makes room and is wiped.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use crate::backend::CryptoBackend;
use crate::codec::{Reader, Writer};
use crate::ephemeral::KeySource;
use crate::handshake::Fingerprint;
use crate::secret::SecretBytes;
use crate::session::{Session, SessionError, SessionPolicy, StateError};
use crate::time::UnixTime;

/// The most sessions kept with one device of a peer.
pub const MAX_SESSIONS: usize = 4;

/// Version of the stored form.
const STATE_VERSION: u8 = 1;

/// In place of an index: all sessions are retired.
const NONE: usize = 0xff;

/// All sessions with one device of a peer.
pub struct Conversation<B: CryptoBackend> {
    /// Oldest first; never empty.
    slots: Vec<Slot<B>>,
    /// Index of the session that sends, or [`NONE`].
    active: usize,
}

struct Slot<B: CryptoBackend> {
    /// Boxed: a vector that grows would leave its keys behind.
    session: Box<Session<B>>,
    /// Replaced by a newer one: receives, never sends again.
    retired: bool,
}

impl<B: CryptoBackend> Conversation<B> {
    /// A conversation with one session.
    #[must_use]
    pub fn new(session: Session<B>) -> Self {
        let (session, retired) = (Box::new(session), false);
        Self {
            slots: Vec::from([Slot { session, retired }]),
            active: 0,
        }
    }

    /// The session that sends.
    #[must_use]
    pub fn active(&self) -> Option<&Session<B>> {
        self.slots.get(self.active).map(|slot| &*slot.session)
    }

    pub(crate) fn active_mut(&mut self) -> Option<&mut Session<B>> {
        self.slots
            .get_mut(self.active)
            .map(|slot| &mut *slot.session)
    }

    /// Lets all sessions only receive: what they sent last may be more than this state knows of, for
    /// it was restored from a copy. [`encrypt`](Self::encrypt) refuses until a new session is
    /// [added](Self::add).
    pub fn retire(&mut self) {
        self.slots.iter_mut().for_each(|slot| slot.retired = true);
        self.active = NONE;
    }

    /// All sessions, oldest first.
    pub fn sessions(&self) -> impl Iterator<Item = &Session<B>> {
        self.slots.iter().map(|slot| &*slot.session)
    }

    /// The peer's identity.
    #[must_use]
    pub fn peer(&self) -> Option<Fingerprint> {
        self.sessions().next().map(Session::peer)
    }

    /// Adds a session: one that we initiated anew, or one that the peer's first message made.
    ///
    /// # Errors
    /// [`SessionError::OtherPeer`] if it is with another identity; the session is dropped then.
    pub fn add(&mut self, session: Session<B>) -> Result<(), SessionError> {
        if self.peer() != Some(session.peer()) {
            return Err(SessionError::OtherPeer);
        }
        let simultaneous = self.active().is_some_and(|active| {
            active.is_initiator() && !active.is_confirmed() && !session.is_initiator()
        });
        let ours_sends = simultaneous && self.active().is_some_and(|ours| ours.id() < session.id());
        if !simultaneous {
            self.slots.iter_mut().for_each(|slot| slot.retired = true);
        }
        if self.slots.len() >= MAX_SESSIONS {
            let oldest = usize::from(self.active == 0);
            self.slots.remove(oldest);
            if self.active != NONE {
                let moves = usize::from(oldest < self.active);
                self.active = self.active.saturating_sub(moves);
            }
        }
        if !ours_sends {
            self.active = self.slots.len();
        }
        let (session, retired) = (Box::new(session), false);
        self.slots.push(Slot { session, retired });
        Ok(())
    }

    /// Tells all sessions what time it is, as [`Session::observe_time`].
    pub fn observe_time(&mut self, now: UnixTime) {
        for slot in &mut self.slots {
            slot.session.observe_time(now);
        }
    }

    /// Encrypts in the session that sends.
    ///
    /// # Errors
    /// As [`Session::encrypt`].
    pub fn encrypt<S: KeySource<B> + ?Sized>(
        &mut self,
        plaintext: &[u8],
        source: &mut S,
    ) -> Result<Vec<u8>, SessionError> {
        let session = self.active_mut().ok_or(SessionError::Closed)?;
        session.encrypt(plaintext, source)
    }

    /// Decrypts in whichever session the message belongs to.
    ///
    /// # Errors
    /// [`SessionError::OtherHandshake`] for a first message that started none of the sessions:
    /// accept it and [`add`](Self::add) the new one. Otherwise the error of the session that knows
    /// most of the message; no session has changed then.
    pub fn decrypt(&mut self, message: &[u8]) -> Result<Vec<u8>, SessionError> {
        let mut worst = SessionError::Malformed;
        let others = (0..self.slots.len()).rev();
        let order = others.filter(|index| *index != self.active);
        for index in [self.active].into_iter().chain(order) {
            let Some(slot) = self.slots.get_mut(index) else {
                continue;
            };
            match slot.session.decrypt(message) {
                Ok(plaintext) => {
                    if !slot.retired {
                        self.active = index;
                    }
                    return Ok(plaintext);
                }
                Err(error) if rank(error) > rank(worst) => worst = error,
                Err(_) => {}
            }
        }
        Err(worst)
    }

    /// Encodes the conversation: secrets in the clear, in a buffer that is wiped on drop.
    ///
    /// ```text
    /// version (1) = 1   active, 255 for none (1)   count (1)   then each: retired (1)  length (4)  session
    /// ```
    #[must_use]
    pub fn encode(&self) -> SecretBytes {
        let sessions = self.sessions().map(|session| session.encoded_len());
        let len = sessions.fold(3_usize, |sum, len| {
            sum.saturating_add(len).saturating_add(5)
        });
        let mut out = SecretBytes::with_capacity(len);
        out.put(&[STATE_VERSION, self.active as u8, self.slots.len() as u8]);
        for slot in &self.slots {
            let session = slot.session.encode();
            out.put(&[u8::from(slot.retired)]);
            out.put_u32(session.len() as u32);
            out.put(&session);
        }
        out
    }

    /// Loads a conversation, saved under any backend.
    ///
    /// # Errors
    /// [`StateError`] if the bytes are not the canonical encoding of a conversation.
    pub fn decode(bytes: &[u8], policy: SessionPolicy) -> Result<Self, StateError> {
        let mut reader = Reader::new(bytes);
        let version = reader.u8()?;
        if version != STATE_VERSION {
            return Err(StateError::UnsupportedVersion(version));
        }
        let (active, count) = (usize::from(reader.u8()?), usize::from(reader.u8()?));
        if count > MAX_SESSIONS || count == 0 || (active >= count && active != NONE) {
            return Err(StateError::Malformed);
        }
        let mut slots: Vec<Slot<B>> = Vec::with_capacity(count);
        for _ in 0..count {
            let retired = reader.flag()?;
            let len = reader.u32()?;
            let len = usize::try_from(len).map_err(|_| StateError::Malformed)?;
            let session = Box::new(Session::decode(reader.bytes(len)?, policy)?);
            slots.push(Slot { session, retired });
        }
        reader.finish()?;
        let mut peers = slots.iter().map(|slot| slot.session.peer());
        let first = peers.next();
        let one_peer = peers.all(|peer| Some(peer) == first);
        let sends = match slots.get(active) {
            Some(slot) => !slot.retired,
            None => slots.iter().all(|slot| slot.retired),
        };
        if !one_peer || !sends {
            return Err(StateError::Malformed);
        }
        Ok(Self { slots, active })
    }
}

/// How much a session knew of a message it refused.
const fn rank(error: SessionError) -> u8 {
    match error {
        // Another session's refusal must not hide that a retry can succeed.
        SessionError::Library => 5,
        SessionError::Duplicate | SessionError::CloneSuspected | SessionError::TooOld => 4,
        SessionError::TooFarAhead => 3,
        SessionError::AuthenticationFailed => 2,
        SessionError::Malformed => 0,
        _ => 1,
    }
}

impl<B: CryptoBackend> fmt::Debug for Conversation<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conversation")
            .field("sessions", &self.slots.len())
            .field("active", &self.active())
            .finish()
    }
}
