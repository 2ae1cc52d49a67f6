//! Channels over datagrams: loss, reordering, copies, forgeries, renewals.

use std::collections::BTreeSet;

use proptest::prelude::*;
use sprag::UnixTime;
use sprag::default::Backend;
use sprag::sprag_core::CryptoBackend;
use sprag::sprag_core::transport::{
    ChannelPolicy, DATAGRAM_OVERHEAD, DatagramChannel, LimitKind, Limits, MAX_PAYLOAD_LEN,
    ReceivedDatagram, Renewal, TransportError, WINDOW,
};

use crate::support::on_every_backend;
use crate::world::{NOW, datagram_channels, quiet};

fn open<B: CryptoBackend>(
    channel: &mut DatagramChannel<B>,
    record: &[u8],
) -> Result<Vec<u8>, TransportError> {
    let mut record = record.to_vec();
    match channel.open_in_place(&mut record)? {
        ReceivedDatagram::Data(range) => Ok(record[range].to_vec()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn order_does_not_matter_and_copies_are_refused() {
    on_every_backend!(reordered);
}

fn reordered<B: CryptoBackend>() {
    let (mut client, mut server) = datagram_channels::<B>(quiet());
    let records: Vec<_> = (0..8_u8).map(|n| client.seal(&[n]).unwrap()).collect();
    for n in [3_u8, 0, 7, 5, 1, 2, 6, 4] {
        let record = &records[usize::from(n)];
        for at in 0..record.len() {
            let mut forged = record.clone();
            forged[at] ^= 0x10;
            assert!(open(&mut server, &forged).is_err());
            assert!(open(&mut server, &record[..at]).is_err());
        }
        assert_eq!(open(&mut server, record), Ok(vec![n]));
        assert_eq!(open(&mut server, record), Err(TransportError::Duplicate));
        assert!(open(&mut client, record).is_err());
    }
}

#[test]
fn a_forged_number_does_not_move_the_window() {
    let (mut client, mut server) = datagram_channels::<Backend>(quiet());
    let records: Vec<_> = (0..4).map(|_| client.seal(b"text").unwrap()).collect();
    for record in &records {
        for number in [1_u64, 1024, 5000, (1 << 48) - 1] {
            let mut forged = record.clone();
            forged[2..8].copy_from_slice(&number.to_be_bytes()[2..]);
            if forged != *record {
                let refused = open(&mut server, &forged);
                assert!(refused.is_err());
            }
            // Nor does a forged epoch promote the next key.
            forged.copy_from_slice(record);
            for epoch in 1..=255 {
                forged[1] = epoch;
                assert!(open(&mut server, &forged).is_err());
            }
        }
        assert_eq!(open(&mut server, record), Ok(b"text".to_vec()));
    }
}

#[test]
fn the_window_holds_1024_numbers() {
    let (mut client, mut server) = datagram_channels::<Backend>(quiet());
    let window = usize::try_from(WINDOW).unwrap();
    assert_eq!(window, 1024);
    let records: Vec<_> = (0..=window)
        .map(|_| client.seal(b"text").unwrap())
        .collect();
    assert!(open(&mut server, &records[window]).is_ok());
    assert_eq!(open(&mut server, &records[0]), Err(TransportError::TooOld));
    assert!(open(&mut server, &records[1]).is_ok());
    assert_eq!(
        open(&mut server, &records[1]),
        Err(TransportError::Duplicate)
    );
}

#[test]
fn payloads_have_at_most_65518_bytes() {
    let (mut client, mut server) = datagram_channels::<Backend>(quiet());
    for len in [0, 1, MAX_PAYLOAD_LEN] {
        let record = client.seal(&vec![7; len]).unwrap();
        assert_eq!(record.len(), len + DATAGRAM_OVERHEAD);
        assert_eq!(open(&mut server, &record).unwrap().len(), len);
    }
    for len in [MAX_PAYLOAD_LEN + 1, 65535, 65536, 65537] {
        let refused = client.seal(&vec![7; len]);
        assert_eq!(refused, Err(TransportError::MessageTooLong));
    }
    for len in 0..DATAGRAM_OVERHEAD {
        let refused = client.seal_in_place(&mut vec![0; len]);
        assert_eq!(refused, Err(TransportError::BufferTooShort));
    }
}

#[test]
fn a_key_is_renewed_only_once_the_peer_has_the_last_one() {
    let (mut client, mut server) = datagram_channels::<Backend>(quiet());
    client.update().unwrap();
    assert_eq!(client.update(), Err(TransportError::UpdatePending));
    let record = client.seal(b"second key").unwrap();
    assert_eq!(open(&mut server, &record).unwrap(), b"second key");
    // What the server says next confirms, be it data or not.
    let mut word = server.control().unwrap().unwrap();
    assert_eq!(server.control(), Ok(None));
    assert_eq!(
        client.open_in_place(&mut word),
        Ok(ReceivedDatagram::Control)
    );
    client.update().unwrap();
    let record = client.seal(b"third key").unwrap();
    assert_eq!(open(&mut server, &record).unwrap(), b"third key");
}

#[test]
fn a_late_datagram_of_the_last_key_opens_for_10_seconds() {
    for (seconds, expected) in [(10, true), (11, false)] {
        let (mut client, mut server) = datagram_channels::<Backend>(quiet());
        let late = [
            client.seal(b"late").unwrap(),
            client.seal(b"later").unwrap(),
        ];
        client.update().unwrap();
        let record = client.seal(b"new key").unwrap();
        assert!(open(&mut server, &record).is_ok());
        assert!(open(&mut server, &late[0]).is_ok());
        assert_eq!(open(&mut server, &late[0]), Err(TransportError::Duplicate));
        server.observe_time(UnixTime(NOW.0 + seconds));
        assert_eq!(open(&mut server, &late[1]).is_ok(), expected);
    }
}

#[test]
fn a_late_datagram_of_the_key_before_the_last_is_refused() {
    let (mut client, mut server) = datagram_channels::<Backend>(quiet());
    let late = client.seal(b"late").unwrap();
    for _ in 0..2 {
        client.update().unwrap();
        let record = client.seal(b"new key").unwrap();
        assert!(open(&mut server, &record).is_ok());
        let mut word = server.control().unwrap().unwrap();
        client.open_in_place(&mut word).unwrap();
    }
    let refused = open(&mut server, &late);
    assert_eq!(refused, Err(TransportError::UnknownEpoch));
}

#[test]
fn a_repeated_wish_is_granted_once() {
    let (mut client, mut server) = datagram_channels::<Backend>(quiet());
    let mut asks = [client.ask().unwrap(), client.ask().unwrap()];
    assert_eq!(
        server.open_in_place(&mut asks[0]),
        Ok(ReceivedDatagram::Control)
    );
    let mut word = server.control().unwrap().unwrap();
    assert_eq!(word[1], 1, "the second epoch");
    // The second wish, for a key that is gone already, comes late.
    assert_eq!(
        server.open_in_place(&mut asks[1]),
        Ok(ReceivedDatagram::Control)
    );
    assert_eq!(server.control(), Ok(None));
    assert_eq!(
        client.open_in_place(&mut word),
        Ok(ReceivedDatagram::Control)
    );
    // Nor does it take effect once the client has shown that it has the new key.
    let record = client.seal(b"text").unwrap();
    assert!(open(&mut server, &record).is_ok());
    assert_eq!(server.control(), Ok(None));
    assert_eq!(server.seal(b"text").unwrap()[1], 1);
}

#[test]
fn limits_are_told_and_hold() {
    let policy = ChannelPolicy {
        soft: Limits {
            records: 2,
            ..quiet().soft
        },
        hard: Limits {
            records: 3,
            ..quiet().hard
        },
        ..quiet()
    };
    let (mut client, mut server) = datagram_channels::<Backend>(policy);
    for _ in 0..3 {
        let record = client.seal(b"text").unwrap();
        assert!(open(&mut server, &record).is_ok());
    }
    let refused = Err(TransportError::LimitReached(LimitKind::Records));
    assert_eq!(client.seal(b"text"), refused);
    assert_eq!(client.renewal(), Some(Renewal::Sending));
    assert_eq!(server.renewal(), Some(Renewal::Receiving));
    let mut word = client.control().unwrap().unwrap();
    assert_eq!(
        server.open_in_place(&mut word),
        Ok(ReceivedDatagram::Control)
    );
    let record = client.seal(b"text").unwrap();
    assert!(open(&mut server, &record).is_ok());
}

#[test]
fn an_end_closes_its_direction() {
    let (mut client, mut server) = datagram_channels::<Backend>(quiet());
    let late = client.seal(b"late").unwrap();
    let mut close = client.close().unwrap();
    assert_eq!(client.seal(b"more"), Err(TransportError::Closed));
    assert_eq!(
        server.open_in_place(&mut close),
        Ok(ReceivedDatagram::Closed)
    );
    assert_eq!(open(&mut server, &late), Err(TransportError::Closed));
    let mut close = server.close().unwrap();
    assert_eq!(
        client.open_in_place(&mut close),
        Ok(ReceivedDatagram::Closed)
    );
    assert!(client.resumption().is_err() && server.resumption().is_err());
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Send(bool),
    /// Which of those on their way, by what number.
    Deliver(bool, usize),
    Copy(bool, usize),
    Lose(bool, usize),
    Forge(bool, usize),
    Update(bool),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let at = (any::<bool>(), 0..64_usize);
    let step = prop_oneof![
        5 => any::<bool>().prop_map(Step::Send),
        6 => at.clone().prop_map(|(side, at)| Step::Deliver(side, at)),
        1 => at.clone().prop_map(|(side, at)| Step::Copy(side, at)),
        1 => at.clone().prop_map(|(side, at)| Step::Lose(side, at)),
        1 => at.prop_map(|(side, at)| Step::Forge(side, at)),
        1 => any::<bool>().prop_map(Step::Update),
    ];
    proptest::collection::vec(step, 1..200)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    /// Whatever the network does, a datagram opens at most once, and one is refused only because it
    /// is a copy or of a key that is gone. At the end both sides still talk.
    #[test]
    fn any_schedule_keeps_the_channel_alive(steps in steps()) {
        let (client, server) = datagram_channels::<Backend>(quiet());
        let mut sides = [client, server];
        let mut ways: [Vec<(Vec<u8>, u32)>; 2] = [Vec::new(), Vec::new()];
        let mut opened = BTreeSet::new();
        let mut sent = 0_u32;
        for step in steps {
            match step {
                Step::Send(side) => {
                    let record = sides[usize::from(side)].seal(&sent.to_be_bytes()).unwrap();
                    ways[usize::from(!side)].push((record, sent));
                    sent += 1;
                }
                Step::Update(side) => {
                    let refused = sides[usize::from(side)].update();
                    prop_assert!(matches!(refused, Ok(()) | Err(TransportError::UpdatePending)));
                }
                Step::Lose(side, at) => {
                    let way = &mut ways[usize::from(side)];
                    if at < way.len() { way.remove(at); }
                }
                Step::Copy(side, at) => {
                    let way = &mut ways[usize::from(side)];
                    if let Some(record) = way.get(at).cloned() { way.push(record); }
                }
                Step::Forge(side, at) => {
                    let to = usize::from(side);
                    if let Some((record, _)) = ways[to].get(at) {
                        let mut forged = record.clone();
                        let byte = at % forged.len();
                        forged[byte] ^= 0x40;
                        prop_assert!(open(&mut sides[to], &forged).is_err());
                    }
                }
                Step::Deliver(side, at) => {
                    let to = usize::from(side);
                    if at >= ways[to].len() { continue; }
                    let (record, number) = ways[to].remove(at);
                    match open(&mut sides[to], &record) {
                        Ok(text) => {
                            prop_assert_eq!(text, number.to_be_bytes());
                            prop_assert!(opened.insert(number));
                        }
                        Err(TransportError::Duplicate) => prop_assert!(opened.contains(&number)),
                        Err(error) => prop_assert_eq!(error, TransportError::UnknownEpoch),
                    }
                }
            }
        }
        for side in [0, 1] {
            let record = sides[side].seal(b"still there").unwrap();
            prop_assert_eq!(open(&mut sides[1 - side], &record).unwrap(), b"still there");
        }
    }
}
