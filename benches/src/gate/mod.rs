//! The performance gate: is the head slower than the base, or does it do more?
//!
//! Both are built as shared libraries of workloads in the same way and loaded side by side. The
//! layers look at them in order of trust: results ([`exactly::smoke`]), calls and allocations,
//! instructions and accelerated instructions, all exact; then time ([`time`]), which is screened and
//! confirmed before it is believed. What lives here: the verb `gate`, which goes through the layers.
//! How each measures, what follows from it and how it is shown is in the modules.
//!
//! It is a library for other projects too: a `cdylib` target called `gate-workloads` that exports a
//! table of [`table::Gated`] workloads with [`export!`](export) is all that `sprag-bench gate
//! --manifest` needs.

pub mod abi;
pub mod counts;
pub mod decide;
pub mod error;
pub mod exactly;
pub mod finding;
pub mod intended;
pub mod layer;
pub mod options;
pub mod pair;
pub mod report;
pub mod revision;
pub mod selftest;
pub mod table;
pub mod time;

use std::fs;
use std::io::Write;
use std::path::Path;

use abi::Library;
use error::{Error, file};
use exactly::Both;
use finding::{Finding, Verdict};
use intended::Intended;
use layer::Layer;
use options::{GateOptions, ProjectOptions};
use report::Report;
use revision::{Project, Revision, Side};
use table::{Timed, What};
use time::{Effort, Libraries};

use crate::cli::Failure;
use crate::exact::step::StepError;
use crate::host::Host;
use crate::measure::clock::Clock;

pub use table::own;

/// Exports the table of workloads that the expression gives, a `Vec` of
/// [`Gated`](crate::gate::table::Gated), from a `cdylib`, which gets the counting allocator with it.
#[macro_export]
#[doc(hidden)]
macro_rules! gate_export {
    ($table:expr) => {
        #[global_allocator]
        static SPRAG_GATE_ALLOCATOR: $crate::alloc::CountingAllocator =
            $crate::alloc::CountingAllocator;

        struct SpragGateTable;

        impl $crate::gate::abi::Exported for SpragGateTable {
            fn table() -> &'static [$crate::gate::table::Gated] {
                static TABLE: ::std::sync::LazyLock<Vec<$crate::gate::table::Gated>> =
                    ::std::sync::LazyLock::new(|| $table);
                &TABLE
            }
        }

        // SAFETY: nothing else has this name; what is behind it is told in `gate::abi`.
        #[unsafe(no_mangle)]
        extern "C" fn sprag_gate_interface() -> *const $crate::gate::abi::Interface {
            static INTERFACE: $crate::gate::abi::Interface =
                $crate::gate::abi::Interface::of::<SpragGateTable>();
            &raw const INTERFACE
        }
    };
}
pub use gate_export as export;

/// Where the intended changes of a repository stand.
const INTENDED: &str = "benches/golden/intended.txt";

/// Compares what `options` ask for, and prints what changed.
///
/// # Errors
/// [`Failure::Gate`]: a regression, nothing to be said, or work that failed.
pub fn gate(options: &GateOptions, out: &mut dyn Write) -> Result<(), Failure> {
    let report = compared(options)?;
    if let Some(path) = &options.json {
        let json =
            serde_json::to_string_pretty(&report).map_err(|error| Failure::Output(error.into()))?;
        fs::write(path, json + "\n").map_err(crate::run::unwritable(path))?;
    }
    write!(out, "{}", report.text())?;
    let wrong = report.count(Verdict::Wrong);
    let regressions = report.count(Verdict::Regression);
    if wrong > 0 {
        let findings = report.findings.iter();
        let wrong = findings.filter(|finding| finding.verdict == Verdict::Wrong);
        let name = |finding: &Finding| format!("{}: {}", finding.workload, finding.note);
        Err(Failure::Wrong(wrong.map(name).collect()))
    } else if regressions > 0 {
        Err(Error::Regression(regressions).into())
    } else if let Some(why) = report.inconclusive {
        Err(Error::Inconclusive(why).into())
    } else {
        Ok(())
    }
}

/// Measures pairs in this process, for the process that asked, and prints what it found.
///
/// # Errors
/// [`Failure`]: a library cannot be loaded.
pub fn pairs(options: &pair::PairOptions, out: &mut dyn Write) -> Result<(), Failure> {
    let round = pair::measure(options)?;
    let json = serde_json::to_string(&round).map_err(|error| Failure::Output(error.into()))?;
    Ok(writeln!(out, "{json}")?)
}

fn compared(options: &GateOptions) -> Result<Report, Error> {
    let ProjectOptions {
        manifest,
        profile,
        seed,
    } = &options.of;
    let project = Project::find(manifest, profile)?;
    let mut intended = read_intended(options, &project)?;
    let base = project.commit(&options.base)?;
    let head = match &options.head {
        Some(name) => project.commit(name)?,
        None => Revision::WorkingTree,
    };
    // The base first: it is the one that may be missing.
    let base_file = project.library(&base, Side::Base)?;
    let mut head_file = project.library(&head, Side::Head)?;
    if head_file == base_file {
        // The same commit: still two libraries.
        head_file = revision::second_copy(&head_file)?;
    }
    let (base_library, head_library) = (Library::load(&base_file)?, Library::load(&head_file)?);
    if base_library.build != head_library.build {
        return Err(Error::Inconclusive(format!(
            "base and head were not built alike: {}; {}",
            base_library.build, head_library.build
        )));
    }
    let mut gate = Gate::new(options, &base_library, &head_library)?;
    gate.exact_layers(*seed)?;
    if gate.looks_at(Layer::Time) {
        let libraries = Libraries {
            base: &base_file,
            head: &head_file,
        };
        let effort = if options.quick {
            Effort::QUICK
        } else {
            Effort::USUAL
        };
        gate.time(libraries, effort, *seed)?;
    }
    gate.excuse(&mut intended);
    Ok(Report {
        base: base.to_string(),
        head: head.to_string(),
        build: head_library.build.clone(),
        cpu: Host::look(Clock::measure()).cpu,
        ..gate.report
    })
}

fn read_intended(options: &GateOptions, project: &Project) -> Result<Intended, Error> {
    let path = match &options.intended {
        Some(path) => path.clone(),
        None => {
            let path = project.root().join(INTENDED);
            if !path.exists() {
                return Ok(Intended::default());
            }
            path
        }
    };
    let text = fs::read_to_string(&path).map_err(file(&path))?;
    text.parse().map_err(|lines| Error::Intended(path, lines))
}

/// Base and head on the way through the layers.
struct Gate<'a> {
    layers: &'a [Layer],
    workloads: Vec<(Both<'a>, What)>,
    /// Everything that the head's library has, whatever the filter.
    all: &'a [String],
    report: Report,
}

impl<'a> Gate<'a> {
    fn new(options: &'a GateOptions, base: &'a Library, head: &'a Library) -> Result<Self, Error> {
        let filter = options.filter.as_ref();
        let is_wanted = |id: &String| filter.is_none_or(|filter| filter.is_match(id));
        let mut workloads = Vec::new();
        let mut notes = Vec::new();
        for (index, id) in head.ids.iter().enumerate().filter(|(_, id)| is_wanted(id)) {
            match base.index_of(id) {
                Some(in_base) => {
                    let both = Both {
                        id,
                        base: (base, in_base),
                        head: (head, index),
                    };
                    workloads.push((both, What::read(&head.what[index])));
                }
                None => notes.push(format!("new, not compared: {id}")),
            }
        }
        let gone = base
            .ids
            .iter()
            .filter(|id| is_wanted(id) && head.index_of(id).is_none());
        notes.extend(gone.map(|id| format!("gone, not compared: {id}")));
        if workloads.is_empty() {
            let filter = filter.map_or_else(|| "both sides".to_owned(), ToString::to_string);
            return Err(Error::NothingMatches(filter));
        }
        Ok(Self {
            layers: if options.layers.is_empty() {
                &Layer::ALL
            } else {
                &options.layers
            },
            workloads,
            all: &head.ids,
            report: Report {
                notes,
                ..Report::default()
            },
        })
    }

    fn looks_at(&self, layer: Layer) -> bool {
        self.layers.contains(&layer)
    }

    fn looked(&mut self, layer: Layer, ids: Vec<String>) {
        self.report.looked.push((layer, ids));
    }

    fn exact_layers(&mut self, seed: u64) -> Result<(), Error> {
        let all: Vec<String> = self
            .workloads
            .iter()
            .map(|(both, _)| both.id.to_owned())
            .collect();
        if self.looks_at(Layer::Smoke) {
            time::tell("smoke: every workload once");
            for (both, _) in &self.workloads {
                self.report.findings.extend(exactly::smoke(*both, seed));
            }
            self.looked(Layer::Smoke, all.clone());
            // What gives wrong results is not measured.
            let findings = &self.report.findings;
            self.workloads
                .retain(|(both, _)| findings.iter().all(|finding| finding.workload != both.id));
        }
        if self.looks_at(Layer::Counts) {
            time::tell("counts: calls and allocations");
            for (both, _) in &self.workloads {
                self.report.findings.extend(exactly::counts(*both, seed)?);
            }
            self.looked(Layer::Counts, all);
        }
        self.step(seed)
    }

    fn step(&mut self, seed: u64) -> Result<(), Error> {
        let wanted = [Layer::Instructions, Layer::Witness].map(|layer| self.looks_at(layer));
        if wanted == [false; 2] {
            return Ok(());
        }
        time::tell("instructions and witness: stepping through short operations");
        let mut ids = Vec::new();
        let stepped = self.workloads.iter().filter(|(_, what)| what.stepped);
        for (both, _) in stepped {
            let executed = match exactly::stepped(*both, seed)? {
                Ok(executed) => executed,
                Err(error @ StepError::TooLong(_)) => {
                    self.report
                        .notes
                        .push(format!("not stepped: {}: {error}", both.id));
                    continue;
                }
                Err(error) => {
                    self.report
                        .notes
                        .push(format!("no instructions, no witness: {error}"));
                    self.report.inconclusive = Some(error.to_string());
                    return Ok(());
                }
            };
            ids.push(both.id.to_owned());
            let [base, head] = executed.map(|side| side.instructions);
            self.report
                .instructions
                .push((both.id.to_owned(), base, head));
            if wanted[0] {
                self.report
                    .findings
                    .extend(exactly::instructions(both.id, executed));
            }
            if wanted[1] {
                self.report
                    .findings
                    .extend(exactly::witness(both.id, executed));
            }
        }
        for (layer, _) in [Layer::Instructions, Layer::Witness]
            .into_iter()
            .zip(wanted)
            .filter(|(_, wanted)| *wanted)
        {
            self.looked(layer, ids.clone());
        }
        Ok(())
    }

    fn time(&mut self, libraries: Libraries<'_>, effort: Effort, seed: u64) -> Result<(), Error> {
        let timed = self
            .workloads
            .iter()
            .filter(|(_, what)| what.time != Timed::No);
        let timed: Vec<(String, Timed)> = timed
            .map(|(both, what)| (both.id.to_owned(), what.time))
            .collect();
        if timed.is_empty() {
            return Ok(());
        }
        let (times, findings) = time::compare(libraries, &timed, effort, seed)?;
        self.looked(Layer::Time, timed.into_iter().map(|(id, _)| id).collect());
        if let Some(others) = times.others.filter(|others| *others > free_cores()) {
            let why = format!("others kept {others:.1} processors busy meanwhile");
            self.report.inconclusive.get_or_insert(why);
        }
        self.report.findings.extend(findings);
        self.report.times = Some(times);
        Ok(())
    }

    /// Lets intended changes pass, tells of lines that have nothing to allow, sorts.
    fn excuse(&mut self, intended: &mut Intended) {
        let report = &mut self.report;
        for finding in &mut report.findings {
            if !matches!(finding.verdict, Verdict::Regression | Verdict::Warning) {
                continue;
            }
            let Finding {
                layer, base, head, ..
            } = *finding;
            if let Some(reason) = intended.allow(layer, &finding.workload, base, head) {
                finding.verdict = Verdict::Intended;
                finding.note = reason;
            }
        }
        let stale = intended
            .stale(&report.looked)
            .chain(intended.about_nothing(self.all));
        let stale = stale.map(|line| format!("to be deleted from {INTENDED}: {line}"));
        report.notes.extend(stale);
        let unclear = report.count(Verdict::Unclear);
        if unclear > 0 {
            let why = format!("{unclear} workloads are unclear");
            report.inconclusive.get_or_insert(why);
        }
        report
            .findings
            .sort_by_key(|finding| (finding.verdict, finding.layer));
    }
}

/// Processors that others may keep busy without getting in our way.
fn free_cores() -> f64 {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    cores as f64 - 0.8
}

/// The library of the files as they are, for who measures it alone.
fn working_tree(options: &ProjectOptions) -> Result<std::path::PathBuf, Error> {
    Project::find(Path::new(&options.manifest), &options.profile)?
        .library(&Revision::WorkingTree, Side::Head)
}
