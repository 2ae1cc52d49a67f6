//! Frames over TCP: one request, one answer, counted.
//!
//! A frame is its length as a big-endian `u32`, at most [`MAX_FRAME`], and so many bytes. An answer's
//! first byte says whether the request was accepted; after a refusal follows why, as text. Buffers are
//! wiped when they are dropped: a relay's claim to have deleted a message holds for its memory as well.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use sprag::SecretBytes;

use crate::{Result, fields};

/// The longest frame in bytes, without its length.
pub const MAX_FRAME: usize = 4 << 20;

/// So long a peer may take for a frame.
pub const PATIENCE: Duration = Duration::from_secs(30);

const ACCEPTED: u8 = 0;
const REFUSED: u8 = 1;

/// A client's connection to a server.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    sent: u64,
    received: u64,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// The network's.
    pub fn open(to: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(to)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream,
            sent: 0,
            received: 0,
        })
    }

    /// Sends a request of these fields and waits for its answer, which is one of fields too.
    ///
    /// # Errors
    /// [`Refused`] with what the server said; the network's.
    pub fn call(&mut self, request: &[&[u8]]) -> Result<SecretBytes> {
        let request = fields::join(request);
        write_frame(&mut self.stream, &request)?;
        self.sent += request.len() as u64 + 4;
        let answer = read_frame(&mut self.stream)?
            .ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        self.received += answer.len() as u64 + 4;
        answered(&answer)
    }

    /// Bytes sent so far, lengths included, TCP's own left out.
    #[must_use]
    pub const fn sent(&self) -> u64 {
        self.sent
    }

    /// Bytes received so far, likewise.
    #[must_use]
    pub const fn received(&self) -> u64 {
        self.received
    }
}

/// What a server does with a request.
pub trait Service: Send + Sync + 'static {
    /// Answers one request, given and returned as fields joined ([`fields`]).
    ///
    /// # Errors
    /// Why the request is refused; the client is told.
    fn answer(&self, request: &[u8]) -> Result<SecretBytes>;
}

/// Serves on a free loopback port, a thread for each connection, until the process ends.
///
/// # Errors
/// The network's.
pub fn serve<S: Service>(service: Arc<S>) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let service = Arc::clone(&service);
            // A connection that breaks is its client's matter.
            thread::spawn(move || attend(stream, &*service));
        }
    });
    Ok(address)
}

fn attend<S: Service>(mut stream: TcpStream, service: &S) -> io::Result<()> {
    stream.set_nodelay(true)?;
    while let Some(request) = read_frame(&mut stream)? {
        write_frame(&mut stream, &answer(service.answer(&request)))?;
    }
    Ok(())
}

/// What goes into the frame of an answer: whether the request was accepted, and what is said to it.
pub(crate) fn answer(outcome: Result<SecretBytes>) -> SecretBytes {
    let (status, body) = match outcome {
        Ok(body) => (ACCEPTED, body),
        Err(error) => (REFUSED, SecretBytes::from(error.to_string().into_bytes())),
    };
    let mut answer = SecretBytes::with_capacity(body.len() + 1);
    answer.extend_from_slice(&[status]);
    answer.extend_from_slice(&body);
    answer
}

/// What a frame answers, or why it refuses.
pub(crate) fn answered(frame: &[u8]) -> Result<SecretBytes> {
    match frame.split_first() {
        Some((&ACCEPTED, answer)) => Ok(SecretBytes::from(answer)),
        Some((_, why)) => Err(Refused(String::from_utf8_lossy(why).into_owned()).into()),
        None => Err(fields::Malformed.into()),
    }
}

/// Writes a frame.
///
/// # Errors
/// `InvalidInput` if it is longer than [`MAX_FRAME`]; the network's.
pub fn write_frame(to: &mut impl Write, body: &[u8]) -> io::Result<()> {
    if body.len() > MAX_FRAME {
        let why = "the frame is too long";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    let mut frame = SecretBytes::with_capacity(body.len() + 4);
    frame.extend_from_slice(&(body.len() as u32).to_be_bytes());
    frame.extend_from_slice(body);
    to.write_all(&frame)
}

/// Reads a frame; `None` if the peer closed between two.
///
/// # Errors
/// `InvalidData` if it would be longer than [`MAX_FRAME`]; the network's.
pub fn read_frame(from: &mut impl Read) -> io::Result<Option<SecretBytes>> {
    let mut length = [0; 4];
    if from.read(&mut length[..1])? == 0 {
        return Ok(None);
    }
    from.read_exact(&mut length[1..])?;
    let length = u32::from_be_bytes(length) as usize;
    if length > MAX_FRAME {
        let why = "the frame is too long";
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    let mut body = SecretBytes::from(vec![0; length]);
    from.read_exact(&mut body)?;
    Ok(Some(body))
}

/// The server refused a request, and said why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server refused: {}", self.0)
    }
}

impl std::error::Error for Refused {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_comes_back_and_one_that_claims_too_much_is_refused() {
        let mut wire = Vec::new();
        assert!(write_frame(&mut wire, b"hello").is_ok());
        let read = read_frame(&mut &wire[..]).ok().flatten();
        assert_eq!(read.as_deref(), Some(&b"hello"[..]));
        assert!(matches!(read_frame(&mut &b""[..]), Ok(None)));
        let too_long = (MAX_FRAME as u32 + 1).to_be_bytes();
        let refused = read_frame(&mut &too_long[..]).map_err(|error| error.kind());
        assert_eq!(refused.err(), Some(io::ErrorKind::InvalidData));
        assert!(read_frame(&mut &wire[..6]).is_err());
    }
}
