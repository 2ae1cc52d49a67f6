//! Many handshakes at once, staged over arrays: all signatures, then all agreements, go to the
//! backend as one batch each. Threads are the caller's: split the jobs among them, by
//! [`InitiatePart`] and [`AcceptPart`].
//!
//! The law is **batch ≡ loop**: each item ends as it would have, had the items been handled one
//! after the other with every [`PrekeyChange`] applied at once. So of two first messages over the
//! same one-time prekey only the first can succeed. A batch of initiations draws in the order of a
//! loop, and gives the same bytes from the same generator.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use crate::agreement::Agreements;
use crate::backend::PqBackend;
use crate::ephemeral::KeySource;
use crate::handshake::accept::{Accepted, Plan, Response};
use crate::handshake::account::Peer;
use crate::handshake::bundle::VerifiedBundle;
use crate::handshake::draws::Draws;
use crate::handshake::error::HandshakeError;
use crate::handshake::identity::Identity;
use crate::handshake::initiate::{DrawnOffer, Initiated, Offer};
use crate::handshake::policy::InitiatePolicy;
use crate::handshake::prekeys::{PrekeyChange, Prekeys, Spent};
use crate::handshake::statement::Statement;
use crate::session::SessionPolicy;
use crate::time::UnixTime;

/// A session to start.
#[derive(Clone, Copy, Debug)]
pub struct InitiateJob<'a> {
    /// With whom.
    pub bundle: &'a VerifiedBundle,
    /// What to say first.
    pub payload: &'a [u8],
}

/// Starts many sessions; the results are in the order of the jobs.
pub fn initiate_batch<B: PqBackend, S: KeySource<B> + ?Sized>(
    identity: &Identity<B>,
    jobs: &[InitiateJob<'_>],
    policy: &InitiatePolicy<'_>,
    now: UnixTime,
    source: &mut S,
) -> Vec<Result<Initiated<B>, HandshakeError>> {
    InitiatePart::draw(identity, jobs, policy, now, source).run()
}

/// A part of an [`initiate_batch`] for which everything was drawn, for those who split a batch
/// among threads: parts that are drawn one after the other, and run anywhere, together give what
/// the whole batch gives.
pub struct InitiatePart<'a, B: PqBackend> {
    jobs: &'a [InitiateJob<'a>],
    drawn: Vec<Result<DrawnOffer<'a, B>, HandshakeError>>,
    policy: SessionPolicy,
    now: UnixTime,
}

impl<'a, B: PqBackend> InitiatePart<'a, B> {
    /// Draws for these jobs, and does nothing else but refuse those that need no computation to be
    /// refused.
    pub fn draw<S: KeySource<B> + ?Sized>(
        identity: &'a Identity<B>,
        jobs: &'a [InitiateJob<'a>],
        policy: &InitiatePolicy<'_>,
        now: UnixTime,
        source: &mut S,
    ) -> Self {
        let draw = |job: &InitiateJob<'a>| {
            let draws = &mut Draws::new(&mut *source);
            DrawnOffer::draw(identity, job.bundle, policy, now, draws)
        };
        Self {
            jobs,
            drawn: jobs.iter().map(draw).collect(),
            policy: policy.session,
            now,
        }
    }

    /// Starts the sessions; the results are in the order of the jobs.
    #[must_use]
    pub fn run(self) -> Vec<Result<Initiated<B>, HandshakeError>> {
        let offers: Vec<_> = self
            .drawn
            .into_iter()
            .map(|drawn| drawn.and_then(DrawnOffer::prepare))
            .collect();
        let (pairs, ranges) = lay_out(&offers, Offer::pairs);
        let agreements = Agreements::run::<B::X25519>(&pairs);
        offers
            .into_iter()
            .zip(self.jobs.iter().zip(ranges))
            .map(|(offer, (job, range))| {
                let shared = agreements.secrets(range);
                offer?.seal(shared?, job.payload, self.policy, self.now)
            })
            .collect()
    }
}

impl<B: PqBackend> fmt::Debug for InitiatePart<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InitiatePart")
            .field("backend", &B::NAME)
            .field("jobs", &self.jobs.len())
            .finish_non_exhaustive()
    }
}

/// A first message to accept.
#[derive(Clone, Copy, Debug)]
pub struct AcceptJob<'a> {
    /// From whom.
    pub from: Peer<'a>,
    /// The first message.
    pub message: &'a [u8],
}

/// Accepts many first messages; the results are in the order of the jobs.
///
/// As in [`accept`](super::accept()) nothing is changed. The changes of the results do not
/// contradict each other: apply them all and store them with the sessions.
#[must_use]
pub fn accept_batch<B: PqBackend>(
    identity: &Identity<B>,
    prekeys: &Prekeys<B>,
    jobs: &[AcceptJob<'_>],
    policy: SessionPolicy,
    now: UnixTime,
) -> Vec<Result<Accepted<B>, HandshakeError>> {
    let part = AcceptPart::open(identity, prekeys, jobs, policy, now);
    part.items.into_iter().map(|(_, outcome)| outcome).collect()
}

/// A part of an [`accept_batch`], for those who split a batch among threads: parts that were
/// opened anywhere are [`join`](Self::join)ed to what the whole batch gives.
#[derive(Debug)]
pub struct AcceptPart<B: PqBackend> {
    /// What each item would change, if it came that far, and how it ended.
    items: Vec<(Option<PrekeyChange>, Outcome<B>)>,
}

type Outcome<B> = Result<Accepted<B>, HandshakeError>;

impl<B: PqBackend> AcceptPart<B> {
    /// Opens the first messages of this part, as if there were no other.
    #[must_use]
    pub fn open(
        identity: &Identity<B>,
        prekeys: &Prekeys<B>,
        jobs: &[AcceptJob<'_>],
        policy: SessionPolicy,
        now: UnixTime,
    ) -> Self {
        let plans: Vec<_> = jobs
            .iter()
            .map(|job| {
                let plan = Plan::check(identity, prekeys, &job.from, job.message, now)?;
                prekeys.admits(&plan.change, 0)?;
                Ok(plan)
            })
            .collect();
        let changes: Vec<_> = plans
            .iter()
            .map(|plan| plan.as_ref().ok().map(|plan| plan.change))
            .collect();
        let responses: Vec<_> = prove(plans)
            .into_iter()
            .map(|plan| plan.and_then(Plan::prepare))
            .collect();
        let (pairs, ranges) = lay_out(&responses, Response::pairs);
        let agreements = Agreements::run::<B::X25519>(&pairs);

        let mut earlier = Earlier::default();
        let items = responses
            .into_iter()
            .zip(changes.into_iter().zip(ranges))
            .map(|(response, (change, range))| {
                let open = || {
                    // Before the outcome of the signature, as a loop would have it.
                    change.map_or(Ok(()), |change| earlier.admits(prekeys, &change))?;
                    let accepted = response?.open(agreements.secrets(range)?, policy, now)?;
                    earlier.record(accepted.change);
                    Ok(accepted)
                };
                (change, open())
            })
            .collect();
        Self { items }
    }

    /// The results of all jobs, in the order of the parts: what two parts both accepted, and only
    /// one of them may, the later one loses.
    #[must_use]
    pub fn join(
        prekeys: &Prekeys<B>,
        parts: impl IntoIterator<Item = Self>,
    ) -> Vec<Result<Accepted<B>, HandshakeError>> {
        let mut earlier = Earlier::default();
        let items = parts.into_iter().flat_map(|part| part.items);
        items
            .map(|(change, outcome)| {
                change.map_or(Ok(()), |change| earlier.admits(prekeys, &change))?;
                let accepted = outcome?;
                earlier.record(accepted.change);
                Ok(accepted)
            })
            .collect()
    }
}

/// Checks the self-signatures that are not known, all at once.
fn prove<'a, B: PqBackend>(
    plans: Vec<Result<Plan<'a, B>, HandshakeError>>,
) -> Vec<Result<Plan<'a, B>, HandshakeError>> {
    let unproven = plans
        .iter()
        .flatten()
        .filter_map(|plan| plan.unproven.as_ref());
    let mut outcomes = Statement::verify_batch::<B>(unproven).into_iter();
    plans
        .into_iter()
        .map(|plan| {
            let plan = plan?;
            let outcome = plan.unproven.as_ref().and_then(|_| outcomes.next());
            outcome.unwrap_or(Ok(())).map(|()| plan)
        })
        .collect()
}

/// The agreements of all items in one row, and where each item's lie.
fn lay_out<'a, T, P>(
    items: &'a [Result<T, HandshakeError>],
    pairs_of: impl Fn(&'a T) -> Vec<P>,
) -> (Vec<P>, Vec<Range<usize>>) {
    let mut pairs = Vec::new();
    let ranges = items
        .iter()
        .map(|item| {
            let start = pairs.len();
            if let Ok(item) = item {
                pairs.extend(pairs_of(item));
            }
            start..pairs.len()
        })
        .collect();
    (pairs, ranges)
}

/// The changes of the items of a batch that succeeded so far.
#[derive(Default)]
struct Earlier {
    changes: BTreeSet<PrekeyChange>,
    /// By signed prekey.
    marks: BTreeMap<[u8; 32], usize>,
}

impl Earlier {
    fn admits<B: PqBackend>(
        &self,
        prekeys: &Prekeys<B>,
        change: &PrekeyChange,
    ) -> Result<(), HandshakeError> {
        let seen = self.changes.contains(change);
        match change.spent {
            Spent::OneTime(_) if seen => Err(HandshakeError::PrekeySpent),
            Spent::Replay(_) if seen => Err(HandshakeError::Replay),
            Spent::OneTime(_) => prekeys.admits(change, 0),
            Spent::Replay(_) => {
                let marks = self.marks.get(&change.signed_prekey);
                prekeys.admits(change, marks.copied().unwrap_or_default())
            }
        }
    }

    fn record(&mut self, change: PrekeyChange) {
        if let Spent::Replay(_) = change.spent {
            let count = self.marks.entry(change.signed_prekey).or_default();
            *count = count.saturating_add(1);
        }
        self.changes.insert(change);
    }
}
