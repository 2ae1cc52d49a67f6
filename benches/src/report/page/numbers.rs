//! Every number, to read up and to copy.

use super::{Block, Cell, Section, Table};
use crate::record::{Record, Row};
use crate::report::{Family, backends, compared, duration, median, per_second};

pub(super) fn section(record: &Record) -> Option<Section> {
    let all = Family::all(record);
    let mut groups: Vec<&str> = Vec::new();
    for family in &all {
        let group = family.rows.first().map_or("", |row| &row.group);
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    let mut blocks = Vec::new();
    for group in groups {
        let of: Vec<Family<'_>> = Family::all(record)
            .into_iter()
            .filter(|family| family.rows.first().is_some_and(|row| row.group == group))
            .collect();
        let mut inside = vec![
            Block::Text("Median per item; in brackets the time by its floor.".into()),
            Block::Table(families(record, &of)),
        ];
        inside.push(Block::Text(
            "Tails, rates, allocations per item (Rust and C apart) and sizes.".into(),
        ));
        inside.push(Block::Table(tails(&of)));
        blocks.push(Block::Details(
            format!("{group}: {} variants", of.len()),
            inside,
        ));
    }
    for group in compared::groups(record) {
        let rows: Vec<_> = compared::of(record, &group).collect();
        let title = format!("{group}: {} rows beside a baseline", rows.len());
        blocks.push(Block::Details(
            title,
            vec![Block::Table(super::ways::table(&rows))],
        ));
    }
    Section::of("numbers", "All numbers", blocks)
}

/// Medians: a row per family, a column per backend.
pub(super) fn families(record: &Record, families: &[Family<'_>]) -> Table {
    let names: Vec<&str> = backends(record)
        .into_iter()
        .filter(|name| families.iter().any(|family| family.on(name).is_some()))
        .collect();
    let mut table = Table::of(&["workload"]).numbers(&names);
    for family in families {
        let name = Cell::from(format!("`{}` {}", family.workload(), family.parameters()));
        let cells = names.iter().map(|name| {
            family
                .on(name)
                .map_or_else(Cell::default, |row| cell(family, row))
        });
        table.push(std::iter::once(name).chain(cells));
    }
    table
}

fn cell(family: &Family<'_>, row: &Row) -> Cell {
    let Some(ns) = median(row) else {
        let bytes = row.state_bytes.map(|bytes| format!("{bytes:.0} B"));
        return bytes.unwrap_or_default().into();
    };
    let ratio = row.floor_ratio.map(|ratio| format!(" ({ratio:.2})"));
    Cell {
        text: duration(ns),
        aside: ratio.unwrap_or_default(),
        strong: family.best() == Some(ns) && family.rows.len() > 1,
    }
}

/// Everything else that a row says.
fn tails(families: &[Family<'_>]) -> Table {
    let mut table = Table::of(&[
        "workload",
        "backend",
        "#p50",
        "#95 % interval",
        "#p90",
        "#p99",
        "#p99.9",
        "#per second",
        "#samples",
        "#outliers",
        "#allocations",
        "#C",
        "#state",
        "#overhead",
    ]);
    for family in families {
        for row in &family.rows {
            let time = |ns: Option<f64>| ns.map(duration).unwrap_or_default();
            let number = |value: Option<f64>| value.map(|v| v.to_string()).unwrap_or_default();
            let ns = row.ns;
            let samples = row
                .iters
                .zip(row.per_sample)
                .map(|(items, each)| (items / each.max(1) as u64).to_string());
            table.push([
                format!("`{}` {}", row.workload, family.parameters()),
                row.backend.clone(),
                time(ns.map(|ns| ns.p50)),
                super::words::interval(row).unwrap_or_default(),
                time(ns.and_then(|ns| ns.p90)),
                time(ns.and_then(|ns| ns.p99)),
                time(ns.and_then(|ns| ns.p999)),
                row.ops_per_s.map(per_second).unwrap_or_default(),
                samples.unwrap_or_default(),
                row.outliers
                    .map(|count| count.to_string())
                    .unwrap_or_default(),
                number(row.allocs_per_op),
                number(row.c_allocs_per_op),
                number(row.state_bytes),
                row.overhead_bytes
                    .map(|bytes| bytes.to_string())
                    .unwrap_or_default(),
            ]);
        }
    }
    table.without_empty_columns()
}

impl Table {
    /// Columns in which nothing stands are left out.
    fn without_empty_columns(mut self) -> Self {
        let full = |column: usize| self.rows.iter().any(|row| !row[column].text.is_empty());
        let keep: Vec<bool> = (0..self.head.len()).map(full).collect();
        let mut kept = keep.iter();
        self.head.retain(|_| *kept.next().unwrap_or(&true));
        for row in &mut self.rows {
            let mut kept = keep.iter();
            row.retain(|_| *kept.next().unwrap_or(&true));
        }
        self
    }
}
