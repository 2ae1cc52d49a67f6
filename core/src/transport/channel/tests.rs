//! What needs a counter that no test can count to.

use crate::suite::AeadAlgorithm;
use crate::testing::null::Null;
use crate::time::UnixTime;
use crate::transport::channel::record::Kind;
use crate::transport::channel::{
    Channel, ChannelPolicy, DatagramChannel, Limits, Received, ReceivedDatagram,
};
use crate::transport::{Handshake, LimitKind, NoiseProtocol, Pattern, TransportError};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// Length of an agreement's messages in bytes.
const AGREEMENT: usize = 48;
const NOW: UnixTime = UnixTime(1_700_000_000);
const BOTH: [AeadAlgorithm; 2] = [AeadAlgorithm::Aes256Gcm, AeadAlgorithm::ChaCha20Poly1305];

fn handshakes(aead: AeadAlgorithm) -> (Handshake<Null>, Handshake<Null>) {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let protocol = NoiseProtocol::new(Pattern::NN_PSK0, aead);
    let psk = || crate::Secret::new([5; 32]);
    let client = Handshake::<Null>::initiator(protocol).psk(psk()).build();
    let server = Handshake::<Null>::responder(protocol).psk(psk()).build();
    let (mut client, mut server) = (client.unwrap(), server.unwrap());
    let first = client.write_message(&[], rng).unwrap();
    server.read_message(&first).unwrap();
    let second = server.write_message(&[], rng).unwrap();
    client.read_message(&second).unwrap();
    (client, server)
}

/// As much as the cipher allows.
fn widest(aead: AeadAlgorithm) -> ChannelPolicy {
    let limits = Limits {
        records: ChannelPolicy::most_records(aead),
        bytes: u64::MAX,
        age: u64::MAX,
    };
    ChannelPolicy {
        soft: limits,
        hard: limits,
        agreement_bytes: u64::MAX,
        agreement_age: u64::MAX,
        jitter: 0,
        max_forgeries: ChannelPolicy::MAX_FORGERIES,
    }
}

fn streams(aead: AeadAlgorithm) -> (Channel<Null>, Channel<Null>) {
    let (client, server) = handshakes(aead);
    let policy = widest(aead);
    (
        client.into_channel(policy, NOW).unwrap(),
        server.into_channel(policy, NOW).unwrap(),
    )
}

fn datagrams(aead: AeadAlgorithm) -> (DatagramChannel<Null>, DatagramChannel<Null>) {
    let (client, server) = handshakes(aead);
    let policy = widest(aead);
    (
        client.into_datagram_channel(policy, NOW).unwrap(),
        server.into_datagram_channel(policy, NOW).unwrap(),
    )
}

#[test]
fn a_streams_last_numbers_are_used_once_and_a_new_key_goes_on() {
    for aead in BOTH {
        let (mut client, mut server) = streams(aead);
        let start = ChannelPolicy::most_records(aead) - 2;
        client.sending.as_mut().unwrap().set_records(start);
        let receiving = server.receiving.as_mut().unwrap();
        receiving.current.set_records(start);
        // The key's last but one number seals data, the last the record that renews the key.
        let mut record = client.seal(b"text").unwrap();
        assert_eq!(server.open_in_place(&mut record), Ok(Received::Data(3..7)));
        let mut update = client.update(false).unwrap();
        assert_eq!(server.open_in_place(&mut update), Ok(Received::Control));
        let mut record = client.seal(b"text").unwrap();
        assert_eq!(server.open_in_place(&mut record), Ok(Received::Data(3..7)));
    }
}

#[test]
fn no_record_of_any_kind_goes_beyond_the_ciphers_limit() {
    for aead in BOTH {
        let (mut client, mut server) = streams(aead);
        let start = ChannelPolicy::most_records(aead) - 2;
        client.sending.as_mut().unwrap().set_records(start);
        client.seal(b"one").unwrap();
        client.seal(b"two").unwrap();
        let refused = Err(TransportError::LimitReached(LimitKind::Records));
        for _ in 0..3 {
            assert_eq!(client.seal(b"three"), refused);
            assert_eq!(client.update(false), refused);
            assert_eq!(client.close(), refused);
        }
        // Counters at their very end, whatever led there, don't wrap either.
        for start in [u64::MAX - 2, u64::MAX] {
            client.sending.as_mut().unwrap().set_records(start);
            assert_eq!(client.seal(b"three"), refused);
            let receiving = server.receiving.as_mut().unwrap();
            receiving.current.set_records(start);
            let opened = server.open_in_place(&mut [0; 30]);
            assert_eq!(opened, Err(TransportError::Malformed));
            let mut record = [0; 30];
            record[1] = 28;
            let opened = server.open_in_place(&mut record);
            assert_eq!(
                opened,
                Err(TransportError::LimitReached(LimitKind::Records))
            );
        }
    }
}

#[test]
fn a_datagrams_last_number_is_the_last() {
    for aead in BOTH {
        let (mut client, mut server) = datagrams(aead);
        let start = ChannelPolicy::most_records(aead) - 2;
        client.set_records(start);
        for _ in 0..2 {
            let mut record = client.seal(b"text").unwrap();
            let opened = server.open_in_place(&mut record);
            assert_eq!(opened, Ok(ReceivedDatagram::Data(9..13)));
            let again = server.open_in_place(&mut record);
            assert_eq!(again, Err(TransportError::Duplicate));
        }
        for start in [None, Some((1 << 48) - 1 + 1), Some(u64::MAX)] {
            if let Some(start) = start {
                client.set_records(start);
            }
            assert!(matches!(
                client.seal(b"text"),
                Err(TransportError::LimitReached(LimitKind::Records))
            ));
        }
        client.update().unwrap();
        let mut record = client.seal(b"text").unwrap();
        let opened = server.open_in_place(&mut record);
        assert_eq!(opened, Ok(ReceivedDatagram::Data(9..13)));
    }
}

#[test]
fn records_that_have_no_place_are_refused_and_change_nothing_but_none_follows_them() {
    let unexpected = Err(TransportError::UnexpectedRecord);
    for (from_client, kind, payload) in [
        (true, Kind::Ticket, b"ticket".as_slice()),
        (true, Kind::Update, b"x"),
        (true, Kind::UpdateAndAsk, b"x"),
        (true, Kind::Close, b"x"),
        (true, Kind::Switch, b"x"),
        // Nobody has started an agreement.
        (true, Kind::Switch, b""),
        (false, Kind::Switch, b""),
        (false, Kind::Agreement, &[9; AGREEMENT]),
        // Without a payload a handshake message has one length.
        (true, Kind::Agreement, b""),
        (true, Kind::Agreement, &[9; AGREEMENT - 1]),
        (true, Kind::Agreement, &[9; AGREEMENT + 1]),
    ] {
        let (client, server) = streams(AeadAlgorithm::Aes256Gcm);
        let (mut from, mut to) = if from_client {
            (client, server)
        } else {
            (server, client)
        };
        let before = to.receiving.as_ref().unwrap().current.records();
        let mut record = from.seal_kind(kind, payload).unwrap();
        assert_eq!(to.open_in_place(&mut record), unexpected, "{kind:?}");
        assert!(record.iter().all(|byte| *byte == 0), "{kind:?}");
        let mut behind = from.seal(b"text").unwrap();
        let refused = to.open_in_place(&mut behind);
        assert_eq!(refused, Err(TransportError::AuthenticationFailed));
        let after = to.receiving.as_ref().unwrap().current.records();
        assert_eq!((before, to.is_closed()), (after, (false, false)));
        let mut reply = to.seal(b"text").unwrap();
        assert_eq!(from.open_in_place(&mut reply), Ok(Received::Data(3..7)));
    }
}

#[test]
fn datagrams_that_have_no_place_are_refused_leave_nothing_and_others_open() {
    for (kind, payload) in [
        (Kind::Ticket, b"ticket".as_slice()),
        (Kind::Agreement, &[9; AGREEMENT]),
        (Kind::Switch, b""),
        (Kind::Update, b"x"),
        (Kind::UpdateAndAsk, b"x"),
        (Kind::Close, b"x"),
    ] {
        let (mut client, mut server) = datagrams(AeadAlgorithm::Aes256Gcm);
        let mut record = client.seal_kind(kind, payload).unwrap();
        let refused = server.open_in_place(&mut record);
        assert_eq!(refused, Err(TransportError::UnexpectedRecord), "{kind:?}");
        assert!(record.iter().all(|byte| *byte == 0), "{kind:?}");
        let mut record = client.seal(b"text").unwrap();
        let opened = server.open_in_place(&mut record);
        assert_eq!(opened, Ok(ReceivedDatagram::Data(9..13)));
    }
}
