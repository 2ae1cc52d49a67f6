//! Commits of which nobody knows whether they happened: the connection was lost meanwhile.
//!
//! The store is asked, not guessed at: every record carries the last revisions it had. If one of a
//! commit's records had the revision that was to be committed, the commit happened, as a whole. If it
//! still has the old one, the commit may be under way somewhere, so the record is first put to a new
//! revision with the same contents; from then on the lost commit can't be accepted any more.

use rand_core::TryCryptoRng;

use crate::backend::PqBackend;
use crate::durable::live::Live;
use crate::durable::prepared::reseal;
use crate::durable::{Durable, DurableError, Outputs, unexpected};
use crate::store::{Change, CommitError, Store, StoreError, StoreErrorKind};

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
        // A record that was there before can be fenced; one that a commit makes need not be: what it
        // holds was drawn for it alone.
        let fenced = changes.iter().find(|change| change.expected.is_some());
        let Some(change) = fenced.or(changes.first()) else {
            return Ok(Outcome::Happened);
        };
        let mut found = self.store.load(core::slice::from_ref(&change.id))?;
        let Some(found) = found.pop().flatten() else {
            let gone = change.expected.is_some() && change.new.is_none();
            return Ok(if gone {
                Outcome::Happened
            } else {
                Outcome::Never
            });
        };
        let ring = &self.set.ring;
        let mut live: Live<B> = Live::open(ring, self.set.policy(), &change.id, &found)?;
        let ours = change.new.as_ref().map(|new| new.revision);
        if ours.is_some_and(|ours| live.had(ours)) {
            return Ok(Outcome::Happened);
        }
        if Some(found.revision) != change.expected {
            return Ok(Outcome::Never);
        }
        let fence = reseal(ring, &change.id, &mut live, rng)?;
        match self.store.commit(core::slice::from_ref(&fence)) {
            Ok(()) => Ok(Outcome::Never),
            Err(CommitError::Conflict(_)) => Ok(Outcome::AskAgain),
            Err(CommitError::Refused(error) | CommitError::Unknown(error)) => {
                Err(DurableError::Store(error))
            }
        }
    }
}
