//! What the gate prints and writes: what changed, then one line on what was fine.

use std::fmt::Write as _;

use serde::Serialize;

use super::finding::{Finding, Verdict};
use super::layer::Layer;
use super::time::Times;

/// Everything that is known at the end.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// What was compared with.
    pub base: String,
    /// What was under test.
    pub head: String,
    /// How both were built.
    pub build: String,
    /// The processor.
    pub cpu: Option<String>,
    /// What changed, the worst first.
    pub findings: Vec<Finding>,
    /// How many workloads each layer looked at.
    pub looked: Vec<(Layer, Vec<String>)>,
    /// Instructions of one operation: workload, base, head.
    pub instructions: Vec<(String, u64, u64)>,
    /// All times, if there are any.
    pub times: Option<Times>,
    /// What could not be looked at, and what is to be tidied.
    pub notes: Vec<String>,
    /// Why nothing can be concluded, if so.
    pub inconclusive: Option<String>,
}

impl Report {
    /// How many findings have this verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        let findings = self.findings.iter();
        findings
            .filter(|finding| finding.verdict == verdict)
            .count()
    }

    /// The text for a terminal.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!(
            "\n{} (base) against {} (head)\n{}; {}\n\n",
            self.base,
            self.head,
            self.cpu.as_deref().unwrap_or("unknown processor"),
            self.build,
        );
        let width = self
            .findings
            .iter()
            .map(|finding| finding.workload.len())
            .max();
        for finding in &self.findings {
            line(&mut text, finding, width.unwrap_or(0));
        }
        if !self.findings.is_empty() {
            text.push('\n');
        }
        for note in &self.notes {
            let _ = writeln!(text, "{note}");
        }
        let looked = self.looked.iter().filter(|(_, ids)| !ids.is_empty());
        let looked: Vec<String> = looked
            .map(|(layer, ids)| {
                let changed = |id: &&String| {
                    let mut findings = self.findings.iter();
                    findings.any(|finding| finding.layer == *layer && finding.workload == **id)
                };
                let unchanged = ids.len() - ids.iter().filter(changed).count();
                format!("{layer} {unchanged} of {}", ids.len())
            })
            .collect();
        let _ = writeln!(text, "unchanged: {}{}", looked.join(", "), self.extremes());
        text
    }

    fn extremes(&self) -> String {
        let Some(times) = &self.times else {
            return String::new();
        };
        let changes = times
            .rows
            .iter()
            .map(|row| 100.0 * (row.screened.ratio - 1.0));
        let (least, most) = changes.fold((f64::MAX, f64::MIN), |(least, most), change| {
            (least.min(change), most.max(change))
        });
        format!(" (screened between {least:+.1} and {most:+.1} %)")
    }
}

fn line(text: &mut String, finding: &Finding, width: usize) {
    let Finding {
        layer,
        workload,
        what,
        base,
        head,
        verdict,
        note,
    } = finding;
    let change = match (layer, finding.percent()) {
        (Layer::Smoke, _) => String::new(),
        (Layer::Time, percent) => {
            format!("{} -> {} ns  {percent:+.1} %", number(*base), number(*head))
        }
        (_, percent) if percent.is_finite() => format!("{base} -> {head}  {percent:+.1} %"),
        _ => format!("{base} -> {head}"),
    };
    let parts = [what, &change, note].map(String::as_str);
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let _ = writeln!(
        text,
        "{verdict:<14}  {layer:<12}  {workload:<width$}  {}",
        parts.join("  ")
    );
}

fn number(ns: f64) -> String {
    if ns < 1000.0 {
        format!("{ns:.1}")
    } else {
        format!("{ns:.0}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_shown_and_the_rest_is_one_line() {
        let finding = |layer, verdict| Finding::new(layer, "a@mixed", 100.0, 104.0, verdict);
        let report = Report {
            base: "0123456789".into(),
            head: "the working tree".into(),
            build: "rustc".into(),
            cpu: None,
            findings: vec![
                finding(Layer::Counts, Verdict::Regression).of("Hmac"),
                finding(Layer::Time, Verdict::NotReproduced).noting("screened +2.6 %"),
            ],
            looked: vec![
                (Layer::Counts, vec!["a@mixed".into(), "b@mixed".into()]),
                (Layer::Time, vec!["a@mixed".into(), "b@mixed".into()]),
                (Layer::Witness, vec![]),
            ],
            instructions: vec![],
            times: None,
            notes: vec![],
            inconclusive: None,
        };
        let text = report.text();
        let regression = "REGRESSION      counts        a@mixed  Hmac  100 -> 104  +4.0 %\n";
        assert!(text.contains(regression), "{text}");
        let seen =
            "not reproduced  time          a@mixed  100.0 -> 104.0 ns  +4.0 %  screened +2.6 %";
        assert!(text.contains(seen), "{text}");
        assert!(
            text.ends_with("unchanged: counts 1 of 2, time 1 of 2\n"),
            "{text}"
        );
        assert_eq!(report.count(Verdict::Regression), 1);
    }
}
