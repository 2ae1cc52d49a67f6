//! Instructions of the engine alone, and of short operations on the real path.
//!
//! On the backend without cryptography nearly all of what is executed is the engine's own work,
//! which is where one more copy or check shows. On the real backends the operations are those of
//! which every message is made.

use std::io::Write;

use sprag::sprag_core::suite::Suite;

use super::executed::Executed;
use super::failed::Failed;
use super::golden::{GoldenOptions, Table, settle};
use super::subject::{primitive, sized, subject, with};
use super::verdict::Layer;
use super::witness::print;
use crate::backend::Backend;
use crate::cli::Failure;
use crate::workload::batch::BatchWork;
use crate::workload::handshake::HandshakeWork;
use crate::workload::primitive::PrimitiveWork;
use crate::workload::session::{Place, SessionWork};
use crate::workload::state::StateWork;
use crate::workload::table::{Work, Workload};

/// Several times what a handshake takes in a build that is not optimised.
const LIMIT: u64 = 1_000_000;
/// The backends of which every message is stepped.
const REAL: [Backend; 4] = [
    Backend::RustCrypto,
    Backend::Ring,
    Backend::AwsLc,
    Backend::Mixed,
];
/// A short message.
const SHORT: usize = 64;

/// What is stepped on what.
#[must_use]
pub fn subjects() -> Vec<(Workload, Backend)> {
    let engine = engine().into_iter();
    let mut subjects: Vec<_> = engine.map(|workload| (workload, Backend::Null)).collect();
    for workload in messages() {
        subjects.extend(REAL.map(|backend| (workload, backend)));
    }
    subjects
}

fn engine() -> Vec<Workload> {
    let suite = Suite::Pqxdh768Aes256Gcm;
    let four = |name, work| Workload {
        batch: 4,
        ..with(suite, sized(SHORT, subject(name, Work::Batch(work))))
    };
    let state = |name, work, skipped| with(suite, sized(skipped, subject(name, Work::State(work))));
    let skip = subject("session/skip", Work::Session(SessionWork::Skip));
    let handshake = |name, work| with(suite, subject(name, Work::Handshake(work)));
    vec![
        encrypt(),
        decrypt(),
        four("batch/encrypt", BatchWork::Encrypt),
        four("batch/decrypt", BatchWork::Decrypt),
        with(suite, sized(1, skip)),
        with(suite, sized(10, skip)),
        state("state/encode", StateWork::Encode, 0),
        state("state/decode", StateWork::Decode, 0),
        state("state/decode", StateWork::Decode, 10),
        handshake("handshake/initiate", HandshakeWork::Initiate),
        handshake("handshake/accept", HandshakeWork::Accept),
    ]
}

fn messages() -> Vec<Workload> {
    let short = |name, work| sized(SHORT, primitive(name, work));
    vec![
        primitive("primitive/chain_step", PrimitiveWork::ChainStep),
        short(
            "primitive/aes256gcm_seal_fresh",
            PrimitiveWork::Aes256GcmSealFresh,
        ),
        short(
            "primitive/aes256gcm_open_fresh",
            PrimitiveWork::Aes256GcmOpenFresh,
        ),
        encrypt(),
        decrypt(),
    ]
}

fn encrypt() -> Workload {
    message("session/encrypt", SessionWork::Encrypt(Place::Aligned))
}

fn decrypt() -> Workload {
    message("session/decrypt", SessionWork::Decrypt(Place::Aligned))
}

fn message(name: &'static str, work: SessionWork) -> Workload {
    let message = sized(SHORT, subject(name, Work::Session(work)));
    with(Suite::Pqxdh768Aes256Gcm, message)
}

/// Steps everything.
///
/// # Errors
/// [`Failed::Stepping`] where instructions cannot be counted, [`Failed::Wrong`] for a wrong result.
pub fn table() -> Result<Table, Failed> {
    let rows = subjects()
        .into_iter()
        .map(|(workload, backend)| Executed::of(&workload, backend, LIMIT))
        .collect::<Result<_, _>>()?;
    Ok(Table::made_here(Layer::Instructions, rows))
}

/// The verb `instructions`: compares with the golden file unless told to rewrite it.
///
/// # Errors
/// As [`table`]; a file that cannot be used; any difference.
pub fn instructions(options: &GoldenOptions, out: &mut dyn Write) -> Result<(), Failure> {
    let table = table()?;
    print(&table, out)?;
    settle(Layer::Instructions, &table, options, |_| true, out)
}
