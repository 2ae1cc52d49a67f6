//! Commits of which nobody knows whether they happened: the connection was lost meanwhile.
//!
//! The store is asked, not guessed at: every record carries the last eight revisions it had. If one of
//! a commit's records had the revision that was to be committed, the commit happened, as a whole. If one
//! still has the old one, the commit may be under way somewhere, so the record is first put to a new
//! revision with the same contents; from then on the lost commit can't be accepted any more.
//!
//! If others committed to all of its records, more than seven times, before it was asked, nobody can
//! tell. It is taken for lost then, which uses no key twice: what was made is wiped.

use alloc::vec::Vec;

use rand_core::TryCryptoRng;

use crate::backend::PqBackend;
use crate::durable::live::Live;
use crate::durable::prepared::reseal;
use crate::durable::{Durable, DurableError, Outputs, unexpected};
use crate::store::{Change, CommitError, RecordId, Store, StoreError, StoreErrorKind};

/// How often a record is read anew that keeps changing.
const QUESTIONS: u32 = 16;

/// What became of a commit.
#[derive(Clone, Copy, PartialEq)]
enum Outcome {
    Happened,
    Never,
    /// The record changed while we asked.
    AskAgain,
}

impl<B: PqBackend, S: Store> Durable<B, S> {
    /// After [`DurableError::InDoubt`]: asks the store again. Gives what the operation would have
    /// given, if its commit happened; nothing if it never did, and then the operation may be called
    /// again. Without a doubt it gives nothing too.
    ///
    /// # Errors
    /// [`DurableError::InDoubt`] as long as the store does not answer.
    pub fn resolve<R: TryCryptoRng + ?Sized>(
        &mut self,
        rng: &mut R,
    ) -> Result<Option<Outputs<B>>, DurableError> {
        for _ in 0..QUESTIONS {
            let Some(prepared) = self.doubt.take() else {
                return Ok(None);
            };
            match self.ask(prepared.changes(), rng) {
                Ok(Outcome::Happened) => {
                    let settled = self.set.settle(prepared, Ok(()));
                    return settled.map(Some).map_err(unexpected);
                }
                Ok(Outcome::Never) => return Ok(None),
                Ok(Outcome::AskAgain) => self.doubt = Some(prepared),
                Err(error) => {
                    self.doubt = Some(prepared);
                    return Err(match error {
                        DurableError::Store(error) => DurableError::InDoubt(error),
                        error => error,
                    });
                }
            }
        }
        Err(self.in_doubt())
    }

    /// Why nothing can be done while a commit's outcome is not known.
    pub(super) fn in_doubt(&self) -> DurableError {
        let message = "an earlier commit is not resolved yet";
        DurableError::InDoubt(StoreError::new(StoreErrorKind::Unavailable, message))
    }

    fn ask<R: TryCryptoRng + ?Sized>(
        &self,
        changes: &[Change],
        rng: &mut R,
    ) -> Result<Outcome, DurableError> {
        let ids: Vec<RecordId> = changes.iter().map(|change| change.id.clone()).collect();
        let found = self.store.load(&ids)?;
        let mut fence = None;
        for (change, found) in changes.iter().zip(found) {
            let Some(found) = found else {
                // It is gone as it should be, by whomever.
                if change.expected.is_some() && change.new.is_none() {
                    return Ok(Outcome::Happened);
                }
                continue;
            };
            let live: Live<B> = Live::open(&self.set.keys, self.set.policy(), &change.id, &found)?;
            let ours = change.new.as_ref().map(|new| new.revision);
            if ours.is_some_and(|ours| live.had(ours)) {
                return Ok(Outcome::Happened);
            }
            if Some(found.revision) == change.expected {
                fence = Some((&change.id, live));
            }
        }
        // A record that a commit makes need not be fenced: what it holds was drawn for it alone.
        let Some((id, mut live)) = fence else {
            return Ok(Outcome::Never);
        };
        let fence = reseal(&self.set.keys, id, &mut live, rng)?;
        match self.store.commit(core::slice::from_ref(&fence)) {
            Ok(()) => Ok(Outcome::Never),
            Err(CommitError::Conflict(_)) => Ok(Outcome::AskAgain),
            Err(CommitError::Refused(error) | CommitError::Unknown(error)) => {
                Err(DurableError::Store(error))
            }
        }
    }
}
