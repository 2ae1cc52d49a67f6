//! The exact layers over two loaded libraries: results, counts, instructions, witness.

use super::abi::{Library, Opened};
use super::counts::Counts;
use super::finding::{Finding, Verdict};
use super::layer::Layer;
use crate::exact::classes::{Class, Classes};
use crate::exact::step::{StepError, Stepped, step};
use crate::exact::verdict::{CLASS_MAY_LOSE, FAIL_AT, WARN_AT};
use crate::workload::Wrong;

/// A workload that both libraries have.
#[derive(Clone, Copy, Debug)]
pub struct Both<'a> {
    /// Its name.
    pub id: &'a str,
    /// What is compared with, and the workload's index there.
    pub base: (&'a Library, usize),
    /// What is under test, likewise.
    pub head: (&'a Library, usize),
}

/// Runs the workload once on either side.
#[must_use]
pub fn smoke(both: Both<'_>, seed: u64) -> Vec<Finding> {
    let wrong = |side: &str, wrong: Wrong| {
        let verdict = match side {
            "head" => Verdict::Wrong,
            // What the base did wrong is nobody's regression, but there is nothing to compare.
            _ => Verdict::Unclear,
        };
        let finding = Finding::new(Layer::Smoke, both.id, 0.0, 0.0, verdict);
        finding.of(side).noting(wrong)
    };
    [("base", both.base), ("head", both.head)]
        .into_iter()
        .filter_map(|(side, (library, index))| Some(wrong(side, once(library, index, seed).err()?)))
        .collect()
}

fn once(library: &Library, index: usize, seed: u64) -> Result<(), Wrong> {
    let mut opened = library.open(index, seed)?;
    let count = opened.capacity().min(2);
    opened.prepare(count)?;
    opened.run(0, count)?;
    opened.verify()
}

/// Compares what operations call and allocate.
///
/// # Errors
/// [`Wrong`] if counting gave a wrong result.
pub fn counts(both: Both<'_>, seed: u64) -> Result<Vec<Finding>, Wrong> {
    let count =
        |(library, index): (&Library, usize)| Counts::read(&library.count_calls(index, seed)?);
    let (base, head) = (count(both.base)?, count(both.head)?);
    let findings = base
        .differences(&head)
        .into_iter()
        .map(|(name, base, head)| {
            let (base, head) = (base as f64, head as f64);
            Finding::new(Layer::Counts, both.id, base, head, judged(base, head)).of(name)
        });
    Ok(findings.collect())
}

fn judged(base: f64, head: f64) -> Verdict {
    match head - base {
        more if more > 0.0 && more >= FAIL_AT * base => Verdict::Regression,
        more if more > 0.0 => Verdict::Warning,
        _ => Verdict::Better,
    }
}

/// Steps until two of an operation agree, at most.
const STEPS: usize = 4;
/// Instructions that are stepped through, at most: about a second.
const LIMIT: u64 = 30_000;

/// What one operation executes on either side, base first; [`StepError::TooLong`] if one of them is
/// longer than is stepped through.
///
/// # Errors
/// [`Wrong`] if an operation gave a wrong result.
pub fn stepped(both: Both<'_>, seed: u64) -> Result<Result<[Stepped; 2], StepError>, Wrong> {
    let base = least(both.base, seed)?;
    let head = least(both.head, seed)?;
    Ok(base.and_then(|base| head.map(|head| [base, head])))
}

/// The least of some operations: what surrounds them now and then (the allocator, a lazy table) does
/// not count.
fn least(
    (library, index): (&Library, usize),
    seed: u64,
) -> Result<Result<Stepped, StepError>, Wrong> {
    let mut opened = library.open(index, seed)?;
    let capacity = opened.capacity();
    // The first operations fill caches and find the processor's features.
    opened.prepare(capacity)?;
    opened.run(0, capacity)?;
    opened.verify()?;
    let mut least: Option<Stepped> = None;
    for _ in 0..STEPS {
        let stepped = match one(&mut opened)? {
            Ok(stepped) => stepped,
            Err(error) => return Ok(Err(error)),
        };
        if least.is_some_and(|least| least.instructions == stepped.instructions) {
            break;
        }
        if least.is_none_or(|least| stepped.instructions < least.instructions) {
            least = Some(stepped);
        }
    }
    Ok(least.ok_or(StepError::NotDelivered))
}

fn one(opened: &mut Opened) -> Result<Result<Stepped, StepError>, Wrong> {
    opened.prepare(1)?;
    let mut outcome = Ok(());
    let stepped = step(LIMIT, || outcome = opened.run(0, 1));
    outcome?;
    opened.verify()?;
    Ok(stepped)
}

/// Compares numbers of instructions.
#[must_use]
pub fn instructions(id: &str, [base, head]: [Stepped; 2]) -> Option<Finding> {
    let (base, head) = (base.instructions as f64, head.instructions as f64);
    let verdict = match head / base - 1.0 {
        more if more >= FAIL_AT => Verdict::Regression,
        more if more >= WARN_AT => Verdict::Warning,
        more if more <= -WARN_AT => Verdict::Better,
        _ => return None,
    };
    Some(Finding::new(Layer::Instructions, id, base, head, verdict))
}

/// Compares accelerated instructions: none of a kind that the base had, or a tenth fewer, is a
/// regression.
#[must_use]
pub fn witness(id: &str, [base, head]: [Stepped; 2]) -> Vec<Finding> {
    let fewer = |(class, count): (Class, u64), head: &Classes| {
        let (base, head) = (count as f64, head.of(class) as f64);
        (head < (1.0 - CLASS_MAY_LOSE) * base)
            .then(|| Finding::new(Layer::Witness, id, base, head, Verdict::Regression).of(class))
    };
    let present = base.classes.present();
    present
        .filter_map(|class| fewer(class, &head.classes))
        .collect()
}
