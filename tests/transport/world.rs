//! Two sides of a handshake, and what they need.

use std::sync::Arc;

use rand_chacha::ChaCha20Rng;
use sprag::rand_core::SeedableRng;
use sprag::sprag_core::CryptoBackend;
use sprag::sprag_core::suite::AeadAlgorithm;
use sprag::sprag_core::transport::{
    Channel, ChannelPolicy, DatagramChannel, Handshake, HandshakeBuilder, Limits, NoiseProtocol,
    Pattern, Received, StaticKey,
};
use sprag::{Secret, UnixTime};

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
    if protocol.pattern().psk().is_some() && !protocol.is_hybrid() {
        builder = builder.psk(Secret::new(PSK));
    }
    builder
}

pub(crate) fn pair<B: CryptoBackend>(protocol: NoiseProtocol) -> (Handshake<B>, Handshake<B>) {
    let build = |initiator| builder(protocol, initiator).build().unwrap();
    (build(true), build(false))
}

pub(crate) const NOW: UnixTime = UnixTime(1_700_000_000);

/// Both sides of a finished handshake.
pub(crate) fn finished<B: CryptoBackend>(protocol: NoiseProtocol) -> (Handshake<B>, Handshake<B>) {
    let (mut client, mut server) = pair::<B>(protocol);
    let rng = &mut rng(9);
    while !client.is_finished() {
        let (from, to) = if client.is_my_turn() {
            (&mut client, &mut server)
        } else {
            (&mut server, &mut client)
        };
        let message = from.write_message(b"", rng).unwrap();
        to.read_message(&message).unwrap();
    }
    (client, server)
}

pub(crate) fn channels<B: CryptoBackend>(policy: ChannelPolicy) -> (Channel<B>, Channel<B>) {
    let protocol = NoiseProtocol::new(Pattern::XX, AeadAlgorithm::ChaCha20Poly1305);
    let (client, server) = finished(protocol);
    let client = client.into_channel(policy, NOW).unwrap();
    (client, server.into_channel(policy, NOW).unwrap())
}

pub(crate) fn datagram_channels<B: CryptoBackend>(
    policy: ChannelPolicy,
) -> (DatagramChannel<B>, DatagramChannel<B>) {
    let protocol = NoiseProtocol::new(Pattern::XX, AeadAlgorithm::Aes256Gcm);
    let (client, server) = finished(protocol);
    let client = client.into_datagram_channel(policy, NOW).unwrap();
    (client, server.into_datagram_channel(policy, NOW).unwrap())
}

/// No limit is reached and nothing is renewed unasked.
pub(crate) fn quiet() -> ChannelPolicy {
    let most = Limits {
        records: ChannelPolicy::most_records(AeadAlgorithm::Aes256Gcm),
        bytes: u64::MAX,
        age: u64::MAX,
    };
    ChannelPolicy {
        soft: most,
        hard: most,
        agreement_bytes: u64::MAX,
        agreement_age: u64::MAX,
        jitter: 0,
        max_forgeries: ChannelPolicy::MAX_FORGERIES,
    }
}

/// Opens a record that must hold data.
pub(crate) fn open<B: CryptoBackend>(channel: &mut Channel<B>, record: &[u8]) -> Vec<u8> {
    let mut record = record.to_vec();
    match channel.open_in_place(&mut record).unwrap() {
        Received::Data(range) => record[range].to_vec(),
        other => panic!("{other:?}"),
    }
}
