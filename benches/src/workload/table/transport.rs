//! The rows of the group `transport`: records and handshakes beside their floors, resumptions beside
//! whole handshakes.

use sprag::sprag_core::suite::AeadAlgorithm;
use sprag::sprag_core::transport::Pattern;

use super::rows::row;
use super::{Baseline, Beside, Work, Workload};
use crate::workload::transport::{Carrier, End, Proof, TransportWork};

const AES: AeadAlgorithm = AeadAlgorithm::Aes256Gcm;
const CHACHA: AeadAlgorithm = AeadAlgorithm::ChaCha20Poly1305;

/// Handshakes by name.
const PATTERNS: [(&str, Pattern); 4] = [
    ("transport/handshake/NK", Pattern::NK),
    ("transport/handshake/XX", Pattern::XX),
    ("transport/handshake/IK", Pattern::IK),
    ("transport/handshake/KK", Pattern::KK),
];

pub(super) fn transport(table: &mut Vec<Workload>) {
    for (name, work) in [
        (
            "transport/record/seal",
            TransportWork::Seal as fn(Carrier, AeadAlgorithm) -> TransportWork,
        ),
        ("transport/record/open", TransportWork::Open),
    ] {
        let sized = |size, strategy, carrier, aead| Workload {
            size: Some(size),
            strategy,
            ..row(name, Work::Transport(work(carrier, aead)))
        };
        for size in [64, 1024, 16384] {
            table.push(sized(size, "", Carrier::Stream, AES));
        }
        table.push(sized(16384, "chacha20poly1305", Carrier::Stream, CHACHA));
        table.push(sized(1024, "datagram", Carrier::Datagrams, AES));
    }
    for (name, pattern) in PATTERNS {
        let work = TransportWork::Handshake(pattern, End::Channel);
        table.push(row(name, Work::Transport(work)));
    }
    for (strategy, proof) in [("nnpsk0", Proof::Ticket), ("nkpsk0", Proof::StaticKey)] {
        table.push(Workload {
            strategy,
            // Both leave the server knowing who the client is.
            beside: Beside::Baseline(Baseline::new(
                "a whole handshake (IK)",
                Work::Transport(TransportWork::Handshake(Pattern::IK, End::Channel)),
            )),
            ..row(
                "transport/resume",
                Work::Transport(TransportWork::Resume(proof)),
            )
        });
    }
}
