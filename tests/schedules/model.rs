//! The oracle: what one side must do with a message, from the documents alone.
//!
//! It keeps positions and no keys. It knows every genuine message, so it also knows which of two
//! refusals is right.

use std::collections::{BTreeMap, BTreeSet};

use sprag::{SessionError, SessionPolicy};

/// How many closed chains a session remembers (PROTOCOL 7.4).
const CLOSED_CHAINS: u32 = 5;

/// A genuine message: which chain of its sender, and where in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) chain: u32,
    pub(crate) n: u32,
    /// Length of the sender's previous chain.
    pub(crate) pn: u32,
}

/// What must come of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It opens.
    Open,
    /// It is refused as a duplicate: it was opened, and the session still knows.
    Duplicate,
    /// It was opened, and the session may have forgotten which.
    OpenedLongAgo,
    /// Its key was dropped unused.
    TooOld,
    /// Its chain was forgotten: refused, with whatever reason.
    ChainForgotten,
    /// It lies too far ahead, for now.
    TooFarAhead,
}

impl Verdict {
    /// Whether the session's refusal is the right one.
    pub(crate) fn allows(self, error: SessionError) -> bool {
        match self {
            Self::Open => false,
            Self::Duplicate => error == SessionError::Duplicate,
            Self::OpenedLongAgo => {
                matches!(error, SessionError::Duplicate | SessionError::TooOld)
            }
            Self::TooOld => error == SessionError::TooOld,
            Self::TooFarAhead => error == SessionError::TooFarAhead,
            // Never `Duplicate`: it may not have been opened.
            Self::ChainForgotten => error != SessionError::Duplicate,
        }
    }
}

/// When a key was stored.
#[derive(Clone, Copy, Debug)]
struct Stamp {
    received: u32,
    hour: u16,
}

/// The receiving half of one side.
#[derive(Debug, Default)]
pub(crate) struct Receiver {
    /// The peer's newest chain that a message arrived of.
    chain: Option<u32>,
    next: u32,
    stored: BTreeMap<(u32, u32), Stamp>,
    opened: BTreeSet<(u32, u32)>,
    /// The newest position whose key was dropped unused.
    dropped: Option<(u32, u32)>,
    received: u32,
    hour: u16,
}

impl Receiver {
    pub(crate) fn verdict(&self, at: Position, policy: &SessionPolicy) -> Verdict {
        let newest = match self.chain {
            Some(chain) if at.chain <= chain => chain,
            current => {
                assert!(
                    at.chain == current.map_or(0, |chain| chain + 1),
                    "a chain was passed over"
                );
                let missing = at.pn - self.next;
                return if missing > policy.max_skip || at.n > policy.max_skip {
                    Verdict::TooFarAhead
                } else {
                    Verdict::Open
                };
            }
        };
        let key = (at.chain, at.n);
        if at.chain + CLOSED_CHAINS < newest {
            Verdict::ChainForgotten
        } else if at.chain == newest && at.n >= self.next {
            if at.n - self.next > policy.max_skip {
                Verdict::TooFarAhead
            } else {
                Verdict::Open
            }
        } else if self.stored.contains_key(&key) {
            Verdict::Open
        } else if !self.opened.contains(&key) {
            Verdict::TooOld
        } else if self.dropped.is_some_and(|dropped| key <= dropped) {
            Verdict::OpenedLongAgo
        } else {
            Verdict::Duplicate
        }
    }

    /// The message opened.
    pub(crate) fn open(&mut self, at: Position, policy: &SessionPolicy) {
        let key = (at.chain, at.n);
        assert!(self.opened.insert(key), "the model opened {at:?} twice");
        self.received += 1;
        if self.stored.remove(&key).is_none() {
            if self.chain != Some(at.chain) {
                if let Some(closing) = self.chain {
                    self.skip(closing, at.pn, policy);
                }
                self.chain = Some(at.chain);
                self.next = 0;
                self.forget_chains(at.chain);
            }
            self.skip(at.chain, at.n, policy);
            self.next = at.n + 1;
        }
        self.expire(policy);
    }

    /// Time passed, since the session began.
    pub(crate) fn observe_hour(&mut self, hour: u16, policy: &SessionPolicy) {
        self.hour = hour;
        self.expire(policy);
    }

    /// How many keys must be stored.
    pub(crate) fn stored(&self) -> usize {
        self.stored.len()
    }

    fn skip(&mut self, chain: u32, end: u32, policy: &SessionPolicy) {
        let stamp = Stamp {
            received: self.received,
            hour: self.hour,
        };
        for n in self.next..end {
            self.stored.insert((chain, n), stamp);
            while self.stored.len() > policy.max_skipped_keys.into() {
                self.drop_oldest();
            }
        }
        self.next = self.next.max(end);
    }

    fn forget_chains(&mut self, newest: u32) {
        let oldest = newest.saturating_sub(CLOSED_CHAINS);
        self.stored.retain(|(chain, _), _| *chain >= oldest);
    }

    fn expire(&mut self, policy: &SessionPolicy) {
        while let Some((_, stamp)) = self.stored.first_key_value()
            && (self.received - stamp.received >= policy.skipped_ttl_messages
                || self.hour - stamp.hour >= policy.skipped_ttl_hours)
        {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        self.dropped = self.stored.pop_first().map(|(key, _)| key);
    }
}

/// The sending half of one side.
#[derive(Debug, Default)]
pub(crate) struct Sender {
    chain: Option<u32>,
    n: u32,
    pn: u32,
    /// The peer's chain at the last turn of ours.
    answered: Option<u32>,
}

impl Sender {
    /// Where the next message will stand, given what we received.
    pub(crate) fn next(&mut self, receiver: &Receiver) -> Position {
        if self.chain.is_none() || self.answered != receiver.chain {
            self.pn = if self.chain.is_none() { 0 } else { self.n };
            self.chain = Some(self.chain.map_or(0, |chain| chain + 1));
            self.n = 0;
            self.answered = receiver.chain;
        }
        let position = Position {
            chain: self.chain.unwrap_or(0),
            n: self.n,
            pn: self.pn,
        };
        self.n += 1;
        position
    }
}
