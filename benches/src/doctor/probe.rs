//! A few seconds' measurement of the primitives that decide.

use std::io::{self, Write};
use std::time::Duration;

use crate::backend::Backend;
use crate::cli::Failure;
use crate::family::{Terms, family};
use crate::measure::clock::Clock;
use crate::measure::stop::Stop;
use crate::report::duration;
use crate::workload::table;

/// What is measured: identifiers of the workload table.
const PROBED: [&str; 15] = [
    CHAIN_STEP,
    "primitive/hkdf64",
    AES_SHORT,
    "primitive/aes256gcm_seal_fresh/1350",
    AES_LONG,
    ALTERNATE,
    CHACHA_SHORT,
    "primitive/chacha20poly1305_seal_fresh/1350",
    CHACHA_LONG,
    AGREE,
    PUBLIC,
    SIGN,
    VERIFY,
    ENCAPS,
    DECAPS,
];
pub(super) const CHAIN_STEP: &str = "primitive/chain_step";
pub(super) const AES_SHORT: &str = "primitive/aes256gcm_seal_fresh/256";
pub(super) const AES_LONG: &str = "primitive/aes256gcm_seal_fresh/16384";
/// [`CHAIN_STEP`] and [`AES_SHORT`] in turn.
pub(super) const ALTERNATE: &str = "primitive/alternate/256";
pub(super) const CHACHA_SHORT: &str = "primitive/chacha20poly1305_seal_fresh/256";
pub(super) const CHACHA_LONG: &str = "primitive/chacha20poly1305_seal_fresh/16384";
pub(super) const AGREE: &str = "primitive/x25519_agree";
pub(super) const PUBLIC: &str = "primitive/x25519_public";
pub(super) const SIGN: &str = "primitive/ed25519_sign";
pub(super) const VERIFY: &str = "primitive/ed25519_verify";
pub(super) const ENCAPS: &str = "primitive/mlkem768_encaps";
pub(super) const DECAPS: &str = "primitive/mlkem768_decaps";

const PER_ROW: Duration = Duration::from_millis(60);

/// Median nanoseconds per call, by workload and backend.
pub(super) struct Timings {
    pub(super) backends: Vec<Backend>,
    pub(super) rows: Vec<(&'static str, Vec<(Backend, f64)>)>,
}

impl Timings {
    pub(super) fn take(clock: Clock) -> Result<Self, Failure> {
        let table = table::all();
        let backends = Backend::supported(Backend::DEFAULT);
        let mut rows = Vec::new();
        let terms = Terms {
            clock,
            seed: 1,
            stop: Stop::default(),
        };
        for id in PROBED {
            let mut timings = Vec::new();
            for workload in table.iter().filter(|row| row.id() == id) {
                for (backend, row) in family(workload, &backends, PER_ROW, &terms) {
                    let row = row.map_err(|wrong| {
                        Failure::Wrong(vec![format!("{id} on {backend}: {wrong}")])
                    })?;
                    timings.extend(row.ns.map(|ns| (backend, ns.p50)));
                }
            }
            rows.push((id, timings));
        }
        Ok(Self { backends, rows })
    }

    pub(super) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{:<43}", "")?;
        for backend in &self.backends {
            write!(out, "{backend:>11}")?;
        }
        for (id, timings) in &self.rows {
            write!(out, "\n{id:<43}")?;
            for (_, ns) in timings {
                write!(out, "{:>11}", duration(*ns))?;
            }
        }
        writeln!(out)
    }

    /// The median of workload `id` on `backend`.
    pub(super) fn of(&self, id: &str, backend: Backend) -> Option<f64> {
        let (_, timings) = self.rows.iter().find(|(name, _)| *name == id)?;
        let (_, ns) = timings.iter().find(|(measured, _)| *measured == backend)?;
        Some(*ns)
    }

    /// The sum of several workloads on `backend`, each so many times.
    pub(super) fn sum(&self, parts: &[(f64, &str)], backend: Backend) -> Option<f64> {
        let parts = parts.iter();
        parts
            .map(|(times, id)| Some(times * self.of(id, backend)?))
            .sum()
    }

    /// The fastest of `backends` by `cost`.
    pub(super) fn fastest(
        backends: &[Backend],
        cost: impl Fn(Backend) -> Option<f64>,
    ) -> Option<(Backend, f64)> {
        let costs = backends
            .iter()
            .map(|&backend| Some((backend, cost(backend)?)));
        costs.flatten().min_by(|a, b| a.1.total_cmp(&b.1))
    }
}
