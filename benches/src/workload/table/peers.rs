//! The rows of the group `peers`: what we do beside other libraries doing it in their way.

use sprag::sprag_core::suite::Suite;
use sprag::sprag_core::transport::Pattern;

use super::rows::{AES, SHORT, row};
use super::{Baseline, Beside, Work, Workload};
use crate::backend::Backend;
use crate::workload::handshake::HandshakeWork;
use crate::workload::peers::{Noise, Olm, PeerWork};
use crate::workload::session::{Place, SessionWork};
use crate::workload::transport::{End, TransportWork};

const VODOZEMAC: &str = "vodozemac";
const SNOW: &str = "snow";

pub(super) fn peers(table: &mut Vec<Workload>) {
    let sizes = [64, SHORT, 1350];
    let encrypt = Work::Session(SessionWork::Encrypt(Place::Aligned));
    let decrypt = Work::Session(SessionWork::Decrypt(Place::Aligned));
    for (name, work, olm, noise) in [
        ("peers/encrypt", encrypt, Olm::Encrypt, Noise::Encrypt),
        ("peers/decrypt", decrypt, Olm::Decrypt, Noise::Decrypt),
    ] {
        let sized = |size| {
            [
                (VODOZEMAC, PeerWork::Olm(olm)),
                (SNOW, PeerWork::Noise(noise)),
            ]
            .map(|(peer, theirs)| Workload {
                suite: Some(AES),
                size: Some(size),
                ..beside(name, work, peer, peer, theirs)
            })
        };
        table.extend(sizes.into_iter().flat_map(sized));
    }
    table.push(Workload {
        suite: Some(AES),
        size: Some(SHORT),
        ..beside(
            "peers/turn",
            Work::Session(SessionWork::Turn),
            VODOZEMAC,
            VODOZEMAC,
            PeerWork::Olm(Olm::Turn),
        )
    });
    for (strategy, peer, theirs) in [
        ("vodozemac_3dh", VODOZEMAC, PeerWork::Olm(Olm::RoundTrip)),
        (
            "snow_ik",
            SNOW,
            PeerWork::Noise(Noise::Handshake(Pattern::IK)),
        ),
        (
            "snow_xx",
            SNOW,
            PeerWork::Noise(Noise::Handshake(Pattern::XX)),
        ),
    ] {
        table.push(Workload {
            suite: Some(Suite::X3dhAes256Gcm),
            ..beside(
                "peers/handshake",
                Work::Handshake(HandshakeWork::RoundTrip),
                strategy,
                peer,
                theirs,
            )
        });
    }
    noise(table);
}

/// A handshake of Noise by us and by snow: the same bytes on the wire but for the keys drawn.
fn noise(table: &mut Vec<Workload>) {
    for (name, pattern) in [
        ("peers/noise/NK", Pattern::NK),
        ("peers/noise/XX", Pattern::XX),
        ("peers/noise/IK", Pattern::IK),
        ("peers/noise/KK", Pattern::KK),
    ] {
        let work = Work::Transport(TransportWork::Handshake(pattern, End::Plain));
        let theirs = PeerWork::Noise(Noise::Handshake(pattern));
        table.push(Workload {
            backends: Backend::DEFAULT,
            ..beside(name, work, "", SNOW, theirs)
        });
    }
}

fn beside(
    name: &'static str,
    work: Work,
    strategy: &'static str,
    peer: &'static str,
    theirs: PeerWork,
) -> Workload {
    Workload {
        strategy,
        beside: Beside::Baseline(Baseline::new(peer, Work::Peer(theirs))),
        backends: &[Backend::Mixed],
        ..row(name, work)
    }
}
