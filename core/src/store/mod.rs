//! The store contract: compare-and-swap on sealed blobs, all or nothing.
//!
//! What lives here: what a store is asked ([`Store`], [`Change`]), how it may refuse
//! ([`StoreError`], [`CommitError`]), and, with the feature `conformance`, the suite every store
//! must pass. What does not: any store, and what the blobs hold ([`crate::durable`]).
//!
//! The contract is small on purpose, so that an application can put its own database underneath:
//! plain bytes in, plain bytes out, no call back into the caller, and no meaning to be known. A
//! store must give four things:
//!
//! 1. a commit happens as a whole or not at all, whatever dies when;
//! 2. it happens only if every record it touches still has the revision the change expects;
//! 3. what a commit reported as done is there after a crash, and every later load sees it;
//! 4. if it cannot tell whether a commit happened, it says [`CommitError::Unknown`], never a guess.

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod error;
mod record;
pub(crate) mod revision;

pub use error::{CommitError, StoreError, StoreErrorKind};
pub use record::{Change, Record, RecordId, RecordKind};

use alloc::sync::Arc;
use alloc::vec::Vec;

/// A place where records live, shared by any number of workers.
///
/// Calls block; they take `&self`, so that one store serves many threads. An asynchronous
/// application need not implement this: [`WorkingSet`](crate::durable::WorkingSet) says what to load
/// and what to commit, and leaves the calls to it.
pub trait Store: Send + Sync {
    /// The records of these names, in this order; `None` where there is none. All of them as of one
    /// moment, in one round trip.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was changed.
    fn load(&self, ids: &[RecordId]) -> Result<Vec<Option<Record>>, StoreError>;

    /// Makes all changes in one transaction, or none. The names differ from one another.
    ///
    /// # Errors
    /// [`CommitError`] says whether nothing was changed or whether that is unknown.
    fn commit(&self, changes: &[Change]) -> Result<(), CommitError>;

    /// At most `limit` records of a kind whose names come after `after`, by ascending name.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was changed.
    fn scan(
        &self,
        kind: RecordKind,
        after: Option<&RecordId>,
        limit: usize,
    ) -> Result<Vec<(RecordId, Record)>, StoreError>;
}

/// Forwards to a store behind a pointer.
macro_rules! forward {
    ($(<$($lifetime:lifetime,)? $store:ident> $pointer:ty),+ $(,)?) => {$(
        impl<$($lifetime,)? $store: Store + ?Sized> Store for $pointer {
            fn load(&self, ids: &[RecordId]) -> Result<Vec<Option<Record>>, StoreError> {
                (**self).load(ids)
            }

            fn commit(&self, changes: &[Change]) -> Result<(), CommitError> {
                (**self).commit(changes)
            }

            fn scan(
                &self,
                kind: RecordKind,
                after: Option<&RecordId>,
                limit: usize,
            ) -> Result<Vec<(RecordId, Record)>, StoreError> {
                (**self).scan(kind, after, limit)
            }
        }
    )+};
}

forward!(<'a, S> &'a S, <S> Arc<S>);
