//! The private half of a device's prekeys: the current and the previous signed prekey with their
//! last-resort keys, and the unused one-time prekeys.
//!
//! What does not live here: the public halves (`record`,
//! `one_time`), and their bytes at rest (`state`).
//!
//! Invariants: ids come from one counter and never repeat, also not across export and import;
//! reading a first message changes nothing; a one-time prekey disappears, or a replay is
//! recorded, only through [`apply`](Prekeys::apply). Store the encoding of the prekeys in the same
//! transaction as the session that a change came with.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use core::fmt;

use rand_core::TryCryptoRng;

use crate::backend::PqBackend;
use crate::handshake::draws::Draws;
use crate::handshake::error::HandshakeError;
use crate::handshake::generation::{Generation, ReplayMark};
use crate::handshake::identity::Identity;
use crate::handshake::kem::KemSecretKey;
use crate::handshake::policy::PrekeyPolicy;
use crate::handshake::prekey_id::{IdCounter, PrekeyId};
use crate::handshake::record::PrekeyRecord;
use crate::lifecycle::{KeyAction, KeyKind, tell};
use crate::primitives::KeyAgreement;
use crate::secret::Secret;
use crate::time::UnixTime;

/// A device's private prekeys.
pub struct Prekeys<B: PqBackend> {
    pub(super) policy: PrekeyPolicy,
    pub(super) ids: IdCounter,
    pub(super) current: Generation<B>,
    pub(super) previous: Option<Retired<B>>,
    pub(super) one_time: BTreeMap<PrekeyId, Box<OneTimeSecret>>,
}

/// A generation that was rotated out and is kept for messages under way.
pub(super) struct Retired<B: PqBackend> {
    pub(super) generation: Generation<B>,
    pub(super) since: UnixTime,
}

/// The private half of a one-time prekey: 32 and 64 bytes, turned into keys when it is used.
pub(super) struct OneTimeSecret {
    pub(super) not_after: UnixTime,
    pub(super) x25519: Secret<32>,
    pub(super) kem: Option<KemSecretKey>,
}

impl<B: PqBackend> Prekeys<B> {
    /// Makes the first signed prekey. One-time prekeys come from
    /// [`replenish`](Self::replenish).
    ///
    /// # Errors
    /// [`HandshakeError::InvalidPolicy`], [`HandshakeError::Entropy`],
    /// [`HandshakeError::Backend`].
    pub fn generate<R: TryCryptoRng + ?Sized>(
        policy: PrekeyPolicy,
        now: UnixTime,
        rng: &mut R,
    ) -> Result<Self, HandshakeError> {
        let mut ids = IdCounter::new();
        let current = Generation::generate(
            &policy,
            &mut ids,
            KeyAction::Generated,
            now,
            &mut Draws::new(rng),
        )?;
        Ok(Self {
            policy,
            ids,
            current,
            previous: None,
            one_time: BTreeMap::new(),
        })
    }

    /// The policy the prekeys are made by.
    #[must_use]
    pub const fn policy(&self) -> &PrekeyPolicy {
        &self.policy
    }

    /// The signed record of the reusable prekeys, for upload; the same until the next rotation.
    ///
    /// # Errors
    /// [`HandshakeError::Backend`].
    pub fn record(&self, identity: &Identity<B>) -> Result<PrekeyRecord, HandshakeError> {
        self.current.record(identity)
    }

    /// Whether the signed prekey has reached the age at which it should be rotated.
    #[must_use]
    pub const fn rotation_due(&self, now: UnixTime) -> bool {
        now.since(self.current.created) >= self.policy.rotate_after
    }

    /// Replaces the signed prekey and the last-resort key. The former ones are kept for messages
    /// under way, those before them are wiped. Upload the new [`record`](Self::record).
    ///
    /// # Errors
    /// [`HandshakeError::IdsExhausted`], [`HandshakeError::Entropy`],
    /// [`HandshakeError::Backend`]; nothing changed then.
    pub fn rotate<R: TryCryptoRng + ?Sized>(
        &mut self,
        now: UnixTime,
        rng: &mut R,
    ) -> Result<(), HandshakeError> {
        let mut ids = self.ids;
        let mut draws = Draws::after(rng, self.current.secret());
        let fresh =
            Generation::generate(&self.policy, &mut ids, KeyAction::Renewed, now, &mut draws)?;
        let generation = core::mem::replace(&mut self.current, fresh);
        self.previous = Some(Retired {
            generation,
            since: now,
        });
        self.ids = ids;
        Ok(())
    }

    /// Wipes what is past its keeping time; it is refused from that time on, wiped or not.
    pub fn purge(&mut self, now: UnixTime) {
        let retention = self.policy.retention;
        let lapsed = |retired: &Retired<B>| now > retired.since.plus(retention);
        if self.previous.as_ref().is_some_and(lapsed) {
            // Dropped in place: taken out, its keys would stay behind here.
            self.previous = None;
        }
        self.one_time.retain(|_, secret| {
            let kept = now <= secret.not_after.plus(retention);
            if !kept {
                secret.tell::<B>(KeyAction::Destroyed);
            }
            kept
        });
    }

    /// How many one-time prekeys are kept, uploaded or handed out and not yet used.
    #[must_use]
    pub fn one_time_kept(&self) -> usize {
        self.one_time.len()
    }

    /// Records what a first message used: its one-time prekey is wiped, or its replay mark kept.
    ///
    /// Nothing changes on failure; the session that the change came with must then be dropped.
    ///
    /// # Errors
    /// If another first message came in between: [`HandshakeError::PrekeySpent`],
    /// [`HandshakeError::Replay`], [`HandshakeError::ReplayRecordFull`].
    /// [`HandshakeError::UnknownPrekey`] if the change was made from other prekeys than these, or
    /// two rotations ago.
    pub fn apply(&mut self, change: PrekeyChange) -> Result<(), HandshakeError> {
        self.admits(&change, 0)?;
        match change.spent {
            Spent::OneTime(id) => {
                if let Some(secret) = self.one_time.remove(&id) {
                    secret.tell::<B>(KeyAction::Destroyed);
                }
            }
            Spent::Replay(mark) => {
                let previous = self
                    .previous
                    .as_mut()
                    .map(|retired| &mut retired.generation);
                let mut generations = core::iter::once(&mut self.current).chain(previous);
                if let Some(generation) = generations.find(|each| change.belongs_to(each)) {
                    generation.replays.insert(mark);
                }
            }
        }
        Ok(())
    }

    /// Whether a change can be applied on top of `pending` further marks under the same signed
    /// prekey.
    pub(super) fn admits(
        &self,
        change: &PrekeyChange,
        pending: usize,
    ) -> Result<(), HandshakeError> {
        let previous = self.previous.as_ref().map(|retired| &retired.generation);
        let generation = core::iter::once(&self.current)
            .chain(previous)
            .find(|each| change.belongs_to(each))
            .ok_or(HandshakeError::UnknownPrekey)?;
        match change.spent {
            Spent::OneTime(id) => {
                if !self.one_time.contains_key(&id) {
                    return Err(HandshakeError::PrekeySpent);
                }
            }
            Spent::Replay(mark) => {
                let replays = &generation.replays;
                if replays.contains(&mark) {
                    return Err(HandshakeError::Replay);
                }
                let capacity = usize::try_from(self.policy.replay_capacity).unwrap_or(usize::MAX);
                if replays.len().saturating_add(pending) >= capacity {
                    return Err(HandshakeError::ReplayRecordFull);
                }
            }
        }
        Ok(())
    }

    /// The generation of a signed prekey that may still be used.
    pub(super) fn generation(
        &self,
        id: PrekeyId,
        now: UnixTime,
    ) -> Result<&Generation<B>, HandshakeError> {
        let lapsed = self.previous.as_ref().is_some_and(|retired| {
            retired.generation.id == id && now > retired.since.plus(self.policy.retention)
        });
        if lapsed {
            Err(HandshakeError::PrekeySpent)
        } else {
            self.any_generation(id)
        }
    }

    fn any_generation(&self, id: PrekeyId) -> Result<&Generation<B>, HandshakeError> {
        let previous = self.previous.as_ref().map(|retired| &retired.generation);
        core::iter::once(&self.current)
            .chain(previous)
            .find(|generation| generation.id == id)
            .ok_or_else(|| self.missing(id))
    }

    /// A one-time prekey that may still be used.
    pub(super) fn one_time(
        &self,
        id: PrekeyId,
        now: UnixTime,
    ) -> Result<&OneTimeSecret, HandshakeError> {
        let secret = self.one_time.get(&id).ok_or_else(|| self.missing(id))?;
        if now > secret.not_after.plus(self.policy.retention) {
            return Err(HandshakeError::PrekeySpent);
        }
        Ok(secret)
    }

    /// Why an id is not there: it was never handed out, or its key is gone.
    pub(super) fn missing(&self, id: PrekeyId) -> HandshakeError {
        if self.ids.handed_out(id) {
            HandshakeError::PrekeySpent
        } else {
            HandshakeError::UnknownPrekey
        }
    }
}

impl<B: PqBackend> Prekeys<B> {
    pub(super) fn tell_of_one_time(&self, action: KeyAction) {
        self.one_time
            .values()
            .for_each(|secret| secret.tell::<B>(action));
    }
}

impl<B: PqBackend> Drop for Prekeys<B> {
    fn drop(&mut self) {
        self.tell_of_one_time(KeyAction::Destroyed);
    }
}

impl OneTimeSecret {
    pub(super) fn tell<B: PqBackend>(&self, action: KeyAction) {
        tell::<B>(KeyKind::OneTimePrekey, action);
        if self.kem.is_some() {
            tell::<B>(KeyKind::KemPrekey, action);
        }
    }
}

impl<B: PqBackend> fmt::Debug for Prekeys<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prekeys")
            .field("signed_prekey", &self.current.id)
            .field("one_time", &self.one_time.len())
            .finish_non_exhaustive()
    }
}

/// What accepting a first message changes in the prekeys. Apply it in the same transaction that
/// stores the session.
///
/// It names the prekeys it was made from: applied to another device's, it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[must_use = "a one-time prekey that is not deleted can be used again"]
pub struct PrekeyChange {
    /// The public half of the signed prekey that the message used.
    pub(super) signed_prekey: [u8; 32],
    pub(super) spent: Spent,
}

/// What a first message may be used for only once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Spent {
    /// A one-time prekey, to be wiped.
    OneTime(PrekeyId),
    /// The message itself, for want of a one-time prekey: to be remembered.
    Replay(ReplayMark),
}

impl PrekeyChange {
    fn belongs_to<B: PqBackend>(&self, generation: &Generation<B>) -> bool {
        *B::X25519::public_key(&generation.signed_prekey) == self.signed_prekey
    }
}
