//! A client and a server over TCP: they agree on a protocol, talk, part, and the client comes back
//! with a ticket.
//!
//! `cargo run --example channel`

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use sprag::default::{Backend, Handshake, SecureStream, StaticKey};
use sprag::transport::{
    AeadAlgorithm, ChannelPolicy, ClientTicket, MemoryRegister, NoiseProtocol, Offer, Pattern,
    Purpose, TicketKeys, TicketPolicy, answer, offer, read_frame, write_frame,
};

/// What both are built to speak, in the client's order.
fn spoken() -> Offer {
    let ciphers = [AeadAlgorithm::Aes256Gcm, AeadAlgorithm::ChaCha20Poly1305];
    let protocols = ciphers.map(|cipher| NoiseProtocol::new(Pattern::NK, cipher));
    Offer::new(&protocols).expect("two protocols")
}

/// A resumption has a prologue too, which both sides know.
const RESUMPTION: &[u8] = b"an example's resumption";

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let key = Arc::new(StaticKey::generate(&mut sprag::entropy::system())?);
    let server_key = *key.public();
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let server = thread::spawn(move || serve(&listener, &key));

    let ticket = first_visit(address, server_key)?;
    second_visit(address, &ticket)?;
    server.join().expect("the server ends")
}

fn serve(listener: &TcpListener, key: &Arc<StaticKey>) -> Result<(), Box<dyn Error + Send + Sync>> {
    let rng = &mut sprag::entropy::system();
    let now = sprag::platform::now();
    let mut tickets = TicketKeys::new(TicketPolicy::default(), now, rng)?;
    let mut register = MemoryRegister::new(100_000, now);

    // Somebody new.
    let (mut tcp, _) = listener.accept()?;
    let agreed = answer(&mut tcp, &spoken())?;
    let handshake = Handshake::responder(agreed.protocol())
        .prologue(&agreed.prologue::<Backend>(Purpose::Session))
        .static_key(Arc::clone(key))
        .build()?;
    let stream = SecureStream::establish(tcp, handshake, ChannelPolicy::default())?;
    echo(stream, &tickets)?;

    // Somebody who was here before.
    let (mut tcp, _) = listener.accept()?;
    let first = read_frame(&mut tcp)?;
    tickets.observe_time(sprag::platform::now(), rng)?;
    let resumed = tickets.resume(&first, RESUMPTION, None, &mut register)?;
    let stream = SecureStream::establish(tcp, resumed.handshake, ChannelPolicy::default())?;
    echo(stream, &tickets)?;
    Ok(())
}

fn echo(mut stream: SecureStream<TcpStream>, tickets: &TicketKeys) -> io::Result<()> {
    stream.send_ticket(tickets)?;
    let mut words = String::new();
    // Ends well only if the client closed its direction.
    stream.read_to_string(&mut words)?;
    stream.write_all(format!("you said: {words}").as_bytes())?;
    stream.close()
}

fn talk(stream: &mut SecureStream<TcpStream>, words: &str) -> io::Result<()> {
    stream.write_all(words.as_bytes())?;
    stream.close()?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply)?;
    println!("server: {reply}");
    Ok(())
}

fn first_visit(
    address: SocketAddr,
    server_key: [u8; 32],
) -> Result<ClientTicket, Box<dyn Error + Send + Sync>> {
    let mut tcp = TcpStream::connect(address)?;
    let agreed = offer(&mut tcp, &spoken())?;
    println!("agreed on {}", agreed.protocol());
    let handshake = Handshake::initiator(agreed.protocol())
        .prologue(&agreed.prologue::<Backend>(Purpose::Session))
        .remote_static(server_key)
        .build()?;
    let mut stream = SecureStream::establish(tcp, handshake, ChannelPolicy::default())?;
    talk(&mut stream, "hello, stranger")?;
    let ticket = stream.take_ticket();
    Ok(ticket.ok_or("the server gave no ticket")?)
}

fn second_visit(
    address: SocketAddr,
    ticket: &ClientTicket,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut tcp = TcpStream::connect(address)?;
    let now = sprag::platform::now();
    let (handshake, first) = ticket.resume(RESUMPTION, None, now, &mut sprag::entropy::system())?;
    write_frame(&mut tcp, &first)?;
    let mut stream = SecureStream::establish(tcp, handshake, ChannelPolicy::default())?;
    talk(&mut stream, "hello again")?;
    Ok(())
}
