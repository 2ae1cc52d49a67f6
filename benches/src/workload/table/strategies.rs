//! The rows of the groups `strategies` and `kernel`: each beside the same done otherwise.

use sprag::sprag_core::suite::Suite;

use super::rows::{AES, SHORT, row};
use super::{Baseline, Beside, Work, Workload};
use crate::backend::Backend;
use crate::workload::batch::{BatchWork, Way};
use crate::workload::primitive::MESSAGE_SIZES;
use crate::workload::session::{Place, SessionWork};
use crate::workload::strategy::{Caches, Cut, KeysMade, Saving, SendingHalf, StrategyWork, Task};

/// Items per call.
const BATCHES: [usize; 7] = [1, 4, 16, 64, 256, 1024, 4096];
/// Of the rows of a quick run, whose calls are so long that it would see but one or two rounds.
const QUICK_WEIGHT: u32 = 6;
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
    for caches in [Caches::Warm, Caches::Cold] {
        pools(table, caches);
        for size in [64, SHORT] {
            table.extend(
                BATCHES
                    .into_iter()
                    .flat_map(|batch| runs(size, batch, caches)),
            );
        }
        table.push(send_turn(caches));
    }
    table.push(Workload {
        full_only: false,
        ..in_pool("strategies/arithmetic", Task::Spin, Caches::Warm)
    });
    chunks(table);
    let strategies = table.iter_mut().filter(|row| row.group() == "strategies");
    for row in strategies.filter(|row| !row.full_only) {
        row.weight = QUICK_WEIGHT;
    }
}

/// The batch calls on the threads of a pool, beside the same on one thread.
fn pools(table: &mut Vec<Workload>, caches: Caches) {
    const MESSAGES: [usize; 6] = [64, 256, 512, 1000, 2048, 4096];
    for (name, work, batches, sizes) in [
        (
            "strategies/encrypt",
            BatchWork::Encrypt,
            &MESSAGES[..],
            &[Some(64), Some(SHORT)][..],
        ),
        (
            "strategies/decrypt",
            BatchWork::Decrypt,
            &MESSAGES,
            &[Some(64), Some(SHORT)],
        ),
        (
            "strategies/initiate",
            BatchWork::Initiate,
            &[1, 2, 4, 16, 64, 256],
            &[None],
        ),
        (
            "strategies/accept",
            BatchWork::Accept,
            &[1, 2, 4, 16, 64, 256],
            &[None],
        ),
    ] {
        for &size in sizes {
            table.extend(batches.iter().map(|&batch| Workload {
                suite: Some(AES),
                size,
                batch,
                full_only: caches == Caches::Cold || ![16, 1000].contains(&batch),
                ..in_pool(name, |way| Task::Many(work, way), caches)
            }));
        }
    }
}

/// A task on the threads of a pool, beside the same on one thread.
fn in_pool(name: &'static str, task: impl Fn(Way) -> Task, caches: Caches) -> Workload {
    strategy(
        name,
        task(Way::Pool),
        caches,
        ["pool_of_2", "pool_of_2_cold"],
        Baseline {
            name: "on one thread",
            work: Work::Strategy(StrategyWork {
                task: task(Way::Batch),
                caches,
            }),
            threads: 1,
            backend: None,
            same_bytes: true,
        },
    )
}

/// Several messages in one session, its state encoded after every change or not.
fn runs(size: usize, batch: usize, caches: Caches) -> [Workload; 2] {
    [
        (Saving::Nothing, ["run", "run_cold"]),
        (Saving::Encoded, ["run_saved", "run_saved_cold"]),
    ]
    .map(|(saving, names)| Workload {
        suite: Some(AES),
        size: Some(size),
        batch,
        full_only: caches == Caches::Cold || (size, batch) != (64, 16),
        ..strategy(
            "strategies/run",
            Task::Run(Way::Batch, saving),
            caches,
            names,
            Baseline {
                name: "one by one",
                work: Work::Strategy(StrategyWork {
                    task: Task::Run(Way::Loop, saving),
                    caches,
                }),
                threads: 1,
                backend: None,
                same_bytes: true,
            },
        )
    })
}

fn send_turn(caches: Caches) -> Workload {
    Workload {
        suite: Some(AES),
        size: Some(SHORT),
        full_only: caches == Caches::Cold,
        ..strategy(
            "strategies/send_turn",
            Task::SendTurn(KeysMade::Ahead),
            caches,
            ["key_ahead", "key_ahead_cold"],
            // Keys made ahead are drawn at another time.
            Baseline::new(
                "key on the spot",
                Work::Strategy(StrategyWork {
                    task: Task::SendTurn(KeysMade::OnTheSpot),
                    caches,
                }),
            ),
        )
    }
}

/// Large payloads in chunks, on one thread and on those of a pool, beside the whole under one seal.
fn chunks(table: &mut Vec<Workload>) {
    const EACH: usize = 64 << 10;
    for size in [256 << 10, 1 << 20, 16 << 20] {
        for (way, name) in [(Way::Batch, "chunks"), (Way::Pool, "chunks_pool_of_2")] {
            for (caches, names) in [
                (Caches::Warm, [name, ""]),
                (
                    Caches::Cold,
                    [
                        "",
                        if way == Way::Pool {
                            "chunks_pool_of_2_cold"
                        } else {
                            "chunks_cold"
                        },
                    ],
                ),
            ] {
                table.push(Workload {
                    size: Some(size),
                    full_only: caches == Caches::Cold || size != 1 << 20,
                    ..strategy(
                        "strategies/large",
                        Task::Chunks(Cut::Chunks(EACH), way),
                        caches,
                        names,
                        // Every chunk has a nonce and a tag of its own.
                        Baseline::new(
                            "in one piece",
                            Work::Strategy(StrategyWork {
                                task: Task::Chunks(Cut::Whole, Way::Loop),
                                caches,
                            }),
                        ),
                    )
                });
            }
        }
    }
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
            Baseline::new(
                "one by one, each key of a pair signed",
                Work::Strategy(StrategyWork {
                    task: Task::Many(BatchWork::PrekeysByKey, Way::Loop),
                    caches: Caches::Warm,
                }),
            ),
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
