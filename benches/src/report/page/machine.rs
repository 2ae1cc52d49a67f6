//! The machine, the command and the build.

use super::words::percent;
use super::{Block, Section, Table};
use crate::record::Record;
use crate::report::digits;

/// Name and value of everything that is known about where and how `record` was made.
pub(in crate::report) fn rows(record: &Record) -> Vec<(&'static str, String)> {
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
        .map_or("no commit".into(), |commit| {
            commit.chars().take(12).collect::<String>()
        });
    let libraries: Vec<String> = build
        .libraries
        .iter()
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    let mut rows = vec![("command", format!("`{}`", record.command.replace('`', "'")))];
    rows.extend(record.started.clone().map(|started| ("started", started)));
    rows.extend([
        (
            "processor",
            format!(
                "{}, {} cores, {kind}",
                known(&host.cpu),
                host.cores
                    .map_or("unknown".into(), |cores| cores.to_string())
            ),
        ),
        ("has", has(true)),
        ("has not", has(false)),
    ]);
    rows.extend(host.core_ghz.map(|ghz| {
        let text = format!(
            "{} GHz (nine of ten readings {} to {})",
            digits(ghz.p50),
            digits(ghz.low),
            digits(ghz.high)
        );
        ("core clock", text)
    }));
    rows.extend([
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
            "noise",
            record
                .noise
                .as_ref()
                .map_or("not measured".into(), |noise| {
                    format!(
                        "{} rows against themselves: {} at worst, 95 of 100 below {}",
                        noise.rows,
                        percent(noise.worst),
                        percent(noise.p95)
                    )
                }),
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
    ]);
    rows
}

/// The machine box.
pub(super) fn section(record: &Record) -> Section {
    let mut table = Table::of(&["", ""]);
    for (name, value) in rows(record) {
        table.push([name.to_owned(), value]);
    }
    let mut blocks = vec![Block::Table(table)];
    if !record.host.paths.is_empty() {
        let mut paths = Table::of(&["backend", "primitive", "instructions", "known"]);
        for path in &record.host.paths {
            paths.push(
                [&path.backend, &path.primitive, &path.path, &path.known].map(String::as_str),
            );
        }
        blocks.push(Block::Details(
            "Which instructions each library takes here".into(),
            vec![
                Block::Text(
                    "`measured`: seen to be executed on this machine. `derived`: what the library's \
                     source says it takes on a processor with these features."
                        .into(),
                ),
                Block::Table(paths),
            ],
        ));
    }
    Section {
        id: "machine".into(),
        title: "Machine, command, build".into(),
        blocks,
    }
}
