//! [`DoubleRatchet`]: the ratchet itself (Double Ratchet sections 3.3 to 3.5, deferred key generation of 8.5).
//!
//! Sending and receiving are each three steps: *start* (route the message, turn the DH ratchet if
//! it must be turned), *step* the chain, *commit*. The steps are apart so that a batch can do each of
//! them for many sessions at once. Nothing before the commit changes the ratchet.
//!
//! Keys passed over by a received message are not derived until the message was authenticated:
//! a forged message costs at most one agreement and `max_skip` half-steps, and no memory.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::agreement;
use crate::backend::CryptoBackend;
use crate::ephemeral::FreshKey;
use crate::lifecycle::{KeyAction, KeyKind, each, tell};
use crate::primitives::{ChainStepJob, Hmac, KeyAgreement};
use crate::ratchet::plan::{ReceiveChange, ReceivePlan, ReceiveTurn, SendPlan};
use crate::ratchet::skipped_keys::{Passed, Stamp};
use crate::ratchet::told;
use crate::ratchet::{
    Chain, ChainKey, Header, MessageKey, OpenedKey, OpenedKeys, RootKey, SkippedKeys,
};
use crate::secret::Secret;
use crate::session::SessionError;

type PrivateKey<B> = <<B as CryptoBackend>::X25519 as KeyAgreement>::PrivateKey;

/// The changing half of a session.
pub(crate) struct DoubleRatchet<B: CryptoBackend> {
    pub(crate) root: RootKey,
    /// The peer's ratchet key.
    pub(crate) peer: [u8; 32],
    /// How many messages our previous sending chain had.
    pub(crate) pn: u32,
    /// Made at the first send after the peer's turn.
    pub(crate) sending: Option<SendingChain<B>>,
    /// Absent until the peer's first message.
    pub(crate) receiving: Option<Chain>,
    pub(crate) skipped: SkippedKeys,
    /// Absent unless the policy keeps some.
    pub(crate) opened: Option<Box<OpenedKeys>>,
}

/// A sending chain exists exactly as long as its ratchet key.
pub(crate) struct SendingChain<B: CryptoBackend> {
    pub(crate) private: PrivateKey<B>,
    pub(crate) chain: Chain,
}

/// How a received message fits the ratchet; nothing is derived yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// Its key is stored at this index.
    Stored(usize),
    /// It is on the current chain, this many messages ahead.
    Current(u32),
    /// It turns the DH ratchet.
    Turn,
}

impl<B: CryptoBackend> DoubleRatchet<B> {
    /// A ratchet that has neither sent nor received.
    pub(crate) fn new(root: RootKey, peer: [u8; 32]) -> Self {
        tell::<B>(KeyKind::RootKey, KeyAction::Generated);
        Self {
            root,
            peer,
            pn: 0,
            sending: None,
            receiving: None,
            skipped: SkippedKeys::default(),
            opened: None,
        }
    }

    /// Whether the next send turns the ratchet.
    #[inline]
    pub(crate) const fn turns_when_sending(&self) -> bool {
        self.sending.is_none()
    }

    /// Turns the ratchet for sending.
    #[cold]
    pub(crate) fn turn_for_sending(
        &self,
        fresh: FreshKey<B>,
        plan: &mut SendPlan<B>,
    ) -> Result<(), SessionError> {
        let private = fresh.into_key()?;
        let shared = agreement::agree::<B::X25519>(&private, &self.peer)?;
        self.start_sending(private, &shared, plan)
    }

    /// The same, given `DH(private, peer)`.
    pub(crate) fn start_sending(
        &self,
        private: PrivateKey<B>,
        shared: &Secret<32>,
        plan: &mut SendPlan<B>,
    ) -> Result<(), SessionError> {
        let (root, first) = self.root.turn::<B::HmacSha256>(shared)?;
        let chain = Chain { key: first, n: 0 };
        plan.sending = Some(SendingChain { private, chain });
        plan.root = Some(root);
        Ok(())
    }

    /// The header of the first of the plan's messages, after the turn if there is one.
    #[inline]
    pub(crate) fn send_header<'a>(
        &'a self,
        plan: &'a SendPlan<B>,
    ) -> Result<Header<'a>, SessionError> {
        let sending = self.sending_chain(plan)?;
        let n = sending.chain.n;
        // The length of the chain must fit the `pn` of the next.
        if plan.count >= u32::MAX.saturating_sub(n) {
            return Err(SessionError::ChainExhausted);
        }
        Ok(Header {
            ratchet_key: B::X25519::public_key(&sending.private),
            pn: self.pn,
            n,
        })
    }

    fn sending_chain<'a>(
        &'a self,
        plan: &'a SendPlan<B>,
    ) -> Result<&'a SendingChain<B>, SessionError> {
        let sending = plan.sending.as_ref().or(self.sending.as_ref());
        sending.ok_or(SessionError::StaleState)
    }

    /// The step that gives the message its key.
    #[inline]
    pub(crate) fn send_step<'a>(
        &'a self,
        plan: &'a mut SendPlan<B>,
        message_key: &'a mut MessageKey,
    ) -> Option<ChainStepJob<'a>> {
        let SendPlan { sending, next, .. } = plan;
        let SendingChain { chain, .. } = sending.as_ref().or(self.sending.as_ref())?;
        Some(ChainStepJob {
            chain_key: chain.key.expose(),
            message_key: message_key.expose_mut(),
            next: next.expose_mut(),
        })
    }

    /// The keys of the plan's messages, the first one's last.
    pub(crate) fn lease_keys(
        &self,
        plan: &mut SendPlan<B>,
    ) -> Result<Vec<MessageKey>, SessionError> {
        let mut keys = Vec::new();
        keys.resize_with(plan.count as usize, MessageKey::zeroed);
        let mut places = keys.iter_mut().rev();
        if let Some(first) = places.next() {
            let step = self.send_step(plan, first);
            let step = step.ok_or(SessionError::StaleState)?;
            B::HmacSha256::chain_step(step.chain_key, step.message_key, step.next);
        }
        for key in places {
            plan.next.step_into::<B::HmacSha256>(key.expose_mut());
        }
        Ok(keys)
    }

    /// Moves the sending chain past the plan's messages.
    #[inline]
    pub(crate) fn commit_send(&mut self, plan: &mut SendPlan<B>) {
        if plan.count == 0 {
            return;
        }
        if let Some(root) = &mut plan.root {
            core::mem::swap(&mut self.root, root);
            core::mem::swap(&mut self.sending, &mut plan.sending);
            told::root_renewed::<B>();
            told::sending_begun::<B>();
        }
        if let Some(SendingChain { chain, .. }) = &mut self.sending {
            chain.key.replace(&mut plan.next);
            chain.n = chain.n.saturating_add(plan.count);
            told::chain_renewed::<B>(plan.count);
        }
    }

    /// Finds out how a message fits, by comparing numbers only.
    #[inline]
    pub(crate) fn route(&self, header: &Header<'_>, max_skip: u32) -> Result<Route, SessionError> {
        if header.n == u32::MAX || header.pn == u32::MAX {
            return Err(SessionError::Malformed);
        }
        if let Some(chain) = &self.receiving
            && *header.ratchet_key == self.peer
        {
            return match header.n.checked_sub(chain.n) {
                None => self.passed(self.skipped.current_chain(), header.n),
                Some(skip) if skip > max_skip => Err(SessionError::TooFarAhead),
                Some(skip) => Ok(Route::Current(skip)),
            };
        }
        match self.skipped.closed_chain(header.ratchet_key) {
            Some(closed) => self.passed(closed, header.n),
            None => self.route_turn(header, max_skip),
        }
    }

    fn route_turn(&self, header: &Header<'_>, max_skip: u32) -> Result<Route, SessionError> {
        let next = self.receiving.as_ref().map_or(0, |chain| chain.n);
        // A chain can't have been shorter than what arrived of it, and there was none before the
        // first.
        let missing = header.pn.checked_sub(next).ok_or(SessionError::Malformed)?;
        if self.receiving.is_none() && missing > 0 {
            return Err(SessionError::Malformed);
        }
        if missing > max_skip || header.n > max_skip {
            return Err(SessionError::TooFarAhead);
        }
        agreement::check_peer(header.ratchet_key)?;
        Ok(Route::Turn)
    }

    fn passed(&self, chain: u8, n: u32) -> Result<Route, SessionError> {
        match self.skipped.look_up(chain, n) {
            Passed::Stored(index) => Ok(Route::Stored(index)),
            Passed::Opened => Err(SessionError::Duplicate),
            Passed::Forgotten => Err(SessionError::TooOld),
        }
    }

    /// The private key that a turn of the peer agrees with.
    pub(crate) fn turn_key(&self) -> Result<&PrivateKey<B>, SessionError> {
        let sending = self
            .sending
            .as_ref()
            .ok_or(SessionError::UnknownRatchetKey)?;
        Ok(&sending.private)
    }

    /// Plans a routed message, except a turn's; a stored message key is copied to `message_key`.
    #[inline]
    pub(crate) fn start_receiving(
        &self,
        header: &Header<'_>,
        route: Route,
        message_key: &mut MessageKey,
        plan: &mut ReceivePlan,
    ) -> Result<(), SessionError> {
        match (route, &self.receiving) {
            (Route::Stored(index), _) => {
                let stored = self.skipped.message_key(index);
                let stored = stored.ok_or(SessionError::StaleState)?;
                message_key.expose_mut().copy_from_slice(stored.expose());
                plan.change = ReceiveChange::Stored { index };
            }
            (Route::Current(skip), Some(chain)) => {
                plan.change = ReceiveChange::Current { n: header.n };
                plan.ahead = chain.key.ahead::<B::HmacSha256>(skip);
            }
            _ => return Err(SessionError::StaleState),
        }
        Ok(())
    }

    /// Plans a message that turns the ratchet, given `DH(turn key, its ratchet key)`.
    pub(crate) fn start_receiving_turn(
        &self,
        header: &Header<'_>,
        shared: &Secret<32>,
        plan: &mut ReceivePlan,
    ) -> Result<(), SessionError> {
        let (root, first) = self.root.turn::<B::HmacSha256>(shared)?;
        plan.ahead = first.ahead::<B::HmacSha256>(header.n);
        let opening = Chain { key: first, n: 0 };
        plan.change = ReceiveChange::Turn(ReceiveTurn {
            ratchet_key: *header.ratchet_key,
            pn: header.pn,
            n: header.n,
            root,
            opening,
        });
        Ok(())
    }

    /// The step that gives the message its key, absent if the key was stored.
    #[inline]
    pub(crate) fn receive_step<'a>(
        &'a self,
        plan: &'a mut ReceivePlan,
        message_key: &'a mut MessageKey,
    ) -> Option<ChainStepJob<'a>> {
        let ReceivePlan {
            change,
            ahead,
            next,
            ..
        } = plan;
        let current = match change {
            ReceiveChange::Current { .. } => &self.receiving.as_ref()?.key,
            ReceiveChange::Turn(turn) => &turn.opening.key,
            ReceiveChange::Stored { .. } | ReceiveChange::Unplanned => return None,
        };
        Some(ChainStepJob {
            chain_key: ahead.as_ref().unwrap_or(current).expose(),
            message_key: message_key.expose_mut(),
            next: next.expose_mut(),
        })
    }

    /// Plans a received message and gives its key; `own` is the key that a turn agrees with.
    #[inline]
    pub(crate) fn plan_receive(
        &self,
        header: &Header<'_>,
        max_skip: u32,
        own: Option<&PrivateKey<B>>,
        message_key: &mut MessageKey,
        plan: &mut ReceivePlan,
    ) -> Result<(), SessionError> {
        match self.route(header, max_skip)? {
            Route::Turn => {
                let own = own.map_or_else(|| self.turn_key(), Ok)?;
                let shared = agreement::agree::<B::X25519>(own, header.ratchet_key)?;
                self.start_receiving_turn(header, &shared, plan)?;
            }
            route => self.start_receiving(header, route, message_key, plan)?,
        }
        if let Some(job) = self.receive_step(plan, message_key) {
            B::HmacSha256::chain_step(job.chain_key, job.message_key, job.next);
        }
        Ok(())
    }

    /// Applies a plan whose message was authenticated: derives and stores the keys passed over,
    /// closes the old chain at `pn`, moves on.
    #[inline]
    pub(crate) fn commit_receive(&mut self, plan: &mut ReceivePlan, stamp: Stamp, capacity: usize) {
        let ReceivePlan { change, next, .. } = plan;
        match change {
            ReceiveChange::Unplanned => {}
            ReceiveChange::Stored { index } => {
                self.skipped.remove(*index);
                told::skipped_used::<B>();
            }
            ReceiveChange::Current { n } => {
                if let Some(chain) = &mut self.receiving {
                    self.skipped.store::<B>(chain, *n, stamp, capacity);
                    chain.key.replace(next);
                    chain.n = n.saturating_add(1);
                    told::opened::<B>();
                }
            }
            ReceiveChange::Turn(turn) => self.commit_turn(turn, next, stamp, capacity),
        }
    }

    /// Keeps the key of an opened message, if there is one, and `window` of those before it.
    #[cold]
    pub(crate) fn keep_opened(&mut self, key: Option<Box<OpenedKey>>, window: usize) {
        let mut opened = self.opened.take().unwrap_or_default();
        if key.is_some() {
            tell::<B>(KeyKind::OpenedKey, KeyAction::Generated);
        }
        let dropped = opened.keep(key, window);
        each::<B>(KeyKind::OpenedKey, KeyAction::Destroyed, dropped);
        self.opened = (!opened.is_empty()).then_some(opened);
    }

    #[cold]
    fn commit_turn(
        &mut self,
        turn: &mut ReceiveTurn,
        next: &mut ChainKey,
        stamp: Stamp,
        capacity: usize,
    ) {
        let ReceiveTurn {
            ratchet_key,
            pn,
            n,
            root,
            opening,
        } = turn;
        if let Some(closing) = &mut self.receiving {
            self.skipped.store::<B>(closing, *pn, stamp, capacity);
            self.skipped.close::<B>(self.peer);
            tell::<B>(KeyKind::ChainKey, KeyAction::Destroyed);
        }
        tell::<B>(KeyKind::ChainKey, KeyAction::Generated);
        self.skipped.store::<B>(opening, *n, stamp, capacity);
        opening.key.replace(next);
        opening.n = n.saturating_add(1);
        core::mem::swap(self.receiving.get_or_insert_with(Chain::zeroed), opening);
        core::mem::swap(&mut self.root, root);
        told::root_renewed::<B>();
        told::opened::<B>();
        self.peer = *ratchet_key;
        self.pn = self.sending.as_ref().map_or(0, |sending| sending.chain.n);
        if self.sending.is_some() {
            tell::<B>(KeyKind::RatchetKey, KeyAction::Used);
            told::sending_ended::<B>();
        }
        // Dropped in place: taken out, its keys would stay behind here until the next send.
        self.sending = None;
    }
}
