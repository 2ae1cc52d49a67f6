//! The experimental hybrid with ML-KEM: both sides agree, nothing that was changed on the way does, and
//! nobody can be talked out of it.

use sprag::default::Backend;
use sprag::sprag_core::PqBackend;
use sprag::sprag_core::suite::AeadAlgorithm::{Aes256Gcm, ChaCha20Poly1305};
use sprag::sprag_core::transport::{
    Agreed, FundamentalPattern, Handshake, HybridHandshake, KeyKind, NoiseProtocol, Offer, Pattern,
    Purpose, TransportError,
};

use crate::second::{Direction, send_hybrid};
use crate::support::on_every_backend;
use crate::world::{NOW, PROLOGUE, PSK, builder, open, quiet, rng};

const EK: usize = 1184;
const CT: usize = 1088;

fn nk() -> NoiseProtocol {
    NoiseProtocol::hybrid(FundamentalPattern::NK, Aes256Gcm).unwrap()
}

fn sides<B: PqBackend>(protocol: NoiseProtocol) -> (HybridHandshake<B>, HybridHandshake<B>) {
    let build = |initiator| builder(protocol, initiator).build_hybrid().unwrap();
    (build(true), build(false))
}

/// What is left of a handshake once the secret is in it, and that both sides have the same.
fn finish<B: PqBackend>(client: HybridHandshake<B>, server: HybridHandshake<B>) {
    let protocol = client.protocol();
    let (mut client, mut server) = (
        client.into_handshake().unwrap(),
        server.into_handshake().unwrap(),
    );
    if !client.is_finished() {
        let third = client.write_message(b"third", &mut rng(3)).unwrap();
        assert_eq!(server.read_message(&third).unwrap(), b"third", "{protocol}");
    }
    let mut client = client.into_channel(quiet(), NOW).unwrap();
    let mut server = server.into_channel(quiet(), NOW).unwrap();
    assert_eq!(client.channel_binding(), server.channel_binding());
    assert_eq!(open(&mut server, &client.seal(b"to").unwrap()), b"to");
    assert_eq!(open(&mut client, &server.seal(b"from").unwrap()), b"from");
}

#[test]
fn both_sides_agree_by_every_pattern_on_every_backend() {
    on_every_backend!(agree);
}

fn agree<B: PqBackend>() {
    let mut count = 0;
    for protocol in NoiseProtocol::hybrids() {
        let (mut client, mut server) = sides::<B>(protocol);
        let first = client.write_message(b"first", &mut rng(1)).unwrap();
        assert_eq!(server.read_message(&first).unwrap(), b"first", "{protocol}");
        let second = server.write_message(b"second", &mut rng(2)).unwrap();
        assert_eq!(client.read_message(&second).unwrap(), b"second");
        finish(client, server);
        count += 1;
    }
    assert_eq!(count, 32);
}

#[test]
fn a_changed_key_or_ciphertext_fails_and_the_genuine_one_still_opens() {
    on_every_backend!(changed);
}

fn changed<B: PqBackend>() {
    let (mut client, mut server) = sides::<B>(nk());
    let first = client.write_message(b"", &mut rng(1)).unwrap();
    assert_eq!(first.len(), 32 + EK + 16);
    for at in (0..first.len()).step_by(101) {
        let mut forged = first.clone();
        forged[at] ^= 1;
        assert!(server.read_message(&forged).is_err(), "byte {at}");
    }
    server.read_message(&first).unwrap();
    let second = server.write_message(b"", &mut rng(2)).unwrap();
    assert_eq!(second.len(), CT + 32 + 16);
    for at in (0..second.len()).step_by(101) {
        let mut forged = second.clone();
        forged[at] ^= 1;
        assert!(client.read_message(&forged).is_err(), "byte {at}");
        assert!(!client.is_mixed());
    }
    for len in [0, 1, CT - 1] {
        let short = client.read_message(&second[..len]);
        assert_eq!(short, Err(TransportError::Malformed));
    }
    client.read_message(&second).unwrap();
    finish(client, server);
}

#[test]
fn a_ciphertext_for_another_key_gives_no_common_key() {
    // Where nothing else authenticates: the man in the middle has both X25519 agreements with his own
    // keys, and passes on a ciphertext that is not for the key he passed on.
    let protocol = NoiseProtocol::hybrid(FundamentalPattern::NN, ChaCha20Poly1305).unwrap();
    let (mut client, mut server) = sides::<Backend>(protocol);
    let (mut other, _) = sides::<Backend>(protocol);
    client.write_message(b"", &mut rng(1)).unwrap();
    let first = other.write_message(b"", &mut rng(2)).unwrap();
    server.read_message(&first).unwrap();
    let second = server.write_message(b"", &mut rng(3)).unwrap();
    let refused = client.read_message(&second);
    assert_eq!(refused, Err(TransportError::AuthenticationFailed));
    assert!(other.read_message(&second).is_ok());
}

#[test]
fn a_first_message_without_a_key_and_a_key_that_is_none() {
    // A peer that holds all other keys and leaves ML-KEM out: as the second implementation could.
    let protocol = NoiseProtocol::hybrid(FundamentalPattern::NN, ChaCha20Poly1305).unwrap();
    let (_, mut server) = sides::<Backend>(protocol);
    for (len, refused) in [(0, true), (EK - 1, true), (EK, false)] {
        let first = crate::second::send_with(PROLOGUE, [5; 32], &vec![0xff; len]).1;
        let outcome = server.read_message(&first);
        assert_eq!(outcome == Err(TransportError::Malformed), refused);
    }
    // Its coefficients are not below the modulus.
    let outcome = server.write_message(b"", &mut rng(1));
    assert_eq!(outcome, Err(TransportError::InvalidKey));
    assert!(server.is_my_turn() && !server.is_mixed());
}

#[test]
fn a_plain_peer_and_a_hybrid_one_do_not_connect_on_any_backend() {
    on_every_backend!(plain_peer);
}

fn plain_peer<B: PqBackend>() {
    // The same pattern with a pre-shared key, whatever it may be.
    let plain = NoiseProtocol::new(Pattern::NK.with_psk(2).unwrap(), Aes256Gcm);
    let mut plain_client: Handshake<B> = builder(plain, true).build().unwrap();
    let (mut client, mut server) = sides::<B>(nk());
    let as_ek = plain_client.write_message(&[7; EK], &mut rng(1)).unwrap();
    let refused = server.read_message(&as_ek);
    assert_eq!(refused, Err(TransportError::AuthenticationFailed));
    let mut plain_server: Handshake<B> = builder(plain, false).build().unwrap();
    let first = client.write_message(b"", &mut rng(2)).unwrap();
    let refused = plain_server.read_message(&first);
    assert_eq!(refused, Err(TransportError::AuthenticationFailed));
}

#[test]
fn keys_and_kinds_of_handshake_must_fit() {
    let kem = TransportError::KeyMismatch(KeyKind::Kem);
    let own = || builder::<Backend>(nk(), true);
    assert_eq!(own().build().unwrap_err(), kem);
    let plain = NoiseProtocol::new(Pattern::NK, Aes256Gcm);
    let refused = builder::<Backend>(plain, true).build_hybrid();
    assert_eq!(refused.unwrap_err(), kem);
    // A pre-shared key never stands in for ML-KEM.
    let psk = sprag::Secret::new(PSK);
    let refused = own().psk(psk).build_hybrid().unwrap_err();
    assert_eq!(refused, TransportError::KeyMismatch(KeyKind::PreShared));
    assert!(NoiseProtocol::hybrid(FundamentalPattern::N, Aes256Gcm).is_none());
}

#[test]
fn turns_and_ends() {
    let (mut client, mut server) = sides::<Backend>(nk());
    let rng = &mut rng(1);
    let out_of_turn = Err(TransportError::OutOfTurn);
    assert_eq!(server.write_message(b"", rng), out_of_turn);
    let most = 65535 - CT - 96;
    let first = client.write_message(b"", rng).unwrap();
    assert_eq!(client.write_message(b"", rng), out_of_turn);
    server.read_message(&first).unwrap();
    assert_eq!(server.read_message(&first), out_of_turn);
    let long = server.write_message(&vec![0; most + 1], rng);
    assert_eq!(long, Err(TransportError::MessageTooLong));
    let early = sides::<Backend>(nk()).0.into_handshake().unwrap_err();
    assert_eq!(early, TransportError::NotFinished);
    let second = server.write_message(&vec![0; most], rng).unwrap();
    assert!(second.len() <= 65535);
    client.read_message(&second).unwrap();
    assert_eq!(
        client.write_message(b"", rng),
        Err(TransportError::Finished)
    );
}

/// A client and a server that believe in these agreements, of which either may be a hybrid.
fn connects(client: &Agreed, server: &Agreed) -> bool {
    let prologue = |agreed: &Agreed| agreed.prologue::<Backend>(Purpose::Session);
    let begin = |agreed: &Agreed, initiator| {
        builder::<Backend>(agreed.protocol(), initiator).prologue(&prologue(agreed))
    };
    let rng = &mut rng(4);
    if client.protocol().is_hybrid() && server.protocol().is_hybrid() {
        let mut client = begin(client, true).build_hybrid().unwrap();
        let mut server = begin(server, false).build_hybrid().unwrap();
        let first = client.write_message(b"", rng).unwrap();
        return server.read_message(&first).is_ok() && {
            let second = server.write_message(b"", rng).unwrap();
            client.read_message(&second).is_ok()
        };
    }
    if client.protocol().is_hybrid() || server.protocol().is_hybrid() {
        return false;
    }
    let mut client = begin(client, true).build().unwrap();
    let mut server = begin(server, false).build().unwrap();
    let first = client.write_message(b"", rng).unwrap();
    server.read_message(&first).is_ok()
}

#[test]
fn a_stripped_hybrid_makes_the_handshake_fail() {
    let plain = NoiseProtocol::new(Pattern::NK, Aes256Gcm);
    let both = || Offer::new(&[nk(), plain]).unwrap();
    let lesser = || Offer::new(&[plain]).unwrap();
    assert_eq!(both().encode_client(), [0x17, 1, 1, 2, 5, 0x3a, 5, 0x02]);
    let honest = both().agree(&both()).unwrap();
    assert_eq!(honest.protocol(), nk());
    assert!(connects(&honest, &honest));
    // Somebody took the hybrid out of both offers: both take the plain one, and do not connect.
    let at_client = both().agree(&lesser()).unwrap();
    let at_server = lesser().agree(&both()).unwrap();
    assert_eq!((at_client.protocol(), at_server.protocol()), (plain, plain));
    assert!(!connects(&at_client, &at_server));
    // A server that really has no hybrid.
    let agreed = both().agree(&lesser()).unwrap();
    assert!(connects(&agreed, &agreed));
}

#[test]
fn the_document_is_what_is_implemented() {
    let protocol = NoiseProtocol::hybrid(FundamentalPattern::NN, ChaCha20Poly1305).unwrap();
    let name = "Noise_NNpsk2_25519+MLKEM768_ChaChaPoly_SHA256";
    assert_eq!((protocol.name().as_str(), protocol.id()), (name, 0x0439));
    let (_, mut server) = sides::<Backend>(protocol);
    let seed = [0x77; 64];
    let (sent, first) = send_hybrid(PROLOGUE, [0x55; 32], &seed);
    server.read_message(&first).unwrap();
    let second = server.write_message(b"", &mut rng(1)).unwrap();
    let done = sent.receive_hybrid(&second, &seed);
    let server = server.into_handshake().unwrap();
    let mut server = server.into_channel(quiet(), NOW).unwrap();
    assert_eq!(done.hash, *server.channel_binding());
    let record = Direction::new(done.initiators).seal(0, b"hello");
    assert_eq!(open(&mut server, &record), b"hello");
}
