//! The handshake patterns as data (Noise sections 7 and 9).
//!
//! A pattern says which static keys are known beforehand and which tokens each message carries; the
//! state machine beside this file knows nothing else of it. A fundamental pattern and at most one
//! pre-shared key make a [`Pattern`].

use core::fmt;

/// What a part of a message does (Noise section 7.1). In `Es` and its kin the initiator's key stands
/// first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    E,
    S,
    Ee,
    Es,
    Se,
    Ss,
    Psk,
}

use Token::{E, Ee, Es, S, Se, Ss};

/// A pattern without a pre-shared key.
///
/// The letters are those of Noise section 7.4: how the initiator's static key becomes known, then the
/// responder's. `N`: there is none, `K`: known beforehand, `X`: sent, `I`: sent at once. One letter: a
/// one-way pattern. A `1` defers the responder's authentication by a message (section 7.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum FundamentalPattern {
    /// One way, to a known responder.
    N = 1,
    /// One way, both known.
    K = 2,
    /// One way, to a known responder; the initiator says who it is.
    X = 3,
    /// Nobody has a static key.
    NN = 4,
    /// The responder is known.
    NK = 5,
    /// The responder says who it is.
    NX = 6,
    /// The initiator is known.
    KN = 7,
    /// Both are known.
    KK = 8,
    /// The initiator is known, the responder says who it is.
    KX = 9,
    /// The initiator says who it is.
    XN = 10,
    /// The responder is known, the initiator says who it is.
    XK = 11,
    /// Both say who they are.
    XX = 12,
    /// The initiator says at once who it is.
    IN = 13,
    /// The responder is known, the initiator says at once who it is.
    IK = 14,
    /// The initiator says at once who it is, the responder in its answer.
    IX = 15,
    /// `NK` with the responder authenticated by its answer.
    NK1 = 16,
    /// `XK` with the responder authenticated by its answer.
    XK1 = 17,
    /// `KK` with the responder authenticated by its answer.
    KK1 = 18,
    /// `IK` with the responder authenticated by its answer.
    IK1 = 19,
}

/// One row of the specification's tables.
pub(super) struct Row {
    name: &'static str,
    /// Whose static keys are known before the first message: the initiator's, the responder's.
    pub(super) known: (bool, bool),
    pub(super) messages: &'static [&'static [Token]],
}

const fn row(
    name: &'static str,
    known: (bool, bool),
    messages: &'static [&'static [Token]],
) -> Row {
    Row {
        name,
        known,
        messages,
    }
}

const NONE: (bool, bool) = (false, false);
const INITIATOR: (bool, bool) = (true, false);
const RESPONDER: (bool, bool) = (false, true);
const BOTH: (bool, bool) = (true, true);

impl FundamentalPattern {
    /// Every pattern, by ascending number.
    pub const ALL: [Self; 19] = [
        Self::N,
        Self::K,
        Self::X,
        Self::NN,
        Self::NK,
        Self::NX,
        Self::KN,
        Self::KK,
        Self::KX,
        Self::XN,
        Self::XK,
        Self::XX,
        Self::IN,
        Self::IK,
        Self::IX,
        Self::NK1,
        Self::XK1,
        Self::KK1,
        Self::IK1,
    ];

    pub(super) const fn row(self) -> Row {
        match self {
            Self::N => row("N", RESPONDER, &[&[E, Es]]),
            Self::K => row("K", BOTH, &[&[E, Es, Ss]]),
            Self::X => row("X", RESPONDER, &[&[E, Es, S, Ss]]),
            Self::NN => row("NN", NONE, &[&[E], &[E, Ee]]),
            Self::NK => row("NK", RESPONDER, &[&[E, Es], &[E, Ee]]),
            Self::NX => row("NX", NONE, &[&[E], &[E, Ee, S, Es]]),
            Self::KN => row("KN", INITIATOR, &[&[E], &[E, Ee, Se]]),
            Self::KK => row("KK", BOTH, &[&[E, Es, Ss], &[E, Ee, Se]]),
            Self::KX => row("KX", INITIATOR, &[&[E], &[E, Ee, Se, S, Es]]),
            Self::XN => row("XN", NONE, &[&[E], &[E, Ee], &[S, Se]]),
            Self::XK => row("XK", RESPONDER, &[&[E, Es], &[E, Ee], &[S, Se]]),
            Self::XX => row("XX", NONE, &[&[E], &[E, Ee, S, Es], &[S, Se]]),
            Self::IN => row("IN", NONE, &[&[E, S], &[E, Ee, Se]]),
            Self::IK => row("IK", RESPONDER, &[&[E, Es, S, Ss], &[E, Ee, Se]]),
            Self::IX => row("IX", NONE, &[&[E, S], &[E, Ee, Se, S, Es]]),
            Self::NK1 => row("NK1", RESPONDER, &[&[E], &[E, Ee, Es]]),
            Self::XK1 => row("XK1", RESPONDER, &[&[E], &[E, Ee, Es], &[S, Se]]),
            Self::KK1 => row("KK1", BOTH, &[&[E], &[E, Ee, Se, Es]]),
            Self::IK1 => row("IK1", RESPONDER, &[&[E, S], &[E, Ee, Se, Es]]),
        }
    }
}

/// A handshake pattern: a fundamental one and at most one pre-shared key (Noise sections 7 and 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern {
    base: FundamentalPattern,
    psk: Option<u8>,
}

impl Pattern {
    /// The client stays anonymous and knows the server.
    pub const NK: Self = Self::new(FundamentalPattern::NK);
    /// First contact: both keys are sent and neither is known.
    pub const XX: Self = Self::new(FundamentalPattern::XX);
    /// The client knows the server and says at once who it is.
    pub const IK: Self = Self::new(FundamentalPattern::IK);
    /// Both know each other.
    pub const KK: Self = Self::new(FundamentalPattern::KK);
    /// The client knows the server and says who it is once that has proved itself.
    pub const XK: Self = Self::new(FundamentalPattern::XK);
    /// No static keys, a secret in common: what a resumption uses.
    pub const NN_PSK0: Self = Self::new(FundamentalPattern::NN).at(0);
    /// The server's key and a secret in common: a resumption that proves the server's key anew.
    pub const NK_PSK0: Self = Self::new(FundamentalPattern::NK).at(0);

    /// The pattern without a pre-shared key.
    #[must_use]
    pub const fn new(base: FundamentalPattern) -> Self {
        Self { base, psk: None }
    }

    /// The pattern with a pre-shared key: 0 puts it before the first message, `n` behind the `n`-th
    /// (Noise section 9.4). `None` if there is no such message.
    #[must_use]
    pub fn with_psk(self, placement: u8) -> Option<Self> {
        (usize::from(placement) <= self.messages().len()).then(|| self.at(placement))
    }

    const fn at(self, placement: u8) -> Self {
        Self {
            base: self.base,
            psk: Some(placement),
        }
    }

    /// The fundamental pattern.
    #[must_use]
    pub const fn base(self) -> FundamentalPattern {
        self.base
    }

    /// Where the pre-shared key stands, if there is one.
    #[must_use]
    pub const fn psk(self) -> Option<u8> {
        self.psk
    }

    /// Whether only the initiator may send, also after the handshake.
    #[must_use]
    pub fn is_one_way(self) -> bool {
        self.messages().len() == 1
    }

    pub(super) const fn messages(self) -> &'static [&'static [Token]] {
        self.base.row().messages
    }

    /// Whether this side needs a static key of its own.
    pub(in crate::transport) fn needs_static(self, initiator: bool) -> bool {
        let row = self.base.row();
        let known = if initiator { row.known.0 } else { row.known.1 };
        let sent = row
            .messages
            .iter()
            .enumerate()
            .any(|(index, tokens)| is_initiators(index) == initiator && tokens.contains(&S));
        known || sent
    }

    /// Whether this side must know the peer's static key beforehand.
    pub(in crate::transport) const fn needs_remote(self, initiator: bool) -> bool {
        let known = self.base.row().known;
        if initiator { known.1 } else { known.0 }
    }

    /// The tokens of a message, its pre-shared key included; `None` behind the last.
    pub(super) fn tokens(self, message: usize) -> Option<impl Iterator<Item = Token>> {
        let tokens = self.messages().get(message)?;
        let before = (message == 0 && self.psk == Some(0)).then_some(Token::Psk);
        let behind = self.psk.map(usize::from) == message.checked_add(1);
        let behind = behind.then_some(Token::Psk);
        Some(
            before
                .into_iter()
                .chain(tokens.iter().copied())
                .chain(behind),
        )
    }
}

/// Whether the initiator sends this message.
pub(super) const fn is_initiators(message: usize) -> bool {
    message & 1 == 0
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.base.row().name)?;
        self.psk.map_or(Ok(()), |psk| write!(f, "psk{psk}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::noise::protocol::NoiseProtocol;

    #[test]
    fn nothing_is_sealed_under_a_pre_shared_key_alone() {
        // Noise section 9.3: whoever processed a psk has sent an `e` before he sends what is sealed.
        for pattern in NoiseProtocol::all().map(NoiseProtocol::pattern) {
            for (index, _) in pattern.messages().iter().enumerate() {
                let mut own = (0..=index).filter(|at| is_initiators(*at) == is_initiators(index));
                assert!(own.any(|at| pattern.tokens(at).is_some_and(|mut t| t.any(|t| t == E))));
                let mut tokens = pattern.tokens(index).into_iter().flatten();
                let first_s = tokens.position(|token| token == S);
                let mut tokens = pattern.tokens(index).into_iter().flatten();
                let first_e = tokens.position(|token| token == E);
                assert!(index > 1 || first_e < first_s || first_s.is_none());
            }
        }
    }
}
