//! The batch calls on the threads of a rayon pool: the one that the caller is in.
//!
//! What lives here: [`encrypt_batch`], [`decrypt_batch`], [`initiate_batch`] and [`accept_batch`],
//! each with the arguments, results and bytes of the call of the same name in the root, and with the
//! feature `files` whole files: `seal_file`, `open_file`, and both into a buffer of the caller; streams and
//! backups take `OnPool`. What does not: a pool. None is made or configured here, and outside of every
//! pool the calls do their work on the calling thread.
//!
//! ```
//! use sprag::parallel;
//! # use sprag::default::Session;
//! # fn send(pool: &rayon::ThreadPool, sessions: &mut [Session], buffers: &mut [Vec<u8>]) {
//! let outcomes = pool.install(|| {
//!     let buffers = buffers.iter_mut().map(Vec::as_mut_slice);
//!     parallel::encrypt_batch(sessions.iter_mut().zip(buffers), &mut sprag::entropy::system())
//! });
//! # let _ = outcomes;
//! # }
//! ```
//!
//! Call from inside the pool, as here, and with everything that is to be done there in one
//! `install`: a hop into a pool costs a sleeping thread's waking, some ten microseconds, as much as
//! a hundred messages. rayon's global pool is entered by `rayon::scope(|_| …)`.
//!
//! # How it is split
//!
//! Into contiguous pieces of about equal estimated work, a few for each thread, so that one that is
//! slow or still asleep does not hold up the rest. Work that is too short for another thread to be
//! worth its waking stays on the caller's.
//!
//! # Randomness
//!
//! The calling thread draws for one piece after the other, in the order of the jobs, while the
//! others already work on those drawn before: the bytes are those of the serial batch, from any
//! generator and on any number of threads. A generator need not be [`Send`]. It costs the calling
//! thread what it costs, so use a fast one: the system's takes a call into the kernel for each
//! message.
//!
//! # Panics
//!
//! If a piece panics, the others are finished, and then the call panics. Sessions stay with the
//! caller: those of the piece are each as before or committed.

#[cfg(feature = "files")]
mod files;
mod split;
#[cfg(feature = "files")]
mod turns;

use std::ops::Range;

use sprag_core::backend::{CryptoBackend, PqBackend};
use sprag_core::ephemeral::KeySource;
use sprag_core::handshake::{
    AcceptJob, AcceptPart, Accepted, HandshakeError, Identity, InitiateJob, InitiatePart,
    InitiatePolicy, Initiated, Prekeys,
};
use sprag_core::session::{self, DrawnBatch, Session, SessionError, SessionPolicy};
use sprag_core::{UnixTime, handshake};

#[cfg(feature = "files")]
pub use files::{OnPool, file_len, open_file, open_file_into, seal_file, seal_file_into, text_len};
use split::Split;

/// One message in each of many sessions: [`sprag_core::session::encrypt_batch`] on the threads of
/// the caller's pool.
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
    if split::threads() == 1 {
        return session::encrypt_batch(jobs, source);
    }
    let mut jobs: Vec<_> = jobs.into_iter().collect();
    let Some(split) = Split::messages(&jobs, |session, _| session.turns_when_sending()) else {
        return session::encrypt_batch(jobs, source);
    };
    let drawn = split.pieces(&mut jobs).map(|piece| {
        let undrawn = piece
            .iter_mut()
            .map(|(session, buffer)| (&**session, &mut **buffer));
        let drawn = DrawnBatch::draw(undrawn, source);
        (piece, drawn)
    });
    let parts = split.run(drawn, |(piece, mut drawn)| {
        session::encrypt_batch(reborrow(piece), &mut drawn)
    });
    joined(parts)
}

/// One message in each of many sessions: [`sprag_core::session::decrypt_batch`] on the threads of
/// the caller's pool.
///
/// # Errors
/// Per job, as [`Session::decrypt_in_place`].
#[must_use]
pub fn decrypt_batch<'a, B: CryptoBackend>(
    jobs: impl IntoIterator<Item = (&'a mut Session<B>, &'a mut [u8])>,
) -> Vec<Result<Range<usize>, SessionError>> {
    if split::threads() == 1 {
        return session::decrypt_batch(jobs);
    }
    let mut jobs: Vec<_> = jobs.into_iter().collect();
    let Some(split) = Split::messages(&jobs, Session::turns_when_receiving) else {
        return session::decrypt_batch(jobs);
    };
    let pieces = split.pieces(&mut jobs);
    joined(split.run(pieces, |piece| session::decrypt_batch(reborrow(piece))))
}

/// Starts many sessions: [`sprag_core::handshake::initiate_batch`] on the threads of the caller's
/// pool.
#[must_use]
pub fn initiate_batch<B: PqBackend, S: KeySource<B> + ?Sized>(
    identity: &Identity<B>,
    jobs: &[InitiateJob<'_>],
    policy: &InitiatePolicy<'_>,
    now: UnixTime,
    source: &mut S,
) -> Vec<Result<Initiated<B>, HandshakeError>> {
    let Some(split) = Split::handshakes(jobs.len()) else {
        return handshake::initiate_batch(identity, jobs, policy, now, source);
    };
    let drawn = jobs
        .chunks(split.handshakes_each())
        .map(|piece| InitiatePart::draw(identity, piece, policy, now, source));
    joined(split.run(drawn, InitiatePart::run))
}

/// Accepts many first messages: [`sprag_core::handshake::accept_batch`] on the threads of the
/// caller's pool.
#[must_use]
pub fn accept_batch<B: PqBackend>(
    identity: &Identity<B>,
    prekeys: &Prekeys<B>,
    jobs: &[AcceptJob<'_>],
    policy: SessionPolicy,
    now: UnixTime,
) -> Vec<Result<Accepted<B>, HandshakeError>> {
    let Some(split) = Split::handshakes(jobs.len()) else {
        return handshake::accept_batch(identity, prekeys, jobs, policy, now);
    };
    let pieces = jobs.chunks(split.handshakes_each());
    let parts = split.run(pieces, |piece| {
        AcceptPart::open(identity, prekeys, piece, policy, now)
    });
    AcceptPart::join(prekeys, parts)
}

type MessageJob<'a, B> = (&'a mut Session<B>, &'a mut [u8]);

fn reborrow<'x, B: CryptoBackend>(
    piece: &'x mut [MessageJob<'_, B>],
) -> impl Iterator<Item = MessageJob<'x, B>> {
    piece
        .iter_mut()
        .map(|(session, buffer)| (&mut **session, &mut **buffer))
}

fn joined<T>(parts: impl Iterator<Item = Vec<T>>) -> Vec<T> {
    let mut parts: Vec<_> = parts.collect();
    let mut all = Vec::with_capacity(parts.iter().map(Vec::len).sum());
    for part in &mut parts {
        all.append(part);
    }
    all
}
