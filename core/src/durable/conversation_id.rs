//! The name of a conversation: the account and the device it is with.

use alloc::vec::Vec;
use core::fmt;

use crate::backend::CryptoBackend;
use crate::codec::Writer;
use crate::handshake::AccountId;
use crate::primitives::Hmac;
use crate::store::{RecordId, RecordKind};

/// Names the conversation with one device of a peer. Stands in the store in the clear.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConversationId(RecordId);

impl ConversationId {
    /// The conversation with this device.
    #[must_use]
    pub fn new(account: &AccountId, device: u32) -> Self {
        let account = account.as_bytes();
        let mut name = Vec::with_capacity(account.len().saturating_add(4));
        name.put_u32(device);
        name.put(account);
        Self(named(RecordKind::Conversation, &name))
    }

    /// The record that the conversation is kept in.
    #[must_use]
    pub const fn record(&self) -> &RecordId {
        &self.0
    }

    /// The record that tells where the plaintext of a message went: it is named by the message's
    /// SHA-256, 16 bytes of it.
    pub(super) fn delivery<B: CryptoBackend>(&self, message: &[u8]) -> RecordId {
        let digest = B::HmacSha256::sha256(&[message]);
        let (digest, _) = digest.split_at(16);
        let mut name = Vec::with_capacity(self.0.name().len().saturating_add(16));
        name.put(self.0.name());
        name.put(digest);
        named(RecordKind::Delivery, &name)
    }
}

/// Every name fits: a device, an account, a digest.
const _: () = assert!(4 + AccountId::MAX_LEN + 16 <= RecordId::MAX_NAME);

fn named(kind: RecordKind, name: &[u8]) -> RecordId {
    RecordId::new(kind, name).unwrap_or_else(|_| RecordId::only(kind))
}

impl fmt::Debug for ConversationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
