//! snow.

use std::mem;

use snow::{Builder, HandshakeState, TransportState};

use crate::workload::{Operation, OrWrong, Wrong, capacity_for, ensure, operation};

/// What snow does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noise {
    /// Encrypts a transport message.
    Encrypt,
    /// Decrypts one.
    Decrypt,
    /// A handshake, both sides, each message with 64 bytes, until both can send.
    Handshake(Pattern),
}

/// Which handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// The initiator has no key and knows the responder's: two messages.
    Nk,
    /// Neither knows the other's: three messages.
    Xx,
    /// The initiator knows the responder's key: two messages.
    Ik,
    /// Both know each other's: two messages.
    Kk,
}

pub(super) fn build(work: Noise, size: usize) -> Result<Box<dyn Operation>, Wrong> {
    match work {
        Noise::Encrypt => encrypt(size),
        Noise::Decrypt => decrypt(size),
        Noise::Handshake(pattern) => Ok(handshake(pattern)),
    }
}

const TAG_LEN: usize = 16;
const PAYLOAD: [u8; 64] = [b'p'; 64];

/// Initiator and responder of a handshake.
type Sides = (HandshakeState, HandshakeState);
/// Both ends of what follows it.
type Ends = (TransportState, TransportState);

/// Both ends before the first message, each with the keys that the pattern has it know.
fn strangers(pattern: Pattern) -> Result<Sides, Wrong> {
    let name = match pattern {
        Pattern::Nk => "Noise_NK_25519_AESGCM_SHA256",
        Pattern::Xx => "Noise_XX_25519_AESGCM_SHA256",
        Pattern::Ik => "Noise_IK_25519_AESGCM_SHA256",
        Pattern::Kk => "Noise_KK_25519_AESGCM_SHA256",
    };
    let builder = || name.parse().map(Builder::new).or_wrong("parameters");
    let ours = builder()?.generate_keypair().or_wrong("a key")?;
    let theirs = builder()?.generate_keypair().or_wrong("a key")?;
    let (mut initiator, mut responder) = (builder()?, builder()?);
    if pattern != Pattern::Nk {
        initiator = initiator
            .local_private_key(&ours.private)
            .or_wrong("a key")?;
    }
    if pattern != Pattern::Xx {
        initiator = initiator
            .remote_public_key(&theirs.public)
            .or_wrong("a key")?;
    }
    if pattern == Pattern::Kk {
        responder = responder
            .remote_public_key(&ours.public)
            .or_wrong("a key")?;
    }
    responder = responder
        .local_private_key(&theirs.private)
        .or_wrong("a key")?;
    Ok((
        initiator.build_initiator().or_wrong("initiator")?,
        responder.build_responder().or_wrong("responder")?,
    ))
}

/// All messages of the handshake, from one to the other in turns.
fn shake(ours: &mut HandshakeState, theirs: &mut HandshakeState) -> Result<(), Wrong> {
    let (mut message, mut payload) = ([0; 256], [0; 256]);
    let (mut from, mut to) = (ours, theirs);
    while !from.is_handshake_finished() {
        let len = from
            .write_message(&PAYLOAD, &mut message)
            .or_wrong("write_message")?;
        let len = to
            .read_message(&message[..len], &mut payload)
            .or_wrong("read_message")?;
        ensure(payload[..len] == PAYLOAD, "the payload is another one")?;
        mem::swap(&mut from, &mut to);
    }
    Ok(())
}

/// What became of a handshake.
enum Outcome {
    Before(Box<Sides>),
    Through(Box<Ends>),
    Failed,
}

fn handshake(pattern: Pattern) -> Box<dyn Operation> {
    operation(
        (),
        16,
        move |()| strangers(pattern).map(Box::new).map(Outcome::Before),
        |(), outcome| {
            let Outcome::Before(mut sides) = mem::replace(outcome, Outcome::Failed) else {
                return Err(Wrong::new("a handshake is made once"));
            };
            shake(&mut sides.0, &mut sides.1)?;
            *outcome = Outcome::Through(Box::new(ends(*sides)?));
            Ok(())
        },
        |(), outcome, _| {
            let Outcome::Through(ends) = outcome else {
                return Err(Wrong::new("no handshake was made"));
            };
            let (mut message, mut text) = ([0; 256], [0; 256]);
            let len = ends.0.write_message(&PAYLOAD, &mut message);
            let len = len.or_wrong("write_message")?;
            let len = ends.1.read_message(&message[..len], &mut text);
            let len = len.or_wrong("read_message")?;
            ensure(text[..len] == PAYLOAD, "the plaintext is another one")
        },
    )
}

fn ends((ours, theirs): Sides) -> Result<Ends, Wrong> {
    Ok((
        ours.into_transport_mode().or_wrong("transport")?,
        theirs.into_transport_mode().or_wrong("transport")?,
    ))
}

fn talk() -> Result<Ends, Wrong> {
    let mut sides = strangers(Pattern::Ik)?;
    shake(&mut sides.0, &mut sides.1)?;
    ends(sides)
}

fn encrypt(size: usize) -> Result<Box<dyn Operation>, Wrong> {
    let text = vec![b't'; size];
    let expected = text.clone();
    Ok(operation(
        talk()?,
        capacity_for(size),
        move |_| Ok(vec![0; size + TAG_LEN]),
        move |(alice, _), message| {
            let written = alice.write_message(&text, message);
            written.map(drop).or_wrong("write_message")
        },
        move |(_, bob), message, _| {
            let mut opened = vec![0; size + TAG_LEN];
            let len = bob
                .read_message(message, &mut opened)
                .or_wrong("read_message")?;
            ensure(opened[..len] == expected, "the plaintext is another one")
        },
    ))
}

fn decrypt(size: usize) -> Result<Box<dyn Operation>, Wrong> {
    let text = vec![b't'; size];
    let expected = text.clone();
    Ok(operation(
        talk()?,
        capacity_for(size),
        move |(alice, _)| {
            let mut message = vec![0; size + TAG_LEN];
            alice
                .write_message(&text, &mut message)
                .or_wrong("write_message")?;
            Ok((message, vec![0; size + TAG_LEN]))
        },
        |(_, bob), (message, opened)| {
            let read = bob.read_message(message, opened);
            read.map(drop).or_wrong("read_message")
        },
        move |_, (_, opened), _| ensure(opened[..size] == expected, "the plaintext is another one"),
    ))
}
