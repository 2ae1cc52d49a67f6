//! Who wins what: backends by group and by workload.

use super::words::{listed, tick_ratio, times};
use super::{Block, Cell, Section, Table};
use crate::rank::{Place, Ranking};
use crate::record::Record;
use crate::report::chart::{Axis, Chart, DotRow, Dots, Kind, Mark, Reference, Tone};
use crate::report::podium::{Certainty, geometric_mean, podium};
use crate::report::{Family, Standing, backends, duration, median, standings, worst_refusals};

pub(super) fn section(record: &Record) -> Option<Section> {
    let names = backends(record);
    let mut table = Table::of(&["workload"]).numbers(&names);
    for standing in standings(record) {
        if standing.backends.iter().all(Option::is_none) {
            continue;
        }
        let best = standing.backends.iter().flatten().map(|(times, _)| *times);
        let best = best.min_by(f64::total_cmp);
        let cells = standing.backends.iter().map(|backend| {
            backend.map_or_else(Cell::default, |(times, ratio)| Cell {
                text: format!("{times:.2}"),
                aside: ratio
                    .map(|ratio| format!(" ({ratio:.2})"))
                    .unwrap_or_default(),
                strong: Some(times) == best && names.len() > 1,
            })
        });
        let name = Cell::from(format!("`{}`", standing.workload));
        table.push(std::iter::once(name).chain(cells));
    }
    let charts = [by_group(record, &names), by_workload(record, &names)];
    let mut blocks = vec![Block::Charts(charts.into_iter().flatten().collect())];
    blocks.push(Block::Text(
        "Time by that of the fastest backend, as the geometric mean over a workload's variants; in \
         brackets the worst variant's time by its floor, the bare primitive calls it makes, timed in \
         turns with it."
            .into(),
    ));
    blocks.push(Block::Table(table));
    blocks.extend(refusals(record).map(Block::Text));
    Section::of("ranking", "Who wins what", blocks)
}

/// One row per group, one mark per backend.
fn by_group(record: &Record, names: &[&str]) -> Option<Chart> {
    let rankings = Ranking::all(record);
    let row = |ranking: &Ranking<'_>| {
        let mark = |place: &Place<'_>| {
            let of_name = names.iter().position(|name| *name == place.backend)?;
            Some(Mark {
                tone: Tone::of(place.backend, of_name),
                x: place.times,
                range: None,
                note: format!(
                    "{}: {:.2} times the fastest, over {} workloads",
                    place.backend, place.times, ranking.workloads
                ),
            })
        };
        let first = ranking
            .places
            .first()
            .filter(|_| ranking.places.len() > 1)?;
        Some(DotRow {
            label: ranking.group.to_owned(),
            end: first.backend.to_owned(),
            marks: ranking.places.iter().filter_map(mark).collect(),
        })
    };
    let rows: Vec<DotRow> = rankings.iter().filter_map(row).collect();
    let compared: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| *name != "null")
        .collect();
    let dots = Dots {
        x: axis("at the right the winner"),
        legend: legend(&compared),
        references: vec![Reference {
            x: 1.0,
            name: "always the fastest".into(),
        }],
        rows,
    };
    dots.draw(
        "ranking",
        "How far each backend is from the fastest, group by group",
        finding(&rankings, &Family::all(record), Certainty::of(record)),
    )
}

/// One row per workload that a user calls, one mark per backend.
fn by_workload(record: &Record, names: &[&str]) -> Option<Chart> {
    let mut spans: Vec<(String, f64)> = Vec::new();
    let row = |standing: Standing<'_>| {
        let places = names.iter().zip(&standing.backends).enumerate();
        let marks: Vec<Mark> = places
            .filter(|(_, (name, _))| **name != "null")
            .filter_map(|(place, (name, standing))| {
                let (x, _) = (*standing)?;
                Some(Mark {
                    tone: Tone::of(name, place),
                    x,
                    range: None,
                    note: format!("{name}: {x:.2} times the fastest"),
                })
            })
            .collect();
        if marks.len() < 2 {
            return None;
        }
        let last = marks.iter().map(|mark| mark.x).max_by(f64::total_cmp)?;
        spans.push((standing.workload.to_owned(), last));
        Some(DotRow {
            label: standing.workload.to_owned(),
            end: format!("{last:.2}"),
            marks,
        })
    };
    let of_users = |standing: &Standing<'_>| {
        let group = standing.workload.split('/').next().unwrap_or_default();
        ["session", "handshake", "batch"].contains(&group)
    };
    let rows = standings(record)
        .into_iter()
        .filter(of_users)
        .filter_map(row)
        .collect();
    let widest = spans.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let narrowest = spans.iter().min_by(|a, b| a.1.total_cmp(&b.1))?;
    let dots = Dots {
        x: axis("at the right the slowest"),
        rows,
        legend: legend(names),
        references: vec![],
    };
    dots.draw(
        "ranking-workloads",
        "Workload by workload: what the choice of a backend is worth",
        format!(
            "The choice matters most for `{}`, where the slowest takes {} as long as the fastest, and \
             least for `{}`, {}.",
            widest.0,
            times(widest.1),
            narrowest.0,
            times(narrowest.1)
        ),
    )
}

fn axis(what: &str) -> Axis {
    Axis::new(
        &format!("time by the fastest's, geometric mean; {what}"),
        Kind::Log,
        tick_ratio,
    )
}

fn legend(names: &[&str]) -> Vec<(Tone, String)> {
    let names = names
        .iter()
        .enumerate()
        .filter(|(_, name)| **name != "null");
    names
        .map(|(place, name)| (Tone::of(name, place), (*name).to_owned()))
        .collect()
}

/// Who leads which groups, and how many single contests that is.
fn finding(rankings: &[Ranking<'_>], families: &[Family<'_>], certainty: Certainty) -> String {
    let mut led: Vec<(&str, Vec<String>)> = Vec::new();
    for ranking in rankings {
        let Some(first) = ranking.places.first() else {
            continue;
        };
        let group = format!("`{}`", ranking.group);
        match led.iter_mut().find(|(known, _)| *known == first.backend) {
            Some((_, groups)) => groups.push(group),
            None => led.push((first.backend, vec![group])),
        }
    }
    led.sort_by_key(|(_, groups)| std::cmp::Reverse(groups.len()));
    let leads: Vec<String> = led
        .iter()
        .map(|(name, groups)| format!("`{name}` leads in {}", listed(groups)))
        .collect();
    let contests: Vec<_> = families
        .iter()
        .map(podium)
        .filter(|places| places.len() > 1)
        .collect();
    let clear = contests
        .iter()
        .filter(|places| certainty.apart(&places[0], &places[1]));
    let first = led.first().map_or("", |(name, _)| *name);
    let (won, margin): (Vec<_>, Vec<f64>) = clear
        .filter(|places| places[0].backend == first)
        .map(|places| ((), places[1].ns / places[0].ns))
        .unzip();
    let margin = geometric_mean(margin.into_iter()).map_or(String::new(), |margin| {
        format!(
            ", where the next takes {} as long on average",
            times(margin)
        )
    });
    format!(
        "{}; `{first}` is measurably alone in front in {} of {} variants{margin}.",
        listed(&leads),
        won.len(),
        contests.len()
    )
}

/// What the worst single hostile message costs, in words.
fn refusals(record: &Record) -> Option<String> {
    let worst: Vec<String> = worst_refusals(record)
        .into_iter()
        .flatten()
        .filter_map(|row| {
            let kind = row.strategy.as_deref().unwrap_or_default();
            Some(format!(
                "{} on `{}` ({})",
                duration(median(row)?),
                row.backend,
                kind.replace('_', " ")
            ))
        })
        .collect();
    (!worst.is_empty()).then(|| {
        format!(
            "The worst single hostile message against a session with 2000 stored keys costs {}.",
            worst.join(", ")
        )
    })
}
