//! The client's side: a whole handshake or a resumption, requests, an authenticated end.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use sprag::SecretBytes;
use sprag::sprag_core::PqBackend;
use sprag::transport::{
    ChannelPolicy, ClientTicket, Handshake, NoiseProtocol, Purpose, SecureStream, StaticKey,
    mix_hybrid, offer, write_frame,
};
use sprag::{entropy, platform};

use super::{RESUMPTION, spoken};
use crate::{Result, fields, net, scrub};

/// A client of one server, whose key it knows.
pub struct Client<B: PqBackend> {
    server: SocketAddr,
    server_key: [u8; 32],
    own: Option<Arc<StaticKey<B>>>,
    policy: ChannelPolicy,
    ticket: Option<ClientTicket>,
}

impl<B: PqBackend> Client<B> {
    /// A client, anonymous if it has no key of its own.
    #[must_use]
    pub const fn new(
        server: SocketAddr,
        server_key: [u8; 32],
        own: Option<Arc<StaticKey<B>>>,
        policy: ChannelPolicy,
    ) -> Self {
        Self {
            server,
            server_key,
            own,
            policy,
            ticket: None,
        }
    }

    /// Renews keys by this policy from the next connection on.
    pub const fn set_policy(&mut self, policy: ChannelPolicy) {
        self.policy = policy;
    }

    /// Keeps what an earlier connection left, for one resumption.
    pub fn keep(&mut self, closed: Closed) {
        self.ticket = closed.ticket;
    }

    /// What [`Fault::Leaks`](crate::party::Fault::Leaks) does: sends something in the clear.
    ///
    /// # Errors
    /// The network's.
    pub fn leak(&self, secrets: &[u8]) -> io::Result<()> {
        TcpStream::connect(self.server)?.write_all(secrets)
    }

    /// Connects: by a resumption if there is a ticket, which is spent, else by a whole handshake.
    ///
    /// # Errors
    /// The network's; the engine's, if the server is not the one of this key.
    pub fn connect(&mut self) -> Result<Connection<B>> {
        let connection = self.establish();
        scrub::stack::<{ scrub::DEEP }>();
        connection
    }

    /// In a frame of its own, which is gone while the channel is there.
    #[inline(never)]
    fn establish(&mut self) -> Result<Connection<B>> {
        let stream = TcpStream::connect(self.server)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(net::PATIENCE))?;
        let mut wire = Wire {
            stream,
            sent: 0,
            received: 0,
        };
        let ticket = self.ticket.take();
        let resumed = ticket.is_some();
        let handshake = match ticket {
            Some(ticket) => self.resume(&mut wire, &ticket)?,
            None => self.negotiate(&mut wire)?,
        };
        let protocol = handshake.protocol();
        let stream = Box::new(SecureStream::establish(wire, handshake, self.policy)?);
        Ok(Connection {
            stream,
            protocol,
            resumed,
            ticket: None,
        })
    }

    fn negotiate(&self, wire: &mut Wire) -> Result<Handshake<B>> {
        let agreed = offer(wire, &spoken(self.own.is_some())?)?;
        let mut builder = Handshake::initiator(agreed.protocol())
            .prologue(&agreed.prologue::<B>(Purpose::Session))
            .remote_static(self.server_key);
        if let Some(own) = &self.own {
            builder = builder.static_key(Arc::clone(own));
        }
        if agreed.protocol().is_hybrid() {
            return Ok(mix_hybrid(wire, builder.build_hybrid()?)?);
        }
        Ok(builder.build()?)
    }

    fn resume(&self, wire: &mut Wire, ticket: &ClientTicket) -> Result<Handshake<B>> {
        let (rng, now) = (&mut entropy::system(), platform::now());
        let (handshake, first) = ticket.resume(RESUMPTION, Some(self.server_key), now, rng)?;
        write_frame(wire, &first)?;
        Ok(handshake)
    }
}

impl<B: PqBackend> fmt::Debug for Client<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

/// A channel to the server.
pub struct Connection<B: PqBackend> {
    /// On the heap, so that no move leaves a copy of its keys in a frame that goes on living.
    stream: Box<SecureStream<Wire, B>>,
    protocol: NoiseProtocol,
    resumed: bool,
    ticket: Option<ClientTicket>,
}

/// What a connection leaves for the next one.
#[derive(Debug)]
pub struct Closed {
    ticket: Option<ClientTicket>,
}

impl<B: PqBackend> Connection<B> {
    /// Sends a request of these fields and waits for its answer, which is one of fields too.
    ///
    /// # Errors
    /// [`Refused`](net::Refused) with what the server said; the network's.
    pub fn call(&mut self, request: &[&[u8]]) -> Result<SecretBytes> {
        self.post(request)?;
        self.answer()
    }

    /// Sends a request, and does not wait.
    ///
    /// # Errors
    /// The network's.
    pub fn post(&mut self, request: &[&[u8]]) -> Result<()> {
        net::write_frame(&mut self.stream, &fields::join(request))?;
        Ok(self.stream.flush()?)
    }

    /// Waits for the answer to the oldest request that has none.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub fn answer(&mut self) -> Result<SecretBytes> {
        let answer = net::read_frame(&mut self.stream);
        scrub::stack::<{ scrub::SHALLOW }>();
        let answer = answer?.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        self.ticket = self.stream.take_ticket().or(self.ticket.take());
        net::answered(&answer)
    }

    /// What the handshake was made of.
    #[must_use]
    pub const fn protocol(&self) -> NoiseProtocol {
        self.protocol
    }

    /// Whether it was a resumption.
    #[must_use]
    pub const fn is_resumed(&self) -> bool {
        self.resumed
    }

    /// The bytes on the wire so far, sent and received, TCP's own left out.
    #[must_use]
    pub const fn wire(&self) -> (u64, u64) {
        let wire = self.stream.stream();
        (wire.sent, wire.received)
    }

    /// Ends both directions, which wipes their keys.
    ///
    /// # Errors
    /// The network's; `InvalidData` if the server had more to say.
    pub fn close(self) -> Result<Closed> {
        let closed = self.end();
        scrub::stack::<{ scrub::DEEP }>();
        closed
    }

    #[inline(never)]
    fn end(mut self) -> Result<Closed> {
        self.stream.close()?;
        let mut rest = [0; 1];
        if self.stream.read(&mut rest)? > 0 {
            return Err(io::Error::from(io::ErrorKind::InvalidData).into());
        }
        let ticket = self.stream.take_ticket().or(self.ticket);
        Ok(Closed { ticket })
    }
}

impl<B: PqBackend> fmt::Debug for Connection<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("protocol", &self.protocol)
            .field("resumed", &self.resumed)
            .finish_non_exhaustive()
    }
}

/// A TCP stream that counts.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    sent: u64,
    received: u64,
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer)?;
        self.received += read as u64;
        Ok(read)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.stream.write(bytes)?;
        self.sent += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
