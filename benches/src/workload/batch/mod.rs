//! The group `batch`: the engine's batch calls over many sessions and many handshakes.
//!
//! One operation is one call over all items; reports divide by the items. On several threads
//! every thread makes such calls with items of its own. The same work can be done item by item
//! ([`Way::Loop`]), for the group `strategies` to compare.

mod handshakes;
mod messages;

use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::suite::Suite;

use super::{Operation, Wrong};

/// Which batch call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchWork {
    /// One message in each of many sessions.
    Encrypt,
    /// Likewise.
    Decrypt,
    /// Many bundles read, verified, initiated with.
    Initiate,
    /// Many first messages, their one-time prekeys deleted.
    Accept,
    /// A batch of one-time prekeys, signed; one by one, with a signature for each prekey, which
    /// may be a pair of keys.
    Prekeys,
    /// Likewise; one by one, with a signature for each key of a pair.
    PrekeysByKey,
}

/// How the items are worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// One call for each.
    Loop,
    /// One call for all.
    Batch,
    /// One call for all, which splits them among the threads of a pool if it is made in one.
    Pool,
}

/// Every batch call with its name. ([`BatchWork::PrekeysByKey`] is none of its own.)
pub const ALL: [(&str, BatchWork); 5] = [
    ("batch/encrypt", BatchWork::Encrypt),
    ("batch/decrypt", BatchWork::Decrypt),
    ("batch/initiate", BatchWork::Initiate),
    ("batch/accept", BatchWork::Accept),
    ("batch/prekeys", BatchWork::Prekeys),
];

/// Builds the operation on backend `B`: `count` items a call, messages of `size` bytes.
///
/// # Errors
/// [`Wrong`] if setting it up gave a wrong result.
pub fn build<B: PqBackend>(
    work: BatchWork,
    way: Way,
    suite: Suite,
    size: usize,
    count: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    match work {
        BatchWork::Encrypt => messages::encrypt::<B>(way, suite, size, count, seed),
        BatchWork::Decrypt => messages::decrypt::<B>(way, suite, size, count, seed),
        BatchWork::Initiate => handshakes::initiate::<B>(way, suite, count, seed),
        BatchWork::Accept => handshakes::accept::<B>(way, suite, count, seed),
        BatchWork::Prekeys => handshakes::prekeys::<B>(way, false, suite, count, seed),
        BatchWork::PrekeysByKey => handshakes::prekeys::<B>(way, true, suite, count, seed),
    }
}
