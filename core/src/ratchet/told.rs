//! What the ratchet tells of its keys, at its commits ([`crate::lifecycle`]).

use crate::backend::CryptoBackend;
use crate::lifecycle::{KeyAction, KeyKind, each, once, tell};

/// The root key gave its successor.
#[inline]
pub(super) fn root_renewed<B: CryptoBackend>() {
    tell::<B>(KeyKind::RootKey, KeyAction::Renewed);
    tell::<B>(KeyKind::RootKey, KeyAction::Destroyed);
}

/// A sending chain begins, whose ratchet key has agreed once already.
#[inline]
pub(super) fn sending_begun<B: CryptoBackend>() {
    tell::<B>(KeyKind::RatchetKey, KeyAction::Generated);
    tell::<B>(KeyKind::RatchetKey, KeyAction::Used);
    tell::<B>(KeyKind::ChainKey, KeyAction::Generated);
}

/// A sending chain ends.
#[inline]
pub(super) fn sending_ended<B: CryptoBackend>() {
    tell::<B>(KeyKind::RatchetKey, KeyAction::Destroyed);
    tell::<B>(KeyKind::ChainKey, KeyAction::Destroyed);
}

/// A chain was stepped so many times.
#[inline]
pub(super) fn chain_renewed<B: CryptoBackend>(steps: u32) {
    each::<B>(KeyKind::ChainKey, KeyAction::Renewed, steps as usize);
    each::<B>(KeyKind::ChainKey, KeyAction::Destroyed, steps as usize);
}

/// A chain is stepped over the messages that are missing, whose keys are stored.
#[inline]
pub(super) fn passed<B: CryptoBackend>(messages: u32) {
    chain_renewed::<B>(messages);
    each::<B>(KeyKind::SkippedKey, KeyAction::Generated, messages as usize);
}

/// A message in its turn was opened.
#[inline]
pub(super) fn opened<B: CryptoBackend>() {
    chain_renewed::<B>(1);
    once::<B>(KeyKind::MessageKey, 1);
}
