//! The rows of the group `durable`: each store beside no store, leases and common commits beside a
//! commit for every message.

use super::rows::{AES, SHORT, row};
use super::{Baseline, Beside, Work, Workload};
use crate::backend::Backend;
use crate::workload::durable::{Commits, DurableWork, Place, Task, Worked, has_postgres};

/// The messages of a lease.
const LEASED: usize = 64;
/// The messages that all workers send together.
const SHARED: usize = 64;

pub(super) fn durable(table: &mut Vec<Workload>) {
    let mut places = vec![Place::Memory, Place::Sqlite];
    places.extend(has_postgres().then_some(Place::Postgres));
    for &place in &places {
        alone(table, place);
        leased(table, place);
    }
    for (name, devices) in [
        ("durable/fanout/10", 10),
        ("durable/fanout/100", 100),
        ("durable/fanout/1000", 1000),
    ] {
        for &place in &places {
            fan_out(table, name, place, devices);
        }
    }
    if has_postgres() {
        for (name, workers) in [
            ("durable/workers/1", 1),
            ("durable/workers/2", 2),
            ("durable/workers/4", 4),
        ] {
            team(table, name, workers);
        }
    }
}

/// A commit for every message.
fn alone(table: &mut Vec<Workload>, place: Place) {
    let strategy = named(place, ["memory", "sqlite", "postgres"]);
    for (name, task, without) in [
        (
            "durable/encrypt",
            Task::Send(Commits::Each, 1),
            Task::SendAlone,
        ),
        ("durable/decrypt", Task::Receive, Task::ReceiveAlone),
    ] {
        table.push(beside(name, place, task, strategy, "no store", without));
    }
}

/// A commit for 64 messages, beside no store where the store costs next to nothing.
fn leased(table: &mut Vec<Workload>, place: Place) {
    let strategy = named(place, ["memory_lease", "sqlite_lease", "postgres_lease"]);
    let (baseline, otherwise) = match place {
        Place::Memory => ("no store", Task::SendAlone),
        _ => ("a commit each", Task::Send(Commits::Each, LEASED)),
    };
    table.push(Workload {
        batch: LEASED,
        ..beside(
            "durable/encrypt",
            place,
            Task::Send(Commits::Leased, LEASED),
            strategy,
            baseline,
            otherwise,
        )
    });
}

fn fan_out(table: &mut Vec<Workload>, name: &'static str, place: Place, devices: usize) {
    let row = |rounds, commits, strategy, baseline, otherwise| Workload {
        batch: devices * rounds,
        // A commit for each of a thousand takes a second and more.
        full_only: devices == 1000,
        ..beside(
            name,
            place,
            Task::Send(commits, rounds),
            strategy,
            baseline,
            Task::Send(otherwise, rounds),
        )
    };
    table.push(row(
        1,
        Commits::Together,
        named(place, ["memory", "sqlite", "postgres"]),
        "a commit each",
        Commits::Each,
    ));
    table.push(row(
        LEASED,
        Commits::Leased,
        named(place, ["memory_lease", "sqlite_lease", "postgres_lease"]),
        "a commit per announcement",
        Commits::Together,
    ));
}

/// The same number of messages by one worker and by several, each on a conversation of its own and
/// all on the same.
fn team(table: &mut Vec<Workload>, name: &'static str, workers: usize) {
    for (strategy, worked) in [("apart", Worked::Apart), ("same_one", Worked::Same)] {
        table.push(Workload {
            batch: SHARED,
            ..beside(
                name,
                Place::Postgres,
                Task::Workers(worked, workers),
                strategy,
                "one worker",
                Task::Workers(worked, 1),
            )
        });
    }
}

fn named(place: Place, [memory, sqlite, postgres]: [&'static str; 3]) -> &'static str {
    match place {
        Place::Memory => memory,
        Place::Sqlite => sqlite,
        Place::Postgres => postgres,
    }
}

fn beside(
    name: &'static str,
    place: Place,
    task: Task,
    strategy: &'static str,
    baseline: &'static str,
    otherwise: Task,
) -> Workload {
    let work = |task| Work::Durable(DurableWork { task, place });
    Workload {
        suite: Some(AES),
        size: Some(SHORT),
        strategy,
        beside: Beside::Baseline(Baseline::new(baseline, work(otherwise))),
        backends: &[Backend::Mixed],
        ..row(name, work(task))
    }
}
