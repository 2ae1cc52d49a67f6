//! Agreeing on a version and a protocol, so that nobody between the two can make it a lesser one.
//!
//! ```text
//! client -> server   0x17 || offer      what the client speaks, what it prefers first
//! server -> client   0x18 || offer      what the server speaks
//! offer     count(1) || version * count || count(1) || protocol(2) * count
//! prologue  "SPRAG1 tr" || purpose(1) || lp(client's offer) || SHA-256(server's offer)
//! ```
//! Both sides compute the choice from both offers: the highest common version, and the first protocol
//! of the client's order that the server has. Both offers are in the handshake's prologue, byte for
//! byte, with what is unknown in them; a changed one makes the handshake fail on both sides.

use alloc::vec::Vec;

use crate::backend::CryptoBackend;
use crate::codec::{Malformed, Reader, Writer};
use crate::primitives::Hmac;
use crate::transport::error::TransportError;
use crate::transport::noise::NoiseProtocol;

/// The version of transport sessions this crate speaks.
pub const TRANSPORT_VERSION: u8 = 1;

const LABEL: &[u8] = b"SPRAG1 tr";
/// First byte of what a client sends: version 1, type 7.
const CLIENT: u8 = 0x17;
/// First byte of what a server answers: version 1, type 8.
const SERVER: u8 = 0x18;
const MAX_VERSIONS: usize = 16;
const MAX_PROTOCOLS: usize = 64;

/// What one side speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Strictly ascending; unknown ones are kept.
    versions: Vec<u8>,
    /// By preference; unknown ones are kept.
    protocols: Vec<u16>,
}

/// What a handshake is for; its prologue says so, and that of one purpose is of no use for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// A whole handshake.
    Session = 1,
    /// A resumption with a ticket.
    Resumption = 2,
}

/// What client and server agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    version: u8,
    protocol: NoiseProtocol,
    client: Vec<u8>,
    server: Vec<u8>,
}

impl Offer {
    /// An offer of these protocols, what is preferred first, in the version that this crate speaks.
    ///
    /// # Errors
    /// [`TransportError::InvalidPolicy`] for none, more than 64, or one twice.
    pub fn new(protocols: &[NoiseProtocol]) -> Result<Self, TransportError> {
        let protocols: Vec<_> = protocols.iter().map(|protocol| protocol.id()).collect();
        let offer = Self {
            versions: [TRANSPORT_VERSION].into(),
            protocols,
        };
        let valid = offer.check().is_ok();
        valid.then_some(offer).ok_or(TransportError::InvalidPolicy)
    }

    fn check(&self) -> Result<(), Malformed> {
        let versions = 1..=MAX_VERSIONS;
        let protocols = 1..=MAX_PROTOCOLS;
        let counted =
            versions.contains(&self.versions.len()) && protocols.contains(&self.protocols.len());
        let ascending = self.versions.is_sorted_by(|a, b| a < b);
        let mut sorted = self.protocols.clone();
        sorted.sort_unstable();
        let distinct = sorted.is_sorted_by(|a, b| a < b);
        let valid = counted && ascending && distinct;
        valid.then_some(()).ok_or(Malformed)
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // The counts are at most 16 and 64.
        bytes.put(&[self.versions.len() as u8]);
        bytes.put(&self.versions);
        bytes.put(&[self.protocols.len() as u8]);
        for protocol in &self.protocols {
            bytes.put_u16(*protocol);
        }
        bytes
    }

    fn encode(&self, first: u8) -> Vec<u8> {
        [[first].as_slice(), &self.bytes()].concat()
    }

    fn decode(first: u8, bytes: &[u8]) -> Result<Self, TransportError> {
        let mut reader = Reader::new(bytes);
        if reader.u8()? != first {
            return Err(TransportError::Malformed);
        }
        let count = reader.u8()?;
        let versions = reader.bytes(count.into())?.to_vec();
        let count = reader.u8()?;
        let protocols: Result<Vec<_>, _> = (0..count).map(|_| reader.u16()).collect();
        let offer = Self {
            versions,
            protocols: protocols?,
        };
        reader.finish()?;
        offer.check()?;
        Ok(offer)
    }

    /// What a client sends first.
    #[must_use]
    pub fn encode_client(&self) -> Vec<u8> {
        self.encode(CLIENT)
    }

    /// What a server answers.
    #[must_use]
    pub fn encode_server(&self) -> Vec<u8> {
        self.encode(SERVER)
    }

    /// A client's offer, as the server received it.
    ///
    /// # Errors
    /// [`TransportError::Malformed`] if these are not the canonical bytes of one.
    pub fn decode_client(bytes: &[u8]) -> Result<Self, TransportError> {
        Self::decode(CLIENT, bytes)
    }

    /// A server's offer, as the client received it.
    ///
    /// # Errors
    /// [`TransportError::Malformed`] if these are not the canonical bytes of one.
    pub fn decode_server(bytes: &[u8]) -> Result<Self, TransportError> {
        Self::decode(SERVER, bytes)
    }

    /// What a client with this offer and a server with that one do. A client that knows the server's
    /// offer from before need not wait for the answer; if it is another one, the handshake fails.
    ///
    /// # Errors
    /// [`TransportError::NoCommonProtocol`].
    pub fn agree(&self, server: &Self) -> Result<Agreed, TransportError> {
        let version =
            self.versions.iter().rev().find(|version| {
                server.versions.contains(version) && **version <= TRANSPORT_VERSION
            });
        let common = self
            .protocols
            .iter()
            .filter(|id| server.protocols.contains(id));
        let protocol = common.copied().find_map(NoiseProtocol::from_id);
        match (version, protocol) {
            (Some(version), Some(protocol)) => Ok(Agreed {
                version: *version,
                protocol,
                client: self.bytes(),
                server: server.bytes(),
            }),
            _ => Err(TransportError::NoCommonProtocol),
        }
    }
}

impl Agreed {
    /// The version.
    #[must_use]
    pub const fn version(&self) -> u8 {
        self.version
    }

    /// The protocol.
    #[must_use]
    pub const fn protocol(&self) -> NoiseProtocol {
        self.protocol
    }

    /// The prologue of the handshake, which holds both sides to both offers.
    #[must_use]
    pub fn prologue<B: CryptoBackend>(&self, purpose: Purpose) -> Vec<u8> {
        let mut prologue = LABEL.to_vec();
        prologue.put(&[purpose as u8]);
        // An offer has at most 146 bytes.
        prologue.put_u16(u16::try_from(self.client.len()).unwrap_or(u16::MAX));
        prologue.put(&self.client);
        prologue.put(&B::HmacSha256::sha256(&[&self.server]));
        prologue
    }
}
