//! Channels as streams: what people expect of a stream, over a pipe that does what sockets do.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use sprag::default::{Backend, SecureStream};
use sprag::sprag_core::transport::{
    ChannelPolicy, Limits, MemoryRegister, NoiseProtocol, Offer, Pattern, Purpose, TicketKeys,
    TicketPolicy,
};
use sprag::transport::{AeadAlgorithm, Handshake, TransportError, read_frame, write_frame};

use crate::world::{PROLOGUE, SERVER_PRIVATE, builder, key, quiet, rng};

/// One direction of a pipe in memory: what is on its way, and whether it has ended.
#[derive(Default)]
struct Way {
    bytes: Mutex<(VecDeque<u8>, bool)>,
    bell: Condvar,
}

/// An end of it, which gives and takes few bytes at a time.
struct Pipe {
    from: Arc<Way>,
    to: Arc<Way>,
    piece: usize,
    /// Takes nothing for now.
    stuck: Arc<AtomicBool>,
    /// Every other write is interrupted, as by a signal.
    interrupted: bool,
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.to.bytes.lock().unwrap().1 = true;
        self.to.bell.notify_all();
    }
}

impl Read for Pipe {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let mut state = self.from.bytes.lock().unwrap();
        while state.0.is_empty() && !state.1 {
            state = self.from.bell.wait(state).unwrap();
        }
        let len = target.len().min(self.piece);
        state.0.read(&mut target[..len])
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.stuck.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.interrupted = !self.interrupted;
        if self.interrupted {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let len = bytes.len().min(self.piece);
        self.to.bytes.lock().unwrap().0.extend(&bytes[..len]);
        self.to.bell.notify_all();
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn pipe(piece: usize) -> (Pipe, Pipe) {
    let (there, back) = (Arc::default(), Arc::default());
    let end = |from: &Arc<Way>, to: &Arc<Way>| Pipe {
        from: from.clone(),
        to: to.clone(),
        piece,
        stuck: Arc::default(),
        interrupted: false,
    };
    (end(&back, &there), end(&there, &back))
}

fn protocol() -> NoiseProtocol {
    NoiseProtocol::new(Pattern::XX, AeadAlgorithm::ChaCha20Poly1305)
}

fn streams(piece: usize, policy: ChannelPolicy) -> (SecureStream<Pipe>, SecureStream<Pipe>) {
    let (client, server) = pipe(piece);
    let serve = thread::spawn(move || {
        let handshake = builder::<Backend>(protocol(), false).build().unwrap();
        SecureStream::establish(server, handshake, policy).unwrap()
    });
    let handshake = builder::<Backend>(protocol(), true).build().unwrap();
    let client = SecureStream::establish(client, handshake, policy).unwrap();
    (client, serve.join().unwrap())
}

#[test]
fn bytes_arrive_whole_in_order_and_end() {
    for piece in [1, 1000, 100_000] {
        let (mut client, mut server) = streams(piece, ChannelPolicy::default());
        assert_eq!(
            client.channel().channel_binding(),
            server.channel().channel_binding()
        );
        let sent: Vec<u8> = (0..200_000_u32).map(|n| n as u8).collect();
        let expected = sent.clone();
        let writer = thread::spawn(move || {
            client.write_all(&sent).unwrap();
            client.write_all(b"").unwrap();
            client.close().unwrap();
            let mut reply = String::new();
            client.read_to_string(&mut reply).unwrap();
            assert_eq!(client.read(&mut [0; 10]).unwrap(), 0);
            let refused = client.write(b"more").unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::InvalidData);
            reply
        });
        let mut received = Vec::new();
        server.read_to_end(&mut received).unwrap();
        assert!(received == expected);
        server.write_all(b"got it").unwrap();
        server.close().unwrap();
        assert_eq!(writer.join().unwrap(), "got it");
    }
}

#[test]
fn a_cut_is_no_end() {
    let (mut client, mut server) = streams(100, ChannelPolicy::default());
    client.write_all(b"half a sent").unwrap();
    drop(client);
    let mut received = Vec::new();
    let error = server.read_to_end(&mut received).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    assert_eq!(received, b"half a sent");
    assert_eq!(server.channel().is_closed(), (true, true));
}

#[test]
fn keys_are_renewed_on_the_way() {
    let mut policy = quiet();
    policy.soft = Limits {
        records: 3,
        ..policy.soft
    };
    policy.agreement_bytes = 100_000;
    let (mut client, mut server) = streams(10_000, policy);
    let echo = thread::spawn(move || {
        let mut buffer = [0; 5000];
        loop {
            let len = server.read(&mut buffer).unwrap();
            if len == 0 {
                break server.close().unwrap();
            }
            server.write_all(&buffer[..len]).unwrap();
        }
    });
    for round in 0..100_u8 {
        let sent = vec![round; 4000];
        client.write_all(&sent).unwrap();
        let mut back = vec![0; 4000];
        client.read_exact(&mut back).unwrap();
        assert!(back == sent, "round {round}");
    }
    client.close().unwrap();
    assert_eq!(client.read(&mut [0; 1]).unwrap(), 0);
    echo.join().unwrap();
}

#[test]
fn a_forged_byte_ends_the_stream() {
    let (mut client, mut server) = streams(10_000, ChannelPolicy::default());
    let way = server.stream().from.clone();
    client.write_all(b"genuine").unwrap();
    let mut received = [0; 7];
    server.read_exact(&mut received).unwrap();
    client.write_all(b"forged on the way").unwrap();
    way.bytes.lock().unwrap().0[10] ^= 1;
    client.write_all(b"genuine").unwrap();
    let error = server.read(&mut received).unwrap_err();
    let inner = error.get_ref().unwrap().downcast_ref::<TransportError>();
    assert_eq!(inner, Some(&TransportError::AuthenticationFailed));
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    let error = server.read(&mut received).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotConnected);
    assert!(server.write(b"x").is_err());
}

#[test]
fn a_peer_that_only_asks_makes_nothing_grow() {
    let protocol = NoiseProtocol::new(Pattern::NN_PSK0, AeadAlgorithm::ChaCha20Poly1305);
    let (mut client, server) = pipe(100_000);
    let serve = thread::spawn(move || {
        let handshake = builder::<Backend>(protocol, false).build().unwrap();
        SecureStream::establish(server, handshake, quiet()).unwrap()
    });
    let (sent, message) = crate::second::send(crate::world::PSK, PROLOGUE, [0x55; 32]);
    write_frame(&mut client, &message).unwrap();
    let done = sent.receive(&read_frame(&mut client).unwrap());
    let mut server = serve.join().unwrap();

    server.stream().stuck.store(true, Ordering::Relaxed);
    let mut to_server = crate::second::Direction::new(done.initiators);
    for _ in 0..3000 {
        client.write_all(&to_server.seal(2, b"")).unwrap();
        to_server.update();
    }
    client.write_all(&to_server.seal(0, b"x")).unwrap();
    let mut received = [0];
    server.read_exact(&mut received).unwrap();
    server.stream().stuck.store(false, Ordering::Relaxed);
    server.write_all(b"x").unwrap();
    server.flush().unwrap();
    let answers = client.from.bytes.lock().unwrap().0.len();
    assert!(answers < 17 * 1024, "{answers} bytes");
}

#[test]
fn frames_are_whole_or_refused() {
    let (mut one, mut other) = pipe(7);
    for len in [0, 1, 65535] {
        write_frame(&mut one, &vec![3; len]).unwrap();
        assert_eq!(read_frame(&mut other).unwrap(), vec![3; len]);
    }
    assert!(write_frame(&mut one, &vec![3; 65536]).is_err());
    one.write_all(&[0xff, 0xff, 1, 2, 3]).unwrap();
    drop(one);
    let error = read_frame(&mut other).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}

#[test]
fn a_handshake_message_with_a_payload_is_refused() {
    let (mut client, server) = pipe(1000);
    let mut handshake = builder::<Backend>(protocol(), true).build().unwrap();
    let message = handshake.write_message(b"early", &mut rng(1)).unwrap();
    write_frame(&mut client, &message).unwrap();
    drop(client);
    let handshake = builder::<Backend>(protocol(), false).build().unwrap();
    let error = SecureStream::establish(server, handshake, quiet()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
}

#[test]
fn negotiation_a_session_a_ticket_and_a_resumption() {
    let own = key::<Backend>(SERVER_PRIVATE);
    let known = *own.public();
    let rng = &mut rng(2);
    let now = sprag::platform::now();
    let mut keys = TicketKeys::new(TicketPolicy::default(), now, rng).unwrap();
    let mut register = MemoryRegister::new(10, now);
    let nk = NoiseProtocol::new(Pattern::NK, AeadAlgorithm::Aes256Gcm);
    let offers = Offer::new(&[nk]).unwrap();

    let (mut client, mut server) = pipe(1000);
    let clients_offer = offers.clone();
    let first = thread::spawn(move || {
        let agreed = sprag::transport::offer(&mut client, &clients_offer).unwrap();
        let handshake = Handshake::<Backend>::initiator(agreed.protocol())
            .prologue(&agreed.prologue::<Backend>(Purpose::Session))
            .remote_static(known)
            .build()
            .unwrap();
        let mut client = SecureStream::establish(client, handshake, quiet()).unwrap();
        let mut greeting = String::new();
        client.read_to_string(&mut greeting).unwrap();
        assert_eq!(greeting, "hello");
        client.take_ticket().unwrap()
    });
    let agreed = sprag::transport::answer(&mut server, &offers).unwrap();
    let handshake = Handshake::responder(agreed.protocol())
        .prologue(&agreed.prologue::<Backend>(Purpose::Session))
        .static_key(own)
        .build()
        .unwrap();
    let mut server = SecureStream::establish(server, handshake, quiet()).unwrap();
    server.send_ticket(&keys).unwrap();
    server.write_all(b"hello").unwrap();
    server.close().unwrap();
    let ticket = first.join().unwrap();

    let (mut client, mut server) = pipe(1000);
    let again = thread::spawn(move || {
        let (handshake, first) = ticket
            .resume::<Backend, _>(PROLOGUE, None, now, &mut crate::world::rng(3))
            .unwrap();
        write_frame(&mut client, &first).unwrap();
        let mut client = SecureStream::establish(client, handshake, quiet()).unwrap();
        client.write_all(b"again").unwrap();
        client.close().unwrap();
    });
    let first = read_frame(&mut server).unwrap();
    keys.observe_time(now, rng).unwrap();
    let resumed = keys.resume::<Backend, _>(&first, PROLOGUE, None, &mut register);
    let handshake = resumed.unwrap().handshake;
    let mut server = SecureStream::establish(server, handshake, quiet()).unwrap();
    let mut received = String::new();
    server.read_to_string(&mut received).unwrap();
    assert_eq!(received, "again");
    again.join().unwrap();
}
