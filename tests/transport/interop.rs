//! Live handshakes with the crate `snow`, in both roles, and messages after them in both directions.

use sprag::default::Backend;
use sprag::sprag_core::CryptoBackend;
use sprag::sprag_core::transport::{Handshake, NoiseProtocol, NoiseTransport};

use crate::world::{CLIENT_PRIVATE, PROLOGUE, PSK, SERVER_PRIVATE, builder, key, rng};

const MESSAGE: usize = 65535;

#[test]
fn every_protocol_with_snow_in_both_roles() {
    let mut count = 0;
    for protocol in NoiseProtocol::all() {
        for snow_initiates in [false, true] {
            let snow = snow_side(protocol, snow_initiates);
            let ours = builder::<Backend>(protocol, !snow_initiates)
                .build()
                .unwrap();
            talk(ours, snow, protocol);
            count += 1;
        }
    }
    println!("{}: {count} conversations with snow", Backend::NAME);
    assert!(count > 100);
}

fn snow_side(protocol: NoiseProtocol, initiator: bool) -> snow::HandshakeState {
    let (private, peers) = if initiator {
        (CLIENT_PRIVATE, SERVER_PRIVATE)
    } else {
        (SERVER_PRIVATE, CLIENT_PRIVATE)
    };
    let peers = *key::<Backend>(peers).public();
    // snow takes keys that a pattern doesn't need.
    let name = protocol.name().parse().unwrap();
    let mut builder = snow::Builder::new(name)
        .prologue(PROLOGUE)
        .unwrap()
        .local_private_key(&private)
        .unwrap()
        .remote_public_key(&peers)
        .unwrap();
    if let Some(placement) = protocol.pattern().psk() {
        builder = builder.psk(placement, &PSK).unwrap();
    }
    if initiator {
        builder.build_initiator().unwrap()
    } else {
        builder.build_responder().unwrap()
    }
}

fn talk(mut ours: Handshake<Backend>, mut snow: snow::HandshakeState, protocol: NoiseProtocol) {
    let rng = &mut rng(1);
    let mut buffer = vec![0; MESSAGE];
    while !ours.is_finished() {
        if ours.is_my_turn() {
            let message = ours.write_message(b"from us", rng).unwrap();
            let len = snow.read_message(&message, &mut buffer).unwrap();
            assert_eq!(&buffer[..len], b"from us", "{protocol}");
        } else {
            let len = snow.write_message(b"from snow", &mut buffer).unwrap();
            let payload = ours.read_message(&buffer[..len]).unwrap();
            assert_eq!(payload, b"from snow", "{protocol}");
        }
    }
    assert!(snow.is_handshake_finished());
    let hash = snow.get_handshake_hash().to_vec();
    let mut ours = ours.into_transport().unwrap();
    assert_eq!(ours.channel_binding()[..], hash, "{protocol}");
    let mut snow = snow.into_transport_mode().unwrap();
    let we_send = !protocol.pattern().is_one_way() || !snow.is_initiator();
    let snow_sends = !protocol.pattern().is_one_way() || snow.is_initiator();
    for round in 0..6 {
        if we_send {
            to_snow(&mut ours, &mut snow, &mut buffer);
        }
        if snow_sends {
            from_snow(&mut ours, &mut snow, &mut buffer);
        }
        if round == 2 {
            snow.rekey_outgoing();
            snow.rekey_incoming();
            let _ = ours.rekey_sending();
            let _ = ours.rekey_receiving();
        }
    }
}

fn to_snow(ours: &mut NoiseTransport<Backend>, snow: &mut snow::TransportState, buffer: &mut [u8]) {
    let message = ours.write_message(b"message from us").unwrap();
    let len = snow.read_message(&message, buffer).unwrap();
    assert_eq!(&buffer[..len], b"message from us");
}

fn from_snow(
    ours: &mut NoiseTransport<Backend>,
    snow: &mut snow::TransportState,
    buffer: &mut [u8],
) {
    let len = snow.write_message(b"message from snow", buffer).unwrap();
    let payload = ours.read_message(&buffer[..len]).unwrap();
    assert_eq!(payload, b"message from snow");
}
