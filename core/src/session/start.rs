//! How a handshake becomes a session (Double Ratchet section 7.1: the signed prekey is the
//! responder's first ratchet key).

use alloc::boxed::Box;
use core::ops::Range;

use crate::backend::CryptoBackend;
use crate::handshake::Fingerprint;
use crate::primitives::KeyAgreement;
use crate::ratchet::{DoubleRatchet, ReceivePlan, RootKey};
use crate::session::envelope::text_range;
use crate::session::{Session, SessionError, SessionPolicy};
use crate::suite::Suite;
use crate::time::UnixTime;

/// What both sides of a handshake agree on.
pub(crate) struct HandshakeOutput {
    pub(crate) suite: Suite,
    /// Associated data of every message.
    pub(crate) sid: [u8; 32],
    pub(crate) root_key: RootKey,
    pub(crate) peer: Fingerprint,
    /// SHA-256 of the INIT header.
    pub(crate) handshake_id: [u8; 32],
}

impl<B: CryptoBackend> Session<B> {
    /// The initiator's session: `prefix` is the INIT header.
    pub(crate) fn initiated(
        output: HandshakeOutput,
        peer_ratchet_key: [u8; 32],
        prefix: Box<[u8]>,
        policy: SessionPolicy,
        now: UnixTime,
    ) -> Self {
        let mut session = Self::new(output, peer_ratchet_key, policy, now);
        session.initiator = true;
        session.prefix = Some(prefix);
        session
    }

    /// The responder's session, made by opening the message behind the INIT header in place.
    /// Returns where in `message` the plaintext is.
    ///
    /// # Errors
    /// As [`Session::decrypt`]; there is no session then.
    pub(crate) fn accepted(
        output: HandshakeOutput,
        signed_prekey: &<B::X25519 as KeyAgreement>::PrivateKey,
        message: &mut [u8],
        policy: SessionPolicy,
        now: UnixTime,
    ) -> Result<(Self, Range<usize>), SessionError> {
        // The peer's ratchet key comes with the message; no key equals this one.
        let mut session = Self::new(output, [0xff; 32], policy, now);
        if session.locate(message)? != 0 {
            return Err(SessionError::Malformed);
        }
        let mut plan = ReceivePlan::new();
        session.open_message(message, 0, Some(signed_prekey), &mut plan)?;
        session.apply_receive(&mut plan);
        Ok((session, text_range(message.len(), 0)))
    }

    fn new(output: HandshakeOutput, peer: [u8; 32], policy: SessionPolicy, now: UnixTime) -> Self {
        let HandshakeOutput {
            suite,
            sid,
            root_key,
            peer: fingerprint,
            handshake_id,
        } = output;
        Self {
            suite,
            initiator: false,
            policy,
            sid,
            handshake_id,
            peer: fingerprint,
            created: now,
            clock: now,
            hour: 0,
            revision: 0,
            sent: 0,
            received: 0,
            prefix: None,
            ratchet: Some(DoubleRatchet::new(root_key, peer)),
        }
    }
}
