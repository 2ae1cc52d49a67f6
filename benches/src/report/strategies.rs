//! Which strategy to use when, in words, from the measured rows.
//!
//! Nothing here is a claim: every number and every threshold comes from the record.

use super::compared::{call, of};
use super::{duration, short_suite};
use crate::record::{Compared, Record, Row};

/// A strategy pays where it gains at least this and no tenth of the rounds shows a loss.
const PAYS: f64 = 1.05;

/// Tells of the machine and is no strategy.
const MACHINE: &str = "strategies/arithmetic";

/// What each workload of the group is, in the order of reports.
const STRATEGIES: [(&str, &str); 12] = [
    (
        "strategies/encrypt",
        "Sending in many sessions by `encrypt_batch`",
    ),
    (
        "strategies/decrypt",
        "Receiving in many sessions by `decrypt_batch`",
    ),
    (
        "strategies/initiate",
        "Starting many sessions by `verify_batch` and `initiate_batch`",
    ),
    (
        "strategies/accept",
        "Accepting many first messages by `accept_batch`",
    ),
    (
        "strategies/prekeys",
        "Many one-time prekeys under one signature instead of one each, which for PQXDH is one for \
         each pair of an X25519 and an ML-KEM key",
    ),
    (
        "strategies/prekeys_by_key",
        "Many such pairs under one signature instead of two each, one for each key",
    ),
    ("strategies/agree", "Many agreements by `agree_batch`"),
    (
        "strategies/run",
        "Several messages of one session by `encrypt_run_in_place` (saved: its state encoded once \
         instead of after every message)",
    ),
    (
        "strategies/send_turn",
        "A message that turns the ratchet, its key from an `EphemeralPool`",
    ),
    (
        "strategies/large",
        "A large payload sealed in chunks of 64 KiB under one key instead of in one piece, by the \
         primitive",
    ),
    (
        MACHINE,
        "What a second thread gives on this machine at most, by arithmetic without memory",
    ),
    (
        "strategies/receive_turn",
        "Leaving the sending half of a turn to the next message, as the engine does: what a receive \
         is spared",
    ),
];

/// What is said of one variant of a strategy.
pub(super) struct Verdict {
    /// Suite, size, threads, strategy.
    pub(super) variant: String,
    /// Whether it pays, and from where on.
    pub(super) says: String,
}

/// The strategies that the record has rows of, each with its verdicts.
pub(super) fn verdicts(record: &Record) -> Vec<(&'static str, Vec<Verdict>)> {
    let rows: Vec<_> = of(record, "strategies").collect();
    let judged = |(workload, what): &(&str, &'static str)| {
        let variants = variants(&rows, workload);
        let verdicts: Vec<Verdict> = variants.iter().filter_map(|rows| verdict(rows)).collect();
        (!verdicts.is_empty()).then_some((*what, verdicts))
    };
    STRATEGIES.iter().filter_map(judged).collect()
}

/// Likewise, as one sentence per strategy.
pub(super) fn words(record: &Record) -> Vec<String> {
    let sentence = |(what, verdicts): (&str, Vec<Verdict>)| {
        let verdicts: Vec<String> = verdicts
            .into_iter()
            .map(|verdict| format!("{} {}", verdict.variant, verdict.says))
            .collect();
        format!("{what}: {}.", verdicts.join("; ").trim())
    };
    verdicts(record).into_iter().map(sentence).collect()
}

type Pair<'a> = (&'a Row, &'a Compared);

/// The rows of a workload that differ in the batch alone, put together, smallest batch first.
fn variants<'a>(rows: &[Pair<'a>], workload: &str) -> Vec<Vec<Pair<'a>>> {
    let key = |row: &Row| {
        (
            row.backend.clone(),
            row.strategy.clone(),
            row.suite.clone(),
            row.size,
            row.threads,
        )
    };
    let mut variants: Vec<Vec<Pair<'a>>> = Vec::new();
    for pair in rows.iter().filter(|(row, _)| row.workload == workload) {
        let found = variants
            .iter_mut()
            .find(|variant| key(variant[0].0) == key(pair.0));
        match found {
            Some(variant) => variant.push(*pair),
            None => variants.push(vec![*pair]),
        }
    }
    for variant in &mut variants {
        variant.sort_by_key(|(row, _)| row.batch);
    }
    variants
}

/// From which batch on a variant pays, and what it gives at best.
fn verdict(rows: &[Pair<'_>]) -> Option<Verdict> {
    let pays = |(_, baseline): &&Pair<'_>| baseline.gain.p50 >= PAYS && baseline.gain.low > 1.0;
    let best = rows
        .iter()
        .max_by(|(_, a), (_, b)| a.gain.p50.total_cmp(&b.gain.p50))?;
    let variant = variant_name(rows)?;
    let (row, baseline) = best;
    if row.workload == MACHINE {
        return Some(Verdict {
            variant: String::new(),
            says: format!("{:.2}×", baseline.gain.p50),
        });
    }
    if rows.len() == 1 {
        let does = if pays(&best) { "pays" } else { "does not pay" };
        return Some(Verdict {
            variant,
            says: format!("{does}, {:.2}×", baseline.gain.p50),
        });
    }
    // Larger batches that are measured must all pay too.
    let losing = rows.iter().rposition(|pair| !pays(&pair));
    let first = losing.map_or(0, |index| index + 1);
    let says = match rows.get(first) {
        Some((from, _)) => format!(
            "pays from {} on, at best {:.2}× at {}, where a call takes {}",
            from.batch,
            baseline.gain.p50,
            row.batch,
            duration(call(row, row.ns?.p50)),
        ),
        None if pays(&best) => format!(
            "pays only in between, {:.2}× at {}",
            baseline.gain.p50, row.batch
        ),
        None => format!("does not pay, {:.2}× at best", baseline.gain.p50),
    };
    Some(Verdict { variant, says })
}

/// What tells a variant from others: suite, size, threads, strategy; the batch only if there is but one.
fn variant_name(rows: &[Pair<'_>]) -> Option<String> {
    let (row, _) = rows.first()?;
    let mut words = Vec::new();
    if row.workload.starts_with("strategies/prekeys") {
        let suite = row.suite.as_deref()?;
        words.push(short_suite(&row.group, suite));
    }
    words.extend(row.size.map(|size| format!("{size} B")));
    if rows.len() == 1 && row.batch > 1 {
        words.push(format!("×{}", row.batch));
    }
    let strategy = row.strategy.as_deref().unwrap_or_default();
    // Beside the threads of a pool those that call do not matter.
    if !strategy.contains("pool") {
        words.push(if row.threads == 1 {
            "1 thread".into()
        } else {
            format!("{} threads", row.threads)
        });
    }
    words.push(strategy.replace('_', " "));
    Some(words.join(" "))
}
