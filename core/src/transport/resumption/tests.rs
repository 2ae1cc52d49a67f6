//! What only somebody with a ticket's secret can send.

use alloc::vec::Vec;

use crate::codec::Writer;
use crate::secret::Secret;
use crate::suite::AeadAlgorithm;
use crate::testing::null::Null;
use crate::time::UnixTime;
use crate::transport::resumption::{MemoryRegister, Resumption, TicketKeys, TicketPolicy};
use crate::transport::{Handshake, NoiseProtocol, Pattern, TransportError};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

const NOW: UnixTime = UnixTime(1_700_000_000);

#[test]
fn data_before_the_answer_are_refused_and_use_nothing_up() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let aead = AeadAlgorithm::Aes256Gcm;
    let keys = TicketKeys::new(TicketPolicy::default(), NOW, rng).unwrap();
    let resumption = Resumption::new::<Null>(aead, Secret::new([5; 32]), None);
    let ticket = keys.issue::<Null, _>(&resumption, rng).unwrap();
    let mut register = MemoryRegister::new(10, NOW);
    for (payload, accepted) in [(b"early".as_slice(), false), (b"", true), (b"", false)] {
        let protocol = NoiseProtocol::new(Pattern::NN_PSK0, aead);
        let builder = Handshake::<Null>::initiator(protocol).psk(Secret::new([5; 32]));
        let message = builder
            .build()
            .unwrap()
            .write_message(payload, rng)
            .unwrap();
        let mut first = Vec::new();
        first.put_u16(ticket.len().try_into().unwrap());
        first.put(&ticket);
        first.put(&message);
        let outcome = keys.resume::<Null, _>(&first, &[], None, &mut register);
        assert_eq!(outcome.is_ok(), accepted);
        if !payload.is_empty() {
            assert_eq!(outcome.err(), Some(TransportError::UnexpectedRecord));
        }
    }
}
