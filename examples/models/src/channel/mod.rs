//! The parts of a model in which client and server share the channel's keys: both read what is said.
//!
//! What lives here: the [`Server`], its [`Handler`], the [`Client`] with its [`Connection`]s, and the
//! [`Tap`] between them, which copies what passes. What does not: what is said, which is the handler's.
//! A request and its answer are frames of [`crate::net`], inside of the channel.

mod client;
mod server;
mod tap;

pub use client::{Client, Closed, Connection, Wire};
pub use server::{Handler, Peer, Server};
pub use tap::Tap;

use sprag::transport::{
    AeadAlgorithm, ChannelPolicy, FundamentalPattern, Limits, NoiseProtocol, Offer, Pattern,
    TransportError,
};

/// What both sides know of a resumption before it begins.
const RESUMPTION: &[u8] = b"sprag-models resumption";

/// What a client speaks, as [`protocols`] says.
///
/// # Errors
/// None in practice.
pub fn spoken(known: bool) -> Result<Offer, TransportError> {
    Offer::new(&protocols(known))
}

/// The protocols of a client in its order: first the hybrid with ML-KEM. With a key of its own it says who it
/// is once the server has proved itself (`XK`), without one it stays anonymous (`NK`).
#[must_use]
pub fn protocols(known: bool) -> Vec<NoiseProtocol> {
    let base = if known {
        FundamentalPattern::XK
    } else {
        FundamentalPattern::NK
    };
    let plain = |cipher| NoiseProtocol::new(Pattern::new(base), cipher);
    let hybrid = NoiseProtocol::hybrid(base, AeadAlgorithm::Aes256Gcm);
    let ciphers = [AeadAlgorithm::Aes256Gcm, AeadAlgorithm::ChaCha20Poly1305];
    hybrid.into_iter().chain(ciphers.map(plain)).collect()
}

/// What a server speaks: whatever its clients do.
fn served() -> Result<Offer, TransportError> {
    Offer::new(&[protocols(true), protocols(false)].concat())
}

/// The usual policy with these limits, beyond which a key is renewed, to the letter.
#[must_use]
pub fn renewing(soft: Limits) -> ChannelPolicy {
    ChannelPolicy {
        soft,
        jitter: 0,
        ..ChannelPolicy::default()
    }
}
