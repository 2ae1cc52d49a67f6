//! The generator of load: sends on time, whatever the server does, and notes when answers come.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::traffic::Traffic;
use crate::workload::{OrWrong, Wrong};

/// What came back.
pub(super) struct Heard {
    /// The answers, in the order of the questions.
    pub(super) answers: Vec<Vec<u8>>,
    /// When each was complete, since the start.
    pub(super) arrivals: Vec<Duration>,
    /// How much later than due each question was sent.
    pub(super) lags: Vec<Duration>,
}

/// Sends the messages of `traffic` at the times of `schedule`, until every answer has come or the
/// deadline has.
pub(super) fn offer<B>(
    address: SocketAddr,
    traffic: &Traffic<B>,
    schedule: &[Duration],
    deadline: Instant,
) -> Result<Heard, Wrong> {
    let mut stream = TcpStream::connect(address).or_wrong("connecting")?;
    stream.set_nodelay(true).or_wrong("connecting")?;
    stream.set_nonblocking(true).or_wrong("connecting")?;
    let mut heard = Heard {
        answers: Vec::with_capacity(schedule.len()),
        arrivals: Vec::with_capacity(schedule.len()),
        lags: Vec::with_capacity(schedule.len()),
    };
    let (mut outgoing, mut incoming) = (Outgoing::default(), Incoming::new());
    let mut due = schedule.iter().zip(&traffic.messages).peekable();
    let start = Instant::now();
    while heard.answers.len() < schedule.len() && Instant::now() < deadline {
        let now = start.elapsed();
        while let Some((&time, message)) = due.next_if(|(time, _)| **time <= now) {
            outgoing.put(message)?;
            heard.lags.push(now - time);
        }
        outgoing.send(&mut stream)?;
        incoming.receive(&mut stream)?;
        while let Some(answer) = incoming.take() {
            heard.answers.push(answer);
            heard.arrivals.push(start.elapsed());
        }
        std::hint::spin_loop();
    }
    Ok(heard)
}

/// Bytes on their way out, each message behind its length.
#[derive(Default)]
pub(super) struct Outgoing {
    bytes: Vec<u8>,
    sent: usize,
}

impl Outgoing {
    pub(super) fn put(&mut self, message: &[u8]) -> Result<(), Wrong> {
        let len = u32::try_from(message.len()).or_wrong("a message's length")?;
        self.bytes.extend(len.to_be_bytes());
        self.bytes.extend(message);
        Ok(())
    }

    /// Sends what the connection takes without waiting.
    pub(super) fn send(&mut self, stream: &mut TcpStream) -> Result<(), Wrong> {
        while self.sent < self.bytes.len() {
            match stream.write(&self.bytes[self.sent..]) {
                Ok(len) => self.sent += len,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(Wrong(format!("sending: {error}"))),
            }
        }
        self.bytes.clear();
        self.sent = 0;
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// Bytes that have come in, to be cut into messages.
pub(super) struct Incoming {
    bytes: Vec<u8>,
    taken: usize,
    chunk: Box<[u8; 64 * 1024]>,
}

impl Incoming {
    pub(super) fn new() -> Self {
        Self {
            bytes: Vec::new(),
            taken: 0,
            chunk: Box::new([0; 64 * 1024]),
        }
    }

    /// Receives what is there without waiting; `false` once the other side has closed.
    pub(super) fn receive(&mut self, stream: &mut TcpStream) -> Result<bool, Wrong> {
        if self.taken == self.bytes.len() {
            self.bytes.clear();
            self.taken = 0;
        }
        match stream.read(&mut self.chunk[..]) {
            Ok(0) => Ok(false),
            Ok(len) => {
                self.bytes.extend(&self.chunk[..len]);
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(true),
            Err(error) => Err(Wrong(format!("receiving: {error}"))),
        }
    }

    /// The next whole message.
    pub(super) fn take(&mut self) -> Option<Vec<u8>> {
        let rest = self.bytes.get(self.taken..)?;
        let (len, rest) = rest.split_first_chunk::<4>()?;
        let message = rest.get(..u32::from_be_bytes(*len) as usize)?.to_vec();
        self.taken += 4 + message.len();
        Some(message)
    }
}
