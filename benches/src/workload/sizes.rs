//! Bytes beside the time: stored state and overhead on the wire. The same on every backend.

use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::suite::Suite;

use super::handshake::HandshakeWork;
use super::meeting::{Meeting, PAYLOAD, Talk};
use super::session::SessionWork;
use super::table::{Work, Workload};
use super::{OrWrong, Wrong};

/// What a workload's session or message weighs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Bytes of the encoded session.
    pub state: Option<usize>,
    /// Bytes on the wire beyond the plaintext.
    pub overhead: Option<usize>,
}

impl Sizes {
    /// The sizes of `workload`, by backend `B`.
    ///
    /// # Errors
    /// [`Wrong`] if setting it up gave a wrong result.
    pub fn of<B: PqBackend>(workload: &Workload, seed: u64) -> Result<Self, Wrong> {
        let (Some(suite), size) = (workload.suite, workload.size.unwrap_or(0)) else {
            return Ok(Self::default());
        };
        match workload.work {
            Work::Session(SessionWork::Skip) => talking::<B>(suite, size, seed),
            Work::Session(SessionWork::Reject(_)) => talking::<B>(suite, 2000, seed),
            Work::Session(_) => talking::<B>(suite, 0, seed),
            Work::State(_) => Ok(Self {
                overhead: None,
                ..talking::<B>(suite, size, seed)?
            }),
            Work::Handshake(work) => starting::<B>(work, suite, seed),
            #[cfg(feature = "peers")]
            Work::Peer(_) => Ok(Self::default()),
            Work::Primitive(_)
            | Work::Batch(_)
            | Work::Strategy(_)
            | Work::Ladder(_)
            | Work::Durable(_)
            | Work::Transport(_)
            | Work::File(_)
            | Work::Restore(_)
            | Work::StateBytes
            | Work::RestorePeak => Ok(Self::default()),
        }
    }
}

/// A session under way, with so many stored skipped keys.
fn talking<B: PqBackend>(suite: Suite, skipped: usize, seed: u64) -> Result<Sizes, Wrong> {
    let mut talk = Talk::<B>::new(suite, seed)?;
    talk.skip(skipped)?;
    let message = talk
        .alice
        .encrypt(PAYLOAD, &mut talk.rng)
        .or_wrong("encrypt")?;
    Ok(Sizes {
        state: Some(talk.bob.encoded_len()),
        overhead: Some(message.len() - PAYLOAD.len()),
    })
}

/// A first message, and the session of the side that the workload ends on.
fn starting<B: PqBackend>(work: HandshakeWork, suite: Suite, seed: u64) -> Result<Sizes, Wrong> {
    let mut meeting = Meeting::<B>::new(suite, seed)?;
    let bundle = meeting.fresh_bundle()?;
    let initiated = meeting.initiate(&bundle)?;
    let accepted = meeting.accept(&initiated.message)?;
    Ok(Sizes {
        state: Some(match work {
            HandshakeWork::Initiate => initiated.session.encoded_len(),
            _ => accepted.session.encoded_len(),
        }),
        overhead: Some(initiated.message.len() - PAYLOAD.len()),
    })
}
