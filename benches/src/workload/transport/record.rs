//! Records of a channel, in buffers of the caller.

use std::ops::Range;

use sprag::sprag_core::backend::CryptoBackend;
use sprag::sprag_core::suite::AeadAlgorithm;
use sprag::sprag_core::transport::{
    Channel, ChannelPolicy, DATAGRAM_HEADER_LEN, DATAGRAM_OVERHEAD, DatagramChannel, Pattern,
    Received, ReceivedDatagram, Renewal, STREAM_HEADER_LEN, STREAM_OVERHEAD, TransportError,
};

use super::Carrier;
use super::handshake::{Strangers, ends};
use crate::workload::meeting::NOW;
use crate::workload::{Buffer, Operation, OrWrong, Wrong, capacity_for, ensure, operation};

const TEXT: u8 = b't';

pub(super) fn seal<B: CryptoBackend>(
    carrier: Carrier,
    aead: AeadAlgorithm,
    size: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    match carrier {
        Carrier::Stream => Ok(sealing(Stream::<B>::new(aead, seed)?, size)),
        Carrier::Datagrams => Ok(sealing(Datagrams::<B>::new(aead, seed)?, size)),
    }
}

pub(super) fn open<B: CryptoBackend>(
    carrier: Carrier,
    aead: AeadAlgorithm,
    size: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    match carrier {
        Carrier::Stream => Ok(opening(Stream::<B>::new(aead, seed)?, size)),
        Carrier::Datagrams => Ok(opening(Datagrams::<B>::new(aead, seed)?, size)),
    }
}

fn sealing<L: Line + 'static>(line: L, size: usize) -> Box<dyn Operation> {
    operation(
        line,
        capacity_for(size),
        move |line| {
            // Every record before was opened.
            line.renew()?;
            Ok(blank::<L>(size))
        },
        |line, record| line.seal(record.get_mut()).or_wrong("seal_in_place"),
        move |line, record, digest| {
            digest.absorb(record.get());
            let text = line.open(record.get_mut()).or_wrong("open_in_place")?;
            expect(&record.get()[text], size)
        },
    )
}

fn opening<L: Line + 'static>(line: L, size: usize) -> Box<dyn Operation> {
    operation(
        line,
        capacity_for(size),
        move |line| {
            let mut record = blank::<L>(size);
            line.seal(record.get_mut()).or_wrong("seal_in_place")?;
            Ok((record, 0..0))
        },
        |line, (record, text)| {
            *text = line.open(record.get_mut()).or_wrong("open_in_place")?;
            Ok(())
        },
        move |line, (record, text), digest| {
            let text = &record.get()[text.clone()];
            digest.absorb(text);
            expect(text, size)?;
            // All that were sealed are open by now.
            line.renew()
        },
    )
}

fn blank<L: Line>(size: usize) -> Buffer {
    let (head, overhead) = L::OVERHEAD;
    // What is sealed, the kind before the payload, starts at a cache line, as in the floor.
    let mut record = Buffer::at_offset(size + overhead, 64 - (head - 1));
    record.get_mut()[head..head + size].fill(TEXT);
    record
}

fn expect(text: &[u8], size: usize) -> Result<(), Wrong> {
    ensure(
        text.len() == size && text.iter().all(|byte| *byte == TEXT),
        "the plaintext is another one",
    )
}

/// Two ends, one of which sends to the other.
trait Line: Send {
    /// How long a record's header is, and how much longer than its payload a record.
    const OVERHEAD: (usize, usize);

    fn seal(&mut self, record: &mut [u8]) -> Result<(), TransportError>;

    /// Opens a record of data and says where they stand.
    fn open(&mut self, record: &mut [u8]) -> Result<Range<usize>, TransportError>;

    /// Renews the sender's key where that is due. No record is under way.
    fn renew(&mut self) -> Result<(), Wrong>;
}

/// Of the renewals none but that of the sender's key is ever due.
fn policy() -> ChannelPolicy {
    ChannelPolicy {
        agreement_bytes: u64::MAX,
        ..ChannelPolicy::default()
    }
}

struct Stream<B: CryptoBackend> {
    from: Channel<B>,
    to: Channel<B>,
}

impl<B: CryptoBackend> Stream<B> {
    fn new(aead: AeadAlgorithm, seed: u64) -> Result<Self, Wrong> {
        let sides = Strangers::<B>::new(seed)?.meet(Pattern::NK, aead)?;
        let (from, to) = ends(sides, |side| side.into_channel(policy(), NOW))?;
        Ok(Self { from, to })
    }
}

impl<B: CryptoBackend> Line for Stream<B> {
    const OVERHEAD: (usize, usize) = (STREAM_HEADER_LEN, STREAM_OVERHEAD);

    fn seal(&mut self, record: &mut [u8]) -> Result<(), TransportError> {
        self.from.seal_in_place(record)
    }

    fn open(&mut self, record: &mut [u8]) -> Result<Range<usize>, TransportError> {
        match self.to.open_in_place(record)? {
            Received::Data(text) => Ok(text),
            _ => Err(TransportError::UnexpectedRecord),
        }
    }

    fn renew(&mut self) -> Result<(), Wrong> {
        if self.from.renewal() == Some(Renewal::Sending) {
            let mut record = self.from.update(false).or_wrong("update")?;
            self.to.open_in_place(&mut record).or_wrong("update")?;
        }
        Ok(())
    }
}

struct Datagrams<B: CryptoBackend> {
    from: DatagramChannel<B>,
    to: DatagramChannel<B>,
}

impl<B: CryptoBackend> Datagrams<B> {
    fn new(aead: AeadAlgorithm, seed: u64) -> Result<Self, Wrong> {
        let sides = Strangers::<B>::new(seed)?.meet(Pattern::NK, aead)?;
        let (from, to) = ends(sides, |side| side.into_datagram_channel(policy(), NOW))?;
        Ok(Self { from, to })
    }
}

impl<B: CryptoBackend> Line for Datagrams<B> {
    const OVERHEAD: (usize, usize) = (DATAGRAM_HEADER_LEN, DATAGRAM_OVERHEAD);

    fn seal(&mut self, record: &mut [u8]) -> Result<(), TransportError> {
        self.from.seal_in_place(record)
    }

    fn open(&mut self, record: &mut [u8]) -> Result<Range<usize>, TransportError> {
        match self.to.open_in_place(record)? {
            ReceivedDatagram::Data(text) => Ok(text),
            _ => Err(TransportError::UnexpectedRecord),
        }
    }

    /// The next key is told, and the answer says that it arrived.
    fn renew(&mut self) -> Result<(), Wrong> {
        if let Some(mut told) = self.from.control().or_wrong("control")? {
            self.to.open_in_place(&mut told).or_wrong("update")?;
            let answer = self.to.control().or_wrong("control")?;
            let mut answer = answer.ok_or_else(|| Wrong::new("no answer"))?;
            self.from.open_in_place(&mut answer).or_wrong("answer")?;
        }
        Ok(())
    }
}
