//! [`DoubleRatchet`]: the ratchet itself (Double Ratchet sections 3.3 to 3.5, deferred key generation of 8.5).
//!
//! Sending and receiving are each three steps: *start* (route the message, turn the DH ratchet if
//! it must be turned), *step* the chain, *commit*. The steps are apart so that a batch can do each of
//! them for many sessions at once. Nothing before the commit changes the ratchet.
//!
//! Keys passed over by a received message are not derived until the message was authenticated:
//! a forged message costs at most one agreement and `max_skip` half-steps, and no memory.

use rand_core::TryCryptoRng;

use crate::agreement;
use crate::backend::CryptoBackend;
use crate::primitives::KeyAgreement;
use crate::ratchet::skipped_keys::{Passed, Stamp};
use crate::ratchet::{Chain, ChainKey, Header, MessageKey, RootKey, SkippedKeys};
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
}

/// A sending chain exists exactly as long as its ratchet key.
pub(crate) struct SendingChain<B: CryptoBackend> {
    pub(crate) private: PrivateKey<B>,
    pub(crate) chain: Chain,
}

/// A turn of the DH ratchet for sending, not yet committed.
pub(crate) struct SendTurn<B: CryptoBackend> {
    root: RootKey,
    private: PrivateKey<B>,
    first: ChainKey,
}

/// Where the next message to send stands.
pub(crate) struct SendPosition<'a> {
    pub(crate) ratchet_key: &'a [u8; 32],
    pub(crate) pn: u32,
    pub(crate) n: u32,
    pub(crate) chain_key: &'a ChainKey,
}

/// What a send changes.
pub(crate) struct SendPlan<B: CryptoBackend> {
    pub(crate) turn: Option<SendTurn<B>>,
    pub(crate) next: ChainKey,
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

/// A received message's chain key, or its stored message key.
pub(crate) enum ReceiveStart {
    Stored {
        index: usize,
    },
    Current {
        key: ChainKey,
    },
    Turn {
        root: RootKey,
        first: ChainKey,
        key: ChainKey,
    },
}

/// What a receive changes.
pub(crate) enum ReceivePlan {
    Stored {
        index: usize,
    },
    Current {
        n: u32,
        next: ChainKey,
    },
    Turn {
        header: Header,
        root: RootKey,
        first: ChainKey,
        next: ChainKey,
    },
}

impl<B: CryptoBackend> DoubleRatchet<B> {
    /// A ratchet that has neither sent nor received.
    pub(crate) fn new(root: RootKey, peer: [u8; 32]) -> Self {
        let skipped = SkippedKeys::default();
        Self {
            root,
            peer,
            pn: 0,
            sending: None,
            receiving: None,
            skipped,
        }
    }

    /// A fresh ratchet key if the next send turns the ratchet.
    pub(crate) fn fresh_ratchet_key<R: TryCryptoRng + ?Sized>(
        &self,
        rng: &mut R,
    ) -> Result<Option<PrivateKey<B>>, SessionError> {
        if self.sending.is_some() {
            return Ok(None);
        }
        let bytes = Secret::random(rng)?;
        Ok(Some(B::X25519::private_key(bytes.expose())?))
    }

    /// Turns the ratchet for sending under a fresh key, given `DH(private, peer)`.
    pub(crate) fn send_turn(
        &self,
        private: PrivateKey<B>,
        shared: &Secret<32>,
    ) -> Result<SendTurn<B>, SessionError> {
        let (root, first) = self.root.turn::<B::HmacSha256>(shared)?;
        Ok(SendTurn {
            root,
            private,
            first,
        })
    }

    /// Where the next message stands, after the turn if there is one.
    pub(crate) fn send_position<'a>(
        &'a self,
        turn: Option<&'a SendTurn<B>>,
    ) -> Result<SendPosition<'a>, SessionError> {
        let (private, chain_key, n) = match (turn, &self.sending) {
            (Some(turn), _) => (&turn.private, &turn.first, 0),
            (None, Some(SendingChain { private, chain })) => (private, &chain.key, chain.n),
            (None, None) => return Err(SessionError::StaleState),
        };
        // The length of the chain must fit the `pn` of the next.
        if n >= u32::MAX - 1 {
            return Err(SessionError::ChainExhausted);
        }
        let ratchet_key = B::X25519::public_key(private);
        Ok(SendPosition {
            ratchet_key,
            pn: self.pn,
            n,
            chain_key,
        })
    }

    /// Moves the sending chain past the message.
    pub(crate) fn commit_send(&mut self, plan: SendPlan<B>) {
        if let Some(SendTurn {
            root,
            private,
            first,
        }) = plan.turn
        {
            self.root = root;
            self.sending = Some(SendingChain {
                private,
                chain: Chain { key: first, n: 0 },
            });
        }
        if let Some(SendingChain { chain, .. }) = &mut self.sending {
            chain.key = plan.next;
            chain.n = chain.n.saturating_add(1);
        }
    }

    /// Finds out how a message fits, by comparing numbers only.
    pub(crate) fn route(&self, header: &Header, max_skip: u32) -> Result<Route, SessionError> {
        if header.n == u32::MAX || header.pn == u32::MAX {
            return Err(SessionError::Malformed);
        }
        if let Some(chain) = &self.receiving
            && header.ratchet_key == self.peer
        {
            return match header.n.checked_sub(chain.n) {
                None => self.passed(self.skipped.current_chain(), header.n),
                Some(skip) if skip > max_skip => Err(SessionError::TooFarAhead),
                Some(skip) => Ok(Route::Current(skip)),
            };
        }
        match self.skipped.closed_chain(&header.ratchet_key) {
            Some(closed) => self.passed(closed, header.n),
            None => self.route_turn(header, max_skip),
        }
    }

    fn route_turn(&self, header: &Header, max_skip: u32) -> Result<Route, SessionError> {
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
        agreement::check_peer(&header.ratchet_key)?;
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

    /// The chain key or stored message key of a routed message, except a turn's.
    pub(crate) fn start_receive(&self, route: Route) -> Result<ReceiveStart, SessionError> {
        match (route, &self.receiving) {
            (Route::Stored(index), _) => Ok(ReceiveStart::Stored { index }),
            (Route::Current(skip), Some(chain)) => {
                let mut key = chain.key.duplicate();
                key.advance::<B::HmacSha256>(skip);
                Ok(ReceiveStart::Current { key })
            }
            _ => Err(SessionError::StaleState),
        }
    }

    /// The chain key of a message that turns the ratchet, given `DH(turn key, its ratchet key)`.
    pub(crate) fn receive_turn(
        &self,
        header: &Header,
        shared: &Secret<32>,
    ) -> Result<ReceiveStart, SessionError> {
        let (root, first) = self.root.turn::<B::HmacSha256>(shared)?;
        let mut key = first.duplicate();
        key.advance::<B::HmacSha256>(header.n);
        Ok(ReceiveStart::Turn { root, first, key })
    }

    /// Message key and plan of a received message; `own` is the key that a turn agrees with.
    pub(crate) fn plan_receive(
        &self,
        header: &Header,
        max_skip: u32,
        own: Option<&PrivateKey<B>>,
    ) -> Result<(MessageKey, ReceivePlan), SessionError> {
        let start = match self.route(header, max_skip)? {
            Route::Turn => {
                let own = own.map_or_else(|| self.turn_key(), Ok)?;
                let shared = agreement::agree::<B::X25519>(own, &header.ratchet_key)?;
                self.receive_turn(header, &shared)?
            }
            route => self.start_receive(route)?,
        };
        let (message_key, next) = match start.chain_key() {
            Some(key) => key.step::<B::HmacSha256>(),
            None => (self.stored_key(&start)?, ChainKey::zeroed()),
        };
        Ok((message_key, start.finish(header, next)))
    }

    /// The message key of a start that has no chain key.
    pub(crate) fn stored_key(&self, start: &ReceiveStart) -> Result<MessageKey, SessionError> {
        let ReceiveStart::Stored { index } = start else {
            return Err(SessionError::StaleState);
        };
        self.skipped
            .message_key(*index)
            .ok_or(SessionError::StaleState)
    }

    /// Applies a plan whose message was authenticated: derives and stores the keys passed over,
    /// closes the old chain at `pn`, moves on.
    pub(crate) fn commit_receive(&mut self, plan: ReceivePlan, stamp: Stamp, capacity: usize) {
        match plan {
            ReceivePlan::Stored { index } => self.skipped.remove(index),
            ReceivePlan::Current { n, next } => {
                if let Some(chain) = &mut self.receiving {
                    self.skipped
                        .store::<B::HmacSha256>(chain, n, stamp, capacity);
                    *chain = Chain {
                        key: next,
                        n: n.saturating_add(1),
                    };
                }
            }
            ReceivePlan::Turn {
                header,
                root,
                first,
                next,
            } => {
                if let Some(mut closing) = self.receiving.take() {
                    self.skipped
                        .store::<B::HmacSha256>(&mut closing, header.pn, stamp, capacity);
                    self.skipped.close(self.peer);
                }
                let mut opening = Chain { key: first, n: 0 };
                self.skipped
                    .store::<B::HmacSha256>(&mut opening, header.n, stamp, capacity);
                self.receiving = Some(Chain {
                    key: next,
                    n: header.n.saturating_add(1),
                });
                self.root = root;
                self.peer = header.ratchet_key;
                self.pn = self.sending.as_ref().map_or(0, |sending| sending.chain.n);
                // Dropped in place: taken out, its keys would stay behind here until the next send.
                self.sending = None;
            }
        }
    }
}

impl ReceiveStart {
    /// The chain key to step, absent if the message key was stored.
    pub(crate) const fn chain_key(&self) -> Option<&ChainKey> {
        match self {
            Self::Stored { .. } => None,
            Self::Current { key } | Self::Turn { key, .. } => Some(key),
        }
    }

    /// What a commit will change, given the stepped chain key.
    pub(crate) fn finish(self, header: &Header, next: ChainKey) -> ReceivePlan {
        match self {
            Self::Stored { index } => ReceivePlan::Stored { index },
            Self::Current { .. } => ReceivePlan::Current { n: header.n, next },
            Self::Turn { root, first, .. } => ReceivePlan::Turn {
                header: *header,
                root,
                first,
                next,
            },
        }
    }
}
