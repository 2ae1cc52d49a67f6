//! A second implementation of docs/PROTOCOL.md section 15 as the client of the engine's server: each
//! label, nonce and layout is where the document says.

use sprag::Secret;
use sprag::default::Backend;
use sprag::sprag_core::transport::{
    Channel, Handshake, MemoryRegister, NoiseProtocol, Pattern, Received, TicketKeys, TicketPolicy,
};
use sprag::transport::AeadAlgorithm;

use crate::second::{Direction, Done, expand, send};
use crate::world::{NOW, PROLOGUE, PSK, open, quiet, rng};

/// The second implementation's handshake with a server.
fn handshake() -> (Done, Channel<Backend>) {
    let protocol = NoiseProtocol::new(Pattern::NN_PSK0, AeadAlgorithm::ChaCha20Poly1305);
    let mut server = Handshake::<Backend>::responder(protocol)
        .prologue(PROLOGUE)
        .psk(Secret::new(PSK))
        .build()
        .unwrap();
    let (sent, message) = send(PSK, PROLOGUE, [0x55; 32]);
    server.read_message(&message).unwrap();
    let done = sent.receive(&server.write_message(b"", &mut rng(1)).unwrap());
    (done, server.into_channel(quiet(), NOW).unwrap())
}

#[test]
fn records_and_updates() {
    let (done, mut server) = handshake();
    assert_eq!(done.hash, *server.channel_binding());
    let mut to_server = Direction::new(done.initiators);
    let mut from_server = Direction::new(done.responders);
    for _ in 0..3 {
        for text in [b"one".as_slice(), b"", b"three"] {
            assert_eq!(open(&mut server, &to_server.seal(0, text)), text);
            let record = server.seal(text).unwrap();
            assert_eq!(from_server.open(&record), (0, text.to_vec()));
        }
        // We update and ask for an update.
        let mut record = to_server.seal(2, b"");
        to_server.update();
        assert_eq!(server.open_in_place(&mut record), Ok(Received::Control));
        let answer = server.control(&mut rng(2)).unwrap().unwrap();
        assert_eq!(from_server.open(&answer), (1, vec![]));
        from_server.update();
    }
    let close = server.close().unwrap();
    assert_eq!(from_server.open(&close), (3, vec![]));
    let mut close = to_server.seal(3, b"");
    assert_eq!(server.open_in_place(&mut close), Ok(Received::Closed));
}

#[test]
fn agreements() {
    let (mut done, mut server) = handshake();
    let first_hash = done.hash;
    for round in 0..3 {
        let mut to_server = Direction::new(done.initiators);
        let mut from_server = Direction::new(done.responders);
        let psk = expand(&done.chaining_key, b"SPRAG1 rkx");
        let prologue = [b"SPRAG1 agr".as_slice(), &first_hash].concat();
        let (sent, message) = send(psk, &prologue, [0x66 + round; 32]);
        let mut record = to_server.seal(4, &message);
        assert_eq!(server.open_in_place(&mut record), Ok(Received::Control));
        let answer = server.control(&mut rng(3)).unwrap().unwrap();
        let (kind, answer) = from_server.open(&answer);
        assert_eq!(kind, 4);
        done = sent.receive(&answer);
        // The server is under its new key, we go on under the old one until the switch.
        let record = server.seal(b"new").unwrap();
        let mut under_new = Direction::new(done.responders);
        assert_eq!(under_new.open(&record), (0, b"new".to_vec()));
        assert_eq!(open(&mut server, &to_server.seal(0, b"old")), b"old");
        let mut switch = to_server.seal(5, b"");
        assert_eq!(server.open_in_place(&mut switch), Ok(Received::Control));
        let mut under_new = Direction::new(done.initiators);
        assert_eq!(open(&mut server, &under_new.seal(0, b"new")), b"new");
        // The next round starts its counters at 0: renew both keys, so that they do.
        let mut update = under_new.seal(2, b"");
        under_new.update();
        assert_eq!(server.open_in_place(&mut update), Ok(Received::Control));
        server.control(&mut rng(4)).unwrap().unwrap();
        done.initiators = expand(&done.initiators, b"SPRAG1 upd");
        done.responders = expand(&done.responders, b"SPRAG1 upd");
    }
}

#[test]
fn resumption() {
    let (done, mut server) = handshake();
    let mut from_server = Direction::new(done.responders);
    let keys = TicketKeys::new(TicketPolicy::default(), NOW, &mut rng(5)).unwrap();
    let resumption = server.resumption().unwrap();
    let ticket = keys.issue::<Backend, _>(&resumption, &mut rng(6)).unwrap();
    let record = server.send_ticket(&ticket).unwrap();
    let (kind, ticket) = from_server.open(&record);
    assert_eq!((kind, ticket.len(), ticket[0]), (6, 128, 0x19));
    assert_eq!(ticket[9..17], (NOW.0 + 24 * 3600).to_be_bytes());

    let psk = expand(&done.chaining_key, b"SPRAG1 res");
    let (sent, message) = send(psk, b"prologue", [0x77; 32]);
    let first = [[0, 128].as_slice(), &ticket, &message].concat();
    let register = &mut MemoryRegister::new(10, NOW);
    let resumed = keys.resume::<Backend, _>(&first, b"prologue", None, register);
    let mut handshake = resumed.unwrap().handshake;
    let done = sent.receive(&handshake.write_message(b"", &mut rng(7)).unwrap());
    let mut server = handshake.into_channel(quiet(), NOW).unwrap();
    let record = Direction::new(done.initiators).seal(0, b"here again");
    assert_eq!(open(&mut server, &record), b"here again");
}

#[test]
fn negotiation() {
    use sprag::sprag_core::CryptoBackend;
    use sprag::sprag_core::primitives::Hmac;
    use sprag::sprag_core::transport::{Offer, Purpose};

    let one = NoiseProtocol::new(Pattern::XX, AeadAlgorithm::ChaCha20Poly1305);
    let two = NoiseProtocol::new(Pattern::NK_PSK0, AeadAlgorithm::Aes256Gcm);
    let client = Offer::new(&[one, two]).unwrap();
    let server = Offer::new(&[two]).unwrap();
    assert_eq!(client.encode_client(), [0x17, 1, 1, 2, 12, 0x01, 5, 0x12]);
    assert_eq!(server.encode_server(), [0x18, 1, 1, 1, 5, 0x12]);
    let hash = <Backend as CryptoBackend>::HmacSha256::sha256(&[&[1, 1, 1, 5, 0x12]]);
    let expected = [
        b"SPRAG1 tr".as_slice(),
        &[2, 0, 7, 1, 1, 2, 12, 0x01, 5, 0x12],
        &hash,
    ]
    .concat();
    let agreed = client.agree(&server).unwrap();
    assert_eq!(agreed.prologue::<Backend>(Purpose::Resumption), expected);
}

#[test]
fn datagrams() {
    use sprag::sprag_core::CryptoBackend;
    use sprag::sprag_core::primitives::{Aead, Hmac};
    type Sha = <Backend as CryptoBackend>::HmacSha256;
    type ChaCha = <Backend as CryptoBackend>::ChaCha20Poly1305;

    let protocol = NoiseProtocol::new(Pattern::NN_PSK0, AeadAlgorithm::ChaCha20Poly1305);
    let builder = Handshake::<Backend>::responder(protocol).psk(Secret::new(PSK));
    let mut server = builder.build().unwrap();
    let (sent, message) = send(PSK, b"", [0x55; 32]);
    server.read_message(&message).unwrap();
    let done = sent.receive(&server.write_message(b"", &mut rng(1)).unwrap());
    let mut server = server.into_datagram_channel(quiet(), NOW).unwrap();
    let mut secret = done.responders;
    for epoch in 0..2_u8 {
        for number in 0..3_u8 {
            let datagram = server.seal(b"text").unwrap();
            assert_eq!(datagram[..8], [0x16, epoch, 0, 0, 0, 0, 0, number]);
            let mut nonce = [0; 12];
            Sha::hkdf_expand(&secret, b"SPRAG1 iv", &mut nonce).unwrap();
            nonce[11] ^= number;
            let (body, tag) = datagram[8..].split_at(5);
            let (mut body, tag) = (body.to_vec(), tag.try_into().unwrap());
            let key = expand(&secret, b"SPRAG1 key");
            ChaCha::open_once(&key, &nonce, &datagram[..8], &mut body, &tag).unwrap();
            assert_eq!(body, [b"\0".as_slice(), b"text"].concat());
        }
        secret = expand(&secret, b"SPRAG1 upd");
        if epoch == 0 {
            server.update().unwrap();
        }
    }
}
