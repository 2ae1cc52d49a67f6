//! What stands above everything: warnings, and who won what, by how much, how sure.

use super::Source;
use super::words::{interval, percent, times};
use crate::build_info::Build;
use crate::host::Host;
use crate::record::Record;
use crate::report::podium::{Certainty, geometric_mean, podium};
use crate::report::{BUSY, Family, compared, duration, standings};

/// When and where.
pub(super) fn subtitle(record: &Record) -> String {
    let cpu = record.host.cpu.as_deref().unwrap_or("unknown processor");
    let cores = record.host.cores.map(|cores| format!(", {cores} cores"));
    let when = record.started.as_deref().map(|when| format!(", {when}"));
    format!(
        "{cpu}{}{}",
        cores.unwrap_or_default(),
        when.unwrap_or_default()
    )
}

/// Why not to trust the numbers.
pub(super) fn warnings(source: Source<'_>) -> Vec<String> {
    let record = source.record;
    let mut warnings = Vec::new();
    if record.interrupted {
        warnings.push(
            "This run was interrupted: what is missing here was not measured, and what is here was \
             measured for a shorter time."
                .into(),
        );
    }
    warnings.extend(host_warnings(&record.host, &record.build, ""));
    if let Some(load) = source.load {
        warnings.extend(host_warnings(
            &load.host,
            &load.build,
            "The run of `load`: ",
        ));
        if (&load.host.cpu, &load.build) != (&record.host.cpu, &record.build) {
            warnings.push(
                "The load was offered to another build, or on another processor, than all else here \
                 was measured with."
                    .into(),
            );
        }
    }
    if let Some(native) = source.native {
        warnings.extend(host_warnings(
            &native.host,
            &native.build,
            "The native run: ",
        ));
    }
    warnings
}

/// Likewise, of one host and build.
pub(super) fn host_warnings(host: &Host, build: &Build, of: &str) -> Vec<String> {
    let mut warnings = Vec::new();
    if host.was_busy() {
        warnings.push(format!(
            "{of}{BUSY} Others kept {:.2} processors busy on average.",
            host.others_cores.unwrap_or_default()
        ));
    }
    if !build.is_optimised() {
        warnings.push(format!(
            "{of}Not an optimised build (optimisation level `{}`): the numbers mean nothing. Use `cargo \
             run --release`.",
            build.opt_level
        ));
    }
    warnings
}

/// Three sentences.
pub(super) fn sentences(record: &Record) -> Vec<String> {
    let contests: [(&str, &[&str], &str); 3] = [
        (
            "Messages",
            &["session/encrypt", "session/decrypt"],
            "encrypting and decrypting",
        ),
        (
            "Handshakes",
            &["handshake/initiate", "handshake/accept"],
            "initiating and accepting",
        ),
        ("Primitives", &["primitive/"], "the primitives"),
    ];
    let said = contests
        .iter()
        .filter_map(|(name, workloads, what)| contest(record, name, workloads, what));
    let mut sentences: Vec<String> = said.take(2).collect();
    if sentences.is_empty() {
        sentences.extend(best_gain(record));
    }
    if sentences.is_empty() {
        return vec!["This record holds no timed row that could be compared.".into()];
    }
    sentences.push(how_sure(record));
    sentences
}

/// Who wins the families of `workloads`, by their geometric means, with an example.
fn contest(record: &Record, name: &str, workloads: &[&str], what: &str) -> Option<String> {
    let families: Vec<Family<'_>> = Family::all(record)
        .into_iter()
        .filter(|family| {
            workloads
                .iter()
                .any(|work| family.workload().starts_with(work))
        })
        .filter(|family| family.best().is_some())
        .collect();
    let mut means: Vec<(&str, f64)> = crate::report::backends(record)
        .into_iter()
        .filter(|backend| *backend != "null")
        .filter_map(|backend| {
            let ratio = |family: &Family<'_>| {
                let row = family.on(backend)?;
                Some(crate::report::median(row)? / family.best()?)
            };
            let ratios: Option<Vec<f64>> = families.iter().map(ratio).collect();
            Some((backend, geometric_mean(ratios?.into_iter())?))
        })
        .collect();
    means.sort_by(|(_, a), (_, b)| a.total_cmp(b));
    let (first, base) = *means.first()?;
    let example = families
        .iter()
        .find(|family| is_example(family))
        .or(families.first())?;
    let place = podium(example)
        .into_iter()
        .find(|place| place.backend == first)?;
    let certain = interval(place.row).map(|interval| format!(" (95 % interval {interval})"));
    let example = format!(
        "`{}` takes it {}{}",
        format!("{} {}", example.workload(), example.parameters()).trim(),
        duration(place.ns),
        certain.unwrap_or_default()
    );
    let tie = Certainty::of(record).tie;
    Some(match means.get(1) {
        Some((second, ratio)) if ratio / base <= tie => format!(
            "{name}: `{first}` and `{second}` are level within the noise over {} variants of {what}; \
             {example}.",
            families.len()
        ),
        Some((second, ratio)) => format!(
            "{name}: `{first}` wins. Over {} variants of {what} the next, `{second}`, takes {} as long; \
             {example}.",
            families.len(),
            times(ratio / base),
        ),
        None => format!("{name}: only `{first}` was measured; {example}."),
    })
}

/// The usual message or handshake.
fn is_example(family: &Family<'_>) -> bool {
    family.rows.first().is_some_and(|row| {
        let suite = row.suite.as_deref().unwrap_or_default();
        suite.contains("MLKEM768")
            && suite.contains("AES256GCM")
            && row.size.is_none_or(|size| size == 256)
    })
}

/// The greatest gain over a baseline, for a record that has nothing else.
fn best_gain(record: &Record) -> Option<String> {
    let groups = compared::groups(record);
    let rows = groups.iter().flat_map(|group| compared::of(record, group));
    let (row, baseline) = rows.max_by(|(_, a), (_, b)| a.gain.p50.total_cmp(&b.gain.p50))?;
    Some(format!(
        "The greatest gain here: `{} {}` on `{}` is {} as fast as {} (nine of ten turns: {:.2} to \
         {:.2}).",
        row.workload,
        crate::report::parameters(row),
        row.backend,
        times(baseline.gain.p50),
        baseline.name,
        baseline.gain.low,
        baseline.gain.high
    ))
}

fn how_sure(record: &Record) -> String {
    let standings = standings(record);
    let contested = standings
        .iter()
        .filter(|one| one.backends.iter().flatten().count() > 1);
    let certain = match &record.noise {
        Some(noise) => format!(
            "operations measured against themselves in this run differed by {} at worst and by less \
             than {} in 95 of 100 cases ({} rows), so smaller differences are ties",
            percent(noise.worst),
            percent(noise.p95),
            noise.rows
        ),
        None => {
            "this record holds no operation measured against itself, so differences below 2.5 % \
                 are called ties by experience, not by measurement"
                .into()
        }
    };
    let width = {
        let mut widths: Vec<f64> = record
            .results
            .iter()
            .filter_map(|row| Some((row.ci?[1] - row.ci?[0]) / 2.0 / row.ns?.p50))
            .collect();
        crate::measure::stats::median(&mut widths)
    };
    let intervals = width.map_or_else(
        || "it has no confidence intervals".into(),
        |width| {
            format!(
                "the 95 % interval of a median is ± {} in the middle case",
                percent(width)
            )
        },
    );
    format!(
        "How sure: {certain}; {intervals}. {} of {} workloads were measured on more than one backend, in \
         turns.",
        contested.count(),
        standings.len()
    )
}
