//! Latency beyond the median: how slow the slow handshakes are.

use super::words::{sentence, tick_duration, times, who_wins};
use super::{Block, Section};
use crate::record::{Record, Row};
use crate::report::chart::{Axis, Chart, Kind, Lines, Point, Series, Tone};
use crate::report::podium::{Certainty, podium};
use crate::report::{Family, duration};

/// The suites in the order in which one is chosen.
const SUITES: [&str; 3] = ["MLKEM768", "X3DH", "MLKEM1024"];

pub(super) fn section(record: &Record) -> Option<Section> {
    let families = Family::all(record);
    let certainty = Certainty::of(record);
    let chart = |workload: &str, title: &str| {
        let of: Vec<&Family<'_>> = families
            .iter()
            .filter(|family| family.workload() == workload)
            .collect();
        let family = SUITES.iter().find_map(|suite| {
            of.iter().find(|family| {
                let first = family.rows.first();
                first.is_some_and(|row| row.suite.as_deref().unwrap_or_default().contains(suite))
            })
        });
        chart(family?, title, certainty)
    };
    let charts = [
        (
            "handshake/initiate",
            "Starting a session: from the median to the slowest thousandth",
        ),
        (
            "handshake/accept",
            "Accepting a first message: from the median to the slowest thousandth",
        ),
    ];
    let charts = charts
        .iter()
        .filter_map(|(workload, title)| chart(workload, title))
        .collect();
    Section::of(
        "latency",
        "Latency of a handshake",
        vec![
            Block::Text(
                "Every call timed by itself, one at a time. A quantile says what share of calls was \
                 faster: at p99 one call in a hundred is slower. A quantile is shown only where enough \
                 calls were timed."
                    .into(),
            ),
            Block::Charts(charts),
        ],
    )
}

fn chart(family: &Family<'_>, title: &str, certainty: Certainty) -> Option<Chart> {
    let places = podium(family);
    let last = family
        .rows
        .iter()
        .flat_map(|row| points(row))
        .map(|point| point.x)
        .fold(0.5, f64::max);
    let series = family.rows.iter().enumerate().map(|(place, row)| Series {
        name: row.backend.clone(),
        tone: Tone::of(&row.backend, place),
        points: points(row),
        ideal: false,
    });
    let lines = Lines {
        x: Axis {
            at: [0.5, 0.9, 0.99, 0.999]
                .into_iter()
                .filter(|quantile| *quantile <= last + 1e-9)
                .collect(),
            ..Axis::new("quantile of calls", Kind::Nines, quantile)
        },
        y: Axis::new("time of a handshake", Kind::Log, tick_duration),
        series: super::sizes::ours_first(series.filter(|one| one.name != "null").collect()),
    };
    let first = places.first()?;
    let tail = points(first.row).into_iter().next_back()?;
    let finding = format!(
        "At the median {}. Its {} is {}, {} its median.",
        who_wins(family, certainty)?,
        quantile(tail.x),
        duration(tail.y),
        times(tail.y / first.ns),
    );
    lines.draw(
        &format!("latency-{}", family.workload()),
        &format!("{title} ({})", family.parameters()),
        sentence(&finding),
    )
}

/// The quantiles that a row has, from the median on.
fn points(row: &Row) -> Vec<Point> {
    let known = row.distribution.clone().unwrap_or_else(|| {
        row.ns.map_or_else(Vec::new, |ns| {
            let tails = [
                (0.5, Some(ns.p50)),
                (0.9, ns.p90),
                (0.99, ns.p99),
                (0.999, ns.p999),
            ];
            let tails = tails.into_iter();
            tails
                .filter_map(|(quantile, ns)| Some([quantile, ns?]))
                .collect()
        })
    });
    let shown = known
        .into_iter()
        .filter(|[quantile, _]| (0.5..0.9991).contains(quantile));
    let point = |[x, y]: [f64; 2]| Point {
        x,
        y,
        band: None,
        hollow: false,
        note: format!("{}, {}: {}", row.backend, quantile(x), duration(y)),
    };
    shown.map(point).collect()
}

fn quantile(share: f64) -> String {
    format!("p{}", (share * 1e5).round() / 1e3)
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn quantiles_have_their_usual_names() {
        assert_eq!(
            [0.5, 0.9, 0.99, 0.999].map(quantile),
            ["p50", "p90", "p99", "p99.9"]
        );
    }
}
