//! What two sets of counts say about a change. More of anything is a regression.

use std::collections::{BTreeMap, BTreeSet};

use super::{Count, Counts, Row, What};
use crate::exact::verdict::{Finding, Layer, Verdict, change};

impl Counts {
    /// What `after` says about these: a finding for every workload and kind.
    #[must_use]
    pub fn compare(&self, after: &Self) -> Vec<Finding> {
        let before: BTreeMap<_, _> = self.rows.iter().map(Row::keyed).collect();
        let after: BTreeMap<_, _> = after.rows.iter().map(Row::keyed).collect();
        let (ours, theirs) = (names(&before), names(&after));
        let mut findings: Vec<Finding> = ours
            .symmetric_difference(&theirs)
            .map(|workload| Finding {
                layer: Layer::Counts,
                workload: (*workload).into(),
                backend: None,
                verdict: Verdict::NotComparable,
                text: if ours.contains(workload) {
                    "no longer counted".into()
                } else {
                    "not counted before".into()
                },
                change: None,
            })
            .collect();
        let empty = BTreeMap::new();
        let mut missing = BTreeSet::new();
        let mut keys: BTreeSet<_> = before.keys().chain(after.keys()).copied().collect();
        keys.retain(|(workload, _)| ours.contains(workload) && theirs.contains(workload));
        for (workload, what) in keys {
            let of = |side: &BTreeMap<_, &BTreeMap<_, _>>| {
                (*side.get(&(workload, what)).unwrap_or(&&empty)).clone()
            };
            let (old, new) = (of(&before), of(&after));
            if what != What::Calls {
                // What is counted by backend is missing where the backend is, or the counting.
                let names = old.keys().chain(new.keys());
                let absent = |name: &&String| !old.contains_key(*name) || !new.contains_key(*name);
                missing.extend(names.filter(absent).map(|name| (what, name.clone())));
            }
            findings.extend(compare_row(workload, what, &old, &new));
        }
        findings.extend(missing.into_iter().map(|(what, backend)| Finding {
            layer: Layer::Counts,
            workload: String::new(),
            backend: Some(backend.clone()),
            verdict: Verdict::NotComparable,
            text: format!(
                "{} of some workloads are there on one side only",
                what.name()
            ),
            change: None,
        }));
        findings
    }
}

impl Row {
    fn keyed(&self) -> ((&str, What), &BTreeMap<String, Count>) {
        ((&self.workload, self.what), &self.counts)
    }
}

/// The workloads of which there is a row.
fn names<'a, T>(rows: &BTreeMap<(&'a str, What), T>) -> BTreeSet<&'a str> {
    rows.keys().map(|(workload, _)| *workload).collect()
}

fn compare_row(
    workload: &str,
    what: What,
    old: &BTreeMap<String, Count>,
    new: &BTreeMap<String, Count>,
) -> Vec<Finding> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut findings = Vec::new();
    for name in names {
        let sides = (old.get(name), new.get(name));
        let (old, new) = match (what, sides) {
            // No such call is none.
            (What::Calls, (old, new)) => (
                old.copied().unwrap_or_default(),
                new.copied().unwrap_or_default(),
            ),
            (_, (Some(old), Some(new))) => (*old, *new),
            _ => continue,
        };
        let more = new.times > old.times || new.len > old.len || new.second > old.second;
        let verdict = match (old == new, more) {
            (true, _) => Verdict::Fine,
            (false, true) => Verdict::Regression,
            (false, false) => Verdict::Warning,
        };
        let (subject, backend) = match what {
            What::Calls => (name.as_str(), None),
            _ => (what.name(), Some(name.clone())),
        };
        let text = if old == new {
            format!("{subject} {new}, as before")
        } else {
            format!("{subject} {new}, before {old}")
        };
        findings.push(Finding {
            layer: Layer::Counts,
            workload: workload.into(),
            backend,
            verdict,
            text,
            change: Some(change(old.times, new.times)),
        });
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(what: What, list: &[(&str, u64, u64)]) -> Counts {
        let counts = list.iter().map(|&(name, times, len)| {
            let second = 0;
            (name.to_owned(), Count { times, len, second })
        });
        let counts = counts.collect();
        let workload = "session/encrypt".into();
        Counts {
            rows: vec![Row {
                workload,
                what,
                counts,
            }],
        }
    }

    fn found(before: &Counts, after: &Counts) -> Vec<(Verdict, String)> {
        let findings = before.compare(after).into_iter();
        let found = findings.filter(|finding| finding.verdict != Verdict::Fine);
        found.map(|found| (found.verdict, found.text)).collect()
    }

    #[test]
    fn one_call_more_is_a_regression_and_one_less_is_told() {
        let one = counts(What::Calls, &[("Hmac", 1, 1)]);
        let two = counts(What::Calls, &[("Hmac", 2, 2)]);
        let none = counts(What::Calls, &[]);
        assert_eq!(found(&one, &one), []);
        let more = "Hmac 2 (2), before 1 (1)".to_owned();
        assert_eq!(found(&one, &two), [(Verdict::Regression, more)]);
        assert_eq!(found(&none, &one)[0].0, Verdict::Regression);
        assert_eq!(found(&one, &none)[0].0, Verdict::Warning);
    }

    #[test]
    fn a_longer_allocation_is_a_regression_and_an_absent_backend_is_named() {
        let here = counts(What::Rust, &[("ring", 1, 64), ("graviola", 1, 64)]);
        let longer = counts(What::Rust, &[("ring", 1, 65), ("graviola", 1, 64)]);
        assert_eq!(found(&here, &longer)[0].0, Verdict::Regression);
        let there = counts(What::Rust, &[("ring", 1, 64)]);
        let findings = here.compare(&there);
        let last = findings.last().unwrap();
        assert_eq!(last.verdict, Verdict::NotComparable);
        assert_eq!(last.backend.as_deref(), Some("graviola"));
        // No allocations counted at all is not none.
        assert!(
            found(&here, &Counts::default())
                .iter()
                .all(|(verdict, _)| { *verdict == Verdict::NotComparable })
        );
    }
}
