//! A generation of reusable prekeys: the signed prekey, the last-resort KEM key, the capabilities
//! they were published with, and the record of first messages accepted under them.
//!
//! The replay record holds the first 16 bytes of `handshake_id` of every first message that used
//! no one-time prekey. It never forgets while the generation lives, and refuses once it is full.
//! The id covers all bytes of the header, and the keys depend on all bytes of the header: a
//! re-spelled copy is not a replay but a forgery, and fails to authenticate.

use alloc::collections::BTreeSet;

use rand_core::TryCryptoRng;

use crate::backend::PqBackend;
use crate::handshake::capabilities::Capabilities;
use crate::handshake::draws::Draws;
use crate::handshake::error::HandshakeError;
use crate::handshake::identity::Identity;
use crate::handshake::kem::KemSecretKey;
use crate::handshake::policy::PrekeyPolicy;
use crate::handshake::prekey_id::{IdCounter, PrekeyId};
use crate::handshake::record::{LastResort, PrekeyRecord};
use crate::lifecycle::{KeyAction, KeyKind, Life, tell};
use crate::primitives::KeyAgreement;
use crate::time::UnixTime;

/// What the replay record keeps of a first message.
pub(super) type ReplayMark = [u8; 16];

pub(super) struct Generation<B: PqBackend> {
    pub(super) caps: Capabilities,
    pub(super) created: UnixTime,
    pub(super) id: PrekeyId,
    pub(super) signed_prekey: <B::X25519 as KeyAgreement>::PrivateKey,
    pub(super) last_resort: Option<LastResortSecret>,
    pub(super) replays: BTreeSet<ReplayMark>,
    pub(super) _life: Life,
}

/// The private half of the reusable KEM key.
pub(super) struct LastResortSecret {
    pub(super) id: PrekeyId,
    pub(super) key: KemSecretKey,
    pub(super) _life: Life,
}

impl<B: PqBackend> Generation<B> {
    /// `how` says whether it takes the place of another one.
    pub(super) fn generate<R: TryCryptoRng + ?Sized>(
        policy: &PrekeyPolicy,
        ids: &mut IdCounter,
        how: KeyAction,
        now: UnixTime,
        draws: &mut Draws<'_, R>,
    ) -> Result<Self, HandshakeError> {
        let last_resort = match policy.kem()? {
            Some(algorithm) => {
                let key = KemSecretKey {
                    algorithm,
                    seed: draws.seed()?,
                };
                Some(LastResortSecret {
                    id: ids.take(1)?,
                    key,
                    _life: Life::after::<B>(KeyKind::KemPrekey, how),
                })
            }
            None => None,
        };
        Ok(Self {
            caps: Capabilities::new(&policy.suites, now.plus(policy.lifetime)),
            created: now,
            id: ids.take(1)?,
            signed_prekey: B::X25519::private_key(draws.secret()?.expose())?,
            last_resort,
            replays: BTreeSet::new(),
            _life: Life::after::<B>(KeyKind::SignedPrekey, how),
        })
    }

    /// The private bytes of the signed prekey.
    pub(super) fn secret(&self) -> &[u8; 32] {
        B::X25519::private_bytes(&self.signed_prekey)
    }

    /// The public, signed half. Signing is deterministic: the record is the same each time.
    pub(super) fn record(&self, identity: &Identity<B>) -> Result<PrekeyRecord, HandshakeError> {
        let last_resort = match &self.last_resort {
            Some(secret) => Some(LastResort {
                id: secret.id,
                key: secret.key.public_key::<B>()?,
            }),
            None => None,
        };
        let mut record = PrekeyRecord {
            identity: *identity.record(),
            caps: self.caps.clone(),
            signed_prekey_id: self.id,
            signed_prekey: *B::X25519::public_key(&self.signed_prekey),
            last_resort,
            signature: [0; 64],
        };
        record.sign(identity);
        tell::<B>(KeyKind::IdentityKey, KeyAction::Used);
        Ok(record)
    }
}
