//! The goals of files and of restoring.

use super::{Add, Limit, MIXED, Rows};
use crate::report::median;

pub(super) fn files(rows: &Rows<'_>, goal: &mut Add<'_>) {
    for (name, workload) in [("seal", "backup/seal"), ("open", "backup/open")] {
        let gain = |way| rows.gain(workload, 64 << 20, 1, Some(way));
        for (how, way) in [
            ("in parts", "stream"),
            ("as a backup", "backup"),
            ("in one call", "whole"),
        ] {
            goal(
                &format!("7. {name} 64 MiB {how} by the bare cipher"),
                Limit::AtMost(1.15),
                gain(way).map(|gain| 1.0 / gain),
            );
        }
        for (how, way) in [
            ("as a backup", "backup_pool_of_2"),
            ("in one call", "whole_pool_of_2"),
        ] {
            goal(
                &format!("7. {name} 64 MiB {how} on two threads by one"),
                Limit::AtLeast(1.8),
                gain(way),
            );
        }
        goal(
            &format!(
                "   {name} by the bare cipher on two threads by one: what this machine has to gain"
            ),
            Limit::Any,
            gain("bare_pool_of_2"),
        );
    }
    goal(
        "   open 64 MiB of a backup that is not in memory on two threads by one",
        Limit::Any,
        rows.gain("backup/open", 64 << 20, 1, Some("read_pool_of_2")),
    );
    let peak = |messages| {
        let mut found = rows.of("history/restore_peak", MIXED);
        found.find(|row| row.size == Some(messages))?.state_bytes
    };
    goal(
        "7. memory of restoring 100,000 messages by 1,000",
        Limit::AtMost(2.0),
        ratio(peak(100_000), peak(1_000)),
    );
    let each = |strategy| {
        let time = |messages| {
            let mut found = rows.of("history/restore", MIXED);
            let found = found
                .find(|row| (row.batch, row.strategy.as_deref()) == (messages, Some(strategy)));
            found.and_then(median)
        };
        ratio(time(100_000), time(10_000))
    };
    for (name, strategy) in [("by itself", "nowhere"), ("into SQLite", "sqlite")] {
        goal(
            &format!("7. restoring {name}, each of 100,000 by each of 10,000"),
            Limit::AtMost(1.3),
            each(strategy),
        );
    }
    // The map of the memory store grows out of the caches, which is no matter of restoring.
    goal(
        "   restoring into memory, each of 100,000 by each of 10,000",
        Limit::Any,
        each("memory"),
    );
}

fn ratio(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    Some(one? / other?)
}
