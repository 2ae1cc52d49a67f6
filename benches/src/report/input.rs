//! Records as input: read from files, refused with a reason where a report cannot be made of them.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::cli::Failure;
use crate::load::record::{self as load_record, LoadRecord};
use crate::measure::stats::Nanoseconds;
use crate::record::{self, Record, Row};

/// No record that a run writes is near this.
const MOST_BYTES: u64 = 64 << 20;

/// Nor is any run's table near this.
const MOST_ROWS: usize = 10_000;

/// A file that is no record to report of.
#[derive(Debug)]
pub struct Unusable {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: Why,
}

/// What is wrong with a file.
#[derive(Debug)]
#[non_exhaustive]
pub enum Why {
    /// It cannot be read.
    Unreadable(io::Error),
    /// It is larger than 64 MiB.
    TooLarge,
    /// It is not JSON, or a field is missing or of another type.
    Malformed(serde_json::Error),
    /// It says that it is of another format.
    Schema {
        /// The format that is wanted.
        wanted: &'static str,
        /// What the file says.
        found: String,
    },
    /// It has more results than a run can give.
    TooMany(usize),
    /// A value that no measurement gives, in the result at this place.
    Impossible {
        /// The result's index, from 0.
        result: usize,
        /// The field.
        field: &'static str,
    },
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot read {}: {}", self.path.display(), self.why)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => error.fmt(f),
            Self::TooLarge => f.write_str("it is larger than 64 MiB, which no record is"),
            Self::Malformed(error) => error.fmt(f),
            Self::Schema { wanted, found } => write!(f, "the schema is {found:?}, not {wanted:?}"),
            Self::TooMany(results) => {
                write!(f, "it has {results} results, at most {MOST_ROWS} are read")
            }
            Self::Impossible { result, field } => {
                write!(
                    f,
                    "results[{result}].{field} has a value that no measurement gives"
                )
            }
        }
    }
}

impl std::error::Error for Unusable {}

impl From<Unusable> for Failure {
    fn from(Unusable { path, why }: Unusable) -> Self {
        Self::Unreadable(path, why.to_string())
    }
}

/// Reads a record of `run`.
///
/// # Errors
/// [`Unusable`], with the reason.
pub fn read_record(path: &Path) -> Result<Record, Unusable> {
    let unusable = |why| Unusable {
        path: path.to_owned(),
        why,
    };
    let record: Record = read(path).map_err(unusable)?;
    schema(&record.schema, record::SCHEMA).map_err(unusable)?;
    few(record.results.len()).map_err(unusable)?;
    for (result, row) in record.results.iter().enumerate() {
        possible(row).map_err(|field| unusable(Why::Impossible { result, field }))?;
    }
    Ok(record)
}

/// Reads a record of `load`.
///
/// # Errors
/// [`Unusable`], with the reason.
pub(crate) fn read_load(path: &Path) -> Result<LoadRecord, Unusable> {
    let unusable = |why| Unusable {
        path: path.to_owned(),
        why,
    };
    let load: LoadRecord = read(path).map_err(unusable)?;
    schema(&load.schema, load_record::SCHEMA).map_err(unusable)?;
    few(load.results.len()).map_err(unusable)?;
    for (result, point) in load.results.iter().enumerate() {
        point
            .possible()
            .map_err(|field| unusable(Why::Impossible { result, field }))?;
    }
    Ok(load)
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Why> {
    let file = File::open(path).map_err(Why::Unreadable)?;
    let mut bytes = Vec::new();
    let length = file
        .take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(Why::Unreadable)?;
    if length as u64 > MOST_BYTES {
        return Err(Why::TooLarge);
    }
    // The schema first: of another format no field is there, and that is not the reason.
    let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(Why::Malformed)?;
    serde_json::from_value(value).map_err(Why::Malformed)
}

fn schema(found: &str, wanted: &'static str) -> Result<(), Why> {
    if found == wanted {
        return Ok(());
    }
    let found = found.chars().take(80).collect();
    Err(Why::Schema { wanted, found })
}

fn few(results: usize) -> Result<(), Why> {
    if results > MOST_ROWS {
        return Err(Why::TooMany(results));
    }
    Ok(())
}

/// Can a measurement give this? If not, the field that it cannot give.
fn possible(row: &Row) -> Result<(), &'static str> {
    let times = |ns: &Nanoseconds| {
        let tails = [ns.p90, ns.p99, ns.p999];
        let all = [ns.p50, ns.mean, ns.max].into_iter();
        // The shortest may be shorter than the clock can tell.
        ns.min >= 0.0 && all.chain(tails.into_iter().flatten()).all(is_positive)
    };
    let amount = |value: Option<f64>| value.is_none_or(|value| value.is_finite() && value >= 0.0);
    let positive = |value: Option<f64>| value.is_none_or(is_positive);
    let checks = [
        ("batch", (1..=1 << 32).contains(&row.batch)),
        ("threads", (1..=1 << 16).contains(&row.threads)),
        ("size", row.size.is_none_or(|size| size <= 1 << 48)),
        ("ns", row.ns.as_ref().is_none_or(times)),
        (
            "ci",
            row.ci
                .is_none_or(|[low, high]| is_positive(low) && low <= high && high.is_finite()),
        ),
        ("rounds", row.rounds.iter().copied().all(is_positive)),
        (
            "distribution",
            row.distribution
                .iter()
                .flatten()
                .all(|[quantile, ns]| (0.0..=1.0).contains(quantile) && is_positive(*ns)),
        ),
        ("ops_per_s", positive(row.ops_per_s)),
        ("bytes_per_s", amount(row.bytes_per_s)),
        ("allocs_per_op", amount(row.allocs_per_op)),
        ("c_allocs_per_op", amount(row.c_allocs_per_op)),
        ("floor_ns", amount(row.floor_ns)),
        ("floor_ratio", positive(row.floor_ratio)),
        ("state_bytes", amount(row.state_bytes)),
        (
            "baseline",
            row.baseline.as_ref().is_none_or(|baseline| {
                let gain = baseline.gain;
                times(&baseline.ns)
                    && gain.low >= 0.0
                    && is_positive(gain.p50)
                    && is_positive(gain.high)
            }),
        ),
    ];
    match checks.into_iter().find(|(_, holds)| !holds) {
        Some((field, _)) => Err(field),
        None => Ok(()),
    }
}

/// Neither zero nor so large or small that its ratio to another overflows.
pub(crate) fn is_positive(value: f64) -> bool {
    (1e-12..=1e18).contains(&value)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn newest() -> String {
        let reports = Path::new(env!("CARGO_MANIFEST_DIR")).join("../reports");
        let folders = fs::read_dir(reports).unwrap();
        let records = folders.map(|folder| folder.unwrap().path().join("record.json"));
        fs::read_to_string(records.filter(|path| path.exists()).max().unwrap()).unwrap()
    }

    fn refused(name: &str, text: &str) -> String {
        let path = std::env::temp_dir().join(format!("sprag-{}-{name}.json", std::process::id()));
        fs::write(&path, text).unwrap();
        let result = read_record(&path);
        fs::remove_file(&path).unwrap();
        result.unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_record_is_refused_with_the_reason() {
        let record: serde_json::Value = serde_json::from_str(&newest()).unwrap();
        let with = |change: &dyn Fn(&mut serde_json::Value)| {
            let mut record = record.clone();
            change(&mut record);
            record.to_string()
        };
        assert!(refused("json", "{\"schema\": ").contains("EOF"));
        assert!(refused("empty", "{}").contains("missing field `schema`"));
        let other = with(&|record| record["schema"] = "sprag-bench-load/1".into());
        assert!(refused("schema", &other).contains("the schema is \"sprag-bench-load/1\", not"));
        let kind = with(&|record| record["results"][3]["batch"] = "many".into());
        assert!(refused("kind", &kind).contains("invalid type: string \"many\""));
        for (field, value) in [
            ("batch", 0.into()),
            ("threads", 0.into()),
            ("floor_ratio", (-1).into()),
            ("state_bytes", (-1).into()),
            ("ci", serde_json::json!([5.0, 4.0])),
            ("distribution", serde_json::json!([[1.5, 4.0]])),
        ] {
            let wrong = with(&|record| record["results"][3][field] = value.clone());
            assert!(
                refused(field, &wrong).contains(&format!("results[3].{field} has")),
                "{field}"
            );
        }
        let zero = with(&|record| record["results"][3]["ns"]["p50"] = 0.into());
        assert!(refused("zero", &zero).contains("results[3].ns has"));
        let many = with(&|record| {
            let row = record["results"][0].clone();
            record["results"] = vec![row; MOST_ROWS + 1].into();
        });
        assert!(refused("many", &many).contains("has 10001 results"));
        let missing = read_record(Path::new("no such file"))
            .unwrap_err()
            .to_string();
        assert!(
            missing.starts_with("cannot read no such file: "),
            "{missing}"
        );
    }
}
