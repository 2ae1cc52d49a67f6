//! What a handshake and plain Noise messages refuse, and that a refusal leaves no trace.

use sprag::Secret;
use sprag::default::Backend;
use sprag::sprag_core::CryptoBackend;
use sprag::sprag_core::suite::AeadAlgorithm;
use sprag::sprag_core::transport::{
    Handshake, HandshakeBuilder, KeyKind, NoiseProtocol, NoiseTransport, Pattern, TransportError,
};

use crate::hex::fixed;
use crate::hostile_points::{NOT_CANONICAL, SMALL_ORDER};
use crate::support::on_every_backend;
use crate::world::{SERVER_PRIVATE, builder, key, pair, rng};

const AEAD: AeadAlgorithm = AeadAlgorithm::ChaCha20Poly1305;

fn interactive() -> impl Iterator<Item = NoiseProtocol> {
    NoiseProtocol::all().filter(|protocol| !protocol.pattern().is_one_way())
}

#[test]
fn a_forged_message_leaves_no_trace_and_the_genuine_one_still_opens() {
    for protocol in NoiseProtocol::all() {
        let (mut initiator, mut responder) = pair::<Backend>(protocol);
        let rng = &mut rng(2);
        for index in 0.. {
            let (from, to) = if initiator.is_my_turn() {
                (&mut initiator, &mut responder)
            } else {
                (&mut responder, &mut initiator)
            };
            let message = from.write_message(b"payload", rng).unwrap();
            forge(to, &message, is_sealed(protocol, index), protocol);
            assert_eq!(to.read_message(&message).unwrap(), b"payload");
            if to.is_finished() {
                break;
            }
        }
        let sending = initiator.into_transport().unwrap();
        let receiving = responder.into_transport().unwrap();
        assert_eq!(sending.channel_binding(), receiving.channel_binding());
        garbage_between_messages(sending, receiving);
    }
}

/// Every changed byte, every shorter message, a longer one than there may be.
fn forge(to: &mut Handshake<Backend>, message: &[u8], sealed: bool, protocol: NoiseProtocol) {
    for at in 0..message.len() {
        let mut forged = message.to_vec();
        forged[at] ^= 0x04;
        if sealed {
            assert!(to.read_message(&forged).is_err(), "{protocol}, byte {at}");
        }
        if sealed || at < 32 {
            assert!(to.read_message(&message[..at]).is_err(), "{protocol}");
        }
    }
    let refused = to.read_message(&[0; 65536]);
    assert_eq!(refused, Err(TransportError::MessageTooLong));
}

/// Whether a message ends in a tag: without an agreement or a pre-shared key before its payload, a
/// first message authenticates nothing. Every later one does.
fn is_sealed(protocol: NoiseProtocol, message: usize) -> bool {
    let base = format!("{:?}", protocol.pattern().base());
    let agrees = ["N", "K", "X", "NK", "KK", "XK", "IK"].contains(&base.as_str());
    message > 0 || agrees || protocol.pattern().psk().is_some()
}

fn garbage_between_messages(
    mut sending: NoiseTransport<Backend>,
    mut receiving: NoiseTransport<Backend>,
) {
    let mut last = Vec::new();
    for _ in 0..3 {
        let message = sending.write_message(b"text").unwrap();
        for at in 0..message.len() {
            let mut forged = message.clone();
            forged[at] ^= 1;
            let refused = receiving.read_message(&forged);
            assert_eq!(refused, Err(TransportError::AuthenticationFailed));
            let short = receiving.read_message(&message[..at]);
            assert!(short.is_err());
        }
        assert!(receiving.read_message(&last).is_err());
        assert_eq!(receiving.read_message(&message).unwrap(), b"text");
        last = message;
    }
    let refused = receiving.read_message(&vec![0; 65536]);
    assert_eq!(refused, Err(TransportError::MessageTooLong));
}

#[test]
fn messages_are_at_most_65535_bytes() {
    for protocol in [
        NoiseProtocol::new(Pattern::NK, AEAD),
        NoiseProtocol::new(Pattern::XX, AEAD),
    ] {
        let (mut initiator, mut responder) = pair::<Backend>(protocol);
        let rng = &mut rng(3);
        let overhead = initiator.write_message(b"", rng).unwrap().len();
        let (mut initiator, _) = pair::<Backend>(protocol);
        let most = 65535 - overhead;
        for len in [most + 1, 65535, 65536, 65536 + most] {
            let refused = initiator.write_message(&vec![0; len], rng);
            assert_eq!(refused, Err(TransportError::MessageTooLong));
        }
        let message = initiator.write_message(&vec![7; most], rng).unwrap();
        assert_eq!(message.len(), 65535);
        assert_eq!(responder.read_message(&message).unwrap(), vec![7; most]);
    }
    let (mut client, mut server) = transports();
    for len in [65520, 65535, 65536, 131_072] {
        let refused = client.write_message(&vec![0; len]);
        assert_eq!(refused, Err(TransportError::MessageTooLong));
    }
    let message = client.write_message(&[7; 65519]).unwrap();
    assert_eq!(message.len(), 65535);
    assert_eq!(server.read_message(&message).unwrap(), [7; 65519]);
}

fn transports() -> (NoiseTransport<Backend>, NoiseTransport<Backend>) {
    let (mut client, mut server) = pair::<Backend>(NoiseProtocol::new(Pattern::NK, AEAD));
    let rng = &mut rng(4);
    let message = client.write_message(b"", rng).unwrap();
    server.read_message(&message).unwrap();
    let message = server.write_message(b"", rng).unwrap();
    client.read_message(&message).unwrap();
    (
        client.into_transport().unwrap(),
        server.into_transport().unwrap(),
    )
}

#[test]
fn an_ephemeral_key_of_small_order_is_refused_wherever_it_is_used() {
    on_every_backend!(small_order_ephemerals);
}

fn small_order_ephemerals<B: CryptoBackend>() {
    for protocol in interactive() {
        for point in SMALL_ORDER.map(fixed::<32>) {
            // The responder's, which the initiator uses at once.
            let (mut initiator, mut responder) = pair::<B>(protocol);
            let rng = &mut rng(5);
            let first = initiator.write_message(b"", rng).unwrap();
            responder.read_message(&first).unwrap();
            let mut second = responder.write_message(b"", rng).unwrap();
            second[..32].copy_from_slice(&point);
            let refused = initiator.read_message(&second);
            assert_eq!(refused, Err(TransportError::NonContributory), "{protocol}");

            // The initiator's, which the responder uses now or when it answers.
            let (_, mut responder) = pair::<B>(protocol);
            let mut forged = first.clone();
            forged[..32].copy_from_slice(&point);
            let refused = match responder.read_message(&forged) {
                Ok(_) => responder.write_message(b"", rng).map(drop),
                Err(error) => Err(error),
            };
            // With a pre-shared key the changed message may be noticed first.
            let noticed = protocol.pattern().psk().is_some()
                && refused == Err(TransportError::AuthenticationFailed);
            assert!(
                noticed || refused == Err(TransportError::NonContributory),
                "{protocol}: {refused:?}"
            );
        }
    }
}

#[test]
fn a_static_key_of_small_order_is_refused() {
    for point in SMALL_ORDER.map(fixed::<32>) {
        let protocol = NoiseProtocol::new(Pattern::NK, AEAD);
        let client = Handshake::<Backend>::initiator(protocol).remote_static(point);
        let refused = client.build().unwrap().write_message(b"", &mut rng(6));
        assert_eq!(refused, Err(TransportError::NonContributory));
    }
    // The last is a spelling of a point that is none of these.
    let mut respelled = [0xff; 32];
    respelled[31] = 0x7f;
    for respelled in NOT_CANONICAL.map(fixed).into_iter().chain([respelled]) {
        let protocol = NoiseProtocol::new(Pattern::NK, AEAD);
        let client = Handshake::<Backend>::initiator(protocol).remote_static(respelled);
        assert_eq!(client.build().err(), Some(TransportError::InvalidKey));
        // An ephemeral one is refused at once, also where no agreement follows.
        for pattern in [Pattern::NK, Pattern::XX] {
            let (_, mut server) = pair::<Backend>(NoiseProtocol::new(pattern, AEAD));
            let refused = server.read_message(&[respelled.as_slice(), &[0; 16]].concat());
            assert_eq!(refused, Err(TransportError::InvalidKey));
        }
    }
}

#[test]
fn prologue_protocol_and_keys_must_be_the_same_on_both_sides() {
    let protocol = NoiseProtocol::new(Pattern::NK_PSK0, AEAD);
    let first = builder::<Backend>(protocol, true)
        .build()
        .unwrap()
        .write_message(b"", &mut rng(7))
        .unwrap();
    let other_aead = AeadAlgorithm::Aes256Gcm;
    let others = [
        builder::<Backend>(protocol, false).prologue(b"another prologue"),
        builder::<Backend>(protocol, false).static_key(key([0x44; 32])),
        builder::<Backend>(protocol, false).psk(Secret::new([0x44; 32])),
        builder::<Backend>(NoiseProtocol::new(Pattern::NK_PSK0, other_aead), false),
    ];
    for other in others {
        let refused = other.build().unwrap().read_message(&first);
        assert_eq!(refused, Err(TransportError::AuthenticationFailed));
    }
    let same = builder::<Backend>(protocol, false).build();
    assert_eq!(same.unwrap().read_message(&first).unwrap(), b"");
}

#[test]
fn a_pattern_takes_exactly_the_keys_it_needs() {
    let refused = |builder: HandshakeBuilder<Backend>| builder.build().err().unwrap();
    let missing = |kind| TransportError::KeyMismatch(kind);
    let protocol = NoiseProtocol::new(Pattern::NK_PSK0, AEAD);
    let public = *key::<Backend>(SERVER_PRIVATE).public();
    let bare = || Handshake::initiator(protocol);
    assert_eq!(refused(bare()), missing(KeyKind::RemoteStatic));
    let known = || bare().remote_static(public);
    assert_eq!(refused(known()), missing(KeyKind::PreShared));
    let own = known().static_key(key([1; 32]));
    assert_eq!(refused(own), missing(KeyKind::Static));
    assert!(known().psk(Secret::new([2; 32])).build().is_ok());
}

#[test]
fn turns_are_kept() {
    let (mut client, mut server) = pair::<Backend>(NoiseProtocol::new(Pattern::NK, AEAD));
    let rng = &mut rng(8);
    let out_of_turn = Err(TransportError::OutOfTurn);
    assert_eq!(server.write_message(b"", rng), out_of_turn);
    assert_eq!(client.read_message(&[0; 48]), out_of_turn);
    let first = client.write_message(b"", rng).unwrap();
    assert_eq!(client.write_message(b"", rng), out_of_turn);
    server.read_message(&first).unwrap();
    server.write_message(b"", rng).unwrap();
    assert_eq!(server.read_message(&first), Err(TransportError::Finished));
    let unfinished = client.into_transport().err();
    assert_eq!(unfinished, Some(TransportError::NotFinished));
}
