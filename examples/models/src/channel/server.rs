//! The server's side: a thread for each connection, whole handshakes and resumptions.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use sprag::SecretBytes;
use sprag::sprag_core::PqBackend;
use sprag::transport::{
    ChannelPolicy, Handshake, MemoryRegister, Offer, Purpose, SecureStream, StaticKey, TicketKeys,
    TicketPolicy, mix_hybrid, read_frame, write_frame,
};
use sprag::{entropy, platform};

use super::{RESUMPTION, served};
use crate::{Result, net, scrub};

/// So many uses of tickets are remembered.
const REGISTERED: usize = 100_000;

/// The static key that a client proved, if it has one.
pub type Peer = Option<[u8; 32]>;

/// What a server does with a request, once the channel has opened it.
pub trait Handler: Send + Sync + 'static {
    /// Answers one request, given and returned as fields joined ([`crate::fields`]).
    ///
    /// # Errors
    /// Why the request is refused; the client is told.
    fn answer(&self, peer: Peer, request: &[u8]) -> Result<SecretBytes>;
}

/// A server of channels.
pub struct Server<B: PqBackend, H> {
    key: Arc<StaticKey<B>>,
    tickets: Mutex<TicketKeys>,
    register: Mutex<MemoryRegister>,
    policy: ChannelPolicy,
    handler: H,
    ended: AtomicUsize,
}

impl<B: PqBackend, H: Handler> Server<B, H> {
    /// A server with a new static key.
    ///
    /// # Errors
    /// The generator's.
    pub fn new(policy: ChannelPolicy, handler: H) -> Result<Self> {
        let (rng, now) = (&mut entropy::system(), platform::now());
        Ok(Self {
            key: Arc::new(StaticKey::generate(rng)?),
            tickets: Mutex::new(TicketKeys::new(TicketPolicy::default(), now, rng)?),
            register: Mutex::new(MemoryRegister::new(REGISTERED, now)),
            policy,
            handler,
            ended: AtomicUsize::new(0),
        })
    }

    /// The static public key, which clients know beforehand.
    #[must_use]
    pub fn public(&self) -> &[u8; 32] {
        self.key.public()
    }

    /// What answers the requests.
    pub const fn handler(&self) -> &H {
        &self.handler
    }

    /// How many connections have ended, and left nothing.
    pub fn ended(&self) -> usize {
        self.ended.load(Ordering::Acquire)
    }

    /// Serves on a free loopback port, a thread for each connection, until the process ends.
    ///
    /// # Errors
    /// The network's.
    pub fn serve(self: &Arc<Self>) -> io::Result<SocketAddr> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let server = Arc::clone(self);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = Arc::clone(&server);
                // A connection that breaks is its client's matter.
                thread::spawn(move || {
                    let _ = server.attend(stream);
                    scrub::stack::<{ scrub::DEEP }>();
                    server.ended.fetch_add(1, Ordering::Release);
                });
            }
        });
        Ok(address)
    }

    fn attend(&self, tcp: TcpStream) -> Result<()> {
        let (mut stream, peer) = self.establish(tcp)?;
        scrub::stack::<{ scrub::DEEP }>();
        stream.send_ticket(&self.tickets.lock().unwrap_or_else(PoisonError::into_inner))?;
        while let Some(request) = net::read_frame(&mut stream)? {
            let answer = net::answer(self.handler.answer(peer, &request));
            net::write_frame(&mut stream, &answer)?;
            scrub::stack::<{ scrub::SHALLOW }>();
        }
        stream.close()?;
        Ok(())
    }

    /// In a frame of its own, which is gone while the channel is there.
    #[inline(never)]
    fn establish(&self, mut tcp: TcpStream) -> Result<(Box<SecureStream<TcpStream, B>>, Peer)> {
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(net::PATIENCE))?;
        let (handshake, resumed) = self.greet(&mut tcp)?;
        let stream = Box::new(SecureStream::establish(tcp, handshake, self.policy)?);
        let peer = resumed.or(stream.channel().remote_static().copied());
        Ok((stream, peer))
    }

    /// A client's first frame: an offer, or a ticket.
    fn greet(&self, tcp: &mut TcpStream) -> Result<(Handshake<B>, Peer)> {
        let first = read_frame(tcp)?;
        match Offer::decode_client(&first) {
            Ok(offer) => Ok((self.negotiate(tcp, &offer)?, None)),
            Err(_) => self.resume(&first),
        }
    }

    fn negotiate(&self, tcp: &mut TcpStream, client: &Offer) -> Result<Handshake<B>> {
        let own = served()?;
        write_frame(tcp, &own.encode_server())?;
        let agreed = client.agree(&own)?;
        let builder = Handshake::responder(agreed.protocol())
            .prologue(&agreed.prologue::<B>(Purpose::Session))
            .static_key(Arc::clone(&self.key));
        if agreed.protocol().is_hybrid() {
            return Ok(mix_hybrid(tcp, builder.build_hybrid()?)?);
        }
        Ok(builder.build()?)
    }

    fn resume(&self, first: &[u8]) -> Result<(Handshake<B>, Peer)> {
        let mut tickets = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        tickets.observe_time(platform::now(), &mut entropy::system())?;
        let mut register = self.register.lock().unwrap_or_else(PoisonError::into_inner);
        let key = Some(Arc::clone(&self.key));
        let resumed = tickets.resume(first, RESUMPTION, key, &mut *register)?;
        Ok((resumed.handshake, resumed.client))
    }
}

impl<B: PqBackend, H> fmt::Debug for Server<B, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}
