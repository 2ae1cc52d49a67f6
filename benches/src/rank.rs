//! The verb `rank`: the backends in order, group by group.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::Failure;
use crate::record::Record;
use crate::report::podium::{Certainty, geometric_mean, podium};
use crate::report::{Family, backends, digits, median, wrapped};

/// The record that is read unless another one is named: where `run` leaves it.
pub(crate) const LATEST: &str = "target/sprag-bench.json";

/// The options of `rank`.
#[derive(Clone, Debug, Args)]
pub struct RankOptions {
    /// The record, as `run` and `report` write it
    #[arg(value_name = "RECORD.json", default_value = LATEST)]
    pub record: PathBuf,
}

/// Prints the backends of every group of a record in order.
///
/// # Errors
/// [`Failure::Unreadable`] if the file is no record, [`Failure::NothingInCommon`] if no workload was
/// measured on two backends.
pub fn rank(options: &RankOptions, out: &mut dyn Write) -> Result<(), Failure> {
    let record = latest(&options.record)?;
    let rankings = Ranking::all(&record);
    if rankings.is_empty() {
        return Err(Failure::NothingInCommon);
    }
    for ranking in &rankings {
        print(ranking, out)?;
    }
    writeln!(
        out,
        "\n{}",
        wrapped(
            "Times are geometric means over a group's workloads, each with all its variants counting \
             as one, by the time of whichever backend was fastest in each: 1.00 is a backend that \
             always wins. A win counts where its whole interval lies below the next one's and further \
             than the run's own noise. A mean is not your workload: `recommend` weighs.",
            96,
            ""
        )
    )?;
    Ok(())
}

/// Reads a record; if it is the one that `run` should have left, says how to make it.
///
/// # Errors
/// [`Failure::Unreadable`].
pub(crate) fn latest(path: &Path) -> Result<Record, Failure> {
    Record::read(path).map_err(|failure| match failure {
        Failure::Unreadable(path, why) if !path.exists() => {
            Failure::Unreadable(path, format!("{why}; `sprag-bench run` makes a record"))
        }
        other => other,
    })
}

fn print(ranking: &Ranking<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "\n{} ({} workloads in {} variants)",
        ranking.group, ranking.workloads, ranking.variants
    )?;
    for (index, place) in ranking.places.iter().enumerate() {
        writeln!(
            out,
            "{:>3}. {:<12} {:>6}×   wins {:>3} of {}",
            index + 1,
            place.backend,
            digits(place.times),
            place.wins,
            ranking.variants
        )?;
    }
    Ok(())
}

/// The backends of a group, the fastest first.
#[derive(Clone, Debug)]
pub(crate) struct Ranking<'a> {
    pub(crate) group: &'a str,
    pub(crate) workloads: usize,
    pub(crate) variants: usize,
    pub(crate) places: Vec<Place<'a>>,
}

/// A backend in a ranking.
#[derive(Clone, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) backend: &'a str,
    /// Its time by that of the fastest in each variant: the geometric mean.
    pub(crate) times: f64,
    /// In how many variants it was measurably the fastest.
    pub(crate) wins: usize,
}

impl<'a> Ranking<'a> {
    /// That of every group in which some workload was measured on two backends; a backend that was
    /// not measured on everything that the others were is left out.
    pub(crate) fn all(record: &'a Record) -> Vec<Self> {
        let families: Vec<Family<'a>> = Family::all(record)
            .into_iter()
            .filter(|family| podium(family).len() > 1)
            .collect();
        let names: Vec<&str> = backends(record)
            .into_iter()
            .filter(|name| *name != "null")
            .collect();
        let certainty = Certainty::of(record);
        families
            .chunk_by(|a, b| group(a) == group(b))
            .map(|families| Self::of(families, &names, certainty))
            .collect()
    }

    fn of(families: &[Family<'a>], names: &[&'a str], certainty: Certainty) -> Self {
        let workloads: Vec<&[Family<'a>]> = families
            .chunk_by(|a, b| a.workload() == b.workload())
            .collect();
        let place = |&backend: &&'a str| {
            let mean = |families: &&[Family<'a>]| {
                let times = families.iter().map(|family| times(family, backend));
                geometric_mean(times.collect::<Option<Vec<f64>>>()?.into_iter())
            };
            let means: Option<Vec<f64>> = workloads.iter().map(mean).collect();
            let won = |family: &&Family<'a>| winner(family, certainty) == Some(backend);
            Some(Place {
                backend,
                times: geometric_mean(means?.into_iter())?,
                wins: families.iter().filter(won).count(),
            })
        };
        let mut places: Vec<Place<'a>> = names.iter().filter_map(place).collect();
        places.sort_by(|a, b| a.times.total_cmp(&b.times));
        Self {
            group: families.first().map_or("", group),
            workloads: workloads.len(),
            variants: families.len(),
            places,
        }
    }
}

fn group<'a>(family: &Family<'a>) -> &'a str {
    family.rows.first().map_or("", |row| &row.group)
}

fn times(family: &Family<'_>, backend: &str) -> Option<f64> {
    Some(median(family.on(backend)?)? / family.best()?)
}

/// The backend that is measurably faster than every other one, if there is one.
fn winner<'a>(family: &Family<'a>, certainty: Certainty) -> Option<&'a str> {
    let places = podium(family);
    let [first, second, ..] = places.as_slice() else {
        return None;
    };
    certainty.apart(first, second).then_some(first.backend)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Backend;
    use crate::record::sample;
    use crate::workload::table;

    #[test]
    fn backends_are_ordered_by_how_far_they_are_from_the_fastest() {
        let mut rows = Vec::new();
        for workload in table::all() {
            let times = [
                (Backend::RustCrypto, 300.0),
                (Backend::Ring, 100.0),
                (Backend::AwsLc, 100.2),
                (Backend::Null, 1.0),
            ];
            for (backend, ns) in times {
                rows.push(sample::row(&workload, backend, ns));
            }
        }
        let record = sample::record(rows);
        let rankings = Ranking::all(&record);
        let groups: Vec<&str> = rankings.iter().map(|ranking| ranking.group).collect();
        assert_eq!(
            groups,
            [
                "primitive",
                "session",
                "handshake",
                "batch",
                "state",
                "transport",
                "history"
            ]
        );
        for ranking in &rankings {
            let places: Vec<&str> = ranking.places.iter().map(|place| place.backend).collect();
            assert_eq!(places, ["ring", "aws-lc-rs", "rustcrypto"]);
            assert!((ranking.places[2].times - 3.0).abs() < 1e-9);
            // Two that cannot be told apart both do not win.
            assert!(ranking.places.iter().all(|place| place.wins == 0));
        }
    }

    #[test]
    fn a_backend_that_is_clearly_fastest_wins() {
        let mut rows = Vec::new();
        for workload in table::all() {
            rows.push(sample::row(&workload, Backend::RustCrypto, 110.0));
            rows.push(sample::row(&workload, Backend::Ring, 100.0));
        }
        let record = sample::record(rows);
        let ranking = &Ranking::all(&record)[0];
        assert_eq!(ranking.places[0].wins, ranking.variants);
        assert!(ranking.workloads < ranking.variants);
    }
}
