//! snow.

use std::mem;

use snow::{Builder, HandshakeState, TransportState};
use sprag::sprag_core::suite::AeadAlgorithm;
use sprag::sprag_core::transport::{FundamentalPattern, NoiseProtocol, Pattern};

use crate::workload::meeting::PAYLOAD;
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

pub(super) fn build(work: Noise, size: usize) -> Result<Box<dyn Operation>, Wrong> {
    match work {
        Noise::Encrypt => encrypt(size),
        Noise::Decrypt => decrypt(size),
        Noise::Handshake(pattern) => Ok(handshake(pattern)),
    }
}

const TAG_LEN: usize = 16;

/// Initiator and responder of a handshake.
type Sides = (HandshakeState, HandshakeState);
/// Both ends of what follows it.
type Ends = (TransportState, TransportState);

/// Both ends before the first message, each with the keys that the pattern has it know.
fn strangers(pattern: Pattern) -> Result<Sides, Wrong> {
    use FundamentalPattern as P;
    let name = NoiseProtocol::new(pattern, AeadAlgorithm::Aes256Gcm).name();
    let builder = || name.parse().map(Builder::new).or_wrong("parameters");
    let ours = builder()?.generate_keypair().or_wrong("a key")?;
    let theirs = builder()?.generate_keypair().or_wrong("a key")?;
    let (mut initiator, mut responder) = (builder()?, builder()?);
    if pattern.base() != P::NK {
        initiator = initiator
            .local_private_key(&ours.private)
            .or_wrong("a key")?;
    }
    if pattern.base() != P::XX {
        initiator = initiator
            .remote_public_key(&theirs.public)
            .or_wrong("a key")?;
    }
    if pattern.base() == P::KK {
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
            .write_message(PAYLOAD, &mut message)
            .or_wrong("write_message")?;
        let len = to
            .read_message(&message[..len], &mut payload)
            .or_wrong("read_message")?;
        ensure(payload[..len] == PAYLOAD[..], "the payload is another one")?;
        mem::swap(&mut from, &mut to);
    }
    Ok(())
}

fn handshake(pattern: Pattern) -> Box<dyn Operation> {
    operation(
        (),
        16,
        move |()| Ok((Some(strangers(pattern)?), None)),
        |(), (before, after): &mut (Option<Sides>, Option<Ends>)| {
            let sides = before.as_mut();
            let (ours, theirs) = sides.ok_or_else(|| Wrong::new("a handshake is made once"))?;
            shake(ours, theirs)?;
            *after = before.take().map(ends).transpose()?;
            Ok(())
        },
        |(), (_, after), _| {
            let ends = after.as_mut();
            let ends = ends.ok_or_else(|| Wrong::new("no handshake was made"))?;
            let (mut message, mut text) = ([0; 256], [0; 256]);
            let len = ends.0.write_message(PAYLOAD, &mut message);
            let len = len.or_wrong("write_message")?;
            let len = ends.1.read_message(&message[..len], &mut text);
            let len = len.or_wrong("read_message")?;
            ensure(text[..len] == PAYLOAD[..], "the plaintext is another one")
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
    let mut sides = strangers(Pattern::IK)?;
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
