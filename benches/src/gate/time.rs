//! The time layer: processes that measure pairs, and what follows.
//!
//! Every process measures all workloads once, in another order and from another seed; the median
//! over the processes is what counts, as where memory lies differs from process to process. What
//! decides is in [`decide`](super::decide).

use std::env;
use std::io::{Write as _, stderr};
use std::path::Path;
use std::process::{Command, Stdio};

use rand_core::{Rng as _, SeedableRng};
use serde::Serialize;

use super::decide::{Confirmation, Confirmed, Screened};
use super::error::Error;
use super::finding::{Finding, Verdict};
use super::layer::Layer;
use super::pair::{Pairs, Round};
use super::revision::second_copy;
use super::table::Timed;
use crate::measure::stats::median;
use crate::workload::Rng;

/// How often and how long is measured.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Processes that screen, and milliseconds for each workload.
    pub screen: (usize, u64),
    /// Processes that confirm, in each role, and milliseconds for each candidate.
    pub confirm: (usize, u64),
}

impl Effort {
    /// Enough to tell 3 % from noise.
    pub const USUAL: Self = Self {
        screen: (6, 300),
        confirm: (11, 500),
    };
    /// A third of that.
    pub const QUICK: Self = Self {
        screen: (6, 100),
        confirm: (7, 300),
    };
}

/// What is compared: libraries by their files.
#[derive(Clone, Copy, Debug)]
pub struct Libraries<'a> {
    /// What is compared with.
    pub base: &'a Path,
    /// What is under test.
    pub head: &'a Path,
}

/// Which library is loaded first: where the code lies depends on it, and so does time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The base.
    BaseFirst,
    /// The head.
    HeadFirst,
}

impl Role {
    /// That of the process with this number: they change about.
    pub(super) const fn of(number: usize) -> Self {
        if number.is_multiple_of(2) {
            Self::HeadFirst
        } else {
            Self::BaseFirst
        }
    }
}

/// What the layer found.
#[derive(Debug, Default, Serialize)]
pub struct Times {
    /// Every workload.
    pub rows: Vec<Row>,
    /// Processors that others kept busy meanwhile, the median over the processes.
    pub others: Option<f64>,
}

/// One workload's times.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Which.
    pub workload: String,
    /// What screening says: head by base.
    pub screened: Screened,
    /// Nanoseconds per operation: medians over the processes of their medians.
    pub base_ns: f64,
    /// The same of head.
    pub head_ns: f64,
    /// Of the 99th percentiles: shown, not judged.
    pub base_p99_ns: Option<f64>,
    /// The same of head.
    pub head_p99_ns: Option<f64>,
    /// What confirming measured, if it was asked for.
    pub confirmation: Option<Confirmation>,
}

/// Measures `workloads` and says what changed.
///
/// # Errors
/// [`Error`]: a process failed, or a workload gave a wrong result.
pub fn compare(
    libraries: Libraries<'_>,
    workloads: &[(String, Timed)],
    effort: Effort,
    seed: u64,
) -> Result<(Times, Vec<Finding>), Error> {
    let mut rounds = Rounds::new(workloads.iter().map(|(id, _)| id.clone()).collect(), seed);
    let (processes, ms) = effort.screen;
    for number in 1..=processes {
        tell(&format!("time: process {number} of {processes}"));
        rounds.add(libraries, Role::of(number), ms)?;
    }
    let mut times = rounds.finish();
    let candidates: Vec<usize> = (0..workloads.len())
        .filter(|&index| workloads[index].1 == Timed::Gated)
        .filter(|&index| times.rows[index].screened.is_candidate())
        .collect();
    if !candidates.is_empty() {
        let ids = candidates.iter().map(|&index| workloads[index].0.clone());
        let confirmed = confirm(libraries, ids.collect(), effort.confirm, seed)?;
        for (index, confirmation) in candidates.into_iter().zip(confirmed) {
            times.rows[index].confirmation = Some(confirmation);
        }
    }
    let gated = workloads.iter().map(|(_, time)| *time);
    let findings = gated.zip(&times.rows).filter_map(finding).collect();
    Ok((times, findings))
}

fn finding((time, row): (Timed, &Row)) -> Option<Finding> {
    let about = |ratio: f64, verdict| {
        Finding::new(
            Layer::Time,
            &row.workload,
            row.base_ns,
            row.base_ns * ratio,
            verdict,
        )
    };
    let screened = row.screened;
    let Some(confirmation) = &row.confirmation else {
        let verdict = match time {
            Timed::Gated if screened.is_faster() => Verdict::Better,
            Timed::Reported if screened.is_faster() || screened.is_candidate() => Verdict::Reported,
            _ => return None,
        };
        return Some(about(screened.ratio, verdict).noting("screened, not confirmed"));
    };
    let [forward, reversed, noise] = confirmation.changes()?;
    let verdict = match confirmation.verdict() {
        Confirmed::Slower => Verdict::Regression,
        Confirmed::NotReproduced => Verdict::NotReproduced,
        Confirmed::Noisy => Verdict::Unclear,
    };
    let percent = |change: f64| change * 100.0;
    Some(
        about(1.0 + forward.min(reversed), verdict).noting(format_args!(
            "screened {:+.1} %, then {:+.1} % and {:+.1} %, control within {:.1} %",
            percent(screened.ratio - 1.0),
            percent(forward),
            percent(reversed),
            percent(noise),
        )),
    )
}

/// Asks again about `ids`: in both roles, and with a copy of the base for control.
fn confirm(
    Libraries { base, head }: Libraries<'_>,
    ids: Vec<String>,
    (processes, ms): (usize, u64),
    seed: u64,
) -> Result<Vec<Confirmation>, Error> {
    let copy = second_copy(base)?;
    let mut seeds = seed..;
    let mut rounds = || Rounds::new(ids.clone(), !seeds.next().unwrap_or(seed));
    let (mut forward, mut reversed, mut control) = (rounds(), rounds(), rounds());
    let control_pair = Libraries { base, head: &copy };
    for number in 1..=processes {
        tell(&format!(
            "time: confirming {} workloads, {number} of {processes}",
            ids.len()
        ));
        let pair = Libraries { base, head };
        forward.add(pair, Role::BaseFirst, ms)?;
        reversed.add(pair, Role::HeadFirst, ms)?;
        control.add(control_pair, Role::of(number), ms)?;
    }
    let confirmations = (0..ids.len()).map(|index| Confirmation {
        forward: forward.ratios(index),
        reversed: reversed.ratios(index),
        control: control.ratios(index),
    });
    Ok(confirmations.collect())
}

/// Processes that measured the same workloads.
pub(super) struct Rounds {
    ids: Vec<String>,
    rng: Rng,
    pairs: Vec<Vec<Pairs>>,
    others: Vec<f64>,
}

impl Rounds {
    pub(super) fn new(ids: Vec<String>, seed: u64) -> Self {
        Self {
            pairs: vec![Vec::new(); ids.len()],
            ids,
            rng: Rng::seed_from_u64(seed),
            others: Vec::new(),
        }
    }

    /// Measures all workloads in one more process. Ratios are those of head by base, whatever the
    /// role.
    pub(super) fn add(
        &mut self,
        Libraries { base, head }: Libraries<'_>,
        role: Role,
        ms: u64,
    ) -> Result<(), Error> {
        let mut order: Vec<usize> = (0..self.ids.len()).collect();
        for last in (1..order.len()).rev() {
            order.swap(last, self.rng.next_u64() as usize % (last + 1));
        }
        let ids = order.iter().map(|&index| self.ids[index].as_str());
        let seed = self.rng.next_u64();
        let round = match role {
            Role::BaseFirst => measured(base, head, ids, ms, seed)?,
            Role::HeadFirst => measured(head, base, ids, ms, seed)?,
        };
        self.others.extend(round.others);
        for (index, pairs) in order.into_iter().zip(round.pairs) {
            let pairs = pairs.map_err(|what| Error::Wrong(crate::workload::Wrong(what)))?;
            self.pairs[index].push(match role {
                Role::BaseFirst => pairs,
                Role::HeadFirst => pairs.swapped(),
            });
        }
        Ok(())
    }

    pub(super) fn ratios(&self, index: usize) -> Vec<f64> {
        self.pairs[index].iter().map(|pairs| pairs.ratio).collect()
    }

    fn finish(mut self) -> Times {
        let rows = (0..self.ids.len())
            .filter_map(|index| self.row(index))
            .collect();
        Times {
            rows,
            others: median(&mut self.others),
        }
    }

    fn row(&self, index: usize) -> Option<Row> {
        let middle = |number: fn(&Pairs) -> Option<f64>| {
            let mut numbers: Vec<f64> = self.pairs[index].iter().filter_map(number).collect();
            median(&mut numbers)
        };
        Some(Row {
            workload: self.ids[index].clone(),
            screened: Screened::of(&self.ratios(index))?,
            base_ns: middle(|pairs| Some(pairs.first.p50))?,
            head_ns: middle(|pairs| Some(pairs.second.p50))?,
            base_p99_ns: middle(|pairs| pairs.first.p99),
            head_p99_ns: middle(|pairs| pairs.second.p99),
            confirmation: None,
        })
    }
}

/// What a process of its own measures.
fn measured<'a>(
    first: &Path,
    second: &Path,
    ids: impl Iterator<Item = &'a str>,
    ms: u64,
    seed: u64,
) -> Result<Round, Error> {
    let failed = |said: String| Error::Command("measuring pairs".into(), said);
    let program = env::current_exe().map_err(|error| failed(error.to_string()))?;
    let mut command = Command::new(program);
    command.args([
        "gate-pair",
        "--seed",
        &seed.to_string(),
        "--ms",
        &ms.to_string(),
    ]);
    for id in ids {
        command.args(["--workload", id]);
    }
    let output = command
        .arg(first)
        .arg(second)
        .stderr(Stdio::piped())
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(failed(format!("{} {said}", output.status)));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| failed(error.to_string()))
}

/// Says on standard error what is being done.
pub(super) fn tell(what: &str) {
    // Progress is a courtesy: a closed standard error must not stop the gate.
    let _ = writeln!(stderr(), "{what}");
}
