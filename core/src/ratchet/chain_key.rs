//! The symmetric chain, `KDF_CK` (Double Ratchet section 7.2): one HMAC for the message key, one
//! for the next chain key.

use crate::primitives::Hmac;
use crate::ratchet::MessageKey;
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

    pub(crate) const fn duplicate(&self) -> Self {
        Self(self.0.duplicate())
    }

    /// The message key of this position and the chain key of the next.
    pub(crate) fn step<H: Hmac>(&self) -> (MessageKey, Self) {
        let (mut message_key, mut next) = (MessageKey::zeroed(), Self::zeroed());
        H::chain_step(self.expose(), message_key.expose_mut(), next.expose_mut());
        (message_key, next)
    }

    /// Moves `steps` positions on without making message keys.
    pub(crate) fn advance<H: Hmac>(&mut self, steps: u32) {
        H::chain_advance(self.expose_mut(), steps);
    }

    /// Moves one position on and writes the passed message key into a slot of the store.
    pub(crate) fn step_into<H: Hmac>(&mut self, message_key: &mut Secret<32>) {
        let mut next = Self::zeroed();
        H::chain_step(self.expose(), message_key.expose_mut(), next.expose_mut());
        *self = next;
    }
}

/// A chain key and the number of the message it is for.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) key: ChainKey,
    pub(crate) n: u32,
}
