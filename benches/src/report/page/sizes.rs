//! Throughput against the size of a message.

use super::words::{listed, who_wins};
use super::{Block, Section};
use crate::record::{Record, Row};
use crate::report::chart::{Axis, Chart, Kind, Lines, Point, Series, Tone, rate_ticks, size_label};
use crate::report::podium::{Certainty, podium};
use crate::report::{Family, digits, duration, median};

/// What is shown: workload, part of the suite's name, title.
const SHOWN: [(&str, &str, &str); 8] = [
    (
        "session/encrypt",
        "AES256GCM",
        "Throughput by size: encrypting messages, AES-256-GCM",
    ),
    (
        "session/decrypt",
        "AES256GCM",
        "Throughput by size: decrypting messages, AES-256-GCM",
    ),
    (
        "session/encrypt",
        "CHACHA",
        "Throughput by size: encrypting messages, ChaCha20-Poly1305",
    ),
    (
        "session/decrypt",
        "CHACHA",
        "Throughput by size: decrypting messages, ChaCha20-Poly1305",
    ),
    (
        "primitive/aes256gcm_seal_fresh",
        "",
        "AES-256-GCM alone by size: sealing under a fresh key",
    ),
    (
        "primitive/aes256gcm_open_fresh",
        "",
        "AES-256-GCM alone by size: opening under a fresh key",
    ),
    (
        "primitive/chacha20poly1305_seal_fresh",
        "",
        "ChaCha20-Poly1305 alone by size: sealing under a fresh key",
    ),
    (
        "primitive/chacha20poly1305_open_fresh",
        "",
        "ChaCha20-Poly1305 alone by size: opening under a fresh key",
    ),
];

pub(super) fn section(record: &Record) -> Option<Section> {
    let families = Family::all(record);
    let certainty = Certainty::of(record);
    let charts = SHOWN
        .iter()
        .filter_map(|(workload, suite, title)| {
            let is_shown = |family: &&Family<'_>| {
                family.workload() == *workload
                    && family.rows.first().is_some_and(|row| {
                        row.suite.as_deref().unwrap_or_default().contains(suite)
                            && row.strategy.is_none()
                            && row.size.is_some_and(|size| size > 0)
                    })
            };
            let mut shown: Vec<&Family<'_>> = families.iter().filter(is_shown).collect();
            shown.sort_by_key(|family| size(family));
            chart(
                &format!("size-{workload}-{suite}"),
                title,
                &shown,
                certainty,
            )
        })
        .collect();
    Section::of(
        "sizes",
        "Throughput by size of message",
        vec![
            Block::Text(format!(
                "A ratchet uses each key once, so setting the key up belongs to the time. Both axes are \
                 logarithmic. {}",
                bands(record)
            )),
            Block::Charts(charts),
        ],
    )
}

/// What the bands of a record's charts are.
fn bands(record: &Record) -> &'static str {
    if record.results.iter().any(|row| row.ci.is_some()) {
        "Bands are 95 % intervals of the median; where none shows, it is narrower than the line."
    } else {
        "This record has no confidence intervals, so there are no bands."
    }
}

fn size(family: &Family<'_>) -> usize {
    family.rows.first().and_then(|row| row.size).unwrap_or(0)
}

fn chart(id: &str, title: &str, families: &[&Family<'_>], certainty: Certainty) -> Option<Chart> {
    let mut names: Vec<&str> = Vec::new();
    for row in families.iter().flat_map(|family| &family.rows) {
        if !names.contains(&row.backend.as_str()) && row.backend != "null" {
            names.push(&row.backend);
        }
    }
    let series = names.iter().enumerate().map(|(place, name)| Series {
        name: (*name).to_owned(),
        tone: Tone::of(name, place),
        points: families
            .iter()
            .filter_map(|family| point(family.on(name)?))
            .collect(),
        ideal: false,
    });
    let lines = Lines {
        x: Axis {
            at: families.iter().map(|family| size(family) as f64).collect(),
            ..Axis::new("size of the message", Kind::Log, size_label)
        },
        y: Axis::new("GB per second", Kind::Log, rate_ticks),
        series: ours_first(series.collect()),
    };
    lines.draw(&id.to_lowercase(), title, finding(families, certainty)?)
}

/// Series that are drawn last lie on top; the first of the list is drawn last.
pub(super) fn ours_first(mut series: Vec<Series>) -> Vec<Series> {
    series.sort_by_key(|one| one.tone != Tone::OURS);
    series
}

fn point(row: &Row) -> Option<Point> {
    let (size, ns) = (row.size? as f64, median(row)?);
    Some(Point {
        x: size,
        y: size / ns,
        band: row.ci.map(|[low, high]| [size / high, size / low]),
        hollow: false,
        note: format!(
            "{}, {}: {} GB/s, {} a message",
            row.backend,
            size_label(size),
            digits(size / ns),
            duration(ns)
        ),
    })
}

/// Who wins at the smallest size, who at the largest, and where it changes.
fn finding(families: &[&Family<'_>], certainty: Certainty) -> Option<String> {
    let (first, last) = (families.first()?, families.last()?);
    let at = |family: &Family<'_>| {
        Some(format!(
            "at {} {}",
            size_label(size(family) as f64),
            who_wins(family, certainty)?
        ))
    };
    if families.len() == 1 {
        return Some(super::words::sentence(&at(first)?));
    }
    let mut leaders: Vec<(String, Vec<String>)> = Vec::new();
    for family in families {
        let winner = podium(family).first()?.backend.to_owned();
        let size = size_label(size(family) as f64);
        match leaders.iter_mut().find(|(name, _)| *name == winner) {
            Some((_, sizes)) => sizes.push(size),
            None => leaders.push((winner, vec![size])),
        }
    }
    let change = if leaders.len() > 1 {
        let leaders: Vec<String> = leaders
            .iter()
            .map(|(name, sizes)| format!("`{name}` at {}", listed(sizes)))
            .collect();
        format!(
            " The lowest median is that of {}.",
            leaders.join(", that of ")
        )
    } else {
        String::new()
    };
    Some(format!(
        "{}; {}.{change}",
        super::words::sentence(&at(first)?).trim_end_matches('.'),
        at(last)?
    ))
}
