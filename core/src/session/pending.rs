//! A change that was planned and not yet made.

use core::fmt;

use crate::backend::CryptoBackend;
use crate::lifecycle::{KeyKind, once};
use crate::ratchet::{ReceivePlan, SendPlan};
use crate::session::{Session, SessionError, SessionId};

/// What an encrypt or a decrypt will change in its session, once it is committed.
///
/// Dropping it wipes its keys and leaves the session as it was; a message that was encrypted must
/// then not be sent, for the next one will use the same key.
#[must_use = "the session changes only when this is committed"]
pub struct Pending<B: CryptoBackend> {
    pub(super) session: SessionId,
    /// Both sides of a session have the same identifier.
    pub(super) initiator: bool,
    pub(super) revision: u64,
    pub(super) change: Change<B>,
}

/// The kinds of change.
pub(super) enum Change<B: CryptoBackend> {
    Send(SendPlan<B>),
    /// Sending numbers taken ahead: their keys are the lease's.
    Lease(SendPlan<B>),
    Receive(ReceivePlan),
}

impl<B: CryptoBackend> Session<B> {
    /// Makes a planned change.
    ///
    /// # Errors
    /// [`SessionError::StaleState`] if the session changed since the plan was made, or is another
    /// one; nothing happens then.
    pub fn commit(&mut self, mut pending: Pending<B>) -> Result<(), SessionError> {
        let ours = pending.session == self.id() && pending.initiator == self.initiator;
        if !ours || pending.revision != self.revision {
            return Err(SessionError::StaleState);
        }
        match &mut pending.change {
            Change::Send(plan) => self.apply_sealed(plan),
            Change::Lease(plan) => self.apply_send(plan),
            Change::Receive(plan) => self.apply_receive(plan),
        }
        Ok(())
    }

    pub(super) fn pending(&self, change: Change<B>) -> Pending<B> {
        Pending {
            session: self.id(),
            initiator: self.initiator,
            revision: self.revision,
            change,
        }
    }

    /// Applies a plan whose messages were sealed.
    #[inline]
    pub(super) fn apply_sealed(&mut self, plan: &mut SendPlan<B>) {
        self.apply_send(plan);
        once::<B>(KeyKind::MessageKey, plan.count as usize);
    }

    #[inline]
    pub(super) fn apply_send(&mut self, plan: &mut SendPlan<B>) {
        if let Some(ratchet) = &mut self.ratchet {
            ratchet.commit_send(plan);
        }
        self.sent = self.sent.saturating_add(plan.count.into());
        self.revision = self.revision.saturating_add(plan.count.into());
    }

    #[inline]
    pub(super) fn apply_receive(&mut self, plan: &mut ReceivePlan) {
        self.received = self.received.saturating_add(1);
        self.revision = self.revision.saturating_add(1);
        self.prefix = None;
        let (stamp, capacity) = (self.stamp(), self.policy.max_skipped_keys);
        let window = self.policy.clone_window;
        if let Some(ratchet) = &mut self.ratchet {
            ratchet.commit_receive(plan, stamp, capacity.into());
            // Also if the policy keeps none any more.
            if plan.opened.is_some() || ratchet.opened.is_some() {
                ratchet.keep_opened(plan.opened.take(), window.into());
            }
        }
        self.expire_skipped();
    }
}

impl<B: CryptoBackend> fmt::Debug for Pending<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.change {
            Change::Send(_) | Change::Lease(_) => "send",
            Change::Receive(_) => "receive",
        };
        f.debug_struct("Pending")
            .field("session", &self.session)
            .field("revision", &self.revision)
            .field("change", &kind)
            .finish()
    }
}
