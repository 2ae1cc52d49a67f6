//! Transport handshakes, channels, tickets.

use sprag::lifecycle::KeyKind;
use sprag::sprag_core::PqBackend;

use crate::lives::transport::{datagrams, hybrid, plain_noise, streams};
use crate::support::on_every_backend;
use crate::{Tallied, leaves_nothing};

#[test]
fn nothing_is_left_of_a_transport_session() {
    on_every_backend!(whole);
}

fn whole<B: PqBackend>() {
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
    leaves_nothing(hybrid::<Tallied<B>>, &[EphemeralKey, PreSharedKey]);
    leaves_nothing(plain_noise::<Tallied<B>>, &[DirectionKey, PreSharedKey]);
}
