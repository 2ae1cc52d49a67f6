//! The rows of the group `ladder`: one for each set of instructions that this processor has.

use super::rows::{AES, SHORT, row};
use super::{Baseline, Beside, Work, Workload};
use crate::backend::Backend;
use crate::workload::ladder::{LadderWork, Rung, Task};

pub(super) fn ladder(table: &mut Vec<Workload>) {
    rungs(table, "ladder/chain_step", Task::Step, None);
    for size in [64, 1350, 16384] {
        rungs(table, "ladder/aes256gcm_seal_fresh", Task::Seal, Some(size));
    }
    rungs(table, "ladder/encrypt", Task::Encrypt, Some(SHORT));
}

/// The kernel's rungs, each beside the lowest, and this beside the kernel's best.
fn rungs(table: &mut Vec<Workload>, name: &'static str, task: Task, size: Option<usize>) {
    let there = Rung::of(task);
    let best = there.last().copied().filter(|best| *best != Rung::Library);
    let work = |rung| Work::Ladder(LadderWork { task, rung });
    let beside = |name, rung, backend| {
        Beside::Baseline(Baseline {
            name,
            work: work(rung),
            threads: 1,
            backend: Some(backend),
            same_bytes: true,
        })
    };
    table.extend(there.iter().map(|&rung| {
        let is_library = rung == Rung::Library;
        Workload {
            suite: (task == Task::Encrypt).then_some(AES),
            size,
            strategy: rung.name(),
            beside: if !is_library {
                beside(Rung::LIBRARY, Rung::Library, Backend::RustCrypto)
            } else if let Some(best) = best {
                beside(best.name(), best, Backend::Mixed)
            } else {
                Beside::Nothing
            },
            backends: if is_library {
                &[Backend::RustCrypto]
            } else {
                &[Backend::Mixed]
            },
            ..row(name, work(rung))
        }
    }));
}
