//! The rows of the table, group by group in the order of reports.

use sprag::sprag_core::suite::Suite;

#[cfg(feature = "peers")]
use super::peers;
use super::{Beside, Work, Workload, durable, files, ladder, strategies, transport};
use crate::backend::Backend;
use crate::workload::batch::{self, BatchWork};
use crate::workload::handshake;
use crate::workload::primitive::{self, MESSAGE_SIZES};
use crate::workload::session::{Forgery, Place, SessionWork};
use crate::workload::state::StateWork;

pub(super) const AES: Suite = Suite::Pqxdh768Aes256Gcm;
const CHACHA: Suite = Suite::Pqxdh768ChaCha20Poly1305;
/// The size of a short chat message, where the size does not matter.
pub(super) const SHORT: usize = 256;

/// Every workload, in the order of reports.
#[must_use]
pub fn all() -> Vec<Workload> {
    let mut table = Vec::new();
    primitives(&mut table);
    sessions(&mut table);
    handshakes(&mut table);
    batches(&mut table);
    strategies::strategies(&mut table);
    strategies::kernel(&mut table);
    ladder::ladder(&mut table);
    #[cfg(feature = "peers")]
    peers::peers(&mut table);
    states(&mut table);
    durable::durable(&mut table);
    transport::transport(&mut table);
    files::files(&mut table);
    table
}

/// A row with nothing but its name and its work.
pub(crate) const fn row(name: &'static str, work: Work) -> Workload {
    Workload {
        name,
        work,
        suite: None,
        size: None,
        batch: 1,
        threads: 1,
        strategy: "",
        beside: Beside::Floor,
        backends: Backend::DEFAULT,
        weight: 1,
        full_only: false,
    }
}

fn primitives(table: &mut Vec<Workload>) {
    let row = |name, work| Workload {
        beside: Beside::Nothing,
        ..row(name, Work::Primitive(work))
    };
    for &(name, work, sizes) in primitive::ALL {
        let row = row(name, work);
        if sizes.is_empty() {
            table.push(row);
        }
        table.extend(sizes.iter().map(|&size| Workload {
            size: Some(size),
            ..row
        }));
    }
    for &(name, work, batches) in primitive::BATCHES {
        let row = row(name, work);
        table.extend(batches.iter().map(|&batch| Workload { batch, ..row }));
    }
}

fn sessions(table: &mut Vec<Workload>) {
    let row = |name, work, suite, size| Workload {
        suite: Some(suite),
        size: Some(size),
        ..row(name, Work::Session(work))
    };
    for (name, work) in [
        (
            "session/encrypt",
            SessionWork::Encrypt as fn(Place) -> SessionWork,
        ),
        ("session/decrypt", SessionWork::Decrypt),
    ] {
        for suite in [AES, CHACHA] {
            let sizes = MESSAGE_SIZES.iter();
            table.extend(sizes.map(|&size| row(name, work(Place::Aligned), suite, size)));
        }
        table.push(Workload {
            strategy: "misaligned",
            ..row(name, work(Place::Misaligned), AES, 16384)
        });
    }
    table.push(row("session/turn", SessionWork::Turn, AES, SHORT));
    table.push(Workload {
        full_only: true,
        ..row("session/turn", SessionWork::Turn, CHACHA, SHORT)
    });
    let missing = [1, 100, 1000].into_iter();
    table.extend(missing.map(|missing| row("session/skip", SessionWork::Skip, AES, missing)));
    table.extend(Forgery::ALL.map(|(forgery, strategy)| Workload {
        strategy,
        ..row("session/reject", SessionWork::Reject(forgery), AES, SHORT)
    }));
}

fn handshakes(table: &mut Vec<Workload>) {
    for (name, work) in handshake::ALL {
        let suites = [Suite::X3dhAes256Gcm, AES, Suite::Pqxdh1024Aes256Gcm];
        table.extend(suites.map(|suite| Workload {
            suite: Some(suite),
            // Percentiles need many samples of a long operation.
            weight: 3,
            ..row(name, Work::Handshake(work))
        }));
    }
}

fn batches(table: &mut Vec<Workload>) {
    for (name, work) in batch::ALL {
        let is_message = matches!(work, BatchWork::Encrypt | BatchWork::Decrypt);
        for batch in [1, 8, 64, 512] {
            table.extend([1, 2].map(|threads| Workload {
                suite: Some(AES),
                size: is_message.then_some(SHORT),
                batch,
                threads,
                full_only: !is_message && batch == 512,
                ..row(name, Work::Batch(work))
            }));
        }
    }
}

fn states(table: &mut Vec<Workload>) {
    let row = |name, work, size| Workload {
        suite: Some(AES),
        size: Some(size),
        ..row(name, work)
    };
    for skipped in [0, 2000] {
        table.push(row("state/encode", Work::State(StateWork::Encode), skipped));
    }
    for skipped in [0, 2000] {
        table.push(row("state/decode", Work::State(StateWork::Decode), skipped));
    }
    for sessions in [1, 1_000, 100_000] {
        table.push(Workload {
            beside: Beside::Nothing,
            ..row("state/bytes", Work::StateBytes, sessions)
        });
    }
}
