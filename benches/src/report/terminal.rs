//! The report on a terminal: every row, then who wins what; at most 100 columns.

use std::fmt::Write as _;

use super::{
    BUSY, Family, backends, compared, duration, goals, median, standings, strategies,
    worst_refusals, wrapped,
};
use crate::record::Record;

const LABEL: usize = 40;
const CELL: usize = 15;
const WIDTH: usize = LABEL + 4 * CELL;

/// The tables of `record`.
#[must_use]
pub fn render(record: &Record) -> String {
    let mut out = String::new();
    let names = backends(record);
    let mut group = "";
    for family in Family::all(record) {
        let Some(first) = family.rows.first() else {
            continue;
        };
        if first.group != group {
            group = &first.group;
            heading(&mut out, &format!("{group}: median, × floor"), &names);
        }
        let (_, name) = family.workload().split_once('/').unwrap_or_default();
        let label = format!("{name} {}", family.parameters());
        let _ = write!(out, "{:<LABEL$}", shortened(&label));
        for name in &names {
            let cell = family.on(name).map_or_else(String::new, |row| {
                let is_best = median(row).is_some() && median(row) == family.best();
                let mark = if is_best && names.len() > 1 { "*" } else { "" };
                match (median(row), row.floor_ratio, row.state_bytes) {
                    (Some(ns), Some(ratio), _) => format!("{mark}{} {ratio:.2}", duration(ns)),
                    (Some(ns), None, _) => format!("{mark}{}", duration(ns)),
                    (None, _, Some(bytes)) => format!("{bytes:.0} B"),
                    _ => String::new(),
                }
            });
            let _ = write!(out, "{cell:>CELL$}");
        }
        out.push('\n');
    }
    if !names.is_empty() {
        who_wins_what(&mut out, record, &names);
    }
    ways(&mut out, record);
    against_the_goals(&mut out, record);
    if record.host.was_busy() {
        let _ = writeln!(out, "\n{}", wrapped(BUSY, WIDTH, ""));
    }
    out
}

/// What was measured beside a baseline, and which strategy to use when.
fn ways(out: &mut String, record: &Record) {
    for group in compared::GROUPS {
        if compared::of(record, group.name).next().is_some() {
            heading(out, group.title, &[]);
            compared::lines(out, record, group.name);
        }
    }
    let words = strategies::words(record);
    if !words.is_empty() {
        heading(out, "which strategy when", &[]);
        for sentence in words {
            let _ = writeln!(out, "{}", wrapped(&sentence, WIDTH, "  "));
        }
    }
}

fn against_the_goals(out: &mut String, record: &Record) {
    let goals = goals::measured(record);
    if goals.is_empty() {
        return;
    }
    heading(out, "against the goals (mixed)", &[]);
    for goal in goals {
        let _ = writeln!(
            out,
            "{:<62}{:>10}{:>9}  {}",
            goal.what,
            goal.wanted(),
            goal.shown(),
            goal.verdict()
        );
    }
}

fn who_wins_what(out: &mut String, record: &Record, names: &[&str]) {
    heading(out, "who wins what: time by the best, × floor", names);
    for standing in standings(record) {
        if standing.backends.iter().all(Option::is_none) {
            continue;
        }
        let best = standing.backends.iter().flatten().map(|(times, _)| *times);
        let best = best.min_by(f64::total_cmp);
        let _ = write!(out, "{:<LABEL$}", standing.workload);
        for backend in &standing.backends {
            let cell = backend.map_or_else(String::new, |(times, ratio)| {
                let mark = if Some(times) == best && names.len() > 1 {
                    "*"
                } else {
                    ""
                };
                let ratio = ratio
                    .map(|ratio| format!(" {ratio:.2}"))
                    .unwrap_or_default();
                format!("{mark}{times:.2}×{ratio}")
            });
            let _ = write!(out, "{cell:>CELL$}");
        }
        out.push('\n');
    }
    let worst = worst_refusals(record);
    if worst.iter().any(Option::is_some) {
        let _ = write!(out, "{:<LABEL$}", "worst hostile message (session/reject)");
        for row in worst {
            let cell = row.and_then(median).map(duration).unwrap_or_default();
            let _ = write!(out, "{cell:>CELL$}");
        }
        out.push('\n');
    }
    out.push_str(
        "\n* fastest. The second number is the time by that of the bare primitive calls (the \
         floor),\nthe worst variant's in the last table, whose first number is a geometric mean \
         over variants.\n",
    );
}

fn heading(out: &mut String, title: &str, names: &[&str]) {
    let _ = write!(out, "\n{:<LABEL$}", shortened(title));
    for name in names {
        let _ = write!(out, "{name:>CELL$}");
    }
    let _ = writeln!(
        out,
        "\n{}",
        "─".repeat(if names.is_empty() {
            WIDTH
        } else {
            LABEL + CELL * names.len()
        })
    );
}

/// `text` in at most [`LABEL`] columns with a space after it.
fn shortened(text: &str) -> String {
    if text.chars().count() < LABEL {
        return text.trim_end().to_owned();
    }
    let mut short: String = text.chars().take(LABEL - 2).collect();
    short.push('…');
    short
}
