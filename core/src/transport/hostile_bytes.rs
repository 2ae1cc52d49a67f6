//! Hostile bytes at every entrance of a transport session, over the null backend: never a panic,
//! whatever their length.

use std::vec::Vec;

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::secret::Secret;
use crate::suite::AeadAlgorithm;
use crate::testing::null::Null;
use crate::time::UnixTime;
use crate::transport::{
    Channel, ChannelPolicy, ClientTicket, DatagramChannel, Handshake, MemoryRegister,
    NoiseProtocol, Offer, TicketKeys, TicketPolicy,
};

const NOW: UnixTime = UnixTime(1_000_000);

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(1)
}

/// A handshake of the `index`-th protocol after `messages` messages, from one side.
fn side(index: usize, initiator: bool, messages: usize) -> Handshake<Null> {
    let protocols: Vec<_> = NoiseProtocol::all().collect();
    let protocol = protocols[index % protocols.len()];
    let build = |initiator: bool| {
        let key =
            |byte| std::sync::Arc::new(super::StaticKey::new(&Secret::new([byte; 32])).unwrap());
        let (own, peer) = if initiator { (1, 2) } else { (2, 1) };
        let mut builder = if initiator {
            Handshake::<Null>::initiator(protocol)
        } else {
            Handshake::responder(protocol)
        };
        if protocol.pattern().needs_static(initiator) {
            builder = builder.static_key(key(own));
        }
        if protocol.pattern().needs_remote(initiator) {
            builder = builder.remote_static(*key(peer).public());
        }
        if protocol.pattern().psk().is_some() {
            builder = builder.psk(Secret::new([3; 32]));
        }
        builder.build().unwrap()
    };
    let (mut ours, mut theirs) = (build(initiator), build(!initiator));
    for _ in 0..messages {
        if ours.is_finished() {
            break;
        }
        let (from, to) = if ours.is_my_turn() {
            (&mut ours, &mut theirs)
        } else {
            (&mut theirs, &mut ours)
        };
        let message = from.write_message(&[], &mut rng()).unwrap();
        to.read_message(&message).unwrap();
    }
    ours
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => proptest::collection::vec(any::<u8>(), 0..300),
        1 => (0..=255_u8, prop_oneof![Just(65534), Just(65535), Just(65536), Just(65537), Just(65538)])
            .prop_map(|(byte, len)| std::vec![byte; len]),
    ]
}

proptest! {
    #[test]
    fn handshakes(index in 0..200_usize, initiator: bool, messages in 0..3_usize, bytes in bytes()) {
        let mut handshake = side(index, initiator, messages);
        let _ = handshake.read_message(&bytes);
        let _ = handshake.write_message(&bytes, &mut rng());
        let _ = handshake.into_transport();
    }

    #[test]
    fn hybrids(initiator: bool, bytes in bytes(), key in 1180..1190_usize) {
        let protocol = NoiseProtocol::hybrid(super::FundamentalPattern::NN, AeadAlgorithm::Aes256Gcm);
        let build = |initiator: bool| {
            let side = if initiator { Handshake::<Null>::initiator } else { Handshake::responder };
            side(protocol.unwrap()).build_hybrid().unwrap()
        };
        let (mut ours, mut theirs) = (build(initiator), build(!initiator));
        let _ = ours.read_message(&bytes);
        if initiator {
            theirs.read_message(&ours.write_message(&bytes[..0], &mut rng()).unwrap()).unwrap();
            let _ = ours.read_message(&[bytes.as_slice(), &std::vec![0; key]].concat());
        }
        let _ = ours.write_message(&bytes, &mut rng());
        let _ = ours.into_handshake();
    }

    #[test]
    fn plain_messages_and_channels(initiator: bool, bytes in bytes(), front in any::<[u8; 3]>()) {
        // XX with the first cipher.
        let index = NoiseProtocol::all()
            .position(|protocol| protocol.pattern() == super::Pattern::XX)
            .unwrap();
        let done = || side(index, initiator, 3);
        let _ = done().into_transport().unwrap().read_message(&bytes);
        let policy = ChannelPolicy::default();
        let mut channel: Channel<Null> = done().into_channel(policy, NOW).unwrap();
        let mut datagrams: DatagramChannel<Null> =
            done().into_datagram_channel(policy, NOW).unwrap();
        for len in [bytes.len(), bytes.len().min(20)] {
            let mut record = bytes[..len].to_vec();
            let _ = channel.open_in_place(&mut record);
            let _ = datagrams.open_in_place(&mut record);
            // As it looks from outside, it is a record.
            if let Some(size) = len.checked_sub(2).and_then(|size| u16::try_from(size).ok()) {
                record[..2].copy_from_slice(&size.to_be_bytes());
                let _ = channel.open_in_place(&mut record);
                record[0] = 0x16;
                record[1] = front[1] & 1;
                let _ = datagrams.open_in_place(&mut record);
            }
        }
        let _ = Channel::<Null>::record_len([front[0], front[1]]);
        let _ = channel.seal_in_place(&mut bytes.clone());
        let _ = datagrams.seal_in_place(&mut bytes.clone());
    }

    #[test]
    fn offers_and_tickets(bytes in bytes(), first: bool) {
        let mut bytes = bytes;
        if let (true, Some(byte)) = (first, bytes.first_mut()) {
            *byte = 0x17;
        }
        if let Ok(offer) = Offer::decode_client(&bytes) {
            prop_assert_eq!(offer.encode_client(), bytes.clone());
        }
        let _ = Offer::decode_server(&bytes);
        let keys = TicketKeys::new(TicketPolicy::default(), NOW, &mut rng()).unwrap();
        let mut register = MemoryRegister::new(10, NOW);
        prop_assert!(keys.resume::<Null, _>(&bytes, &[], None, &mut register).is_err());
        let resumption = super::Resumption::new::<Null>(AeadAlgorithm::Aes256Gcm, Secret::zeroed(), None);
        let _ = ClientTicket::new(&bytes, resumption, NOW);
    }
}
