//! The witness: which accelerated instructions the primitives execute on this host, by backend.
//!
//! A library decides at run time which code it takes; this shows which it took. What is longer
//! than the limit is judged by its first part, and says so.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::executed::Executed;
use super::failed::Failed;
use super::golden::{GoldenOptions, Table, list, settle};
use super::step::USUAL_LIMIT;
use super::subject::{primitive, sized};
use super::verdict::Layer;
use crate::backend::{Backend, UnknownBackend};
use crate::cli::Failure;
use crate::workload::primitive::PrimitiveWork as P;
use crate::workload::table::Workload;

/// The options of `witness`.
#[derive(Clone, Debug, Args)]
pub struct WitnessOptions {
    /// Only these backends
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', value_parser = backend)]
    pub backend: Vec<Backend>,
    /// Write the table as JSON, too
    #[arg(long, value_name = "PATH")]
    pub json: Option<PathBuf>,
    /// What is done with the golden file; nothing unless asked for.
    #[command(flatten)]
    pub golden: GoldenOptions,
}

/// Message sizes in bytes: short, a packet, a record.
const SIZES: [usize; 3] = [64, 1024, 16384];
/// As many stops as the longest of these messages takes: a first part shows its one half only,
/// where a library encrypts first and authenticates then.
const MESSAGE_LIMIT: u64 = 80_000;

/// Every primitive that is looked at, and how many stops of it.
#[must_use]
pub fn subjects() -> Vec<(Workload, u64)> {
    let mut messages = Vec::new();
    for (name, work) in [
        ("primitive/aes256gcm_seal_fresh", P::Aes256GcmSealFresh),
        ("primitive/aes256gcm_open_fresh", P::Aes256GcmOpenFresh),
    ] {
        messages.extend(SIZES.map(|size| sized(size, primitive(name, work))));
    }
    for (name, work) in [
        (
            "primitive/chacha20poly1305_seal_fresh",
            P::ChaCha20Poly1305SealFresh,
        ),
        (
            "primitive/chacha20poly1305_open_fresh",
            P::ChaCha20Poly1305OpenFresh,
        ),
        ("primitive/sha256", P::Sha256),
    ] {
        messages.push(sized(1024, primitive(name, work)));
    }
    let others = [
        ("primitive/chain_step", P::ChainStep),
        ("primitive/x25519_agree", P::X25519Agree),
        ("primitive/ed25519_sign", P::Ed25519Sign),
        ("primitive/ed25519_verify", P::Ed25519Verify),
        ("primitive/mlkem768_keygen", P::MlKem768Keygen),
        ("primitive/mlkem768_encaps", P::MlKem768Encaps),
        ("primitive/mlkem768_decaps", P::MlKem768Decaps),
    ];
    let others = others.map(|(name, work)| (primitive(name, work), USUAL_LIMIT));
    let messages = messages.into_iter().map(|message| (message, MESSAGE_LIMIT));
    messages.chain(others).collect()
}

/// Looks at every primitive on `backends`.
///
/// # Errors
/// [`Failed::Stepping`] where instructions cannot be counted, [`Failed::Wrong`] for a wrong result.
pub fn table(backends: &[Backend]) -> Result<Table, Failed> {
    let mut rows = Vec::new();
    for (workload, limit) in subjects() {
        for &backend in backends {
            rows.push(Executed::of(&workload, backend, limit)?);
        }
    }
    Ok(Table::made_here(Layer::Witness, rows))
}

/// The verb `witness`.
///
/// # Errors
/// As [`table`]; a file that cannot be used; with `--check` any difference.
pub fn witness(options: &WitnessOptions, out: &mut dyn Write) -> Result<(), Failure> {
    let backends = if options.backend.is_empty() {
        Backend::supported(Backend::DEFAULT)
    } else {
        options.backend.clone()
    };
    if let Some(backend) = backends.iter().find(|backend| !backend.is_supported()) {
        return Err(Failure::Unsupported(*backend));
    }
    let table = table(&backends)?;
    print(&table, out)?;
    if let Some(path) = &options.json {
        let json =
            serde_json::to_string_pretty(&table).map_err(|error| Failure::Output(error.into()))?;
        std::fs::write(path, json + "\n").map_err(crate::run::unwritable(path))?;
    }
    if options.golden.check || options.golden.write {
        let asked = |name: &str| {
            options.backend.is_empty() || backends.iter().any(|backend| backend.name() == name)
        };
        settle(Layer::Witness, &table, &options.golden, asked, out)?;
    }
    Ok(())
}

/// Prints the table, a block for each workload.
pub(super) fn print(table: &Table, out: &mut dyn Write) -> std::io::Result<()> {
    let mut block = "";
    for row in &table.rows {
        if row.workload != block {
            block = &row.workload;
            writeln!(out, "{block}")?;
        }
        let first = if row.whole { "" } else { "first" };
        writeln!(
            out,
            "  {:<11}{first:>6}{:>7}  {}",
            row.backend,
            row.instructions,
            list(&row.classes)
        )?;
    }
    Ok(())
}

fn backend(name: &str) -> Result<Backend, UnknownBackend> {
    name.parse()
}
