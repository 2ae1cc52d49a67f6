//! What an operation executes: how it is found out, and how two findings are compared.
//!
//! Invariants: the operation is built and stepped on a thread of its own, whose stack begins at a
//! page and not where the environment and chance put it, and is warm, so that the count is the
//! same every time; its result is checked.

use std::thread;

use serde::{Deserialize, Serialize};

use super::classes::Classes;
use super::failed::Failed;
use super::step::{StepError, Stepped, step};
use super::verdict::{Finding, Layer, Verdict, change, of_class, of_instructions};
use crate::backend::Backend;
use crate::workload::table::Workload;
use crate::workload::{Digest, OrWrong as _, Wrong};

/// Operations before the one that is counted.
const WARM_UP: usize = 2;
/// The seed of all inputs.
pub(super) const SEED: u64 = 1;
/// As the main thread has.
const STACK: usize = 8 << 20;

/// What one operation of a workload executes on a backend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Executed {
    /// The workload's identifier.
    pub workload: String,
    /// The backend's name.
    pub backend: String,
    /// Instructions; the limit if it is longer.
    pub instructions: u64,
    /// Is this all, or only the first part?
    pub whole: bool,
    /// The accelerated ones among them.
    pub classes: Classes,
}

impl Executed {
    /// Steps one operation of `workload` on `backend`, its first `limit` instructions.
    ///
    /// # Errors
    /// [`Failed::Wrong`] if it gives a wrong result, [`Failed::Stepping`] if nothing can be
    /// counted here.
    pub fn of(workload: &Workload, backend: Backend, limit: u64) -> Result<Self, Failed> {
        let wrong =
            |wrong: Wrong| Failed::Wrong(format!("{} on {backend}: {wrong}", workload.id()));
        let stepped = thread::scope(|scope| {
            let thread = thread::Builder::new().stack_size(STACK);
            thread
                .spawn_scoped(scope, || stepped(workload, backend, limit))
                .or_wrong("starting a thread")?
                .join()
                .unwrap_or_else(|_| Err(Wrong::new("panicked")))
        });
        let (stepped, whole) = match stepped.map_err(wrong)? {
            Ok(stepped) => (stepped, true),
            Err(StepError::TooLong(part)) => (part, false),
            Err(error) => return Err(Failed::Stepping(error)),
        };
        Ok(Self {
            workload: workload.id(),
            backend: backend.name().into(),
            instructions: stepped.instructions,
            whole,
            classes: stepped.classes,
        })
    }

    fn finding(
        &self,
        layer: Layer,
        verdict: Verdict,
        text: String,
        change: Option<f64>,
    ) -> Finding {
        Finding {
            layer,
            workload: self.workload.clone(),
            backend: Some(self.backend.clone()),
            verdict,
            text,
            change,
        }
    }

    /// How many instructions, and how many more or fewer than `before`.
    fn compare_instructions(&self, before: &Self) -> Finding {
        let (layer, old, new) = (Layer::Instructions, before.instructions, self.instructions);
        match (before.whole, self.whole) {
            (true, true) => {
                let change = change(old, new);
                let text = if old == new {
                    format!("{new} instructions, as before")
                } else {
                    format!(
                        "{new} instructions, before {old} ({:+.2} %)",
                        change * 100.0
                    )
                };
                self.finding(layer, of_instructions(change), text, Some(change))
            }
            (true, false) => {
                let text = format!("more than {new} instructions, before {old}");
                self.finding(layer, Verdict::Regression, text, None)
            }
            (false, true) => {
                let text = format!("{new} instructions, before more than {old}");
                self.finding(layer, Verdict::Fine, text, None)
            }
            (false, false) => {
                let text = format!("more than {new} instructions, which are too many to count");
                self.finding(layer, Verdict::NotComparable, text, None)
            }
        }
    }

    /// What became of every class that was executed `before`.
    fn compare_classes(&self, before: &Self, layer: Layer) -> Vec<Finding> {
        let classes = before.classes.present().map(|(class, old)| {
            let new = self.classes.of(class);
            let change = change(old, new);
            let text = match new {
                0 => format!("no {class} instructions any more, before {old}"),
                new if new == old => format!("{new} {class} instructions, as before"),
                new => format!("{new} {class} instructions, before {old}"),
            };
            self.finding(layer, of_class(change), text, Some(change))
        });
        classes.collect()
    }
}

fn stepped(
    workload: &Workload,
    backend: Backend,
    limit: u64,
) -> Result<Result<Stepped, StepError>, Wrong> {
    let mut operation = workload.operation(backend, SEED)?;
    let mut digest = Digest::new();
    for _ in 0..WARM_UP {
        operation.prepare(1)?;
        operation.run(0..1)?;
        operation.verify(&mut digest)?;
    }
    operation.prepare(1)?;
    let mut outcome = Ok(());
    let stepped = step(limit, || outcome = operation.run(0..1));
    // Where nothing can be stepped the operation has not been run either.
    if stepped != Err(StepError::Unsupported) {
        outcome?;
        operation.verify(&mut digest)?;
    }
    Ok(stepped)
}

/// What `after` says about every row of `before`, and which rows are new.
///
/// As [`Layer::Instructions`] both instructions and classes count, as [`Layer::Witness`] the
/// classes alone.
#[must_use]
pub fn compare(layer: Layer, before: &[Executed], after: &[Executed]) -> Vec<Finding> {
    let same = |a: &Executed, b: &Executed| a.workload == b.workload && a.backend == b.backend;
    let mut findings = Vec::new();
    for old in before {
        let Some(new) = after.iter().find(|new| same(old, new)) else {
            let text = "not counted this time".into();
            findings.push(old.finding(layer, Verdict::NotComparable, text, None));
            continue;
        };
        if layer == Layer::Instructions {
            findings.push(new.compare_instructions(old));
        }
        findings.extend(new.compare_classes(old, layer));
    }
    for new in after {
        if !before.iter().any(|old| same(old, new)) {
            let text = "not counted before".into();
            findings.push(new.finding(layer, Verdict::NotComparable, text, None));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::exact::classes::Class;

    fn executed(backend: &str, instructions: u64, whole: bool, aes: u64) -> Executed {
        Executed {
            workload: "seal".into(),
            backend: backend.into(),
            instructions,
            whole,
            classes: BTreeMap::from([(Class::Aes, aes)]).into(),
        }
    }

    fn verdicts(layer: Layer, before: Executed, after: Executed) -> Vec<Verdict> {
        let findings = compare(layer, &[before], &[after]);
        findings
            .into_iter()
            .map(|finding| finding.verdict)
            .collect()
    }

    #[test]
    fn more_instructions_and_lost_classes_are_regressions() {
        use Verdict::{Fine, NotComparable, Regression};
        let row = |instructions, aes| executed("ring", instructions, true, aes);
        let instructions = |after| verdicts(Layer::Instructions, row(1000, 100), after);
        assert_eq!(instructions(row(1000, 100)), [Fine, Fine]);
        assert_eq!(instructions(row(1030, 100)), [Regression, Fine]);
        assert_eq!(instructions(row(900, 0)), [Fine, Regression]);
        assert_eq!(
            instructions(executed("ring", 2000, false, 100)),
            [Regression, Fine]
        );
        let witness = |after| verdicts(Layer::Witness, row(1000, 100), after);
        assert_eq!(witness(row(5000, 95)), [Fine]);
        assert_eq!(witness(row(1000, 80)), [Regression]);
        assert_eq!(
            witness(executed("mixed", 1000, true, 100)),
            [NotComparable; 2]
        );
    }

    #[test]
    fn what_is_too_long_to_count_is_not_passed_over() {
        let row = executed("ring", 1000, false, 0);
        let found = verdicts(Layer::Instructions, row.clone(), row);
        assert_eq!(found, [Verdict::NotComparable]);
    }
}
