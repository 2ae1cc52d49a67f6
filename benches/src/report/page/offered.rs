//! Latency under offered load, by how the server collects.

use super::words::{percent, tick_duration};
use super::{Block, Section, Table};
use crate::load::Window;
use crate::load::record::{Latency, LoadRecord, Point as Loaded};
use crate::load::report::{HOW, words};
use crate::report::chart::{Axis, Chart, Kind, Lines, Point, Series, Tone, rate_ticks};
use crate::report::{digits, duration};

pub(super) fn section(load: &LoadRecord) -> Option<Section> {
    let charts = [
        chart(
            load,
            "p50",
            "half of all answers are faster than this",
            |latency| latency.p50,
        ),
        chart(
            load,
            "p99",
            "one answer in a hundred is slower than this",
            |latency| latency.p99,
        ),
    ];
    let about = format!(
        "Backend `{}`. {HOW} One by one, without the connection, the server does {} handshakes per second. \
         Empty marks: the server did not keep up, so the latency grows with the length of the run.",
        load.backend, load.one_by_one_per_s
    );
    Section::of(
        "load",
        "Handshakes under offered load",
        vec![
            Block::Text(about),
            Block::Charts(charts.into_iter().flatten().collect()),
            Block::List(words(load)),
            Block::Details(
                "All loads".into(),
                vec![Block::Table(table(load)), Block::Code(load.command.clone())],
            ),
        ],
    )
}

fn windows(load: &LoadRecord) -> Vec<Window> {
    let mut windows = Vec::new();
    for point in &load.results {
        if !windows.contains(&point.window()) {
            windows.push(point.window());
        }
    }
    windows
}

fn chart(load: &LoadRecord, name: &str, what: &str, quantile: fn(Latency) -> f64) -> Option<Chart> {
    let windows = windows(load);
    let series = windows.iter().enumerate().map(|(place, window)| {
        let of = load
            .results
            .iter()
            .filter(|point| point.window() == *window);
        let mut points: Vec<Point> = of
            .filter_map(|point| {
                let ns = quantile(point.latency_us?) * 1e3;
                Some(Point {
                    x: point.offered_per_s,
                    y: ns,
                    band: None,
                    hollow: !point.kept_up(),
                    note: format!(
                        "{window} at {} per second: {name} {}, {} a batch, {} answered per second",
                        point.offered_per_s,
                        duration(ns),
                        digits(point.mean_batch),
                        point.answered_per_s.round()
                    ),
                })
            })
            .collect();
        points.sort_by(|a, b| a.x.total_cmp(&b.x));
        Series {
            name: short(*window),
            tone: Tone::at(place),
            points,
            ideal: false,
        }
    });
    let lines = Lines {
        x: Axis::new(
            "first messages offered per second",
            Kind::Linear,
            rate_ticks,
        ),
        y: Axis::new(
            &format!("{name} from due to answered"),
            Kind::Log,
            tick_duration,
        ),
        series: series.collect(),
    };
    lines.draw(
        &format!("load-{name}"),
        &format!("Latency under load, {name}: {what}"),
        finding(load, name, quantile)?,
    )
}

/// The lowest quantile at the highest load that anything kept up with, and who kept up longest.
fn finding(load: &LoadRecord, name: &str, quantile: fn(Latency) -> f64) -> Option<String> {
    let kept = || load.results.iter().filter(|point| point.kept_up());
    let Some(most) = kept()
        .map(|point| point.offered_per_s)
        .max_by(f64::total_cmp)
    else {
        return Some("No way of collecting kept up with any load.".into());
    };
    let of = |point: &&Loaded| Some((quantile(point.latency_us?), point.window()));
    let at: Vec<_> = kept().filter(|point| point.offered_per_s == most).collect();
    let mut ranked: Vec<(f64, Window)> = at.iter().filter_map(of).collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (best, window) = ranked.first()?;
    let single = ranked.iter().find(|(_, window)| window.batch == 1);
    let compared = match single {
        _ if window.batch == 1 => String::new(),
        Some((single, _)) => format!(", one by one {}", duration(single * 1e3)),
        None => ", and one by one does not keep up".into(),
    };
    Some(format!(
        "The highest load that was kept up with is {most} per second ({} of one by one); there the \
         lowest {name} is that of {window}, {}{compared}.",
        percent(most / load.one_by_one_per_s),
        duration(best * 1e3)
    ))
}

/// A window's name at the end of a line.
fn short(window: Window) -> String {
    match (window.batch, window.wait.as_micros()) {
        (1, _) => "one by one".into(),
        (batch, 0) => format!("≤ {batch}, no wait"),
        (batch, wait) => format!("≤ {batch} in {}", tick_duration(wait as f64 * 1e3)),
    }
}

fn table(load: &LoadRecord) -> Table {
    let mut table = Table::of(&[
        "#offered per second",
        "server collects",
        "#answered",
        "#mean batch",
        "#p50",
        "#p90",
        "#p99",
        "#p99.9",
        "#max",
        "#sender late, p99",
    ]);
    for point in &load.results {
        let time = |quantile: fn(Latency) -> f64| {
            let latency = point.latency_us.map(quantile);
            latency.map(|us| duration(us * 1e3)).unwrap_or_default()
        };
        table.push([
            point.offered_per_s.to_string(),
            point.window().to_string(),
            point.answered_per_s.round().to_string(),
            digits(point.mean_batch),
            time(|latency| latency.p50),
            time(|latency| latency.p90),
            time(|latency| latency.p99),
            time(|latency| latency.p999),
            time(|latency| latency.max),
            duration(point.sender_late_p99_us * 1e3),
        ]);
    }
    table
}
