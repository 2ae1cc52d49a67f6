//! The vectors of cacophony for 25519 and SHA256, both sides of each, on every backend.

use std::sync::Arc;

use sprag::Secret;
use sprag::sprag_core::CryptoBackend;
use sprag::sprag_core::transport::{Handshake, HandshakeBuilder, NoiseProtocol, StaticKey};

use crate::given::Given;
use crate::hex::{fixed, unhex};
use crate::support::on_every_backend;

const FILE: &str = include_str!("../../core/vectors/noise-25519-sha256.txt");
const VECTORS: usize = 80;

type Vector<'a> = Vec<Vec<&'a str>>;

#[test]
fn every_vector_on_every_backend() {
    on_every_backend!(check);
}

fn check<B: CryptoBackend>() {
    let vectors: Vec<Vector<'_>> = FILE.split("\n\n").skip(1).map(parse).collect();
    assert_eq!(vectors.len(), VECTORS);
    for vector in &vectors {
        run::<B>(vector);
    }
    println!("{}: {} Noise vectors", B::NAME, vectors.len());
}

fn parse(block: &str) -> Vector<'_> {
    block
        .lines()
        .map(|line| line.split(' ').collect())
        .collect()
}

fn field<'a>(vector: &Vector<'a>, name: &str) -> Option<&'a str> {
    let line = vector.iter().find(|line| line[0] == name)?;
    Some(line[1])
}

fn run<B: CryptoBackend>(vector: &Vector<'_>) {
    let name = field(vector, "protocol_name").unwrap();
    let protocol = NoiseProtocol::from_name(name).unwrap_or_else(|| panic!("no {name}"));
    let initiator = Handshake::<B>::initiator(protocol);
    let mut initiator = side(initiator, vector, "init").build().unwrap();
    let responder = Handshake::<B>::responder(protocol);
    let mut responder = side(responder, vector, "resp").build().unwrap();
    let ephemeral = |of| Given(field(vector, of).map(unhex).unwrap_or_default());
    let mut initiators = ephemeral("init_ephemeral");
    let mut responders = ephemeral("resp_ephemeral");

    let messages: Vec<_> = vector.iter().filter(|line| line[0] == "message").collect();
    let mut messages = messages.iter().map(|line| (unhex(line[1]), unhex(line[2])));
    while !initiator.is_finished() {
        let (payload, expected) = messages.next().unwrap();
        let (from, to, rng) = if initiator.is_my_turn() {
            (&mut initiator, &mut responder, &mut initiators)
        } else {
            (&mut responder, &mut initiator, &mut responders)
        };
        let message = from.write_message(&payload, rng).unwrap();
        assert_eq!(message, expected, "{name}");
        assert_eq!(to.read_message(&message).unwrap(), payload, "{name}");
    }
    assert!(responder.is_finished());
    let one_way = protocol.pattern().is_one_way();
    let mut initiator = initiator.into_transport().unwrap();
    let mut responder = responder.into_transport().unwrap();
    let hash = fixed(field(vector, "handshake_hash").unwrap());
    assert_eq!(*initiator.channel_binding(), hash, "{name}");
    assert_eq!(*responder.channel_binding(), hash, "{name}");

    // The handshake's messages alternate, and so do those that follow it.
    let mut initiators_turn = one_way || messages_of(protocol) == 2;
    let mut count = 0;
    for (payload, expected) in messages {
        let (from, to) = if initiators_turn {
            (&mut initiator, &mut responder)
        } else {
            (&mut responder, &mut initiator)
        };
        let message = from.write_message(&payload).unwrap();
        assert_eq!(message, expected, "{name}");
        assert_eq!(to.read_message(&message).unwrap(), payload, "{name}");
        initiators_turn = one_way || !initiators_turn;
        count += 1;
    }
    assert!(count >= 3, "{name}");
}

/// How many messages the handshake has: three exactly if the initiator sends its key last.
fn messages_of(protocol: NoiseProtocol) -> usize {
    let base = format!("{:?}", protocol.pattern().base());
    if base.len() > 1 && base.starts_with('X') {
        3
    } else {
        2
    }
}

fn side<B: CryptoBackend>(
    builder: HandshakeBuilder<B>,
    vector: &Vector<'_>,
    side: &str,
) -> HandshakeBuilder<B> {
    let field = |name: &str| field(vector, &format!("{side}_{name}"));
    let mut builder = builder.prologue(&unhex(field("prologue").unwrap()));
    if let Some(private) = field("static") {
        let key = StaticKey::new(&Secret::new(fixed(private))).unwrap();
        builder = builder.static_key(Arc::new(key));
    }
    if let Some(public) = field("remote_static") {
        builder = builder.remote_static(fixed(public));
    }
    if let Some(psk) = field("psk") {
        builder = builder.psk(Secret::new(fixed(psk)));
    }
    builder
}
