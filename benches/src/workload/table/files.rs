//! The rows of the groups `backup` and `history`: files beside the bare cipher, and what restoring
//! takes by how much there is to restore.

use super::rows::row;
use super::{Baseline, Beside, Work, Workload};
use crate::backend::Backend;
use crate::workload::durable::Place;
use crate::workload::files::{Destination, Direction, FileWork, TEXT_LEN, Way};

const MIB: usize = 1 << 20;
/// So many messages are restored at most in a quick run: more take a second and more.
const QUICK: usize = 10_000;
const MESSAGES: [usize; 3] = [1_000, 10_000, 100_000];

pub(super) fn files(table: &mut Vec<Workload>) {
    for (name, direction) in [
        ("backup/seal", Direction::Seal),
        ("backup/open", Direction::Open),
    ] {
        for mib in [4, 64] {
            let row = |strategy, way, baseline, otherwise| Workload {
                size: Some(mib * MIB),
                strategy,
                // Three buffers of a file's length, on each backend at the same time.
                backends: if mib == 4 {
                    Backend::DEFAULT
                } else {
                    &[Backend::Mixed]
                },
                full_only: mib > 4,
                ..beside(name, direction, way, baseline, otherwise)
            };
            table.push(row("stream", Way::Stream, "the bare cipher", Way::Bare));
            table.push(row("backup", Way::Backup, "the bare cipher", Way::Bare));
            table.push(row(
                "backup_pool_of_2",
                Way::BackupPool,
                "one thread",
                Way::Backup,
            ));
            if direction == Direction::Open {
                table.push(row(
                    "read_pool_of_2",
                    Way::ReadPool,
                    "one thread",
                    Way::Read,
                ));
            }
            table.push(row("whole", Way::Whole, "the bare cipher", Way::Bare));
            table.push(row("whole_pool_of_2", Way::Pool, "one thread", Way::Whole));
            table.push(row(
                "bare_pool_of_2",
                Way::BarePool,
                "one thread",
                Way::Bare,
            ));
        }
    }
    for messages in MESSAGES {
        for (strategy, into) in [
            ("nowhere", Destination::Nothing),
            ("memory", Destination::History(Place::Memory)),
            ("sqlite", Destination::History(Place::Sqlite)),
        ] {
            table.push(Workload {
                size: Some(TEXT_LEN),
                batch: messages,
                strategy,
                full_only: messages > QUICK,
                ..alone("history/restore", Work::Restore(into))
            });
        }
    }
    table.extend(MESSAGES.map(|messages| Workload {
        size: Some(messages),
        ..alone("history/restore_peak", Work::RestorePeak)
    }));
}

fn beside(
    name: &'static str,
    direction: Direction,
    way: Way,
    baseline: &'static str,
    otherwise: Way,
) -> Workload {
    let work = |way| Work::File(FileWork { direction, way });
    Workload {
        beside: Beside::Baseline(Baseline::new(baseline, work(otherwise))),
        ..row(name, work(way))
    }
}

fn alone(name: &'static str, work: Work) -> Workload {
    Workload {
        beside: Beside::Nothing,
        backends: &[Backend::Mixed],
        ..row(name, work)
    }
}
