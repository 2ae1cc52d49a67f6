//! The group `state`: saving and loading a session, and what it weighs in memory.

use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::session::{Session, SessionPolicy};
use sprag::sprag_core::suite::Suite;

use super::meeting::{Talk, copy};
use super::{Operation, OrWrong, Wrong, ensure, operation};
use crate::alloc;

/// What is done with a session's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateWork {
    /// Session to bytes.
    Encode,
    /// Bytes to session.
    Decode,
}

/// Builds the operation on backend `B`, with `skipped` stored keys.
///
/// # Errors
/// [`Wrong`] if setting it up gave a wrong result.
pub fn build<B: PqBackend>(
    work: StateWork,
    suite: Suite,
    skipped: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    let session = session::<B>(suite, skipped, seed)?;
    Ok(match work {
        StateWork::Encode => encode(session),
        StateWork::Decode => decode(session),
    })
}

/// Bytes of memory that each of `count` sessions takes, heap and C libraries included; `None`
/// where allocations are not counted.
///
/// # Errors
/// [`Wrong`] if setting it up gave a wrong result.
pub fn bytes_each<B: PqBackend>(
    suite: Suite,
    count: usize,
    seed: u64,
) -> Result<Option<f64>, Wrong> {
    let state = session::<B>(suite, 0, seed)?.encode();
    let load = || Session::<B>::decode(&state, SessionPolicy::default()).or_wrong("decode");
    // What a library allocates once, at its first use, is not a session's.
    drop(load()?);
    let (sessions, allocations) = alloc::counted(|| {
        let mut sessions = Vec::with_capacity(count);
        for _ in 0..count {
            sessions.push(load()?);
        }
        Ok(sessions)
    });
    let sessions: Vec<Session<B>> = sessions?;
    ensure(sessions.len() == count, "not every session was loaded")?;
    Ok(allocations.grown.map(|bytes| bytes as f64 / count as f64))
}

/// A session with `skipped` stored keys.
fn session<B: PqBackend>(suite: Suite, skipped: usize, seed: u64) -> Result<Session<B>, Wrong> {
    let mut talk = Talk::<B>::new(suite, seed)?;
    talk.skip(skipped)?;
    Ok(talk.bob)
}

fn encode<B: PqBackend>(session: Session<B>) -> Box<dyn Operation> {
    operation(
        session,
        16,
        |_| Ok(None),
        |session, bytes| {
            *bytes = Some(session.encode());
            Ok(())
        },
        |session, bytes, digest| {
            let bytes = bytes.as_ref().ok_or_else(|| Wrong::new("no bytes"))?;
            digest.absorb(bytes);
            ensure(
                copy(session)?.encode() == *bytes,
                "loading gives another state",
            )
        },
    )
}

fn decode<B: PqBackend>(session: Session<B>) -> Box<dyn Operation> {
    operation(
        session.encode(),
        16,
        |_| Ok(None),
        |bytes, loaded| {
            let session = Session::<B>::decode(bytes, SessionPolicy::default());
            *loaded = Some(session.or_wrong("decode")?);
            Ok(())
        },
        |bytes, loaded, digest| {
            let loaded = loaded.as_ref().ok_or_else(|| Wrong::new("no session"))?;
            digest.absorb(bytes);
            ensure(loaded.encode() == *bytes, "loading gives another state")
        },
    )
}
