//! The rows of the groups `strategies` and `kernel`: each beside the same done otherwise.

use sprag::sprag_core::suite::Suite;

use super::rows::{AES, SHORT, row};
use super::{Baseline, Beside, Work, Workload};
use crate::backend::Backend;
use crate::workload::batch::{BatchWork, Way};
use crate::workload::primitive::MESSAGE_SIZES;
use crate::workload::session::{Place, SessionWork};
use crate::workload::strategy::{Caches, SendingHalf, StrategyWork, Task};

/// Items per call.
const BATCHES: [usize; 7] = [1, 4, 16, 64, 256, 1024, 4096];
const BEST: &[Backend] = &[Backend::Mixed];

pub(super) fn strategies(table: &mut Vec<Workload>) {
    for caches in [Caches::Warm, Caches::Cold] {
        for (name, work) in [
            ("strategies/encrypt", BatchWork::Encrypt),
            ("strategies/decrypt", BatchWork::Decrypt),
        ] {
            for size in [64, SHORT] {
                let sized = |row| Workload {
                    size: Some(size),
                    ..row
                };
                table.extend(many(name, work, &BATCHES, caches).map(sized));
            }
        }
        // What takes a tenth of a millisecond each is not done 4096 at a time: the last ones'
        // latency would be half a second.
        table.extend(many(
            "strategies/initiate",
            BatchWork::Initiate,
            &BATCHES[..6],
            caches,
        ));
        table.extend(many(
            "strategies/accept",
            BatchWork::Accept,
            &BATCHES[..6],
            caches,
        ));
        // A bundle server takes no more than 1024 prekeys at a time.
        for suite in [Suite::X3dhAes256Gcm, AES] {
            let made_for = |row| Workload {
                suite: Some(suite),
                ..row
            };
            let batches = &[1, 16, 100, 1024];
            let rows = many("strategies/prekeys", BatchWork::Prekeys, batches, caches);
            table.extend(rows.map(made_for));
        }
        if caches == Caches::Warm {
            table.push(prekeys_by_key());
        }
        table.push(deferred(caches));
    }
    table.extend([1, 2, 3, 4, 8, 64, 256].map(agree));
}

/// A batch call beside single calls over the same items, on one thread and on two that each have
/// their own.
fn many(
    name: &'static str,
    work: BatchWork,
    batches: &[usize],
    caches: Caches,
) -> impl Iterator<Item = Workload> {
    let threads = |batch: usize| [1, 2].map(|threads| (batch, threads));
    let row = move |(batch, threads)| Workload {
        suite: Some(AES),
        batch,
        threads,
        full_only: !in_quick(work, batch, threads, caches),
        ..strategy(
            name,
            Task::Many(work, Way::Batch),
            caches,
            ["batch", "batch_cold"],
            Baseline {
                name: match work {
                    BatchWork::Prekeys => "one by one, each prekey signed",
                    _ => "one by one",
                },
                work: Work::Strategy(StrategyWork {
                    task: Task::Many(work, Way::Loop),
                    caches,
                }),
                threads,
                backend: None,
                // Prekeys that are signed one by one are other bytes.
                same_bytes: work != BatchWork::Prekeys,
            },
        )
    };
    batches
        .iter()
        .flat_map(move |&batch| threads(batch))
        .map(row)
        .collect::<Vec<_>>()
        .into_iter()
}

/// The few that a quick run measures.
fn in_quick(work: BatchWork, batch: usize, threads: usize, caches: Caches) -> bool {
    let batches: &[usize] = match work {
        BatchWork::Encrypt => &[4, 64, 1024],
        BatchWork::Decrypt => &[64],
        BatchWork::Initiate | BatchWork::Accept => &[16],
        BatchWork::Prekeys | BatchWork::PrekeysByKey => &[100],
    };
    threads == 1 && caches == Caches::Warm && batches.contains(&batch)
}

/// Pairs of keys under one signature beside such that have two each.
fn prekeys_by_key() -> Workload {
    Workload {
        suite: Some(AES),
        batch: 100,
        ..strategy(
            "strategies/prekeys_by_key",
            Task::Many(BatchWork::Prekeys, Way::Batch),
            Caches::Warm,
            ["batch", "batch_cold"],
            Baseline {
                name: "one by one, each key of a pair signed",
                work: Work::Strategy(StrategyWork {
                    task: Task::Many(BatchWork::PrekeysByKey, Way::Loop),
                    caches: Caches::Warm,
                }),
                threads: 1,
                backend: None,
                same_bytes: false,
            },
        )
    }
}

fn deferred(caches: Caches) -> Workload {
    Workload {
        suite: Some(AES),
        size: Some(SHORT),
        full_only: caches == Caches::Cold,
        ..strategy(
            "strategies/receive_turn",
            Task::Receive(SendingHalf::Deferred),
            caches,
            ["deferred", "deferred_cold"],
            Baseline {
                name: "sending half at once",
                work: Work::Strategy(StrategyWork {
                    task: Task::Receive(SendingHalf::Eager),
                    caches,
                }),
                threads: 1,
                backend: None,
                same_bytes: true,
            },
        )
    }
}

fn agree(batch: usize) -> Workload {
    Workload {
        batch,
        full_only: batch != 4,
        ..strategy(
            "strategies/agree",
            Task::Agree(Way::Batch),
            Caches::Warm,
            ["batch", "batch_cold"],
            Baseline {
                name: "one by one on the libraries",
                work: Work::Strategy(StrategyWork {
                    task: Task::Agree(Way::Loop),
                    caches: Caches::Warm,
                }),
                threads: 1,
                backend: Some(Backend::Libraries),
                same_bytes: true,
            },
        )
    }
}

fn strategy(
    name: &'static str,
    task: Task,
    caches: Caches,
    names: [&'static str; 2],
    baseline: Baseline,
) -> Workload {
    Workload {
        strategy: match caches {
            Caches::Warm => names[0],
            Caches::Cold => names[1],
        },
        beside: Beside::Baseline(baseline),
        backends: BEST,
        ..row(name, Work::Strategy(StrategyWork { task, caches }))
    }
}

/// Whole messages beside the same on the best composition of libraries.
pub(super) fn kernel(table: &mut Vec<Workload>) {
    for (name, work) in [
        ("kernel/encrypt", SessionWork::Encrypt(Place::Aligned)),
        ("kernel/decrypt", SessionWork::Decrypt(Place::Aligned)),
    ] {
        table.extend(MESSAGE_SIZES.iter().map(|&size| Workload {
            suite: Some(AES),
            size: Some(size),
            ..on_libraries(name, Work::Session(work))
        }));
    }
}

fn on_libraries(name: &'static str, work: Work) -> Workload {
    Workload {
        beside: Beside::Baseline(Baseline {
            name: "on the libraries",
            work,
            threads: 1,
            backend: Some(Backend::Libraries),
            same_bytes: true,
        }),
        backends: BEST,
        ..row(name, work)
    }
}
