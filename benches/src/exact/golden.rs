//! Golden files: numbers committed beside the code, one line each, to read in a diff.
//!
//! What lives here: the options of the verbs that use one, reading, writing and judging, and the
//! format of a table of [`Executed`]. The format of the counts stands beside them.
//!
//! Invariant: instructions depend on more than the source, so their file says what they were made
//! with, and is compared under the same conditions only; otherwise the answer is that it cannot
//! be compared, and never that nothing changed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::classes::{Class, Classes};
use super::executed::{Executed, compare};
use super::failed::Failed;
use super::verdict::{Finding, Layer, Verdict};
use crate::build_info::Build;
use crate::cli::Failure;
use crate::host;
use crate::run::unwritable;

/// What is done with a golden file.
#[derive(Clone, Debug, Args)]
pub struct GoldenOptions {
    /// Compare with the golden file: exit code 3 for a difference, 4 if it was made under other
    /// conditions
    #[arg(long)]
    pub check: bool,
    /// Rewrite the golden file
    #[arg(long, conflicts_with = "check")]
    pub write: bool,
    /// The golden file [default: the one of the verb in benches/golden]
    #[arg(long, value_name = "PATH")]
    pub golden: Option<PathBuf>,
}

impl GoldenOptions {
    pub(super) fn path(&self, layer: Layer) -> PathBuf {
        let default = || PathBuf::from(format!("benches/golden/{}.txt", layer.name()));
        self.golden.clone().unwrap_or_else(default)
    }

    /// The text of the golden file.
    pub(super) fn read(&self, layer: Layer) -> Result<String, Failed> {
        let path = self.path(layer);
        fs::read_to_string(&path).map_err(|error| Failed::Unreadable(path, error))
    }

    /// Writes the golden file.
    pub(super) fn rewrite(
        &self,
        layer: Layer,
        text: &str,
        out: &mut dyn Write,
    ) -> Result<(), Failure> {
        let path = self.path(layer);
        fs::write(&path, text).map_err(unwritable(&path))?;
        Ok(writeln!(out, "wrote {}", path.display())?)
    }

    /// Prints every finding that is not fine, and fails if there is one.
    pub(super) fn judge(
        &self,
        layer: Layer,
        findings: &[Finding],
        out: &mut dyn Write,
    ) -> Result<(), Failure> {
        for finding in findings.iter().filter(|one| one.verdict != Verdict::Fine) {
            writeln!(out, "{finding}")?;
        }
        let count = |verdict| findings.iter().filter(|one| one.verdict == verdict).count();
        let differences = count(Verdict::Regression) + count(Verdict::Warning);
        let open = count(Verdict::NotComparable);
        if differences > 0 {
            return Err(Failed::Differs(differences, self.path(layer)).into());
        }
        if open > 0 {
            return Err(Failed::NotComparable(open, self.path(layer)).into());
        }
        let path = self.path(layer);
        Ok(writeln!(out, "{}: as in {}", layer.name(), path.display())?)
    }
}

/// Executed instructions and what they were made with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Conditions by name. Tables are comparable if they have the same.
    pub made_with: BTreeMap<String, String>,
    /// The rows.
    pub rows: Vec<Executed>,
}

impl Table {
    /// A table made now, by this binary on this host.
    #[must_use]
    pub fn made_here(layer: Layer, rows: Vec<Executed>) -> Self {
        Self {
            made_with: conditions(layer),
            rows,
        }
    }

    /// What `after` says about this table.
    #[must_use]
    pub fn compare(&self, layer: Layer, after: &Self) -> Vec<Finding> {
        if self.made_with == after.made_with {
            return compare(layer, &self.rows, &after.rows);
        }
        let names = self.made_with.keys().chain(after.made_with.keys());
        let mut differences: Vec<String> = names
            .filter(|name| self.made_with.get(*name) != after.made_with.get(*name))
            .map(|name| {
                let of = |table: &Self| table.made_with.get(name).cloned().unwrap_or_default();
                format!("{name} {:?}, here {:?}", of(self), of(after))
            })
            .collect();
        differences.sort();
        differences.dedup();
        vec![Finding {
            layer,
            workload: String::new(),
            backend: None,
            verdict: Verdict::NotComparable,
            text: format!("made with {}", differences.join("; ")),
            change: None,
        }]
    }

    /// The table without the rows of backends that `keep` does not hold for.
    #[must_use]
    pub(super) fn of_backends(mut self, keep: impl Fn(&str) -> bool) -> Self {
        self.rows.retain(|row| keep(&row.backend));
        self
    }

    /// As the text of a golden file.
    #[must_use]
    pub fn to_text(&self, layer: Layer) -> String {
        let mut text = format!(
            "# Made by `sprag-bench {} --write`; docs/GATE.md says what it is.\n",
            layer.name()
        );
        // Writing to a string cannot fail.
        for (name, value) in &self.made_with {
            let _ = writeln!(text, "made with | {name} | {value}");
        }
        for row in &self.rows {
            let first = if row.whole { "" } else { "first " };
            let _ = writeln!(
                text,
                "{} | {} | {first}{} | {}",
                row.workload,
                row.backend,
                row.instructions,
                list(&row.classes)
            );
        }
        text
    }

    /// Reads a golden file.
    ///
    /// # Errors
    /// The number of the line that is malformed, from one, and what it should be.
    pub fn parse(text: &str) -> Result<Self, (usize, &'static str)> {
        let mut table = Self {
            made_with: BTreeMap::new(),
            rows: Vec::new(),
        };
        for (number, line) in (1..).zip(text.lines()) {
            if line.starts_with('#') {
                continue;
            }
            let fields: Vec<&str> = line.split(" | ").collect();
            match fields[..] {
                ["made with", name, value] => {
                    table.made_with.insert(name.into(), value.into());
                }
                [workload, backend, instructions, classes] => {
                    let row = row(workload, backend, instructions, classes);
                    let expected = "a number of instructions and classes with their counts";
                    table.rows.push(row.ok_or((number, expected))?);
                }
                _ => return Err((number, "workload | backend | instructions | classes")),
            }
        }
        Ok(table)
    }
}

/// Does to a golden table of `layer` what `options` say, with the table that was made here.
pub(super) fn settle(
    layer: Layer,
    here: &Table,
    options: &GoldenOptions,
    keep: impl Fn(&str) -> bool,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    if options.write {
        return options.rewrite(layer, &here.to_text(layer), out);
    }
    let golden = Table::parse(&options.read(layer)?)
        .map_err(|(line, expected)| Failed::Malformed(options.path(layer), line, expected))?
        .of_backends(keep);
    options.judge(layer, &golden.compare(layer, here), out)
}

/// Classes with their counts, for people and in files.
pub(super) fn list(classes: &Classes) -> String {
    let classes = classes.present();
    let list: Vec<String> = classes
        .map(|(class, count)| format!("{class} {count}"))
        .collect();
    if list.is_empty() {
        "none".into()
    } else {
        list.join(", ")
    }
}

fn row(workload: &str, backend: &str, instructions: &str, classes: &str) -> Option<Executed> {
    let first = instructions.strip_prefix("first ");
    Some(Executed {
        workload: workload.into(),
        backend: backend.into(),
        instructions: first.unwrap_or(instructions).parse().ok()?,
        whole: first.is_none(),
        classes: if classes == "none" {
            Classes::default()
        } else {
            let classes = classes.split(", ").map(|item| {
                let (name, count) = item.split_once(' ')?;
                let class = Class::ALL.into_iter().find(|class| class.name() == name)?;
                Some((class, count.parse().ok()?))
            });
            classes.collect::<Option<BTreeMap<_, _>>>()?.into()
        },
    })
}

/// What executed instructions depend on beside the source. Their classes do not depend on the
/// compiler's version or the C library's, as far as they are known to.
fn conditions(layer: Layer) -> BTreeMap<String, String> {
    let build = Build::this();
    let features = host::features().into_iter();
    let features: Vec<String> = features
        .filter_map(|(name, has)| has.then_some(name))
        .collect();
    let profile = format!("{}, opt-level {}", build.profile, build.opt_level);
    let mut conditions = BTreeMap::from([
        ("target", build.target),
        ("target features", build.target_features.join(" ")),
        ("profile", profile),
        ("processor", features.join(" ")),
    ]);
    if layer == Layer::Instructions {
        conditions.insert("compiler", build.rustc.unwrap_or_default());
        conditions.insert("C library", c_library());
    }
    let conditions = conditions.into_iter();
    conditions
        .map(|(name, value)| (name.into(), value))
        .collect()
}

#[cfg(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu"))]
fn c_library() -> String {
    // SAFETY: gives a string that ends with zero and lives for ever.
    let version = unsafe { std::ffi::CStr::from_ptr(libc::gnu_get_libc_version()) };
    format!("glibc {}", version.to_string_lossy())
}

#[cfg(not(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu")))]
fn c_library() -> String {
    "unknown".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let row = |backend: &str, whole, aes| Executed {
            workload: "primitive/aes256gcm_seal_fresh/64".into(),
            backend: backend.into(),
            instructions: 1234,
            whole,
            classes: BTreeMap::from([(Class::Aes, aes), (Class::AesKey, 13)]).into(),
        };
        let mut rows = vec![row("ring", true, 70), row("mixed", false, 0)];
        rows[1].classes = Classes::default();
        Table::made_here(Layer::Instructions, rows)
    }

    #[test]
    fn a_table_comes_back_from_its_text() {
        let text = table().to_text(Layer::Instructions);
        assert!(text.contains("seal_fresh/64 | ring | 1234 | aes 70, aes-key 13\n"));
        assert!(text.contains("seal_fresh/64 | mixed | first 1234 | none\n"));
        assert_eq!(Table::parse(&text), Ok(table()));
    }

    #[test]
    fn a_line_that_is_none_is_named() {
        for line in [
            "seal | ring | 12",
            "seal | ring | twelve | none",
            "seal | ring | 12 | aes",
        ] {
            let outcome = Table::parse(&format!("# made\n{line}\n"));
            assert_eq!(outcome.unwrap_err().0, 2, "{line}");
        }
    }

    #[test]
    fn tables_made_under_other_conditions_are_not_compared() {
        let mut other = table();
        other
            .made_with
            .insert("compiler".into(), "rustc 1.0.0".into());
        let findings = other.compare(Layer::Instructions, &table());
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].verdict, Verdict::NotComparable);
        let expected = "made with compiler \"rustc 1.0.0\", here \"rustc";
        assert!(findings[0].text.starts_with(expected), "{}", findings[0]);
    }
}
