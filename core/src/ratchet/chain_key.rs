//! The symmetric chain, `KDF_CK` (Double Ratchet section 7.2): one HMAC for the message key, one
//! for the next chain key.

use crate::primitives::Hmac;
use crate::secret::Secret;

/// A chain key: gives one message key and the next chain key.
#[derive(Debug)]
pub(crate) struct ChainKey(Secret<32>);

impl ChainKey {
    pub(crate) const fn new(secret: Secret<32>) -> Self {
        Self(secret)
    }

    pub(crate) const fn zeroed() -> Self {
        Self(Secret::zeroed())
    }

    pub(crate) const fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }

    pub(crate) const fn expose_mut(&mut self) -> &mut [u8; 32] {
        self.0.expose_mut()
    }

    /// The chain key `steps` positions ahead, if that is another one; without making message keys.
    #[inline]
    pub(crate) fn ahead<H: Hmac>(&self, steps: u32) -> Option<Self> {
        if steps == 0 {
            return None;
        }
        let mut key = Self(self.0.duplicate());
        H::chain_advance(key.expose_mut(), steps);
        Some(key)
    }

    /// Moves one position on and writes the passed message key to `message_key`.
    pub(crate) fn step_into<H: Hmac>(&mut self, message_key: &mut [u8; 32]) {
        let mut next = Self::zeroed();
        H::chain_step(self.expose(), message_key, next.expose_mut());
        self.replace(&mut next);
    }

    /// Swaps the next chain key in: whoever holds `next` drops, and so wipes, the old one. A move
    /// would leave a copy of the new one behind.
    pub(crate) const fn replace(&mut self, next: &mut Self) {
        core::mem::swap(self, next);
    }
}

/// A chain key and the number of the message it is for.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) key: ChainKey,
    pub(crate) n: u32,
}

impl Chain {
    /// A chain whose key is still to be written.
    pub(crate) const fn zeroed() -> Self {
        Self {
            key: ChainKey::zeroed(),
            n: 0,
        }
    }
}
