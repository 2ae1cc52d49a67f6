//! The goals that the project set itself, and what a record shows of them.
//!
//! All are ratios within one run, so that they can be compared between machines. A goal whose rows
//! the record lacks is left out.

mod files;
mod transport;

use crate::record::{Record, Row};
use crate::report::median;

const LIBRARIES: [&str; 4] = ["rustcrypto", "ring", "aws-lc-rs", "graviola"];
const MIXED: &str = "mixed";
/// Two measurements of the same in one run differ by no more than this.
const NOISE: f64 = 1.025;

/// A goal with what was measured.
pub(super) struct Goal {
    pub(super) what: String,
    limit: Limit,
    value: f64,
}

#[derive(Clone, Copy)]
enum Limit {
    AtMost(f64),
    AtLeast(f64),
    /// Shown, nothing more.
    Any,
}

impl Goal {
    pub(super) fn wanted(&self) -> String {
        match self.limit {
            Limit::AtMost(limit) => format!("≤ {limit}"),
            Limit::AtLeast(limit) => format!("≥ {limit}"),
            Limit::Any => String::new(),
        }
    }

    pub(super) fn shown(&self) -> String {
        format!("{:.2}", self.value)
    }

    pub(super) fn verdict(&self) -> &'static str {
        let (holds, nearly) = match self.limit {
            Limit::AtMost(limit) => (self.value <= limit, self.value <= limit * NOISE),
            Limit::AtLeast(limit) => (self.value >= limit, self.value * NOISE >= limit),
            Limit::Any => return "shown",
        };
        match (holds, nearly) {
            (true, _) => "reached",
            (false, true) => "missed by no more than the noise",
            (false, false) => "missed",
        }
    }
}

/// The goals that `record` has the rows for.
pub(super) fn measured(record: &Record) -> Vec<Goal> {
    let mut goals = Vec::new();
    every(&Rows(&record.results), &mut |what, limit, value| {
        goals.extend(value.map(|value| Goal {
            what: what.into(),
            limit,
            value,
        }));
    });
    goals
}

/// Every goal, those without a value too.
fn every(rows: &Rows<'_>, goal: &mut Add<'_>) {
    primitives(rows, goal);
    messages(rows, goal);
    peers(rows, goal);
    handshakes(rows, goal);
    batches(rows, goal);
    allocations(rows, goal);
    durable(rows, goal);
    transport::transport(rows, goal);
    files::files(rows, goal);
}

type Add<'a> = dyn FnMut(&str, Limit, Option<f64>) + 'a;

fn primitives(rows: &Rows<'_>, goal: &mut Add<'_>) {
    goal(
        "1. chain step by the best library's",
        Limit::AtMost(0.5),
        rows.by_best_library("primitive/chain_step", None),
    );
    for (name, workload) in [
        ("seal", "primitive/aes256gcm_seal_fresh"),
        ("open", "primitive/aes256gcm_open_fresh"),
    ] {
        for (size, limit) in [(64, 0.5), (256, 0.6)] {
            goal(
                &format!("1. AES-256-GCM {name}, {size} B, by the best library's"),
                Limit::AtMost(limit),
                rows.by_best_library(workload, Some(size)),
            );
        }
        let worst = rows
            .of(workload, MIXED)
            .filter_map(|row| rows.by_best_library(workload, row.size))
            .max_by(f64::total_cmp);
        goal(
            &format!("1. AES-256-GCM {name}, at its worst size"),
            Limit::AtMost(1.0),
            worst,
        );
    }
}

fn messages(rows: &Rows<'_>, goal: &mut Add<'_>) {
    for (name, workload) in [("encrypt", "kernel/encrypt"), ("decrypt", "kernel/decrypt")] {
        for (size, limit) in [(64, 0.55), (256, 0.6)] {
            let gain = rows.gain(workload, size, 1, None);
            goal(
                &format!("2. {name} {size} B by that on the best libraries"),
                Limit::AtMost(limit),
                gain.map(|gain| 1.0 / gain),
            );
        }
    }
    for (size, limit) in [(64, 1.10), (1350, 1.05)] {
        for (name, workload) in [
            ("encrypt", "session/encrypt"),
            ("decrypt", "session/decrypt"),
        ] {
            let plain = |row: &&Row| {
                row.workload == workload && row.size == Some(size) && row.strategy.is_none()
            };
            goal(
                &format!("   {name} {size} B by its floor, the worst backend and suite"),
                Limit::AtMost(limit),
                rows.worst_by_floor(plain),
            );
        }
    }
}

fn peers(rows: &Rows<'_>, goal: &mut Add<'_>) {
    for (what, workload, limit) in [
        (
            "2. encrypt 256 B: times as fast as vodozemac",
            "peers/encrypt",
            30.0,
        ),
        (
            "2. decrypt 256 B: times as fast as vodozemac",
            "peers/decrypt",
            4.0,
        ),
        (
            "3. both ways with a turn: times as fast as vodozemac",
            "peers/turn",
            2.0,
        ),
    ] {
        let gain = rows.gain(workload, 256, 1, Some("vodozemac"));
        goal(what, Limit::AtLeast(limit), gain);
    }
}

fn handshakes(rows: &Rows<'_>, goal: &mut Add<'_>) {
    for (name, suite) in [("X3DH", "X3DH"), ("PQXDH-768", "MLKEM768")] {
        for (side, workload) in [
            ("initiate", "handshake/initiate"),
            ("accept", "handshake/accept"),
        ] {
            let on = |backend| {
                rows.of(workload, backend).find(|row| {
                    row.suite
                        .as_deref()
                        .is_some_and(|name| name.contains(suite))
                })
            };
            let times = |backend| median(on(backend)?);
            goal(
                &format!("3. {name} {side}: times as fast as rustcrypto"),
                Limit::AtLeast(1.8),
                times("rustcrypto")
                    .zip(times(MIXED))
                    .map(|(theirs, ours)| theirs / ours),
            );
            goal(
                &format!("3. {name} {side} by its floor"),
                Limit::AtMost(1.05),
                on(MIXED).and_then(|row| row.floor_ratio),
            );
        }
    }
}

fn batches(rows: &Rows<'_>, goal: &mut Add<'_>) {
    for (size, limit) in [(64, 1.2), (256, 1.1)] {
        goal(
            &format!("4. encrypt_batch of 64 by the loop, {size} B"),
            Limit::AtLeast(limit),
            rows.gain("strategies/encrypt", size, 64, Some("batch")),
        );
    }
    for size in [64, 256] {
        goal(
            &format!("4. encrypt_batch of 1000 on two threads by one thread, {size} B"),
            Limit::AtLeast(1.75),
            rows.gain("strategies/encrypt", size, 1000, Some("pool_of_2")),
        );
    }
    goal(
        "   what two threads give here by one thread, arithmetic alone",
        Limit::Any,
        rows.gain("strategies/arithmetic", None, 1, Some("pool_of_2")),
    );
    goal(
        "4. agree_batch of 4 by the fastest library's loop",
        Limit::AtLeast(1.15),
        rows.gain("strategies/agree", None, 4, Some("batch")),
    );
    for (name, suite) in [("X3DH", "X3DH"), ("PQXDH-768", "MLKEM768")] {
        let made_for = |row: &&Row| {
            row.suite
                .as_deref()
                .is_some_and(|name| name.contains(suite))
        };
        goal(
            &format!("4. 100 {name} prekeys under one signature by one each"),
            Limit::AtLeast(1.6),
            rows.gain_where("strategies/prekeys", made_for, 100, Some("batch")),
        );
    }
    goal(
        "4. 100 PQXDH-768 prekeys under one signature by one for each of their two keys",
        Limit::AtLeast(1.6),
        rows.gain("strategies/prekeys_by_key", None, 100, Some("batch")),
    );
}

fn allocations(rows: &Rows<'_>, goal: &mut Add<'_>) {
    let none = Limit::AtMost(0.0);
    for (backend, limit) in [
        (MIXED, none),
        ("rustcrypto", none),
        ("ring", none),
        ("graviola", none),
        ("aws-lc-rs", Limit::Any),
    ] {
        let counts = ["session/encrypt", "session/decrypt"].into_iter();
        let counts = counts.flat_map(|workload| rows.of(workload, backend));
        let most = counts
            .filter_map(|row| Some(row.allocs_per_op? + row.c_allocs_per_op?))
            .max_by(f64::total_cmp);
        goal(
            &format!("5. allocations of a message on {backend}, Rust and C"),
            limit,
            most,
        );
    }
}

fn durable(rows: &Rows<'_>, goal: &mut Add<'_>) {
    for (what, batch, strategy) in [
        ("a commit each", 1, "memory"),
        ("under a lease of 64", 64, "memory_lease"),
    ] {
        let gain = rows.gain("durable/encrypt", 256, batch, Some(strategy));
        goal(
            &format!("   messages {what}, memory store, by those in no store"),
            Limit::AtMost(1.3),
            gain.map(|gain| 1.0 / gain),
        );
    }
    for (place, lease, store) in [
        ("sqlite", "sqlite_lease", "SQLite"),
        ("postgres", "postgres_lease", "PostgreSQL"),
    ] {
        goal(
            &format!("   messages under a lease of 64, {store}, by a commit each"),
            Limit::AtLeast(20.0),
            rows.gain("durable/encrypt", 256, 64, Some(lease)),
        );
        goal(
            &format!("   to 1000 devices in one commit, {store}, by a commit each"),
            Limit::AtLeast(30.0),
            rows.gain("durable/fanout/1000", 256, 1000, Some(place)),
        );
    }
}

/// A record's rows, to look up.
struct Rows<'a>(&'a [Row]);

impl<'a> Rows<'a> {
    fn of(&self, workload: &str, backend: &str) -> impl Iterator<Item = &'a Row> {
        let rows = self.0.iter();
        rows.filter(move |row| row.workload == workload && row.backend == backend)
    }

    /// The time on `mixed` by that of the fastest single library.
    fn by_best_library(&self, workload: &str, size: Option<usize>) -> Option<f64> {
        let on = |backend: &str| {
            self.of(workload, backend)
                .find(|row| row.size == size)
                .and_then(median)
        };
        let best = LIBRARIES.into_iter().filter_map(on).min_by(f64::total_cmp);
        Some(on(MIXED)? / best?)
    }

    /// The largest ratio to the floor among the rows that `is` says, on all backends that compute
    /// something.
    fn worst_by_floor(&self, is: impl Fn(&&Row) -> bool) -> Option<f64> {
        let rows = self.0.iter().filter(is);
        rows.filter(|row| row.backend != "null")
            .filter_map(|row| row.floor_ratio)
            .max_by(f64::total_cmp)
    }

    /// The gain of `mixed` over the baseline on one thread.
    fn gain(
        &self,
        workload: &str,
        size: impl Into<Option<usize>>,
        batch: usize,
        strategy: Option<&str>,
    ) -> Option<f64> {
        let size = size.into();
        self.gain_where(workload, |row| row.size == size, batch, strategy)
    }

    /// Likewise, of the row that `is` says.
    fn gain_where(
        &self,
        workload: &str,
        is: impl Fn(&&Row) -> bool,
        batch: usize,
        strategy: Option<&str>,
    ) -> Option<f64> {
        let mut rows = self.of(workload, MIXED).filter(is);
        let row = rows.find(|row| {
            (row.batch, row.threads, row.strategy.as_deref()) == (batch, 1, strategy)
        })?;
        row.baseline.as_ref().map(|baseline| baseline.gain.p50)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;
    use crate::workload::table;

    /// The rows of a full run, as long as each other.
    fn full() -> Vec<Row> {
        let of = |workload: table::Workload| {
            let backends = workload.backends.iter();
            backends.map(move |&backend| Row {
                allocs_per_op: Some(0.0),
                c_allocs_per_op: Some(0.0),
                state_bytes: Some(1.0),
                ..sample::row(&workload, backend, 100.0)
            })
        };
        table::all().into_iter().flat_map(of).collect()
    }

    fn without_a_value(rows: &[Row]) -> Vec<String> {
        let mut names = Vec::new();
        every(&Rows(rows), &mut |what, _, value| {
            if value.is_none() {
                names.push(what.trim().to_owned());
            }
        });
        names
    }

    #[test]
    #[cfg(feature = "peers")]
    fn the_table_has_the_rows_of_every_goal() {
        use crate::workload::durable::has_postgres;
        let mut missing = without_a_value(&full());
        // Its rows are there where the server is.
        missing.retain(|what| has_postgres() || !what.contains("PostgreSQL"));
        assert_eq!(missing, [""; 0]);
    }

    #[test]
    fn a_goal_without_rows_is_not_among_those_reached() {
        assert!(measured(&sample::record(Vec::new())).is_empty());
        let mut rows = full();
        rows.retain(|row| row.group != "backup");
        let goals = measured(&sample::record(rows));
        assert!(!goals.is_empty() && goals.iter().all(|goal| !goal.what.contains("MiB")));
    }

    #[test]
    fn allocations_that_nobody_counted_are_not_none() {
        let mut rows = full();
        for row in &mut rows {
            row.c_allocs_per_op = None;
        }
        let named = |what: &String| what.contains("allocations of a message");
        assert_eq!(
            without_a_value(&rows)
                .iter()
                .filter(|what| named(what))
                .count(),
            5
        );
    }
}
