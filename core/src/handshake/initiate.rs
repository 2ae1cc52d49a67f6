//! The initiator: from a verified bundle to a session and a first message with payload.
//!
//! X3DH section 3.3 and PQXDH section 3.3. The ephemeral key, the agreements and the shared
//! secrets are wiped on return, whatever happens.

use alloc::vec::Vec;

use crate::agreement::{Agreements, Pair};
use crate::backend::PqBackend;
use crate::ephemeral::sealed::Keys;
use crate::ephemeral::{FreshKey, KeySource};
use crate::handshake::bundle::{PrekeyBundle, VerifiedBundle};
use crate::handshake::draws::{Drawn, Draws};
use crate::handshake::error::HandshakeError;
use crate::handshake::identity::Identity;
use crate::handshake::init::{InitHeader, PrekeyUse};
use crate::handshake::kem::KemPublicKey;
use crate::handshake::policy::{InitiatePolicy, OneTimePolicy};
use crate::handshake::transcript::Transcript;
use crate::lifecycle::{KeyAction, KeyKind, each, tell};
use crate::primitives::{Hmac, KeyAgreement};
use crate::secret::Secret;
use crate::session::{HandshakeOutput, Session, SessionPolicy};
use crate::suite::Suite;
use crate::time::UnixTime;
use crate::wire::VERSION;

/// Starts a session with the device that a bundle describes, and seals `payload` as the first
/// message.
///
/// Use a bundle once: a second first message over the same one-time prekey will be refused.
///
/// # Errors
/// [`HandshakeError::DowngradeRefused`], [`HandshakeError::NoCommonSuite`],
/// [`HandshakeError::OneTimeRequired`], [`HandshakeError::SelfHandshake`],
/// [`HandshakeError::Expired`], [`HandshakeError::InvalidKey`],
/// [`HandshakeError::NonContributory`], [`HandshakeError::Entropy`], [`HandshakeError::Backend`],
/// [`HandshakeError::Session`].
pub fn initiate<B: PqBackend, S: KeySource<B> + ?Sized>(
    identity: &Identity<B>,
    bundle: &VerifiedBundle,
    payload: &[u8],
    policy: &InitiatePolicy<'_>,
    now: UnixTime,
    source: &mut S,
) -> Result<Initiated<B>, HandshakeError> {
    let drawn = DrawnOffer::draw(identity, bundle, policy, now, &mut Draws::new(source))?;
    let offer = drawn.prepare()?;
    let pairs = offer.pairs();
    let agreements = Agreements::run::<B::X25519>(&pairs);
    let shared = agreements.secrets(0..pairs.len())?;
    offer.seal(shared, payload, policy.session, now)
}

/// A session that was started, and the bytes to send.
#[derive(Debug)]
pub struct Initiated<B: PqBackend> {
    /// The session. It puts the handshake before each message until the peer's first reply.
    pub session: Session<B>,
    /// The first message.
    pub message: Vec<u8>,
    /// The suite that was chosen.
    pub suite: Suite,
    /// Whether a one-time prekey was used, or what took its place.
    pub used: PrekeyUse,
}

/// A handshake for which the suite and the keys were chosen and the secrets drawn; nothing was
/// computed yet.
pub(super) struct DrawnOffer<'a, B: PqBackend> {
    identity: &'a Identity<B>,
    bundle: &'a VerifiedBundle,
    suite: Suite,
    used: PrekeyUse,
    ephemeral: FreshKey<B>,
    kem: Option<(&'a KemPublicKey, Secret<32>)>,
    first_message: Drawn<B>,
}

impl<'a, B: PqBackend> DrawnOffer<'a, B> {
    pub(super) fn draw<S: Keys<B> + ?Sized>(
        identity: &'a Identity<B>,
        bundle: &'a VerifiedBundle,
        policy: &InitiatePolicy<'_>,
        now: UnixTime,
        draws: &mut Draws<'_, S>,
    ) -> Result<Self, HandshakeError> {
        if policy.min_version > VERSION {
            return Err(HandshakeError::DowngradeRefused);
        }
        if bundle.expired(now) {
            return Err(HandshakeError::Expired);
        }
        if identity.record.shares_key(bundle.identity()) {
            return Err(HandshakeError::SelfHandshake);
        }
        let suite = choose_suite(bundle, policy)?;
        let used = choose_prekey(bundle, policy, suite)?;
        let ephemeral = draws.fresh_key()?;
        let kem = match kem_key(bundle, suite) {
            Some(key) => Some((key, draws.secret()?)),
            None => None,
        };
        Ok(Self {
            identity,
            bundle,
            suite,
            used,
            ephemeral,
            kem,
            first_message: draws.first_message()?,
        })
    }

    /// Makes the ephemeral key and encapsulates.
    pub(super) fn prepare(self) -> Result<Offer<'a, B>, HandshakeError> {
        let ephemeral = self.ephemeral.into_key()?;
        let kem = match self.kem {
            Some((key, secret)) => Some(encapsulate::<B>(key, &secret)?),
            None => None,
        };
        Ok(Offer {
            identity: self.identity,
            bundle: self.bundle,
            suite: self.suite,
            used: self.used,
            ephemeral,
            kem,
            first_message: self.first_message,
        })
    }
}

/// A handshake under way: everything but the agreements.
pub(super) struct Offer<'a, B: PqBackend> {
    identity: &'a Identity<B>,
    bundle: &'a VerifiedBundle,
    suite: Suite,
    used: PrekeyUse,
    ephemeral: <B::X25519 as KeyAgreement>::PrivateKey,
    kem: Option<Encapsulation>,
    first_message: Drawn<B>,
}

struct Encapsulation {
    key_hash: [u8; 32],
    ciphertext: Vec<u8>,
    shared: Secret<32>,
}

impl<'a, B: PqBackend> Offer<'a, B> {
    /// The agreements to make, in the order of the key derivation.
    pub(super) fn pairs(&self) -> Vec<Pair<'_, B::X25519>> {
        let record = &self.bundle.bundle.record;
        let mut pairs = Vec::with_capacity(4);
        pairs.push((&self.identity.agreement, &record.signed_prekey));
        pairs.push((&self.ephemeral, record.identity.agreement_key()));
        pairs.push((&self.ephemeral, &record.signed_prekey));
        pairs.extend(self.one_time().map(|public| (&self.ephemeral, public)));
        pairs
    }

    /// Derives the session and seals the first message.
    pub(super) fn seal(
        mut self,
        agreements: &[Secret<32>],
        payload: &[u8],
        policy: SessionPolicy,
        now: UnixTime,
    ) -> Result<Initiated<B>, HandshakeError> {
        let header = self.header();
        let handshake_id = B::HmacSha256::sha256(&[&header]);
        let record = &self.bundle.bundle.record;
        let transcript = Transcript {
            suite: self.suite,
            initiator: (&self.identity.account, &self.identity.record),
            responder: (&self.bundle.account, &record.identity),
            ephemeral: B::X25519::public_key(&self.ephemeral),
            signed_prekey: (record.signed_prekey_id, &record.signed_prekey),
            used: self.used,
            one_time: self.one_time(),
            kem_key_hash: self.kem.as_ref().map(|kem| kem.key_hash),
            ciphertext: self.ciphertext(),
            caps_hash: record.caps_hash::<B::HmacSha256>(),
            handshake_id: &handshake_id,
        };
        let kem = self.kem.as_ref().map(|kem| &kem.shared);
        let secrets = transcript.derive::<B>(agreements, kem)?;
        let output = HandshakeOutput {
            suite: self.suite,
            sid: secrets.sid,
            root_key: secrets.root_key,
            peer: record.identity.fingerprint::<B>(),
            handshake_id,
        };
        let mut session =
            Session::initiated(output, record.signed_prekey, header.into(), policy, now);
        let message = session.encrypt(payload, &mut self.first_message)?;
        self.tell(agreements.len());
        Ok(Initiated {
            session,
            message,
            suite: self.suite,
            used: self.used,
        })
    }

    /// The first agreement is the identity's, the others the ephemeral key's.
    fn tell(&self, agreements: usize) {
        tell::<B>(KeyKind::IdentityKey, KeyAction::Used);
        tell::<B>(KeyKind::EphemeralKey, KeyAction::Generated);
        let others = agreements.saturating_sub(1);
        each::<B>(KeyKind::EphemeralKey, KeyAction::Used, others);
        tell::<B>(KeyKind::EphemeralKey, KeyAction::Destroyed);
    }

    fn header(&self) -> Vec<u8> {
        let header = InitHeader {
            suite: self.suite,
            sender: self.identity.record,
            ephemeral: *B::X25519::public_key(&self.ephemeral),
            signed_prekey: self.bundle.bundle.record.signed_prekey_id,
            used: self.used,
            ciphertext: self.ciphertext(),
        };
        header.encode()
    }

    fn one_time(&self) -> Option<&'a [u8; 32]> {
        self.bundle
            .bundle
            .one_time
            .as_ref()
            .map(|entry| &entry.key.x25519)
    }

    fn ciphertext(&self) -> &[u8] {
        self.kem.as_ref().map_or(&[], |kem| &kem.ciphertext)
    }
}

fn choose_suite(
    bundle: &VerifiedBundle,
    policy: &InitiatePolicy<'_>,
) -> Result<Suite, HandshakeError> {
    let record = &bundle.bundle.record;
    policy
        .suites
        .iter()
        .copied()
        // A PQXDH suite in the list is worth nothing without a key of its parameter set.
        .filter(|suite| suite.kem().is_none() || suite.kem() == record.kem())
        .find(|suite| record.caps.offers(*suite))
        .ok_or(HandshakeError::NoCommonSuite)
}

fn choose_prekey(
    bundle: &VerifiedBundle,
    policy: &InitiatePolicy<'_>,
    suite: Suite,
) -> Result<PrekeyUse, HandshakeError> {
    let last_resort = bundle
        .bundle
        .record
        .last_resort
        .as_ref()
        .filter(|_| suite.kem().is_some());
    match (bundle.one_time(), policy.one_time, last_resort) {
        (Some(id), _, _) => Ok(PrekeyUse::OneTime(id)),
        (None, OneTimePolicy::Require, _) => Err(HandshakeError::OneTimeRequired),
        (None, OneTimePolicy::Prefer, Some(key)) => Ok(PrekeyUse::LastResort(key.id)),
        (None, OneTimePolicy::Prefer, None) => Ok(PrekeyUse::SignedPrekeyOnly),
    }
}

/// The ML-KEM key that the suite takes from the bundle.
fn kem_key(bundle: &VerifiedBundle, suite: Suite) -> Option<&KemPublicKey> {
    suite.kem()?;
    let PrekeyBundle { record, one_time } = &bundle.bundle;
    match one_time {
        Some(entry) => entry.key.kem.as_ref(),
        None => record
            .last_resort
            .as_ref()
            .map(|last_resort| &last_resort.key),
    }
}

fn encapsulate<B: PqBackend>(
    key: &KemPublicKey,
    secret: &Secret<32>,
) -> Result<Encapsulation, HandshakeError> {
    let (ciphertext, shared) = key.encapsulate::<B>(secret)?;
    Ok(Encapsulation {
        key_hash: key.hash::<B::HmacSha256>(),
        ciphertext,
        shared,
    })
}
