//! [`encrypt_batch`]: messages that turn their ratchets in groups, all others one by one.

use alloc::vec::Vec;

use crate::agreement::Agreements;
use crate::backend::CryptoBackend;
use crate::ephemeral::{FreshKey, KeySource};
use crate::ratchet::SendPlan;
use crate::session::batch::{GROUP, set};
use crate::session::envelope::Outgoing;
use crate::session::{Session, SessionError};

/// Encrypts one message in each of many sessions: ≡ a loop over [`Session::encrypt_in_place`].
///
/// Each job is a session and a buffer laid out as for that call. The results stand in the order of
/// the jobs; a failed job leaves its session unchanged and does not disturb the others.
///
/// # Errors
/// Per job, as [`Session::encrypt_in_place`].
#[must_use]
pub fn encrypt_batch<'a, B, S>(
    jobs: impl IntoIterator<Item = (&'a mut Session<B>, &'a mut [u8])>,
    source: &mut S,
) -> Vec<Result<(), SessionError>>
where
    B: CryptoBackend,
    S: KeySource<B> + ?Sized,
{
    let jobs = jobs.into_iter();
    let mut outcomes = Vec::with_capacity(jobs.size_hint().0);
    let mut turning = Vec::new();
    for (session, buffer) in jobs {
        if !session.turns_when_sending() {
            outcomes.push(session.encrypt_in_place(buffer, source));
            continue;
        }
        match Turning::draw(outcomes.len(), session, buffer, source) {
            Ok(job) => {
                // Whole at once: a vector that grows would leave its keys behind.
                turning.reserve_exact(GROUP.saturating_sub(turning.len()));
                turning.push(job);
                outcomes.push(Ok(()));
            }
            Err(error) => outcomes.push(Err(error)),
        }
        if turning.len() == GROUP {
            seal(&mut turning, &mut outcomes);
        }
    }
    seal(&mut turning, &mut outcomes);
    outcomes
}

/// A message that turns its ratchet, for which everything was drawn.
struct Turning<'a, B: CryptoBackend> {
    /// Where its outcome goes.
    index: usize,
    session: &'a mut Session<B>,
    outgoing: Outgoing<'a>,
    fresh: FreshKey<B>,
}

impl<'a, B: CryptoBackend> Turning<'a, B> {
    #[cold]
    fn draw<S: KeySource<B> + ?Sized>(
        index: usize,
        session: &'a mut Session<B>,
        buffer: &'a mut [u8],
        source: &mut S,
    ) -> Result<Self, SessionError> {
        session.check_limits(1)?;
        let outgoing = session.outgoing(buffer)?;
        let fresh = source.fresh_key()?;
        source.fill(&mut *outgoing.salt)?;
        Ok(Self {
            index,
            session,
            outgoing,
            fresh,
        })
    }
}

/// Turns the ratchets, all agreements in one call, and seals.
fn seal<B: CryptoBackend>(
    turning: &mut Vec<Turning<'_, B>>,
    outcomes: &mut [Result<(), SessionError>],
) {
    if turning.is_empty() {
        return;
    }
    let mut keys = Vec::with_capacity(turning.len());
    for Turning {
        index,
        session,
        outgoing,
        fresh,
    } in turning.drain(..)
    {
        match fresh.into_key() {
            Ok(private) => keys.push((index, session, outgoing, private)),
            Err(error) => set(outcomes, index, Err(error.into())),
        }
    }
    let pairs = keys.iter().filter_map(|(_, session, _, private)| {
        let ratchet = session.ratchet.as_ref()?;
        Some((private, &ratchet.peer))
    });
    let pairs: Vec<_> = pairs.collect();
    let agreements = Agreements::run::<B::X25519>(&pairs);
    drop(pairs);
    for (place, (index, session, outgoing, private)) in keys.into_iter().enumerate() {
        let mut plan = SendPlan::new(1);
        let shared = agreements.secret(place).map_err(SessionError::from);
        let sealed = shared.and_then(|shared| {
            let ratchet = session.open_ratchet()?;
            ratchet.start_sending(private, shared, &mut plan)?;
            session.seal_drawn(outgoing, &mut plan)
        });
        set(
            outcomes,
            index,
            sealed.map(|()| session.apply_sealed(&mut plan)),
        );
    }
}
