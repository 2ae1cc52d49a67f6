//! Sessions that outlive the process, and that several workers may use at once.
//!
//! What lives here: [`Durable`], which runs every operation as *load, operate in memory, seal, commit*
//! over a [`Store`], and gives out a message, a plaintext or a lease only after the store accepted the
//! commit; [`WorkingSet`], the same without the calls to a store; the blobs at rest. What does not: any
//! store ([`crate::store`] is the contract), the sessions themselves ([`crate::session`]).
//!
//! Why no key is used twice: a commit is accepted only on top of the very state that was read, so of
//! two workers that drew the same number one is refused, and what it made was never reachable. A crash
//! before the commit leaves the old state and no message; one after it leaves a gap. A store that was
//! set back to an older copy draws other nonces, and is found out where a worker remembers more.

mod conversation_id;
mod doubt;
mod error;
mod live;
mod operations;
mod prepared;
mod rest;
mod rewrap;
mod setup;
mod working_set;

pub use conversation_id::ConversationId;
pub use error::DurableError;
pub use prepared::{Outputs, Prepared};
pub use rest::StoreKeys;
pub use rewrap::{Rewrap, Rewrapped};
pub use working_set::WorkingSet;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;

use crate::backend::PqBackend;
use crate::handshake::Identity;
use crate::store::{CommitError, RecordId, Store};
use crate::time::UnixTime;

/// How often an operation is tried anew when another worker was faster.
const ATTEMPTS: u32 = 64;

/// A device's sessions over a store: one worker's view of them.
///
/// Each worker, thread or process, has one of its own; they may share the store and even the
/// conversation. An operation is a commit; what has to be one commit is one call.
pub struct Durable<B: PqBackend, S> {
    store: S,
    set: WorkingSet<B>,
    identity: Arc<Identity<B>>,
    /// A commit of which the outcome is not known yet.
    doubt: Option<Prepared<B>>,
}

impl<B: PqBackend, S: Store> Durable<B, S> {
    /// The device's identity.
    #[must_use]
    pub fn identity(&self) -> &Identity<B> {
        &self.identity
    }

    /// The store.
    #[must_use]
    pub const fn store(&self) -> &S {
        &self.store
    }

    /// Tells what time it is, as [`WorkingSet::observe_time`].
    pub fn observe_time(&mut self, now: UnixTime) {
        self.set.observe_time(now);
    }

    /// Loads, operates, commits; anew if another worker was faster.
    fn run<R: TryCryptoRng + ?Sized>(
        &mut self,
        ids: &[RecordId],
        rng: &mut R,
        mut operate: impl FnMut(&mut WorkingSet<B>, &mut R) -> Result<(), DurableError>,
    ) -> Result<Outputs<B>, DurableError> {
        if self.doubt.is_some() {
            return Err(self.in_doubt());
        }
        let mut conflicts = Vec::new();
        for _ in 0..ATTEMPTS {
            let missing = self.set.missing(ids);
            self.fetch(&missing)?;
            if let Err(error) = operate(&mut self.set, rng) {
                self.set.abandon();
                // What was in memory may be old; an error counts only if it is the store's state's.
                if missing.len() == ids.len() || error == DurableError::Entropy {
                    return Err(error);
                }
                self.set.evict(ids);
                continue;
            }
            let prepared = self.set.prepare(rng)?;
            if prepared.changes().is_empty() {
                return self.set.settle(prepared, Ok(())).map_err(unexpected);
            }
            match self.store.commit(prepared.changes()) {
                Err(CommitError::Unknown(_)) => {
                    self.doubt = Some(prepared);
                    if let Some(outputs) = self.resolve(rng)? {
                        return Ok(outputs);
                    }
                }
                said => match self.set.settle(prepared, said) {
                    Ok(outputs) => return Ok(outputs),
                    Err(CommitError::Conflict(ids)) => {
                        self.set.evict(&ids);
                        conflicts = ids;
                    }
                    Err(error) => return Err(unexpected(error)),
                },
            }
        }
        Err(DurableError::Conflict(conflicts))
    }

    fn fetch(&mut self, ids: &[RecordId]) -> Result<(), DurableError> {
        if ids.is_empty() {
            return Ok(());
        }
        let records = self.store.load(ids)?;
        for (id, record) in ids.iter().zip(records) {
            self.set.admit(id.clone(), record.as_ref())?;
        }
        Ok(())
    }
}

/// What a commit's error is where a conflict was dealt with.
fn unexpected(error: CommitError) -> DurableError {
    match error {
        CommitError::Conflict(ids) => DurableError::Conflict(ids),
        CommitError::Refused(error) => DurableError::Store(error),
        CommitError::Unknown(error) => DurableError::InDoubt(error),
    }
}

impl<B: PqBackend, S> fmt::Debug for Durable<B, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Durable")
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}
