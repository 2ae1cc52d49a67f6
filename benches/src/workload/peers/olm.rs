//! vodozemac.

use vodozemac::olm::{Account, OlmMessage, Session, SessionConfig};

use crate::workload::{Digest, Operation, OrWrong, Wrong, capacity_for, ensure, operation};

/// What vodozemac does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Olm {
    /// Encrypts a message of the current chain.
    Encrypt,
    /// Decrypts one.
    Decrypt,
    /// Encrypts a message that turns the ratchet, and decrypts it at the other end.
    Turn,
    /// A session from a one-time key, its first message, and the answer.
    RoundTrip,
}

pub(super) fn build(work: Olm, size: usize) -> Result<Box<dyn Operation>, Wrong> {
    match work {
        Olm::Encrypt => encrypt(size),
        Olm::Decrypt => decrypt(size),
        Olm::Turn => turn(size),
        Olm::RoundTrip => Ok(round_trip()),
    }
}

fn text(size: usize) -> Vec<u8> {
    vec![b't'; size]
}

/// Two ends of a session in which both have spoken, Alice last.
fn talk() -> Result<(Session, Session), Wrong> {
    let (mut alice, mut bob) = started(&mut meeting()?)?;
    let next = alice.encrypt("ok").or_wrong("encrypt")?;
    bob.decrypt(&next).or_wrong("decrypt")?;
    Ok((alice, bob))
}

/// Alice, and Bob with a one-time key.
struct Meeting {
    alice: Account,
    bob: Account,
}

fn meeting() -> Result<Meeting, Wrong> {
    let (alice, mut bob) = (Account::new(), Account::new());
    bob.generate_one_time_keys(1);
    Ok(Meeting { alice, bob })
}

/// From Bob's one-time key to the session in which he has answered.
fn started(Meeting { alice, bob }: &mut Meeting) -> Result<(Session, Session), Wrong> {
    let keys = bob.one_time_keys();
    let one_time = keys.values().next().copied();
    let one_time = one_time.ok_or_else(|| Wrong::new("no one-time key"))?;
    let mut ours = alice
        .create_outbound_session(SessionConfig::version_1(), bob.curve25519_key(), one_time)
        .or_wrong("create_outbound_session")?;
    let OlmMessage::PreKey(first) = ours.encrypt([b'p'; 64]).or_wrong("encrypt")? else {
        return Err(Wrong::new("the first message is not one"));
    };
    let accepted = bob
        .create_inbound_session(SessionConfig::version_1(), alice.curve25519_key(), &first)
        .or_wrong("create_inbound_session")?;
    ensure(
        accepted.plaintext == [b'p'; 64],
        "the payload is another one",
    )?;
    let mut theirs = accepted.session;
    let answer = theirs.encrypt([b'p'; 64]).or_wrong("encrypt")?;
    let answer = ours.decrypt(&answer).or_wrong("decrypt")?;
    ensure(answer == [b'p'; 64], "the answer is another one")?;
    Ok((ours, theirs))
}

fn encrypt(size: usize) -> Result<Box<dyn Operation>, Wrong> {
    let text = text(size);
    let expected = text.clone();
    Ok(operation(
        talk()?,
        capacity_for(size),
        |_| Ok(None),
        move |(alice, _), message| {
            *message = Some(alice.encrypt(&text).or_wrong("encrypt")?);
            Ok(())
        },
        move |(_, bob), message, _: &mut Digest| {
            let message = message.as_ref().ok_or_else(|| Wrong::new("no message"))?;
            let opened = bob.decrypt(message).or_wrong("decrypt")?;
            ensure(opened == expected, "the plaintext is another one")
        },
    ))
}

fn decrypt(size: usize) -> Result<Box<dyn Operation>, Wrong> {
    let text = text(size);
    let expected = text.clone();
    Ok(operation(
        talk()?,
        capacity_for(size),
        move |(alice, _)| Ok((alice.encrypt(&text).or_wrong("encrypt")?, Vec::new())),
        |(_, bob), (message, opened)| {
            *opened = bob.decrypt(message).or_wrong("decrypt")?;
            Ok(())
        },
        move |_, (_, opened), _| ensure(*opened == expected, "the plaintext is another one"),
    ))
}

fn turn(size: usize) -> Result<Box<dyn Operation>, Wrong> {
    let (mut alice, mut bob) = talk()?;
    // From here on every message answers the one before.
    let answer = bob.encrypt("so").or_wrong("encrypt")?;
    alice.decrypt(&answer).or_wrong("decrypt")?;
    let text = text(size);
    let expected = text.clone();
    Ok(operation(
        (alice, bob),
        64,
        |_| Ok(Vec::new()),
        move |(alice, bob), opened| {
            let message = alice.encrypt(&text).or_wrong("encrypt")?;
            *opened = bob.decrypt(&message).or_wrong("decrypt")?;
            std::mem::swap(alice, bob);
            Ok(())
        },
        move |_, opened, _| ensure(*opened == expected, "the plaintext is another one"),
    ))
}

fn round_trip() -> Box<dyn Operation> {
    operation(
        (),
        16,
        |()| Ok((meeting()?, None)),
        |(), (meeting, ends)| {
            *ends = Some(started(meeting)?);
            Ok(())
        },
        |(), (_, ends), _| {
            let (alice, bob) = ends.as_ref().ok_or_else(|| Wrong::new("no session"))?;
            ensure(
                alice.session_id() == bob.session_id(),
                "the two ends are not of one session",
            )
        },
    )
}
