//! Channels over streams: what opens and what does not, renewals, limits, the end.

use sprag::UnixTime;
use sprag::default::Backend;
use sprag::sprag_core::CryptoBackend;
use sprag::sprag_core::suite::AeadAlgorithm;
use sprag::sprag_core::transport::{
    Channel, ChannelPolicy, LimitKind, Limits, MAX_PAYLOAD_LEN, Received, Renewal, STREAM_OVERHEAD,
    TransportError,
};

use crate::support::on_every_backend;
use crate::world::{NOW, channels, finished, open, quiet, rng};

#[test]
fn garbage_replays_and_reordering_between_any_two_records_change_nothing() {
    on_every_backend!(garbage);
}

fn garbage<B: CryptoBackend>() {
    let (mut client, mut server) = channels::<B>(quiet());
    let mut last: Vec<u8> = Vec::new();
    for round in 0..6_u8 {
        // A renewal in between makes no difference.
        let (record, ahead) = if round % 3 == 2 {
            (client.update(false).unwrap(), client.seal(b"text").unwrap())
        } else {
            (
                client.seal(b"text").unwrap(),
                client.seal(b"ahead").unwrap(),
            )
        };
        for at in 0..record.len() {
            let mut forged = record.clone();
            forged[at] ^= 0x20;
            assert!(server.open_in_place(&mut forged).is_err());
            let cut = server.open_in_place(&mut record[..at].to_vec());
            assert!(cut.is_err());
        }
        for mut other in [
            last,
            ahead.clone(),
            vec![0; 40],
            [record.clone(), vec![0]].concat(),
        ] {
            assert!(server.open_in_place(&mut other).is_err());
        }
        let genuine = server.open_in_place(&mut record.clone()).unwrap();
        let expected = if round % 3 == 2 {
            Received::Control
        } else {
            Received::Data(3..7)
        };
        assert_eq!(genuine, expected);
        assert!(server.open_in_place(&mut record.clone()).is_err());
        assert!(matches!(
            server.open_in_place(&mut ahead.clone()),
            Ok(Received::Data(_))
        ));
        // Nothing comes back to its sender.
        assert!(client.open_in_place(&mut record.clone()).is_err());
        last = ahead;
    }
}

#[test]
fn payloads_have_0_to_65518_bytes() {
    let (mut client, mut server) = channels::<Backend>(quiet());
    for len in [0, 1, 255, 256, 65517, MAX_PAYLOAD_LEN] {
        let payload = vec![7; len];
        let record = client.seal(&payload).unwrap();
        assert_eq!(record.len(), len + STREAM_OVERHEAD);
        let front = [record[0], record[1]];
        assert_eq!(Channel::<Backend>::record_len(front), Ok(record.len()));
        assert_eq!(open(&mut server, &record), payload);
    }
    for len in [MAX_PAYLOAD_LEN + 1, 65535, 65536, 65536 + 7] {
        let refused = client.seal(&vec![7; len]);
        assert_eq!(refused, Err(TransportError::MessageTooLong));
        let refused = client.seal_in_place(&mut vec![7; len + STREAM_OVERHEAD]);
        assert_eq!(refused, Err(TransportError::MessageTooLong));
    }
    for len in 0..STREAM_OVERHEAD {
        let refused = client.seal_in_place(&mut vec![0; len]);
        assert_eq!(refused, Err(TransportError::BufferTooShort));
        assert!(server.open_in_place(&mut vec![0; len]).is_err());
    }
    for len in 0..17_u16 {
        let refused = Channel::<Backend>::record_len(len.to_be_bytes());
        assert_eq!(refused, Err(TransportError::Malformed));
    }
    let record = client.seal(b"still there").unwrap();
    assert_eq!(open(&mut server, &record), b"still there");
}

/// A policy with one limit set and the others out of reach.
fn limited(soft: Limits, hard: Limits) -> ChannelPolicy {
    ChannelPolicy {
        soft,
        hard,
        ..quiet()
    }
}

#[test]
fn soft_limits_are_told_and_hard_ones_refuse_until_the_key_is_renewed() {
    let wide = quiet().hard;
    let cases = [
        (
            Limits { records: 3, ..wide },
            Limits { records: 5, ..wide },
            LimitKind::Records,
        ),
        (
            Limits { bytes: 250, ..wide },
            Limits { bytes: 500, ..wide },
            LimitKind::Bytes,
        ),
        (
            Limits { age: 30, ..wide },
            Limits { age: 50, ..wide },
            LimitKind::Age,
        ),
    ];
    for (soft, hard, kind) in cases {
        let (mut client, mut server) = channels::<Backend>(limited(soft, hard));
        let mut told = None;
        let mut sealed = 0;
        let refused = loop {
            client.observe_time(UnixTime(NOW.0 + 10 * (sealed + 1)));
            match client.seal(&[0; 100]) {
                Ok(record) => assert_eq!(open(&mut server, &record).len(), 100),
                Err(error) => break error,
            }
            sealed += 1;
            told = told.or(client.renewal().map(|renewal| (sealed, renewal)));
        };
        assert_eq!(refused, TransportError::LimitReached(kind));
        assert_eq!(sealed, 5, "{kind:?}");
        let at = if kind == LimitKind::Age { 4 } else { 3 };
        assert_eq!(told, Some((at, Renewal::Sending)), "{kind:?}");
        // Renewing is still possible, and helps.
        let mut update = client.update(false).unwrap();
        assert_eq!(server.open_in_place(&mut update), Ok(Received::Control));
        let record = client.seal(&[0; 100]).unwrap();
        assert_eq!(open(&mut server, &record).len(), 100);
    }
}

#[test]
fn the_receivers_limits_hold_too() {
    let policy = limited(
        Limits {
            records: 2,
            ..quiet().soft
        },
        Limits {
            records: 3,
            ..quiet().hard
        },
    );
    let (mut client, _) = channels::<Backend>(quiet());
    let (_, mut server) = channels::<Backend>(policy);
    for _ in 0..3 {
        let record = client.seal(b"text").unwrap();
        assert_eq!(open(&mut server, &record), b"text");
    }
    assert_eq!(server.renewal(), Some(Renewal::Receiving));
    let mut record = client.seal(b"text").unwrap();
    let refused = server.open_in_place(&mut record);
    assert_eq!(
        refused,
        Err(TransportError::LimitReached(LimitKind::Records))
    );
    assert!(record.iter().all(|byte| *byte == 0), "nothing is left");
    // It asks for the new key, once.
    let rng = &mut rng(2);
    let mut ask = server.control(rng).unwrap().unwrap();
    assert_eq!(server.control(rng), Ok(None));
    assert_eq!(client.open_in_place(&mut ask), Ok(Received::Control));
    let mut update = client.control(rng).unwrap().unwrap();
    // Too late for this stream: what was refused can't be passed over.
    let refused = server.open_in_place(&mut update);
    assert_eq!(refused, Err(TransportError::AuthenticationFailed));
}

#[test]
fn no_policy_raises_what_the_ciphers_allow() {
    for aead in [AeadAlgorithm::Aes256Gcm, AeadAlgorithm::ChaCha20Poly1305] {
        let most = ChannelPolicy::most_records(aead);
        let set = |change: fn(&mut ChannelPolicy, u64)| {
            let mut policy = quiet();
            (policy.soft.records, policy.hard.records) = (most, most);
            assert_eq!(policy.check(aead), Ok(()));
            change(&mut policy, most);
            assert_eq!(policy.check(aead), Err(TransportError::InvalidPolicy));
        };
        set(|policy, most| policy.hard.records = most + 1);
        set(|policy, most| policy.soft.records = most + 1);
        set(|policy, _| policy.hard.age = policy.soft.age - 1);
        set(|policy, _| policy.hard.bytes = policy.soft.bytes - 1);
        set(|policy, _| policy.soft.records = 0);
        set(|policy, _| policy.agreement_bytes = 0);
        set(|policy, _| policy.agreement_age = 0);
        set(|policy, _| policy.jitter = 51);
        set(|policy, _| policy.max_forgeries = ChannelPolicy::MAX_FORGERIES + 1);
        assert_eq!(ChannelPolicy::default().check(aead), Ok(()));
    }
}

#[test]
fn jitter_makes_renewals_due_earlier_by_at_most_its_share() {
    let mut policy = quiet();
    policy.soft.records = 1000;
    policy.jitter = 50;
    let (mut client, _) = channels::<Backend>(policy);
    let due = (1..=1000).find(|_| {
        client.seal(b"").unwrap();
        client.renewal().is_some()
    });
    assert!((500..1000).contains(&due.unwrap()), "{due:?}");
}

#[test]
fn after_too_many_forgeries_nothing_is_opened() {
    let policy = ChannelPolicy {
        max_forgeries: 3,
        ..quiet()
    };
    let (mut client, mut server) = channels::<Backend>(policy);
    let record = client.seal(b"text").unwrap();
    let mut forged = record.clone();
    forged[20] ^= 1;
    for _ in 0..2 {
        let refused = server.open_in_place(&mut forged.clone());
        assert_eq!(refused, Err(TransportError::AuthenticationFailed));
    }
    assert_eq!(open(&mut server, &record), b"text");
    let record = client.seal(b"text").unwrap();
    server.open_in_place(&mut forged.clone()).unwrap_err();
    let refused = server.open_in_place(&mut record.clone());
    assert_eq!(
        refused,
        Err(TransportError::LimitReached(LimitKind::Forgeries))
    );
}

#[test]
fn an_end_is_told_from_a_cut_and_leaves_no_keys() {
    let (mut client, mut server) = channels::<Backend>(quiet());
    let before = client.seal(b"last words").unwrap();
    let mut close = client.close().unwrap();
    // The end can't be brought forward: it has its place.
    assert!(server.open_in_place(&mut close.clone()).is_err());
    assert_eq!(server.is_closed(), (false, false));
    assert_eq!(open(&mut server, &before), b"last words");
    assert_eq!(server.open_in_place(&mut close), Ok(Received::Closed));
    assert_eq!(server.is_closed(), (false, true));
    assert_eq!(
        server.open_in_place(&mut close),
        Err(TransportError::Closed)
    );
    let closed = Err(TransportError::Closed);
    assert_eq!(client.seal(b"more"), closed);
    assert_eq!(client.update(false), closed);
    assert_eq!(client.close(), closed);
    assert_eq!(client.start_agreement(&mut rng(3)), closed);
    assert_eq!(client.control(&mut rng(3)), Ok(None));
    // The other direction goes on until it is closed too.
    let record = server.seal(b"good bye").unwrap();
    assert_eq!(open(&mut client, &record), b"good bye");
    assert!(client.resumption().is_ok());
    let mut close = server.close().unwrap();
    assert_eq!(client.open_in_place(&mut close), Ok(Received::Closed));
    assert!(client.resumption().is_err() && server.resumption().is_err());
    let (mut client, _) = channels::<Backend>(quiet());
    client.abandon();
    assert_eq!(client.is_closed(), (true, true));
}

#[test]
fn one_way_patterns_have_no_channel() {
    use sprag::sprag_core::transport::{FundamentalPattern, NoiseProtocol, Pattern};
    let pattern = Pattern::new(FundamentalPattern::N);
    let protocol = NoiseProtocol::new(pattern, AeadAlgorithm::Aes256Gcm);
    let (client, server) = finished::<Backend>(protocol);
    let refused = client.into_channel(quiet(), NOW).err();
    assert_eq!(refused, Some(TransportError::OutOfTurn));
    let refused = server.into_datagram_channel(quiet(), NOW).err();
    assert_eq!(refused, Some(TransportError::OutOfTurn));
}
