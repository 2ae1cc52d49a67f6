//! Rows that were measured in turns with a baseline: strategies, the kernel, peers.

use std::fmt::Write as _;

use super::{digits, duration, parameters};
use crate::measure::stats::Spread;
use crate::record::{Compared, Record, Row};

/// A group of such rows.
pub(super) struct Group {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// What to know before comparing.
    pub(super) note: &'static str,
}

/// Every such group.
pub(super) const GROUPS: [Group; 6] = [
    Group {
        name: "strategies",
        title: "Strategies beside one by one",
        note: "Each strategy and its baseline took turns on copies of the same sessions, prekeys or \
               keys; the gain is the baseline's time by the strategy's, the median over the turns \
               (and what nine of ten were above and below). A call is what one caller waits for: \
               all items on all threads. `cold`: the caches are filled with other data before every \
               call, outside the clock.",
    },
    Group {
        name: "kernel",
        title: "Messages with and without the kernel",
        note: "Beside the best composition of libraries that was found: X25519 and Ed25519 of \
               AWS-LC, HMAC of RustCrypto, AES-256-GCM of ring or AWS-LC by length.",
    },
    Group {
        name: "peers",
        title: "Beside other libraries",
        note: "Not the same work. vodozemac (Olm version 1): triple Diffie-Hellman without signatures \
               and a Double Ratchet with AES-256-CBC and an HMAC cut to eight bytes; it computes the \
               public half of its ratchet key anew for every message; its message objects are not \
               written to bytes here nor read from them, which favours it. snow (Noise): a handshake \
               between two who are online, without signatures or prekeys, then one key each way: no \
               ratchet, no forward secrecy from message to message. Our handshake is X3DH with all \
               signatures checked, a one-time prekey, and the answer. The rows `noise` alone are the \
               same work: Noise by both.",
    },
    Group {
        name: "durable",
        title: "Sessions in a store",
        note: "A message comes out after the commit of its session: read, encrypted, sealed and \
               accepted by the store. SQLite writes every commit through to the disk of the build; \
               PostgreSQL is as the server is set, over a connection to this machine. Beside it in \
               turns: the same in no store, or with a commit for every message. `lease`: one commit \
               takes 64 numbers of each conversation. `fanout` goes to so many devices; `workers` \
               are threads with a connection each, on conversations of their own (`apart`) or all \
               on the same, where who comes second does it anew.",
    },
    Group {
        name: "transport",
        title: "Resuming beside a whole handshake",
        note: "Both sides, until both have a channel. `nnpsk0`: by the ticket alone; `nkpsk0`: the \
               server proves its static key anew. Beside it the handshake IK, after which the server \
               knows the client's key too, as it does by the ticket; its messages carry 64 bytes each, \
               those of a resumption none.",
    },
    Group {
        name: "backup",
        title: "Chunked files",
        note: "Files in memory, sealed and opened in chunks of 16 KiB. `stream`: in parts of 64 KiB \
               through one buffer, as a backup is written and read; `whole`: in one call into a \
               buffer that is used again, on the caller's thread or in a pool. The bare cipher \
               works on the same bytes under one prepared key, where they stand.",
    },
];

/// The names of the groups that have such rows: those known here first.
pub(super) fn groups(record: &Record) -> Vec<String> {
    let mut names: Vec<String> = GROUPS.iter().map(|group| group.name.to_owned()).collect();
    for row in record.results.iter().filter(|row| row.baseline.is_some()) {
        if !names.contains(&row.group) {
            names.push(row.group.clone());
        }
    }
    names.retain(|name| of(record, name).next().is_some());
    names
}

/// The rows of `group` that have a baseline, each with it.
pub(super) fn of<'a>(
    record: &'a Record,
    group: &str,
) -> impl Iterator<Item = (&'a Row, &'a Compared)> {
    record
        .results
        .iter()
        .filter(move |row| row.group == group)
        .filter_map(|row| Some((row, row.baseline.as_ref()?)))
}

/// How many times as fast, and how far the rounds lie apart.
pub(super) fn gain(gain: Spread) -> String {
    let Spread { low, p50, high } = gain;
    format!("{} ({} to {})", digits(p50), digits(low), digits(high))
}

/// Nanoseconds that a call over all items takes.
pub(super) fn call(row: &Row, per_item: f64) -> f64 {
    per_item * (row.batch * row.threads) as f64
}

/// Whether a row must say which backend it is on.
pub(super) fn has_several_backends(rows: &[(&Row, &Compared)]) -> bool {
    rows.windows(2)
        .any(|pair| pair[0].0.backend != pair[1].0.backend)
}

/// The rows of `group` as lines for a terminal.
pub(super) fn lines(out: &mut String, record: &Record, group: &str) {
    let rows: Vec<(&Row, &Compared)> = of(record, group).collect();
    let several = has_several_backends(&rows);
    for (row, baseline) in rows {
        let Some(ns) = row.ns else { continue };
        let (_, name) = row.workload.split_once('/').unwrap_or_default();
        let on = match row.backend.as_str() {
            backend if several => format!(" on {backend}"),
            _ => String::new(),
        };
        let _ = writeln!(
            out,
            "{:<52}{:>9} against {:>9}: {}× ({} to {})",
            format!("{}{on}", format!("{name} {}", parameters(row)).trim_end()),
            duration(ns.p50),
            duration(baseline.ns.p50),
            digits(baseline.gain.p50),
            digits(baseline.gain.low),
            digits(baseline.gain.high),
        );
    }
}
