//! What the ratchet tells of its keys, at its commits ([`crate::lifecycle`]).

use crate::backend::CryptoBackend;
use crate::lifecycle::{KeyAction, KeyKind, each, once, tell};
use crate::ratchet::DoubleRatchet;

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

/// A chain is stepped over a message that is missing, whose key is stored.
#[inline]
pub(super) fn passed<B: CryptoBackend>() {
    chain_renewed::<B>(1);
    tell::<B>(KeyKind::SkippedKey, KeyAction::Generated);
}

/// A message that was missing was opened.
#[inline]
pub(super) fn skipped_used<B: CryptoBackend>() {
    tell::<B>(KeyKind::SkippedKey, KeyAction::Used);
    tell::<B>(KeyKind::SkippedKey, KeyAction::Destroyed);
}

/// A message in its turn was opened.
#[inline]
pub(super) fn opened<B: CryptoBackend>() {
    chain_renewed::<B>(1);
    once::<B>(KeyKind::MessageKey, 1);
}

/// Tells of what is left. The keys themselves wipe themselves.
impl<B: CryptoBackend> Drop for DoubleRatchet<B> {
    #[inline]
    fn drop(&mut self) {
        tell::<B>(KeyKind::RootKey, KeyAction::Destroyed);
        if self.sending.is_some() {
            sending_ended::<B>();
        }
        if self.receiving.is_some() {
            tell::<B>(KeyKind::ChainKey, KeyAction::Destroyed);
        }
        let skipped = self.skipped.len();
        each::<B>(KeyKind::SkippedKey, KeyAction::Destroyed, skipped);
        let opened = self.opened.as_ref().map_or(0, |opened| opened.len());
        each::<B>(KeyKind::OpenedKey, KeyAction::Destroyed, opened);
    }
}
