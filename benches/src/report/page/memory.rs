//! Memory, sizes and allocations.

use super::words::{listed, short_name, times};
use super::{Block, Section, Table};
use crate::record::{Record, Row};
use crate::report::chart::{Bar, Bars, Chart, Tone};
use crate::report::{Family, backends};

pub(super) fn section(record: &Record) -> Option<Section> {
    let charts: Vec<Chart> = [held(record), encoded(record)]
        .into_iter()
        .flatten()
        .collect();
    Section::of(
        "memory",
        "Memory, sizes, allocations",
        vec![
            Block::Charts(charts),
            Block::Text(
                "Allocations per item, by Rust code and by C code; overhead is what a message is longer \
                 on the wire than its plaintext. Variants of one workload that agree share a row."
                    .into(),
            ),
            Block::Table(allocations(record)),
        ],
    )
}

/// Memory of a session, among as many as were held at most.
fn held(record: &Record) -> Option<Chart> {
    let rows = record.results.iter();
    let rows: Vec<&Row> = rows.filter(|row| row.workload == "state/bytes").collect();
    let most = rows.iter().filter_map(|row| row.size).max()?;
    let rows = rows.into_iter().filter(|row| row.size == Some(most));
    bars(
        record,
        rows.collect(),
        "memory-held",
        &format!("What a session takes in memory, among {most}"),
        "bytes of memory per session",
    )
}

/// Bytes of a stored session.
fn encoded(record: &Record) -> Option<Chart> {
    let rows = record.results.iter();
    let rows: Vec<&Row> = rows
        .filter(|row| row.workload == "state/encode" && row.state_bytes.is_some())
        .collect();
    // The bytes are the same on every backend: one of them tells all.
    let backend = &rows.first()?.backend;
    let mut bars: Vec<Bar> = Vec::new();
    for row in rows.iter().filter(|row| row.backend == *backend) {
        let Some(bytes) = row.state_bytes else {
            continue;
        };
        bars.push(Bar {
            label: format!("{} stored keys", row.size.unwrap_or(0)),
            tone: Tone::OURS,
            amount: bytes,
            written: format!("{bytes:.0} B"),
        });
    }
    let finding = match (rows.first()?, bars.first()?, bars.last()?) {
        (row, first, last) if bars.len() > 1 && last.amount > first.amount => {
            let keys = rows
                .iter()
                .filter_map(|row| row.size)
                .max()
                .unwrap_or(1)
                .max(1);
            let bare = row.size.unwrap_or(0);
            format!(
                "A session without stored keys is {:.0} bytes; every stored key of a missing message adds \
                 about {:.0} bytes.",
                first.amount,
                (last.amount - first.amount) / keys.saturating_sub(bare).max(1) as f64
            )
        }
        (_, first, _) => format!("A stored session is {:.0} bytes.", first.amount),
    };
    Bars {
        name: "bytes of the encoded session".into(),
        bars,
    }
    .draw("memory-encoded", "What a stored session takes", finding)
}

fn bars(record: &Record, rows: Vec<&Row>, id: &str, title: &str, name: &str) -> Option<Chart> {
    let names = backends(record);
    let bar = |row: &&Row| {
        let place = names
            .iter()
            .position(|name| *name == row.backend)
            .unwrap_or(0);
        let bytes = row.state_bytes?;
        Some(Bar {
            label: row.backend.clone(),
            tone: Tone::of(&row.backend, place),
            amount: bytes,
            written: format!("{bytes:.0} B"),
        })
    };
    let bars: Vec<Bar> = rows.iter().filter_map(bar).collect();
    let least = bars.iter().min_by(|a, b| a.amount.total_cmp(&b.amount))?;
    let most = bars.iter().max_by(|a, b| a.amount.total_cmp(&b.amount))?;
    let who = |amount: f64| {
        let those = bars.iter().filter(|bar| bar.amount == amount);
        let those: Vec<String> = those.map(|bar| format!("`{}`", bar.label)).collect();
        listed(&those)
    };
    let finding = if most.amount > least.amount {
        format!(
            "{} on {}, {} on {}: {} as much.",
            least.written,
            who(least.amount),
            most.written,
            who(most.amount),
            times(most.amount / least.amount)
        )
    } else {
        format!("All take the same, {}.", least.written)
    };
    Bars {
        name: name.into(),
        bars,
    }
    .draw(id, title, finding)
}

/// What messages, handshakes and states allocate, and what they add on the wire.
fn allocations(record: &Record) -> Table {
    let names: Vec<&str> = backends(record)
        .into_iter()
        .filter(|name| *name != "null")
        .collect();
    let mut table = Table::of(&["workload", "#overhead, bytes"]).numbers(&names);
    let mut known: Vec<Vec<String>> = Vec::new();
    for family in Family::all(record) {
        let counted = family.rows.iter().any(|row| row.allocs_per_op.is_some());
        let Some(first) = family.rows.first() else {
            continue;
        };
        if !counted || !["session", "handshake", "state"].contains(&first.group.as_str()) {
            continue;
        }
        let cell = |name: &&str| family.on(name).map(allocated).unwrap_or_default();
        let mut row = vec![
            format!("`{}`", family.workload()),
            first
                .overhead_bytes
                .map(|bytes| bytes.to_string())
                .unwrap_or_default(),
        ];
        row.extend(names.iter().map(cell));
        if !known.contains(&row) {
            known.push(row.clone());
            if known.iter().filter(|other| other[0] == row[0]).count() > 1 {
                row[0] = format!(
                    "`{}` {}",
                    short_name(family.workload()),
                    family.parameters()
                );
            }
            table.push(row);
        }
    }
    table
}

fn allocated(row: &Row) -> String {
    match (row.allocs_per_op, row.c_allocs_per_op) {
        (Some(rust), Some(c)) if c > 0.0 => format!("{rust} + {c} in C"),
        (Some(rust), _) => rust.to_string(),
        (None, _) => String::new(),
    }
}
