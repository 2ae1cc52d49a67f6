//! The stored form of a session: version 1, canonical, bounded, the same bytes from every backend.
//!
//! ```text
//! 0: version (1) = 1   1: flags (1)   2: suite (2)   4: sid (32)   36: handshake id (32)
//! 68: peer fingerprint (32)   100: created (8)   108: clock (8)   116: revision (8)
//! 124: sent (8)   132: received (8)
//! if not closed:
//!   [INIT header, its length given by the suite]      if flags & PREFIX
//!   root key (32)   peer's ratchet key (32)   pn (4)
//!   [ratchet private key (32)   chain key (32)   n (4)]   if flags & SENDING
//!   [chain key (32)   n (4)]                              if flags & RECEIVING
//!   skipped keys, see the store
//!   [keys of opened messages, see their store]            if flags & OPENED
//! ```
//! All secrets are in the clear: whoever stores the bytes seals them.

use alloc::boxed::Box;

use crate::agreement;
use crate::backend::CryptoBackend;
use crate::codec::{Malformed, Reader, Writer};
use crate::handshake::Fingerprint;
use crate::lifecycle::{KeyAction, KeyKind, each, tell};
use crate::primitives::{Hmac, KeyAgreement};
use crate::ratchet::{
    Chain, ChainKey, DoubleRatchet, OpenedKeys, RootKey, SendingChain, SkippedKeys,
};
use crate::secret::{Secret, SecretBytes};
use crate::session::{Session, SessionPolicy, StateError, hours_between};
use crate::suite::Suite;
use crate::time::UnixTime;
use crate::wire;

/// Version of the stored form.
pub const STATE_VERSION: u8 = 1;

const INITIATOR: u8 = 1;
const CLOSED: u8 = 2;
const PREFIX: u8 = 4;
const SENDING: u8 = 8;
const RECEIVING: u8 = 16;
const OPENED: u8 = 32;
const ALL_FLAGS: u8 = INITIATOR | CLOSED | PREFIX | SENDING | RECEIVING | OPENED;
const FRONT_LEN: usize = 140;

impl<B: CryptoBackend> Session<B> {
    /// Encodes the session: secrets in the clear, in a buffer that is wiped on drop.
    #[must_use]
    pub fn encode(&self) -> SecretBytes {
        let mut out = SecretBytes::with_capacity(self.encoded_len());
        out.put(&[STATE_VERSION, self.flags()]);
        out.put_u16(self.suite.id());
        out.put(&self.sid);
        out.put(&self.handshake_id);
        out.put(&self.peer.0);
        for number in [
            self.created.0,
            self.clock.0,
            self.revision,
            self.sent,
            self.received,
        ] {
            out.put_u64(number);
        }
        if let Some(ratchet) = &self.ratchet {
            if let Some(prefix) = &self.prefix {
                out.put(prefix);
            }
            ratchet.encode(&mut out);
        }
        out
    }

    /// Length of [`encode`](Self::encode)'s result in bytes.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        let prefix = self.prefix.as_ref().map_or(0, |prefix| prefix.len());
        let ratchet = self.ratchet.as_ref().map_or(0, DoubleRatchet::encoded_len);
        FRONT_LEN.saturating_add(prefix).saturating_add(ratchet)
    }

    /// Loads a session, saved under any backend.
    ///
    /// # Errors
    /// [`StateError`] if the bytes are not the canonical encoding of a session.
    pub fn decode(bytes: &[u8], policy: SessionPolicy) -> Result<Self, StateError> {
        let mut reader = Reader::new(bytes);
        let version = reader.u8()?;
        if version != STATE_VERSION {
            return Err(StateError::UnsupportedVersion(version));
        }
        let flags = reader.u8()?;
        if flags & !ALL_FLAGS != 0 || (flags & CLOSED != 0 && flags & !(CLOSED | INITIATOR) != 0) {
            return Err(StateError::Malformed);
        }
        let suite = Suite::from_id(reader.u16()?).ok_or(Malformed)?;
        let mut session = Self {
            suite,
            initiator: flags & INITIATOR != 0,
            policy,
            sid: *reader.array()?,
            handshake_id: *reader.array()?,
            peer: Fingerprint(*reader.array()?),
            created: UnixTime(reader.u64()?),
            clock: UnixTime(reader.u64()?),
            hour: 0,
            revision: reader.u64()?,
            sent: reader.u64()?,
            received: reader.u64()?,
            prefix: None,
            ratchet: None,
        };
        if flags & CLOSED == 0 {
            if flags & PREFIX != 0 {
                let init = reader.bytes(wire::init_header_len(suite))?;
                if B::HmacSha256::sha256(&[init]) != session.handshake_id {
                    return Err(StateError::Malformed);
                }
                session.prefix = Some(init.into());
            }
            session.ratchet = Some(DoubleRatchet::decode(&mut reader, flags)?);
        }
        reader.finish()?;
        session.hour = hours_between(session.created, session.clock);
        session.check_invariants()?;
        Ok(session)
    }

    fn flags(&self) -> u8 {
        let flag = |on: bool, flag: u8| if on { flag } else { 0 };
        let ratchet = self.ratchet.as_ref();
        flag(self.initiator, INITIATOR)
            | flag(ratchet.is_none(), CLOSED)
            | flag(self.prefix.is_some(), PREFIX)
            | flag(
                ratchet.is_some_and(|ratchet| ratchet.sending.is_some()),
                SENDING,
            )
            | flag(
                ratchet.is_some_and(|ratchet| ratchet.receiving.is_some()),
                RECEIVING,
            )
            | flag(
                ratchet.is_some_and(|ratchet| ratchet.opened.is_some()),
                OPENED,
            )
    }

    /// What no session of ours would ever encode.
    fn check_invariants(&self) -> Result<(), Malformed> {
        let receiving = self
            .ratchet
            .as_ref()
            .is_none_or(|ratchet| ratchet.receiving.is_some() == (self.received > 0));
        let prefix =
            self.is_closed() || self.prefix.is_some() == (self.initiator && self.received == 0);
        let received = self.initiator || self.received > 0;
        if receiving && prefix && received && self.clock >= self.created {
            Ok(())
        } else {
            Err(Malformed)
        }
    }
}

impl<B: CryptoBackend> DoubleRatchet<B> {
    fn encoded_len(&self) -> usize {
        let sending = if self.sending.is_some() { 68_usize } else { 0 };
        let receiving = if self.receiving.is_some() { 36 } else { 0 };
        let skipped = self.skipped.encoded_len();
        sending
            .saturating_add(receiving)
            .saturating_add(
                self.opened
                    .as_ref()
                    .map_or(0, |opened| opened.encoded_len()),
            )
            .saturating_add(68)
            .saturating_add(skipped)
    }

    fn encode(&self, out: &mut SecretBytes) {
        out.put(self.root.expose());
        out.put(&self.peer);
        out.put_u32(self.pn);
        if let Some(SendingChain { private, chain }) = &self.sending {
            out.put(B::X25519::private_bytes(private));
            chain.encode(out);
        }
        if let Some(chain) = &self.receiving {
            chain.encode(out);
        }
        self.skipped.encode(out);
        if let Some(opened) = &self.opened {
            opened.encode(out);
        }
    }

    fn decode(reader: &mut Reader<'_>, flags: u8) -> Result<Self, StateError> {
        let root = RootKey::new(Secret::new(*reader.array()?));
        let mut ratchet = Self::new(root, *reader.array()?);
        ratchet.pn = reader.u32()?;
        if flags & SENDING != 0 {
            let private = B::X25519::private_key(reader.array()?)?;
            let chain = Chain::decode(reader)?;
            ratchet.sending = Some(SendingChain { private, chain });
            tell::<B>(KeyKind::RatchetKey, KeyAction::Generated);
            tell::<B>(KeyKind::ChainKey, KeyAction::Generated);
        }
        if flags & RECEIVING != 0 {
            ratchet.receiving = Some(Chain::decode(reader)?);
            tell::<B>(KeyKind::ChainKey, KeyAction::Generated);
        }
        let next = ratchet.receiving.as_ref().map(|chain| chain.n);
        ratchet.skipped = SkippedKeys::decode(reader, next)?;
        let skipped = ratchet.skipped.len();
        each::<B>(KeyKind::SkippedKey, KeyAction::Generated, skipped);
        if flags & OPENED != 0 {
            let opened = OpenedKeys::decode(reader)?;
            each::<B>(KeyKind::OpenedKey, KeyAction::Generated, opened.len());
            ratchet.opened = Some(Box::new(opened));
        }
        ratchet.check_invariants()?;
        Ok(ratchet)
    }

    /// What no ratchet of ours would ever encode.
    fn check_invariants(&self) -> Result<(), Malformed> {
        let canonical = agreement::check_peer(&self.peer).is_ok();
        let current = self.skipped.closed_chain(&self.peer).is_none();
        let sent = self.sending.as_ref().map_or(0, |sending| sending.chain.n);
        if canonical && current && sent < u32::MAX && self.pn < u32::MAX {
            Ok(())
        } else {
            Err(Malformed)
        }
    }
}

impl Chain {
    fn encode(&self, out: &mut SecretBytes) {
        out.put(self.key.expose());
        out.put_u32(self.n);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let key = ChainKey::new(Secret::new(*reader.array()?));
        Ok(Self {
            key,
            n: reader.u32()?,
        })
    }
}
