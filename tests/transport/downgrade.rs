//! Somebody between client and server changes what they offer to each other.

use sprag::default::Backend;
use sprag::sprag_core::CryptoBackend;
use sprag::sprag_core::suite::AeadAlgorithm::{Aes256Gcm, ChaCha20Poly1305};
use sprag::sprag_core::transport::{
    Agreed, FundamentalPattern, Handshake, NoiseProtocol, Offer, Pattern, Purpose, TransportError,
};

use crate::support::on_every_backend;
use crate::world::{SERVER_PRIVATE, key, rng};

fn nx() -> Pattern {
    Pattern::new(FundamentalPattern::NX)
}

fn strong() -> NoiseProtocol {
    NoiseProtocol::new(Pattern::NK, Aes256Gcm)
}

/// Preferred last.
fn weak() -> NoiseProtocol {
    NoiseProtocol::new(nx(), ChaCha20Poly1305)
}

fn all() -> Offer {
    Offer::new(&[strong(), NoiseProtocol::new(nx(), Aes256Gcm), weak()]).unwrap()
}

/// The handshake of a client and a server that believe in these agreements.
fn connects<B: CryptoBackend>(
    (client, server): (&Agreed, &Agreed),
    purposes: (Purpose, Purpose),
) -> Result<(), TransportError> {
    let own = key::<B>(SERVER_PRIVATE);
    let mut builder =
        Handshake::<B>::initiator(client.protocol()).prologue(&client.prologue::<B>(purposes.0));
    if client.protocol() == strong() {
        builder = builder.remote_static(*own.public());
    }
    let mut client = builder.build().unwrap();
    let mut server = Handshake::<B>::responder(server.protocol())
        .prologue(&server.prologue::<B>(purposes.1))
        .static_key(own)
        .build()
        .unwrap();
    let rng = &mut rng(1);
    server.read_message(&client.write_message(b"", rng)?)?;
    client.read_message(&server.write_message(b"", rng)?)?;
    Ok(())
}

const SESSION: (Purpose, Purpose) = (Purpose::Session, Purpose::Session);

#[test]
fn honest_sides_take_the_clients_first_choice() {
    let (client, server) = (all(), all());
    let sent = Offer::decode_client(&client.encode_client()).unwrap();
    let answered = Offer::decode_server(&server.encode_server()).unwrap();
    let at_client = client.agree(&answered).unwrap();
    let at_server = sent.agree(&server).unwrap();
    assert_eq!(at_client, at_server);
    assert_eq!(at_client.protocol(), strong());
    assert_eq!(
        connects::<Backend>((&at_client, &at_server), SESSION),
        Ok(())
    );
}

#[test]
fn a_stripped_offer_makes_the_handshake_fail_on_every_backend() {
    on_every_backend!(stripped);
}

fn stripped<B: CryptoBackend>() {
    let offers = [
        all(),
        Offer::new(&[weak()]).unwrap(),
        Offer::new(&[NoiseProtocol::new(nx(), Aes256Gcm), weak()]).unwrap(),
        Offer::new(&[weak(), strong()]).unwrap(),
        // As long as the genuine one, and with the same first choice.
        Offer::new(&[strong(), weak(), NoiseProtocol::new(nx(), Aes256Gcm)]).unwrap(),
    ];
    // What the server is told that the client offers, and the client that the server does. The man
    // in the middle can bring both to the same lesser protocol; they don't connect.
    for client_as_told in &offers {
        for server_as_told in &offers {
            let (client, server) = (all(), all());
            let at_client = client.agree(server_as_told).unwrap();
            let at_server = client_as_told.agree(&server).unwrap();
            let honest = *client_as_told == client && *server_as_told == server;
            let outcome = connects::<B>((&at_client, &at_server), SESSION);
            assert_eq!(outcome.is_ok(), honest);
        }
    }
}

#[test]
fn unknown_versions_and_protocols_are_passed_over_and_still_bound() {
    // A later client: version 2 too, a protocol from the future first.
    let newer = [
        [0x17, 2, 1, 2, 2, 0xee, 0x01].as_slice(),
        &strong().id().to_be_bytes(),
    ]
    .concat();
    let client = Offer::decode_client(&newer).unwrap();
    assert_eq!(client.encode_client(), newer);
    let agreed = client.agree(&all()).unwrap();
    assert_eq!((agreed.version(), agreed.protocol()), (1, strong()));
    // Without what is unknown, as a man in the middle would send it, it is another one.
    let older = [[0x17, 1, 1, 1].as_slice(), &strong().id().to_be_bytes()].concat();
    let told = Offer::decode_client(&older).unwrap().agree(&all()).unwrap();
    assert_eq!(told.protocol(), agreed.protocol());
    assert_eq!(
        connects::<Backend>((&agreed, &told), SESSION),
        Err(TransportError::AuthenticationFailed)
    );
}

#[test]
fn a_handshake_for_one_purpose_is_none_for_another() {
    let agreed = all().agree(&all()).unwrap();
    let purposes = (Purpose::Session, Purpose::Resumption);
    let refused = connects::<Backend>((&agreed, &agreed), purposes);
    assert_eq!(refused, Err(TransportError::AuthenticationFailed));
    let both = (Purpose::Resumption, Purpose::Resumption);
    assert_eq!(connects::<Backend>((&agreed, &agreed), both), Ok(()));
}

#[test]
fn nothing_in_common_is_said() {
    let one = Offer::new(&[strong()]).unwrap();
    let other = Offer::new(&[weak()]).unwrap();
    assert_eq!(one.agree(&other), Err(TransportError::NoCommonProtocol));
    let later = [[0x18, 1, 2, 1].as_slice(), &strong().id().to_be_bytes()].concat();
    let later = Offer::decode_server(&later).unwrap();
    assert_eq!(one.agree(&later), Err(TransportError::NoCommonProtocol));
}

#[test]
fn only_canonical_offers_are_read() {
    assert_eq!(Offer::new(&[]), Err(TransportError::InvalidPolicy));
    let twice = Offer::new(&[weak(), weak()]);
    assert_eq!(twice, Err(TransportError::InvalidPolicy));
    let bytes = all().encode_client();
    assert_eq!(Offer::decode_client(&bytes), Ok(all()));
    assert!(Offer::decode_server(&bytes).is_err());
    for len in 0..bytes.len() {
        assert!(Offer::decode_client(&bytes[..len]).is_err());
    }
    for malformed in [
        [bytes.as_slice(), &[0]].concat(),
        vec![0x17, 0, 1, 1, 1],
        vec![0x17, 1, 1, 0],
        vec![0x17, 2, 1, 1, 1, 1, 1],
        vec![0x17, 2, 2, 1, 1, 1, 1],
        vec![0x17, 1, 1, 2, 1, 1, 1, 1],
        vec![0x17, 255, 1],
        [vec![0x17, 1, 1, 255], vec![1; 510]].concat(),
    ] {
        let refused = Offer::decode_client(&malformed);
        assert_eq!(refused, Err(TransportError::Malformed), "{malformed:?}");
    }
}
