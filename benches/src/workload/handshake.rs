//! The group `handshake`: from a fetched bundle to a first message, and from that to a session.
//!
//! Between strangers: the initiator reads the bundle and checks both signatures, the responder
//! checks the initiator's record. Every first message uses a one-time prekey of its own.

use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::handshake::{Accepted, Initiated};
use sprag::sprag_core::suite::Suite;

use super::meeting::{Meeting, PAYLOAD};
use super::{Operation, OrWrong, Wrong, ensure, operation};

/// Which part of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandshakeWork {
    /// Bundle bytes to session and first message.
    Initiate,
    /// First message to session and payload, one-time prekey deleted.
    Accept,
    /// Both, and the answer back to the initiator.
    RoundTrip,
}

/// Every part with its name.
pub const ALL: [(&str, HandshakeWork); 3] = [
    ("handshake/initiate", HandshakeWork::Initiate),
    ("handshake/accept", HandshakeWork::Accept),
    ("handshake/round_trip", HandshakeWork::RoundTrip),
];

/// Builds the operation on backend `B`.
///
/// # Errors
/// [`Wrong`] if setting it up gave a wrong result.
pub fn build<B: PqBackend>(
    work: HandshakeWork,
    suite: Suite,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    let meeting = Meeting::<B>::new(suite, seed)?;
    Ok(match work {
        HandshakeWork::Initiate => initiate(meeting),
        HandshakeWork::Accept => accept(meeting),
        HandshakeWork::RoundTrip => round_trip(meeting),
    })
}

/// Handshakes between two preparations.
const CAPACITY: usize = 16;

fn none<T>() -> Wrong {
    Wrong::new(format_args!("no {}", std::any::type_name::<T>()))
}

fn initiate<B: PqBackend>(meeting: Meeting<B>) -> Box<dyn Operation> {
    operation(
        meeting,
        CAPACITY,
        |meeting| Ok((meeting.some_bundle()?, None)),
        |meeting, (bundle, initiated)| {
            *initiated = Some(meeting.initiate(bundle)?);
            Ok(())
        },
        |meeting, (_, initiated), digest| {
            let initiated = initiated.as_ref().ok_or_else(none::<Initiated<B>>)?;
            digest.absorb(&initiated.message);
            digest.absorb(&initiated.session.encode());
            meeting.would_accept(&initiated.message)
        },
    )
}

fn accept<B: PqBackend>(meeting: Meeting<B>) -> Box<dyn Operation> {
    operation(
        meeting,
        CAPACITY,
        |meeting| {
            let bundle = meeting.fresh_bundle()?;
            Ok((meeting.initiate(&bundle)?.message, None))
        },
        |meeting, (message, accepted)| {
            *accepted = Some(meeting.accept(message)?);
            Ok(())
        },
        |_, (_, accepted), digest| {
            let accepted = accepted.as_ref().ok_or_else(none::<Accepted<B>>)?;
            digest.absorb(&accepted.session.encode());
            ensure(accepted.payload == PAYLOAD, "the payload is another one")
        },
    )
}

fn round_trip<B: PqBackend>(meeting: Meeting<B>) -> Box<dyn Operation> {
    operation(
        meeting,
        CAPACITY,
        |meeting| Ok((meeting.fresh_bundle()?, None)),
        |meeting, (bundle, ends)| {
            let Initiated {
                mut session,
                message,
                ..
            } = meeting.initiate(bundle)?;
            let mut accepted = meeting.accept(&message)?;
            let answer = accepted
                .session
                .encrypt(PAYLOAD, &mut meeting.rng)
                .or_wrong("encrypt")?;
            let text = session.decrypt(&answer).or_wrong("decrypt")?;
            *ends = Some((session, accepted.session));
            ensure(text == PAYLOAD, "the answer is another one")
        },
        |_, (_, ends), digest| {
            let (alice, bob) = ends.as_ref().ok_or_else(none::<Accepted<B>>)?;
            digest.absorb(&alice.encode());
            digest.absorb(&bob.encode());
            ensure(
                alice.id() == bob.id() && alice.is_confirmed(),
                "the two ends are not of one session",
            )
        },
    )
}
