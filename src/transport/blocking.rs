//! Over [`std::io`]: a stream inside of a stream.

use std::fmt;
use std::io::{self, Read, Write};

use sprag_core::transport::{
    Agreed, Channel, ChannelPolicy, ClientTicket, Handshake, HybridHandshake, Offer, TicketKeys,
};
use sprag_core::{CryptoBackend, PqBackend};

use super::buffers::Buffers;
use super::{cut, frame_len, no_payload, refused};
use crate::{entropy, platform};

/// Writes a handshake message or an offer behind its length in 2 bytes.
///
/// # Errors
/// The stream's; `InvalidData` for more than 65535 bytes.
pub fn write_frame<S: Write + ?Sized>(stream: &mut S, frame: &[u8]) -> io::Result<()> {
    stream.write_all(&[frame_len(frame)?.as_slice(), frame].concat())?;
    stream.flush()
}

/// Reads what [`write_frame`] wrote. Memory grows with what arrives, not with what the length says.
///
/// # Errors
/// The stream's; `UnexpectedEof` if it ends within the frame.
pub fn read_frame<S: Read + ?Sized>(stream: &mut S) -> io::Result<Vec<u8>> {
    let mut len = [0; 2];
    stream.read_exact(&mut len)?;
    let len = u16::from_be_bytes(len);
    let mut frame = Vec::new();
    stream.take(len.into()).read_to_end(&mut frame)?;
    if frame.len() < usize::from(len) {
        return Err(cut());
    }
    Ok(frame)
}

/// The client's side of a negotiation: sends its offer, reads the server's.
///
/// # Errors
/// The stream's; `InvalidData` with the [`TransportError`](super::TransportError) inside.
pub fn offer<S: Read + Write + ?Sized>(stream: &mut S, own: &Offer) -> io::Result<Agreed> {
    write_frame(stream, &own.encode_client())?;
    let server = Offer::decode_server(&read_frame(stream)?).map_err(refused)?;
    own.agree(&server).map_err(refused)
}

/// The server's side of a negotiation: reads the client's offer, sends its own.
///
/// # Errors
/// As [`offer`].
pub fn answer<S: Read + Write + ?Sized>(stream: &mut S, own: &Offer) -> io::Result<Agreed> {
    let client = Offer::decode_client(&read_frame(stream)?).map_err(refused)?;
    write_frame(stream, &own.encode_server())?;
    client.agree(own).map_err(refused)
}

/// Exchanges the two messages of a hybrid, in frames, without payloads. What is left is for
/// [`SecureStream::establish`]. **Experimental**, as is all of the hybrid.
///
/// # Errors
/// The stream's; `InvalidData` with the [`TransportError`](super::TransportError) inside.
pub fn mix_hybrid<S: Read + Write + ?Sized, B: PqBackend>(
    stream: &mut S,
    mut handshake: HybridHandshake<B>,
) -> io::Result<Handshake<B>> {
    let rng = &mut entropy::system();
    while !handshake.is_mixed() {
        if handshake.is_my_turn() {
            let message = handshake.write_message(&[], rng).map_err(refused)?;
            write_frame(stream, &message)?;
        } else {
            let message = read_frame(stream)?;
            no_payload(&handshake.read_message(&message).map_err(refused)?)?;
        }
    }
    handshake.into_handshake().map_err(refused)
}

/// A channel over a stream, which is itself a stream.
///
/// - A write becomes one record of at most 16 KiB, is given to the stream at once and waits in memory
///   only for what the stream didn't take; `flush` waits for that too.
/// - `Ok(0)` from a read means that the peer closed its direction, and that nothing is missing. A
///   connection that was cut is `UnexpectedEof`.
/// - A record that was forged ends everything: `InvalidData`, and `NotConnected` afterwards.
/// - Keys are renewed by the policy on the way.
/// - [`close`](Self::close) tells the peer that nothing follows. Dropping the stream does not, as it
///   can't wait: to the peer it is a cut.
///
/// ```no_run
/// use std::io::{Read, Write};
/// use std::net::TcpStream;
/// use sprag::default::Handshake;
/// use sprag::transport::{AeadAlgorithm, ChannelPolicy, NoiseProtocol, Pattern, SecureStream};
/// # let server_key = [9; 32];
///
/// let protocol = NoiseProtocol::new(Pattern::NK, AeadAlgorithm::ChaCha20Poly1305);
/// let handshake = Handshake::initiator(protocol).remote_static(server_key).build()?;
/// let stream = TcpStream::connect("server.example:4433")?;
/// let mut stream = SecureStream::establish(stream, handshake, ChannelPolicy::default())?;
/// stream.write_all(b"hello")?;
/// stream.close()?;
/// let mut reply = String::new();
/// stream.read_to_string(&mut reply)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SecureStream<S, B: CryptoBackend> {
    stream: S,
    buffers: Buffers<B>,
}

impl<S: Read + Write, B: CryptoBackend> SecureStream<S, B> {
    /// Exchanges what is left of a handshake's messages, in frames, and goes on with a channel. For
    /// both sides. The messages have no payloads; one that has is refused.
    ///
    /// Whom one talks to is in [`Channel::remote_static`] of [`channel`](Self::channel), for patterns
    /// in which it was not known beforehand.
    ///
    /// # Errors
    /// The stream's; `InvalidData` with the [`TransportError`](super::TransportError) inside.
    pub fn establish(
        mut stream: S,
        mut handshake: Handshake<B>,
        policy: ChannelPolicy,
    ) -> io::Result<Self> {
        let rng = &mut entropy::system();
        while !handshake.is_finished() {
            if handshake.is_my_turn() {
                let message = handshake.write_message(&[], rng).map_err(refused)?;
                write_frame(&mut stream, &message)?;
            } else {
                let message = read_frame(&mut stream)?;
                no_payload(&handshake.read_message(&message).map_err(refused)?)?;
            }
        }
        let channel = handshake.into_channel(policy, platform::now());
        Ok(Self {
            stream,
            buffers: Buffers::new(channel.map_err(refused)?),
        })
    }

    /// Ends our direction: the peer's reads end with `Ok(0)`. Reading goes on.
    ///
    /// # Errors
    /// The stream's.
    pub fn close(&mut self) -> io::Result<()> {
        self.buffers.close()?;
        self.flush()
    }

    /// Sends the client a ticket for its next connection.
    ///
    /// # Errors
    /// The stream's; `InvalidData` with the [`TransportError`](super::TransportError) inside.
    pub fn send_ticket(&mut self, keys: &TicketKeys) -> io::Result<()> {
        self.buffers.add_ticket(keys)?;
        self.flush()
    }

    fn send_pending(&mut self) -> io::Result<()> {
        while !self.buffers.pending().is_empty() {
            match self.stream.write(self.buffers.pending()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                taken => self.buffers.took(taken?)?,
            }
        }
        Ok(())
    }
}

impl<S, B: CryptoBackend> SecureStream<S, B> {
    /// The channel: who the peer is, the channel binding, whether a direction is closed.
    #[must_use]
    pub const fn channel(&self) -> &Channel<B> {
        &self.buffers.channel
    }

    /// The newest ticket that came, if one did while reading.
    pub fn take_ticket(&mut self) -> Option<ClientTicket> {
        self.buffers.take_ticket()
    }

    /// The stream below, for its time-outs and addresses. What is written to it or read from it
    /// directly breaks the channel.
    #[must_use]
    pub const fn stream(&self) -> &S {
        &self.stream
    }
}

impl<S: Read + Write, B: CryptoBackend> Read for SecureStream<S, B> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        loop {
            if target.is_empty() || self.buffers.has_plain() {
                return Ok(self.buffers.give(target));
            }
            if self.buffers.has_ended() {
                return Ok(0);
            }
            if self.buffers.open()? {
                continue;
            }
            // Answers go out before we wait. A stream that takes none says so to the next write; what
            // it still has for us is read.
            let _ = self.send_pending();
            let len = self.stream.read(self.buffers.room())?;
            self.buffers.arrived(len)?;
        }
    }
}

impl<S: Read + Write, B: CryptoBackend> Write for SecureStream<S, B> {
    fn write(&mut self, payload: &[u8]) -> io::Result<usize> {
        self.send_pending()?;
        let len = self.buffers.seal(payload)?;
        // It is sealed and must not be sealed again: a stream that fails says so at the next call.
        let _ = self.send_pending();
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send_pending()?;
        self.stream.flush()
    }
}

impl<S, B: CryptoBackend> fmt::Debug for SecureStream<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecureStream")
            .field("channel", &self.buffers.channel)
            .finish_non_exhaustive()
    }
}
