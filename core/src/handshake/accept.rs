//! The responder: from a first message to a session and its payload.
//!
//! X3DH section 3.4 and PQXDH section 3.4. The order is: everything that costs nothing (form,
//! suite, expected identity, canonical keys, prekey ids, replay), then the sender's self-signature
//! unless its record is known, then agreements and KEM, and the inner message last. Nothing is
//! changed: what the prekeys must change comes back as a [`PrekeyChange`].

use alloc::vec::Vec;

use crate::agreement::{Agreements, Pair, check_peer};
use crate::backend::PqBackend;
use crate::handshake::account::Peer;
use crate::handshake::error::HandshakeError;
use crate::handshake::generation::Generation;
use crate::handshake::identity::{Identity, IdentityRecord};
use crate::handshake::init::{InitHeader, PrekeyUse};
use crate::handshake::kem::KemSecretKey;
use crate::handshake::prekeys::{OneTimeSecret, PrekeyChange, Prekeys, Spent};
use crate::handshake::statement::Statement;
use crate::handshake::transcript::Transcript;
use crate::lifecycle::{KeyAction, KeyKind, each, tell};
use crate::primitives::{Hmac, KeyAgreement};
use crate::secret::Secret;
use crate::session::{HandshakeOutput, Session, SessionPolicy};
use crate::suite::Suite;
use crate::time::UnixTime;

/// Reads a first message. On success, [`apply`](Prekeys::apply) the change and store the prekeys
/// in the same transaction as the session; [`Prekeys::accept`] does the first half at once.
///
/// # Errors
/// [`HandshakeError::Malformed`], [`HandshakeError::UnsupportedVersion`],
/// [`HandshakeError::UnknownSuite`], [`HandshakeError::SuiteNotOffered`],
/// [`HandshakeError::IdentityMismatch`], [`HandshakeError::SelfHandshake`],
/// [`HandshakeError::InvalidKey`], [`HandshakeError::UnknownPrekey`],
/// [`HandshakeError::PrekeySpent`], [`HandshakeError::Replay`],
/// [`HandshakeError::ReplayRecordFull`], [`HandshakeError::BadSignature`],
/// [`HandshakeError::NonContributory`], [`HandshakeError::Backend`], and
/// [`HandshakeError::Session`] if the message does not authenticate.
pub fn accept<B: PqBackend>(
    identity: &Identity<B>,
    prekeys: &Prekeys<B>,
    from: &Peer<'_>,
    message: &[u8],
    policy: SessionPolicy,
    now: UnixTime,
) -> Result<Accepted<B>, HandshakeError> {
    let plan = Plan::check(identity, prekeys, from, message, now)?;
    prekeys.admits(&plan.change, 0)?;
    if let Some(statement) = &plan.unproven {
        statement.verify::<B>()?;
    }
    let response = plan.prepare()?;
    let pairs = response.pairs();
    let agreements = Agreements::run::<B::X25519>(&pairs);
    let shared = agreements.secrets(0..pairs.len())?;
    response.open(shared, policy, now)
}

impl<B: PqBackend> Prekeys<B> {
    /// [`accept`] and [`apply`](Self::apply) in one call, for those who store prekeys and session
    /// afterwards, together.
    ///
    /// # Errors
    /// As [`accept`]; the prekeys are then unchanged.
    pub fn accept(
        &mut self,
        identity: &Identity<B>,
        from: &Peer<'_>,
        message: &[u8],
        policy: SessionPolicy,
        now: UnixTime,
    ) -> Result<Accepted<B>, HandshakeError> {
        let accepted = accept(identity, self, from, message, policy, now)?;
        self.apply(accepted.change)?;
        Ok(accepted)
    }
}

/// A first message that was opened.
#[derive(Debug)]
pub struct Accepted<B: PqBackend> {
    /// The session.
    pub session: Session<B>,
    /// The payload.
    pub payload: Vec<u8>,
    /// The sender's identity: its two keys vouch for each other. If nothing was expected, this is
    /// what to remember, and to compare with the [safety number](super::SafetyNumber).
    pub peer: IdentityRecord,
    /// The suite that the sender chose.
    pub suite: Suite,
    /// Which prekey was used.
    pub used: PrekeyUse,
    /// What is to change in the prekeys, together with storing the session.
    pub change: PrekeyChange,
}

/// A first message after the checks that cost nothing.
pub(super) struct Plan<'a, B: PqBackend> {
    identity: &'a Identity<B>,
    from: Peer<'a>,
    header: InitHeader<'a>,
    inner: &'a [u8],
    handshake_id: [u8; 32],
    generation: &'a Generation<B>,
    one_time: Option<&'a OneTimeSecret>,
    kem: Option<&'a KemSecretKey>,
    /// What the prekeys must admit, and record in the end.
    pub(super) change: PrekeyChange,
    /// The sender's self-signature, unless the record is known.
    pub(super) unproven: Option<Statement>,
}

impl<'a, B: PqBackend> Plan<'a, B> {
    pub(super) fn check(
        identity: &'a Identity<B>,
        prekeys: &'a Prekeys<B>,
        from: &Peer<'a>,
        message: &'a [u8],
        now: UnixTime,
    ) -> Result<Self, HandshakeError> {
        let (header, head, inner) = InitHeader::split(message)?;
        let sender = &header.sender;
        from.matches::<B>(sender)?;
        if identity.record.shares_key(sender) {
            return Err(HandshakeError::SelfHandshake);
        }
        check_peer(sender.agreement_key())?;
        check_peer(&header.ephemeral)?;

        let generation = prekeys.generation(header.signed_prekey, now)?;
        if !generation.caps.offers(header.suite) {
            return Err(HandshakeError::SuiteNotOffered);
        }
        let (one_time, kem) = find_keys(prekeys, generation, &header, now)?;
        let handshake_id = B::HmacSha256::sha256(&[head]);
        let change = change(generation, header.used, &handshake_id);
        let known = from.expected.identity() == Some(sender);
        let unproven = if known {
            None
        } else {
            Some(sender.statement())
        };
        Ok(Self {
            identity,
            from: *from,
            header,
            inner,
            handshake_id,
            generation,
            one_time,
            kem,
            change,
            unproven,
        })
    }

    /// Turns the stored secrets into keys and decapsulates.
    pub(super) fn prepare(self) -> Result<Response<'a, B>, HandshakeError> {
        let one_time = match self.one_time {
            Some(secret) => Some(B::X25519::private_key(secret.x25519.expose())?),
            None => None,
        };
        let kem = match self.kem {
            Some(key) => Some(key.decapsulate::<B>(self.header.ciphertext)?),
            None => None,
        };
        Ok(Response {
            plan: self,
            one_time,
            kem,
        })
    }
}

/// A handshake under way: everything but the agreements.
pub(super) struct Response<'a, B: PqBackend> {
    plan: Plan<'a, B>,
    one_time: Option<<B::X25519 as KeyAgreement>::PrivateKey>,
    kem: Option<([u8; 32], Secret<32>)>,
}

impl<B: PqBackend> Response<'_, B> {
    /// The agreements to make, in the order of the key derivation.
    pub(super) fn pairs(&self) -> Vec<Pair<'_, B::X25519>> {
        let Plan {
            identity,
            header,
            generation,
            ..
        } = &self.plan;
        let mut pairs = Vec::with_capacity(4);
        pairs.push((&generation.signed_prekey, header.sender.agreement_key()));
        pairs.push((&identity.agreement, &header.ephemeral));
        pairs.push((&generation.signed_prekey, &header.ephemeral));
        pairs.extend(
            self.one_time
                .as_ref()
                .map(|private| (private, &header.ephemeral)),
        );
        pairs
    }

    /// The signed prekey agreed twice in the handshake, and once as the first ratchet key.
    fn tell(&self) {
        tell::<B>(KeyKind::IdentityKey, KeyAction::Used);
        each::<B>(KeyKind::SignedPrekey, KeyAction::Used, 3);
        if self.one_time.is_some() {
            tell::<B>(KeyKind::OneTimePrekey, KeyAction::Used);
        }
        if self.kem.is_some() {
            tell::<B>(KeyKind::KemPrekey, KeyAction::Used);
        }
    }

    /// Derives the session and opens the inner message.
    pub(super) fn open(
        self,
        agreements: &[Secret<32>],
        policy: SessionPolicy,
        now: UnixTime,
    ) -> Result<Accepted<B>, HandshakeError> {
        let Plan {
            identity,
            from,
            header,
            handshake_id,
            generation,
            ..
        } = &self.plan;
        let transcript = Transcript {
            suite: header.suite,
            initiator: (from.account, &header.sender),
            responder: (&identity.account, &identity.record),
            ephemeral: &header.ephemeral,
            signed_prekey: (
                generation.id,
                B::X25519::public_key(&generation.signed_prekey),
            ),
            used: header.used,
            one_time: self.one_time.as_ref().map(B::X25519::public_key),
            kem_key_hash: self.kem.as_ref().map(|(hash, _)| *hash),
            ciphertext: header.ciphertext,
            caps_hash: B::HmacSha256::sha256(&[&generation.caps.encode()]),
            handshake_id,
        };
        let kem = self.kem.as_ref().map(|(_, shared)| shared);
        let secrets = transcript.derive::<B>(agreements, kem)?;
        let output = HandshakeOutput {
            suite: header.suite,
            sid: secrets.sid,
            root_key: secrets.root_key,
            peer: header.sender.fingerprint::<B>(),
            handshake_id: *handshake_id,
        };
        let mut payload = self.plan.inner.to_vec();
        let (session, plaintext) =
            Session::accepted(output, &generation.signed_prekey, &mut payload, policy, now)?;
        self.tell();
        payload.truncate(plaintext.end);
        payload.drain(..plaintext.start.min(plaintext.end));
        Ok(Accepted {
            session,
            payload,
            peer: header.sender,
            suite: header.suite,
            used: header.used,
            change: self.plan.change,
        })
    }
}

/// The private keys that the header names beside the signed prekey.
fn find_keys<'a, B: PqBackend>(
    prekeys: &'a Prekeys<B>,
    generation: &'a Generation<B>,
    header: &InitHeader<'_>,
    now: UnixTime,
) -> Result<(Option<&'a OneTimeSecret>, Option<&'a KemSecretKey>), HandshakeError> {
    match header.used {
        PrekeyUse::SignedPrekeyOnly => Ok((None, None)),
        PrekeyUse::OneTime(id) => {
            let secret = prekeys.one_time(id, now)?;
            let kem = secret.kem.as_ref().filter(|_| header.suite.kem().is_some());
            Ok((Some(secret), kem))
        }
        PrekeyUse::LastResort(id) => {
            let secret = generation
                .last_resort
                .as_ref()
                .filter(|secret| secret.id == id);
            Ok((None, Some(&secret.ok_or_else(|| prekeys.missing(id))?.key)))
        }
    }
}

fn change<B: PqBackend>(
    generation: &Generation<B>,
    used: PrekeyUse,
    handshake_id: &[u8; 32],
) -> PrekeyChange {
    let spent = match used {
        PrekeyUse::OneTime(id) => Spent::OneTime(id),
        PrekeyUse::LastResort(_) | PrekeyUse::SignedPrekeyOnly => {
            let mut mark = [0; 16];
            mark.iter_mut()
                .zip(handshake_id)
                .for_each(|(mark, byte)| *mark = *byte);
            Spent::Replay(mark)
        }
    };
    PrekeyChange {
        signed_prekey: *B::X25519::public_key(&generation.signed_prekey),
        spent,
    }
}
