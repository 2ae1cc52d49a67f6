//! What a send or a receive will change in the ratchet, once it is committed.
//!
//! A plan is filled where it stands and swapped in: a key that was moved would leave a copy of
//! itself behind. After the commit the plan holds what was replaced, and wipes it on drop.

use alloc::boxed::Box;

use crate::backend::CryptoBackend;
use crate::ratchet::{Chain, ChainKey, OpenedKey, RootKey, SendingChain};

/// What a send changes.
pub(crate) struct SendPlan<B: CryptoBackend> {
    /// The root key and the sending chain after a turn of the DH ratchet.
    pub(super) root: Option<RootKey>,
    pub(super) sending: Option<SendingChain<B>>,
    /// The chain key behind the last message.
    pub(crate) next: ChainKey,
    /// How many messages are sent.
    pub(crate) count: u32,
}

impl<B: CryptoBackend> SendPlan<B> {
    /// A plan for so many messages, to be filled.
    #[inline]
    pub(crate) const fn new(count: u32) -> Self {
        Self {
            root: None,
            sending: None,
            next: ChainKey::zeroed(),
            count,
        }
    }
}

/// What a receive changes.
pub(crate) struct ReceivePlan {
    pub(super) change: ReceiveChange,
    /// The message's chain key, if messages before it are missing.
    pub(super) ahead: Option<ChainKey>,
    /// The chain key behind it.
    pub(super) next: ChainKey,
    /// The message's key, if it is to be kept.
    pub(crate) opened: Option<Box<OpenedKey>>,
}

pub(super) enum ReceiveChange {
    Unplanned,
    Stored { index: usize },
    Current { n: u32 },
    Turn(ReceiveTurn),
}

/// A turn of the DH ratchet for receiving.
pub(super) struct ReceiveTurn {
    pub(super) ratchet_key: [u8; 32],
    pub(super) pn: u32,
    pub(super) n: u32,
    pub(super) root: RootKey,
    pub(super) opening: Chain,
}

impl ReceivePlan {
    /// A plan to be filled.
    #[inline]
    pub(crate) const fn new() -> Self {
        Self {
            change: ReceiveChange::Unplanned,
            ahead: None,
            next: ChainKey::zeroed(),
            opened: None,
        }
    }
}
