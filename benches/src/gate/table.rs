//! What a library of workloads exports: [`Gated`] workloads, and our own table of them.
//!
//! The rows are chosen from the barometer's table: short, one per path that is worth guarding, so
//! that screening all takes minutes. Identifiers are those of the barometer with the backend
//! behind an `@`.

use std::fmt;

use sprag::sprag_core::suite::Suite;
use sprag::sprag_core::testing::counting::Call;

use super::counts::Counts;
use crate::backend::Backend;
use crate::workload::table::{self, Workload};
use crate::workload::{Operation, Wrong};

/// A workload under the gate.
pub struct Gated {
    /// Name and parameters, unique in the table.
    pub id: String,
    /// Which layers look at it.
    pub what: What,
    open: Opening,
    calls: Option<Tracing>,
}

type Opening = Box<dyn Fn(u64) -> Result<Box<dyn Operation>, Wrong> + Send + Sync>;
type Tracing = Box<dyn Fn(u64) -> Result<Vec<Call>, Wrong> + Send + Sync>;

/// Which layers look at a workload, beside those that look at all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct What {
    /// It is so short (some ten thousand instructions) that every one of them can be counted.
    pub stepped: bool,
    /// Its time is compared.
    pub time: Timed,
}

/// What becomes of a workload's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timed {
    /// Slower is a regression.
    Gated,
    /// It is shown: it uses several threads, or varies for other reasons.
    Reported,
    /// It is not measured.
    No,
}

impl Gated {
    /// The workload `id`, whose operations `open` makes from a seed: time is gated, instructions are
    /// not counted.
    pub fn new(
        id: impl Into<String>,
        open: impl Fn(u64) -> Result<Box<dyn Operation>, Wrong> + Send + Sync + 'static,
    ) -> Self {
        Self {
            id: id.into(),
            what: What {
                stepped: false,
                time: Timed::Gated,
            },
            open: Box::new(open),
            calls: None,
        }
    }

    /// Counts the instructions of one operation as well; for some ten thousand at most.
    #[must_use]
    pub fn stepped(mut self) -> Self {
        self.what.stepped = true;
        self
    }

    /// Does this with its time instead of gating it.
    #[must_use]
    pub fn timed(mut self, time: Timed) -> Self {
        self.what.time = time;
        self
    }

    /// Counts the primitive calls of one operation, which `calls` gives, as well.
    #[must_use]
    pub fn calls(
        mut self,
        calls: impl Fn(u64) -> Result<Vec<Call>, Wrong> + Send + Sync + 'static,
    ) -> Self {
        self.calls = Some(Box::new(calls));
        self
    }

    /// Sets it up from a seed.
    ///
    /// # Errors
    /// [`Wrong`] if that gave a wrong result.
    pub fn open(&self, seed: u64) -> Result<Box<dyn Operation>, Wrong> {
        (self.open)(seed)
    }

    /// Counts what an operation calls, and what some allocate.
    ///
    /// # Errors
    /// [`Wrong`] if it gave a wrong result.
    pub fn count(&self, seed: u64) -> Result<Counts, Wrong> {
        let calls = self.calls.as_ref().map(|calls| calls(seed)).transpose()?;
        let mut counts = Counts::of_calls(&calls.unwrap_or_default());
        counts.add_allocations(&mut *self.open(seed)?)?;
        Ok(counts)
    }
}

impl fmt::Debug for Gated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gated").field(&self.id).finish()
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stepped = if self.stepped { "stepped " } else { "" };
        let time = match self.time {
            Timed::Gated => "gated",
            Timed::Reported => "reported",
            Timed::No => "untimed",
        };
        write!(f, "{stepped}{time}")
    }
}

impl What {
    /// What [`Display`](fmt::Display) wrote; words of other versions are passed over.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let says = |word| text.split_whitespace().any(|other| other == word);
        Self {
            stepped: says("stepped"),
            time: match (says("gated"), says("reported")) {
                (true, _) => Timed::Gated,
                (_, true) => Timed::Reported,
                _ => Timed::No,
            },
        }
    }
}

/// Rows of the barometer's table under the gate, with a star for those short enough to be stepped
/// through.
const ON_MIXED: [&str; 34] = [
    "*primitive/chain_step",
    "*primitive/aes256gcm_seal_fresh/64",
    "*primitive/aes256gcm_seal_fresh/1350",
    "*primitive/aes256gcm_seal_fresh/16384",
    "*primitive/aes256gcm_open_fresh/64",
    "*primitive/chacha20poly1305_seal_fresh/64",
    "primitive/x25519_agree",
    "primitive/x25519_public",
    "primitive/ed25519_sign",
    "primitive/ed25519_verify",
    "primitive/mlkem768_keygen",
    "primitive/mlkem768_encaps",
    "primitive/mlkem768_decaps",
    "*session/encrypt/64",
    "*session/encrypt/1350",
    "*session/decrypt/64",
    "*session/decrypt/1350",
    "*session/encrypt/chacha/64",
    "*session/decrypt/chacha/64",
    "session/turn/256",
    "session/skip/100",
    "batch/encrypt/256/b64/t1",
    "batch/decrypt/256/b64/t1",
    "batch/encrypt/256/b64/t2",
    "batch/initiate/b8/t1",
    "batch/accept/b8/t1",
    "handshake/initiate/x3dh",
    "handshake/accept/x3dh",
    "handshake/initiate",
    "handshake/accept",
    "*state/encode/0",
    "state/decode/0",
    "state/encode/2000",
    "state/decode/2000",
];
const ON_RUSTCRYPTO: [&str; 12] = [
    "*primitive/chain_step",
    "*primitive/aes256gcm_seal_fresh/64",
    "*primitive/chacha20poly1305_seal_fresh/64",
    "primitive/x25519_agree",
    "*session/encrypt/64",
    "*session/encrypt/1350",
    "*session/decrypt/64",
    "*session/decrypt/1350",
    "session/turn/256",
    "session/skip/100",
    "handshake/initiate",
    "handshake/accept",
];
/// The engine alone: exact, and so short that time says nothing.
const ON_NULL: [&str; 6] = [
    "*session/encrypt/64",
    "*session/decrypt/64",
    "*session/turn/256",
    "*session/skip/1",
    "*state/encode/0",
    "*state/decode/0",
];

/// Our own workloads under the gate.
#[must_use]
pub fn own() -> Vec<Gated> {
    let table = table::all();
    let on = |names: &'static [&'static str], backend| {
        names.iter().filter_map({
            let table = &table;
            move |name| {
                let id = name.trim_start_matches('*');
                let row = table.iter().find(|row| short_id(row) == id)?;
                Some(gated(*row, backend, name.starts_with('*')))
            }
        })
    };
    on(&ON_MIXED, Backend::Mixed)
        .chain(on(&ON_RUSTCRYPTO, Backend::RustCrypto))
        .chain(on(&ON_NULL, Backend::Null))
        .collect()
}

fn gated(row: Workload, backend: Backend, stepped: bool) -> Gated {
    let gated = Gated::new(format!("{}@{backend}", short_id(&row)), move |seed| {
        row.operation(backend, seed)
    })
    .timed(match (backend, row.threads) {
        (Backend::Null, _) => Timed::No,
        // Mostly one copy of a tenth of a microsecond: where memory lies moved it by 8 %.
        _ if row.name == "state/encode" && row.size == Some(0) => Timed::Reported,
        (_, 1) => Timed::Gated,
        _ => Timed::Reported,
    });
    let gated = if stepped { gated.stepped() } else { gated };
    // Of several threads, only one can be listened to.
    if row.threads == 1 {
        gated.calls(move |seed| row.trace(seed))
    } else {
        gated
    }
}

/// The identifier with a short name for the suite, none for the usual one.
fn short_id(row: &Workload) -> String {
    let id = row.id();
    let Some(suite) = row.suite else {
        return id;
    };
    let short = match suite {
        Suite::Pqxdh768Aes256Gcm => "",
        Suite::Pqxdh768ChaCha20Poly1305 => "/chacha",
        Suite::X3dhAes256Gcm => "/x3dh",
        _ => return id,
    };
    id.replacen(&format!("/{suite}"), short, 1)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_name_is_in_the_table_once() {
        let ids: HashSet<String> = own().into_iter().map(|row| row.id).collect();
        let names = ON_MIXED.len() + ON_RUSTCRYPTO.len() + ON_NULL.len();
        assert_eq!(ids.len(), names, "{ids:?}");
    }

    #[test]
    fn what_is_written_is_read() {
        for stepped in [false, true] {
            for time in [Timed::Gated, Timed::Reported, Timed::No] {
                let what = What { stepped, time };
                assert_eq!(What::read(&what.to_string()), what);
            }
        }
        assert_eq!(What::read("other words").time, Timed::No);
    }

    #[test]
    fn counts_name_the_calls_and_change_with_them() {
        let row = |id: &str| own().into_iter().find(|row| row.id == id).unwrap();
        let sealed = row("primitive/chain_step@rustcrypto").count(1).unwrap();
        assert_eq!(sealed.of("ChainStep"), Some(1), "{sealed}");
        let message = row("session/encrypt/64@rustcrypto").count(1).unwrap();
        assert_eq!(message.of("SealOnce(Aes256Gcm)"), Some(1), "{message}");
        assert_eq!(message.of("ChainStep"), Some(1), "{message}");
    }
}
