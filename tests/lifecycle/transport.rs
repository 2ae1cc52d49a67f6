//! Transport handshakes, channels, tickets.

use sprag::lifecycle::KeyKind;
use sprag::sprag_core::CryptoBackend;

use crate::lives::transport::{datagrams, plain_noise, streams};
use crate::support::on_every_backend;
use crate::{Tallied, leaves_nothing};

#[test]
fn nothing_is_left_of_a_transport_session() {
    on_every_backend!(whole);
}

fn whole<B: CryptoBackend>() {
    use KeyKind::{
        DirectionKey, EphemeralKey, HandshakeKey, PreSharedKey, ResumptionSecret, StaticKey,
        TicketKey,
    };
    let kinds = [
        DirectionKey,
        EphemeralKey,
        HandshakeKey,
        PreSharedKey,
        ResumptionSecret,
        StaticKey,
        TicketKey,
    ];
    leaves_nothing(streams::<Tallied<B>>, &kinds);
    leaves_nothing(datagrams::<Tallied<B>>, &[DirectionKey]);
    leaves_nothing(plain_noise::<Tallied<B>>, &[DirectionKey, PreSharedKey]);
}
