//! Two sides of a handshake, and what they need.

use std::sync::Arc;

use rand_chacha::ChaCha20Rng;
use sprag::Secret;
use sprag::rand_core::SeedableRng;
use sprag::sprag_core::CryptoBackend;
use sprag::sprag_core::transport::{Handshake, HandshakeBuilder, NoiseProtocol, StaticKey};

pub(crate) const CLIENT_PRIVATE: [u8; 32] = [0x11; 32];
pub(crate) const SERVER_PRIVATE: [u8; 32] = [0x22; 32];
pub(crate) const PSK: [u8; 32] = [0x33; 32];
pub(crate) const PROLOGUE: &[u8] = b"a prologue";

pub(crate) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

pub(crate) fn key<B: CryptoBackend>(private: [u8; 32]) -> Arc<StaticKey<B>> {
    Arc::new(StaticKey::new(&Secret::new(private)).unwrap())
}

/// Which static keys a side gives by its base pattern's letters, of which the deferring digits say
/// nothing: (own, the peer's).
fn keys(protocol: NoiseProtocol, initiator: bool) -> (bool, bool) {
    let name = format!("{:?}", protocol.pattern().base());
    let letters: Vec<char> = name.chars().filter(char::is_ascii_uppercase).collect();
    let (initiators, responders) = match letters[..] {
        [one] => (one, 'K'),
        [first, second] => (first, second),
        _ => panic!("{name}"),
    };
    let (own, peers) = if initiator {
        (initiators, responders)
    } else {
        (responders, initiators)
    };
    (own != 'N', peers == 'K')
}

pub(crate) fn builder<B: CryptoBackend>(
    protocol: NoiseProtocol,
    initiator: bool,
) -> HandshakeBuilder<B> {
    let (builder, private, peers) = if initiator {
        (
            Handshake::initiator(protocol),
            CLIENT_PRIVATE,
            SERVER_PRIVATE,
        )
    } else {
        (
            Handshake::responder(protocol),
            SERVER_PRIVATE,
            CLIENT_PRIVATE,
        )
    };
    let mut builder = builder.prologue(PROLOGUE);
    let (own, remote) = keys(protocol, initiator);
    if own {
        builder = builder.static_key(key(private));
    }
    if remote {
        builder = builder.remote_static(*key::<B>(peers).public());
    }
    if protocol.pattern().psk().is_some() {
        builder = builder.psk(Secret::new(PSK));
    }
    builder
}

pub(crate) fn pair<B: CryptoBackend>(protocol: NoiseProtocol) -> (Handshake<B>, Handshake<B>) {
    let build = |initiator| builder(protocol, initiator).build().unwrap();
    (build(true), build(false))
}
