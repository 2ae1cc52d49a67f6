//! The verb `report`: measures, or takes records that exist, and writes a folder that one can show.

use std::fs;
use std::io::{self, Write, stderr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::html;
use super::input::{read_load, read_record};
use super::page::{Page, Source, machine_rows};
use super::{markdown, terminal};
use crate::backend::Backend;
use crate::cli::Failure;
use crate::load::record::LoadRecord;
use crate::load::{self, LoadOptions, Window};
use crate::measure::stop::Stop;
use crate::record::Record;
use crate::run::{Selection, measure, unwritable, writable};

/// The options of `report`.
#[derive(Clone, Debug, Args)]
pub struct ReportOptions {
    /// What is measured; with a filter, no load is offered.
    #[command(flatten)]
    pub what: Selection,
    /// Measure nothing: report of this record of `run`
    #[arg(long, value_name = "PATH", conflicts_with_all = ["quick", "full", "filter", "backend", "seed"])]
    pub from: Option<PathBuf>,
    /// With --from: and of this record of `load`
    #[arg(long, value_name = "PATH", requires = "from")]
    pub load: Option<PathBuf>,
    /// A record of a build with `-C target-cpu=native`, to show what that changes
    #[arg(long, value_name = "PATH")]
    pub native: Option<PathBuf>,
    /// The folder to write; what a report writes is replaced there
    #[arg(long, value_name = "DIR", default_value = "target/report")]
    pub out: PathBuf,
}

/// Writes the report that `options` ask for and says where it is.
///
/// # Errors
/// [`Failure`]: a record cannot be used, a file cannot be written, or measuring failed. A run that
/// was interrupted or had wrong results fails after its report is written.
pub fn report(options: &ReportOptions, out: &mut dyn Write) -> Result<(), Failure> {
    // Records and folder first: nobody should measure for minutes to learn of a wrong path.
    let native = options.native.as_deref().map(read_record).transpose()?;
    let folder = Folder::make(&options.out)?;
    let (record, load, verdict) = match &options.from {
        Some(path) => {
            let load = options.load.as_deref().map(read_load).transpose()?;
            let record = read_record(path)?;
            folder.copy(path, "record.json")?;
            match &options.load {
                Some(path) => folder.copy(path, "load.json")?,
                None => folder.remove("load.json")?,
            }
            (record, load, Ok(()))
        }
        None => measured(options, &folder, out)?,
    };
    let page = Page::of(Source {
        record: &record,
        load: load.as_ref(),
        native: native.as_ref(),
    });
    folder.remove_charts()?;
    folder.put("machine.txt", &machine(&record))?;
    folder.put("report.html", &html::render(&page))?;
    folder.put("report.md", &markdown::with_pictures(&page))?;
    for chart in page.charts() {
        folder.put(&format!("{}.svg", chart.id), &chart.file())?;
    }
    let path = |name: &str| options.out.join(name).display().to_string();
    writeln!(
        out,
        "\nreport  {}\n        {} and {} charts",
        path("report.html"),
        path("report.md"),
        page.charts().count()
    )?;
    verdict
}

type Measured = (Record, Option<LoadRecord>, Result<(), Failure>);

/// A run, and after it the load. The record is kept as soon as it is there.
fn measured(
    options: &ReportOptions,
    folder: &Folder,
    out: &mut dyn Write,
) -> Result<Measured, Failure> {
    writable(Some(&folder.0.join("record.json")), "")?;
    let stop = Stop::on_ctrl_c();
    let outcome = measure(&options.what, &stop)?;
    let record = outcome.record.clone();
    folder.put("record.json", &record.to_json()?)?;
    folder.remove("load.json")?;
    write!(out, "{}", terminal::render(&record))?;
    let verdict = outcome.verdict();
    if options.what.filter.is_some() || stop.asked() {
        return Ok((record, None, verdict));
    }
    writeln!(stderr(), "offering handshakes")?;
    match load::offer(&load_options(&options.what)) {
        Ok(load) => {
            folder.put("load.json", &load.to_json()?)?;
            write!(out, "{}", load::report::terminal(&load))?;
            Ok((record, Some(load), verdict))
        }
        Err(failure) => Ok((record, None, verdict.and(Err(failure)))),
    }
}

/// The load that belongs to a run of `what`: in a quick one every load for a second, and only the
/// ways of collecting that differ most.
fn load_options(what: &Selection) -> LoadOptions {
    let window = |batch, wait| Window {
        batch,
        wait: Duration::from_micros(wait),
    };
    let mut windows = vec![window(1, 0), window(16, 0), window(64, 1000)];
    if what.full {
        windows.extend([window(64, 0), window(16, 200)]);
    }
    LoadOptions {
        seconds: if what.full { 2 } else { 1 },
        rates: Vec::new(),
        windows,
        backend: what.backend.iter().copied().max().unwrap_or(Backend::Mixed),
        json: None,
        markdown: None,
        seed: what.seed,
    }
}

fn machine(record: &Record) -> String {
    let rows = machine_rows(record).into_iter();
    let lines = rows.map(|(name, value)| format!("{name}: {}\n", value.replace('`', "")));
    lines.collect()
}

/// The folder of a report.
struct Folder(PathBuf);

impl Folder {
    fn make(path: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(path).map_err(unwritable(path))?;
        Ok(Self(path.to_owned()))
    }

    fn put(&self, name: &str, text: &str) -> Result<(), Failure> {
        let path = self.0.join(name);
        fs::write(&path, text).map_err(unwritable(&path))
    }

    /// Puts a copy of `from` there, unless that is the very file.
    fn copy(&self, from: &Path, name: &str) -> Result<(), Failure> {
        let to = self.0.join(name);
        match (from.canonicalize(), to.canonicalize()) {
            (Ok(from), Ok(to)) if from == to => Ok(()),
            _ => fs::copy(from, &to).map(drop).map_err(unwritable(&to)),
        }
    }

    fn remove(&self, name: &str) -> Result<(), Failure> {
        let path = self.0.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Failure::Unwritable(path, error))
            }
            _ => Ok(()),
        }
    }

    /// Removes the charts of an earlier report, which this one may not have; other pictures stay.
    fn remove_charts(&self) -> Result<(), Failure> {
        let earlier = fs::read_to_string(self.0.join("report.md")).unwrap_or_default();
        let links = earlier
            .split("](")
            .filter_map(|rest| rest.split(')').next());
        for link in links {
            let is_chart = |stem: &str| !stem.is_empty() && stem == super::escape::stem(stem);
            if link.strip_suffix(".svg").is_some_and(is_chart) {
                self.remove(link)?;
            }
        }
        Ok(())
    }
}
