//! The history at rest: records under the keys of epochs, in a [`Store`].
//!
//! ```text
//! epoch    kind 6, number(8):   0x01 || 0x01 || envelope      purpose 3, key id = 0^8 || number, context ""
//!                               0x01 || 0x00                  erased
//! record   kind 7, epoch(8) || id:  0x01 || nonce(12) || ciphertext || tag(16)      AES-256-GCM
//! key      HKDF-Expand(epoch key, "SPRAG1 rec" || id, 32)
//! ad       "SPRAG1 rec" || 0x01 || length(1) || epoch(8) || id || revision(8)
//! ```
//! An epoch is what the application makes it: a month, or so many records. Erasing it replaces its
//! wrapped key by a mark, and then no record of it can be read by anybody, whatever copies of the
//! records there are; the records themselves are swept up later. That is as good as the store's own
//! erasure of one small record: journals, replicas and backups of the store hold older copies of it,
//! which the destruction of the key-encryption key's generation covers.

mod epoch;
mod error;
mod record;

pub(crate) use epoch::EpochRecord;
pub use epoch::{EpochKey, EpochState};
pub use error::HistoryError;
pub use record::HistoryPage;

use core::fmt;

use crate::store::Store;
use crate::wrap::KekRing;
use crate::wrap::hpke::HpkeKem;

/// The history of one owner in a store.
pub struct History<S, B, K: HpkeKem<B>> {
    store: S,
    ring: KekRing<B, K>,
}

impl<S: Store, B, K: HpkeKem<B>> History<S, B, K> {
    /// The history in `store`, whose epoch keys are wrapped by a device's key-encryption key.
    #[must_use]
    pub const fn new(store: S, ring: KekRing<B, K>) -> Self {
        Self { store, ring }
    }

    /// The generations of the key-encryption key, to rotate them.
    pub const fn ring_mut(&mut self) -> &mut KekRing<B, K> {
        &mut self.ring
    }
}

impl<S, B, K: HpkeKem<B>> fmt::Debug for History<S, B, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History").finish_non_exhaustive()
    }
}
