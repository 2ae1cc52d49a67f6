//! The report as a Markdown page: the host, the command, who wins what, every number.

use std::fmt::Write as _;

use super::{
    BUSY, Family, backends, compared, duration, goals, median, per_second, standings, strategies,
    worst_refusals,
};
use crate::record::{Record, Row};

/// The page of `record`.
#[must_use]
pub fn render(record: &Record) -> String {
    let mut page = String::from("# The barometer\n\n");
    host(&mut page, record);
    against_the_goals(&mut page, record);
    if !Family::all(record).is_empty() {
        wins(&mut page, record);
        refusals(&mut page, record);
    }
    ways(&mut page, record);
    if !Family::all(record).is_empty() {
        every_row(&mut page, record);
    }
    page
}

fn host(page: &mut String, record: &Record) {
    let Record { host, build, .. } = record;
    let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".into());
    let has = |wanted: bool| {
        let names = host.features.iter().filter(|(_, has)| **has == wanted);
        let names: Vec<&str> = names.map(|(name, _)| name.as_str()).collect();
        if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        }
    };
    let load = |load: Option<f64>| load.map_or("unknown".into(), |load| format!("{load:.2}"));
    let kind = match host.virtualised {
        Some(true) => "virtual machine",
        Some(false) => "no hypervisor seen",
        None => "virtual or not: unknown",
    };
    let flags = if build.rustflags.is_empty() {
        "none"
    } else {
        &build.rustflags
    };
    let commit = build
        .commit
        .as_deref()
        .map_or("no commit", |commit| &commit[..commit.len().min(12)]);
    let libraries: Vec<String> = build
        .libraries
        .iter()
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    if host.was_busy() {
        let _ = writeln!(page, "**{BUSY}**\n");
    }
    if !build.is_optimised() {
        page.push_str("**Not an optimised build: the numbers mean nothing.**\n\n");
    }
    let rows = [
        ("command", format!("`{}`", record.command)),
        (
            "processor",
            format!(
                "{}, {} cores, {kind}",
                known(&host.cpu),
                host.cores.unwrap_or(0)
            ),
        ),
        ("has", has(true)),
        ("has not", has(false)),
        ("system", format!("{} {}", host.os, known(&host.kernel))),
        ("governor", known(&host.governor)),
        (
            "load",
            format!(
                "{} at the start, {} at the end; others kept {} processors busy",
                load(host.load_start),
                load(host.load_end),
                load(host.others_cores)
            ),
        ),
        (
            "clock",
            format!(
                "{} ns a reading, steps of {} ns",
                host.clock_cost_ns, host.clock_step_ns
            ),
        ),
        (
            "build",
            format!(
                "sprag {} ({commit}), {}, {}",
                build.sprag,
                known(&build.rustc),
                build.target
            ),
        ),
        (
            "flags",
            format!(
                "profile {}, optimisation {}, RUSTFLAGS {flags}",
                build.profile, build.opt_level
            ),
        ),
        ("libraries", libraries.join(", ")),
        ("seed", record.seed.to_string()),
    ];
    page.push_str("| | |\n|---|---|\n");
    for (name, value) in rows {
        let _ = writeln!(page, "| {name} | {} |", value.replace('|', "\\|"));
    }
}

/// What the project set itself to reach, and what this record shows of it.
fn against_the_goals(page: &mut String, record: &Record) {
    let goals = goals::measured(record);
    if goals.is_empty() {
        return;
    }
    page.push_str(
        "\n## Against the goals\n\nRatios of this run, on the backend `mixed` where nothing else is \
         said.\n\n| | goal | measured | |\n|---|---|--:|---|\n",
    );
    for goal in goals {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} |",
            goal.what,
            goal.wanted(),
            goal.shown(),
            goal.verdict()
        );
    }
}

/// What was measured beside a baseline: strategies, the kernel, peers.
fn ways(page: &mut String, record: &Record) {
    let words = strategies::words(record);
    if !words.is_empty() {
        page.push_str("\n## Which strategy when\n\n");
        for sentence in words {
            let _ = writeln!(page, "- {sentence}");
        }
    }
    for group in compared::GROUPS {
        if compared::of(record, group.name).next().is_some() {
            let _ = writeln!(page, "\n## {}\n\n{}\n", group.title, group.note);
            compared::table(page, record, group.name);
        }
    }
}

fn wins(page: &mut String, record: &Record) {
    let names = backends(record);
    page.push_str(
        "\n## Who wins what\n\nTime by that of the fastest backend, as the geometric mean over a \
         workload's variants; in brackets the worst variant's time by its floor, the bare primitive \
         calls it makes, timed in turns with it.\n\n",
    );
    header(page, "workload", &names);
    for standing in standings(record) {
        if standing.backends.iter().all(Option::is_none) {
            continue;
        }
        let best = standing.backends.iter().flatten().map(|(times, _)| *times);
        let best = best.min_by(f64::total_cmp);
        let _ = write!(page, "| `{}` |", standing.workload);
        for backend in &standing.backends {
            let cell = backend.map_or_else(String::new, |(times, ratio)| {
                let ratio = ratio
                    .map(|ratio| format!(" ({ratio:.2})"))
                    .unwrap_or_default();
                emphasised(&format!("{times:.2}"), Some(times) == best) + &ratio
            });
            let _ = write!(page, " {cell} |");
        }
        page.push('\n');
    }
}

/// What the worst single hostile message costs, in words.
fn refusals(page: &mut String, record: &Record) {
    let worst: Vec<String> = worst_refusals(record)
        .into_iter()
        .flatten()
        .filter_map(|row| {
            let kind = row.strategy.as_deref().unwrap_or_default();
            Some(format!(
                "{} on {} ({kind})",
                duration(median(row)?),
                row.backend
            ))
        })
        .collect();
    if !worst.is_empty() {
        let _ = writeln!(
            page,
            "\nThe worst single hostile message against a session with 2000 stored keys costs {}.",
            worst.join(", ")
        );
    }
}

fn every_row(page: &mut String, record: &Record) {
    let names = backends(record);
    page.push_str("\n## Every workload\n\nMedian per item; in brackets the time by its floor.\n");
    let mut group = "";
    for family in Family::all(record) {
        let Some(first) = family.rows.first() else {
            continue;
        };
        if first.group != group {
            group = &first.group;
            let _ = writeln!(page, "\n### {group}\n");
            header(page, "workload", &names);
        }
        let _ = write!(page, "| `{}` {} |", family.workload(), family.parameters());
        for name in &names {
            let cell = family
                .on(name)
                .map_or_else(String::new, |row| cell(&family, row));
            let _ = write!(page, " {cell} |");
        }
        page.push('\n');
    }
    tails(page, record);
}

fn cell(family: &Family<'_>, row: &Row) -> String {
    let Some(ns) = median(row) else {
        return row
            .state_bytes
            .map(|bytes| format!("{bytes:.0} B"))
            .unwrap_or_default();
    };
    let ratio = row
        .floor_ratio
        .map(|ratio| format!(" ({ratio:.2})"))
        .unwrap_or_default();
    emphasised(&duration(ns), family.best() == Some(ns)) + &ratio
}

/// Latency beyond the median, and what else a row says.
fn tails(page: &mut String, record: &Record) {
    page.push_str(
        "\n## Tails, allocations, sizes\n\nWithout the primitives. Allocations are per item, Rust \
         and C apart; overhead is bytes on the wire beyond the plaintext.\n\n\
         | workload | backend | p50 | p90 | p99 | p99.9 | per second | allocations | C | state | overhead |\n\
         |---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for family in Family::all(record) {
        for row in family.rows.iter().filter(|row| row.group != "primitive") {
            let time = |ns: Option<f64>| ns.map(duration).unwrap_or_default();
            let number = |value: Option<f64>| value.map(|v| v.to_string()).unwrap_or_default();
            let ns = row.ns;
            let _ = writeln!(
                page,
                "| `{}` {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
                row.workload,
                family.parameters(),
                row.backend,
                time(ns.map(|ns| ns.p50)),
                time(ns.and_then(|ns| ns.p90)),
                time(ns.and_then(|ns| ns.p99)),
                time(ns.and_then(|ns| ns.p999)),
                row.ops_per_s.map(per_second).unwrap_or_default(),
                number(row.allocs_per_op),
                number(row.c_allocs_per_op),
                number(row.state_bytes),
                row.overhead_bytes
                    .map(|bytes| bytes.to_string())
                    .unwrap_or_default(),
            );
        }
    }
}

fn emphasised(text: &str, is_best: bool) -> String {
    if is_best {
        format!("**{text}**")
    } else {
        text.to_owned()
    }
}

fn header(page: &mut String, first: &str, names: &[&str]) {
    let _ = write!(page, "| {first} |");
    for name in names {
        let _ = write!(page, " {name} |");
    }
    let _ = writeln!(page, "\n|---|{}", "--:|".repeat(names.len()));
}
