//! From operations to a commit: what changed is sealed, and what was made waits for the store's answer.

use alloc::vec::Vec;
use core::{fmt, mem};

use rand_core::TryCryptoRng;

use crate::backend::PqBackend;
use crate::durable::live::Live;
use crate::durable::rest::MarkedKeys;
use crate::durable::{DurableError, WorkingSet};
use crate::session::Lease;
use crate::store::{Change, CommitError, Record, RecordId, RecordKind, revision};

/// What operations give, once they are committed; each list in the order of the calls.
pub struct Outputs<B: PqBackend> {
    /// The messages to send.
    pub messages: Vec<Vec<u8>>,
    /// The plaintexts of messages that were received.
    pub plaintexts: Vec<Vec<u8>>,
    /// Sending numbers taken ahead.
    pub leases: Vec<Lease<B>>,
}

/// Changes to be committed, and what may be handed out once they are.
///
/// Dropping it undoes the operations: the records are loaded again the next time. There is no other way
/// to what was made than to [`settle`](WorkingSet::settle) it with what the store said:
///
/// ```compile_fail,E0616
/// # use sprag_core::{PqBackend, durable::Prepared};
/// fn messages<B: PqBackend>(prepared: Prepared<B>) -> Vec<Vec<u8>> {
///     prepared.outputs.messages
/// }
/// ```
#[must_use = "nothing is handed out, and nothing remembered, until this is settled"]
pub struct Prepared<B: PqBackend> {
    changes: Vec<Change>,
    moved: Vec<(RecordId, Live<B>)>,
    outputs: Outputs<B>,
}

impl<B: PqBackend> Prepared<B> {
    /// What to commit, in one transaction.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }
}

impl<B: PqBackend> WorkingSet<B> {
    /// Seals everything that changed, for one commit.
    ///
    /// # Errors
    /// [`DurableError::Entropy`], [`DurableError::Library`],
    /// [`DurableError::RevisionsUsedUp`]; everything that changed is dropped then.
    pub fn prepare<R: TryCryptoRng + ?Sized>(
        &mut self,
        rng: &mut R,
    ) -> Result<Prepared<B>, DurableError> {
        let outputs = mem::take(&mut self.outputs);
        let mut moved = self.records.take_changed();
        let mut changes = Vec::with_capacity(moved.len());
        for (id, live) in &mut moved {
            changes.push(reseal(&self.keys, id, live, rng)?);
        }
        Ok(Prepared {
            changes,
            moved,
            outputs,
        })
    }

    /// Ends a commit: hands out what was made if the store accepted it.
    ///
    /// # Errors
    /// What the store said; the records are forgotten then, to be loaded anew, and what was made is
    /// wiped. After [`CommitError::Unknown`] do not settle: ask the store which revisions it has.
    pub fn settle(
        &mut self,
        prepared: Prepared<B>,
        said: Result<(), CommitError>,
    ) -> Result<Outputs<B>, CommitError> {
        let Prepared {
            changes,
            moved,
            outputs,
        } = prepared;
        if let Err(error) = said {
            for Change { id, expected, .. } in changes {
                if let Some(revision) = expected
                    && id.kind() != RecordKind::Delivery
                {
                    self.records.remember(id, revision);
                }
            }
            return Err(error);
        }
        for (id, live) in moved {
            // Deliveries are asked for once, if ever.
            if id.kind() != RecordKind::Delivery {
                self.records.put_back(id, live);
            }
        }
        self.records.trim();
        Ok(outputs)
    }

    /// Undoes the operations since the last [`prepare`](Self::prepare).
    pub fn abandon(&mut self) {
        self.outputs = Outputs::default();
        drop(self.records.take_changed());
    }
}

/// Seals a record as its next revision.
pub(super) fn reseal<B: PqBackend, R: TryCryptoRng + ?Sized>(
    keys: &MarkedKeys,
    id: &RecordId,
    live: &mut Live<B>,
    rng: &mut R,
) -> Result<Change, DurableError> {
    let expected = live.revision;
    let revision = revision::after(expected, rng)?;
    let new = match live.encode(revision) {
        Some(text) => {
            let blob = keys.seal::<B, R>(id, revision, &text, rng)?;
            Some(Record { revision, blob })
        }
        None => None,
    };
    live.revision = new.as_ref().map(|new| new.revision);
    live.changed = false;
    let id = id.clone();
    Ok(Change { id, expected, new })
}

impl<B: PqBackend> Default for Outputs<B> {
    fn default() -> Self {
        Self {
            messages: Vec::new(),
            plaintexts: Vec::new(),
            leases: Vec::new(),
        }
    }
}

impl<B: PqBackend> fmt::Debug for Outputs<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outputs")
            .field("messages", &self.messages.len())
            .field("plaintexts", &self.plaintexts.len())
            .field("leases", &self.leases.len())
            .finish()
    }
}

impl<B: PqBackend> fmt::Debug for Prepared<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("changes", &self.changes.len())
            .finish_non_exhaustive()
    }
}
