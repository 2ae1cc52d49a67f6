//! Transport handshakes, channels with renewals, tickets.

use std::sync::Arc;

use sprag::sprag_core::suite::AeadAlgorithm;
use sprag::sprag_core::transport::{
    Channel, ChannelPolicy, ClientTicket, FundamentalPattern, Handshake, MemoryRegister,
    NoiseProtocol, Pattern, Received, StaticKey, TicketKeys, TicketPolicy,
};
use sprag::sprag_core::{CryptoBackend, PqBackend};
use sprag::{Secret, UnixTime};

use super::messages::{NOW, rng};

pub(crate) fn hybrid<B: PqBackend>() {
    let rng = &mut rng();
    let protocol = NoiseProtocol::hybrid(FundamentalPattern::NN, AeadAlgorithm::Aes256Gcm);
    let protocol = protocol.unwrap();
    let mut client = Handshake::<B>::initiator(protocol).build_hybrid().unwrap();
    let mut server = Handshake::<B>::responder(protocol).build_hybrid().unwrap();
    let first = client.write_message(b"", rng).unwrap();
    server.read_message(&first).unwrap();
    let mut second = server.write_message(b"", rng).unwrap();
    // A forged one before the genuine one: another secret takes the place of the first.
    second[0] ^= 1;
    client.read_message(&second).unwrap_err();
    second[0] ^= 1;
    client.read_message(&second).unwrap();
    client.into_handshake().unwrap();
    // One that goes no further than its first message.
    let mut alone = Handshake::<B>::initiator(protocol).build_hybrid().unwrap();
    alone.write_message(b"", rng).unwrap();
}

/// Their prepared keys differ in length, and so do the places that a key leaves unused.
const CIPHERS: [AeadAlgorithm; 2] = [AeadAlgorithm::Aes256Gcm, AeadAlgorithm::ChaCha20Poly1305];

fn finished<B: CryptoBackend>(
    pattern: Pattern,
    aead: AeadAlgorithm,
) -> (Handshake<B>, Handshake<B>) {
    let protocol = NoiseProtocol::new(pattern, aead);
    let rng = &mut rng();
    let key = Arc::new(StaticKey::<B>::generate(rng).unwrap());
    let mut client = Handshake::<B>::initiator(protocol).remote_static(*key.public());
    let mut server = Handshake::<B>::responder(protocol).static_key(key);
    if pattern.psk().is_some() {
        client = client.psk(Secret::new([5; 32]));
        server = server.psk(Secret::new([5; 32]));
    }
    let (mut client, mut server) = (client.build().unwrap(), server.build().unwrap());
    let message = client.write_message(b"", rng).unwrap();
    let mut forged = message.clone();
    *forged.last_mut().unwrap() ^= 1;
    assert!(server.read_message(&forged).is_err());
    server.read_message(&message).unwrap();
    client
        .read_message(&server.write_message(b"", rng).unwrap())
        .unwrap();
    (client, server)
}

fn channels<B: CryptoBackend>(aead: AeadAlgorithm) -> (Channel<B>, Channel<B>) {
    let (client, server) = finished::<B>(Pattern::NK, aead);
    let policy = ChannelPolicy::default();
    let client = client.into_channel(policy, NOW).unwrap();
    (client, server.into_channel(policy, NOW).unwrap())
}

/// Answers until neither has anything to say.
fn settle<B: CryptoBackend>(one: &mut Channel<B>, other: &mut Channel<B>, record: Vec<u8>) {
    let mut records = vec![(true, record)];
    while let Some((to_other, mut record)) = records.pop() {
        let (from, to) = match to_other {
            true => (&mut *one, &mut *other),
            false => (&mut *other, &mut *one),
        };
        to.open_in_place(&mut record).unwrap();
        if let Some(answer) = to.control(&mut rng()).unwrap() {
            records.push((!to_other, answer));
        }
        if let Some(more) = from.control(&mut rng()).unwrap() {
            records.push((to_other, more));
        }
    }
}

pub(crate) fn streams<B: CryptoBackend>() {
    CIPHERS.into_iter().for_each(stream::<B>);
}

fn stream<B: CryptoBackend>(aead: AeadAlgorithm) {
    let rng = &mut rng();
    let (mut client, mut server) = channels::<B>(aead);
    for round in 0..4 {
        let mut record = client.seal(b"hello").unwrap();
        server.open_in_place(&mut record).unwrap();
        let mut record = server.seal(b"hello").unwrap();
        record[4] ^= 1;
        assert!(client.open_in_place(&mut record.clone()).is_err());
        record[4] ^= 1;
        client.open_in_place(&mut record).unwrap();
        let record = match round {
            0 => client.update(true).unwrap(),
            _ => client.start_agreement(rng).unwrap(),
        };
        settle(&mut client, &mut server, record);
    }
    let tickets = TicketKeys::new(TicketPolicy::default(), NOW, rng).unwrap();
    let mut tickets = tickets.observed_by::<B>();
    let resumption = server.resumption().unwrap();
    let ticket = tickets.issue::<B, _>(&resumption, rng).unwrap();
    let mut record = server.send_ticket(&ticket).unwrap();
    let Received::Ticket(range) = client.open_in_place(&mut record).unwrap() else {
        panic!("no ticket");
    };
    let ticket = ClientTicket::new(&record[range], client.resumption().unwrap(), NOW).unwrap();
    server.open_in_place(&mut client.close().unwrap()).unwrap();
    client.open_in_place(&mut server.close().unwrap()).unwrap();
    assert!(client.resumption().is_err());

    let (mut back, first) = ticket.resume::<B, _>(b"back", None, NOW, rng).unwrap();
    let register = &mut MemoryRegister::new(9, NOW);
    let resumed = tickets.resume::<B, _>(&first, b"back", None, register);
    let mut handshake = resumed.unwrap().handshake;
    back.read_message(&handshake.write_message(b"", rng).unwrap())
        .unwrap();
    let mut cut = back.into_channel(ChannelPolicy::default(), NOW).unwrap();
    cut.abandon();
    for days in 1..4 {
        let later = UnixTime(NOW.0 + days * 86400);
        tickets.observe_time(later, rng).unwrap();
    }
}

pub(crate) fn datagrams<B: CryptoBackend>() {
    CIPHERS.into_iter().for_each(datagram_channel::<B>);
}

fn datagram_channel<B: CryptoBackend>(aead: AeadAlgorithm) {
    let (client, server) = finished::<B>(Pattern::NK, aead);
    let policy = ChannelPolicy::default();
    let mut client = client.into_datagram_channel(policy, NOW).unwrap();
    let mut server = server.into_datagram_channel(policy, NOW).unwrap();
    for epoch in 0..3 {
        let early = client.seal(b"early").unwrap();
        client.update().unwrap();
        let mut late = client.seal(b"late").unwrap();
        server.open_in_place(&mut late).unwrap();
        server.open_in_place(&mut early.clone()).unwrap();
        let mut answer = server.control().unwrap().unwrap();
        client.open_in_place(&mut answer).unwrap();
        server.observe_time(UnixTime(NOW.0 + epoch * 20));
    }
    server.open_in_place(&mut client.close().unwrap()).unwrap();
}

pub(crate) fn plain_noise<B: CryptoBackend>() {
    CIPHERS.into_iter().for_each(plain_session::<B>);
}

fn plain_session<B: CryptoBackend>(aead: AeadAlgorithm) {
    let (client, server) = finished::<B>(Pattern::NK_PSK0, aead);
    let mut client = client.into_transport().unwrap();
    let mut server = server.into_transport().unwrap();
    for _ in 0..2 {
        let message = client.write_message(b"hello").unwrap();
        server.read_message(&message).unwrap();
        client.rekey_sending().unwrap();
        server.rekey_receiving().unwrap();
    }
}
