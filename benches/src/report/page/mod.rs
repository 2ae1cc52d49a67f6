//! What a report says, section by section, before it is HTML or Markdown.
//!
//! What lives here: which rows go into which chart, table and sentence. What does not: how a chart
//! is drawn (`chart`), how a page looks (`html`, `markdown`). Invariants: every sentence is computed
//! from the record or holds for every record; a section without rows is left out; a record is
//! untrusted text that only the writers of pages and charts make into markup.
//!
//! Texts have one piece of markup: what stands between backticks is code.

mod batching;
mod closing;
mod floor;
mod ladder;
mod lead;
mod machine;
mod memory;
mod native;
mod numbers;
mod offered;
mod others;
mod quantiles;
mod ranking;
mod sizes;
mod targets;
mod threads;
mod ways;
mod words;

use super::chart::Chart;
use crate::load::record::LoadRecord;
use crate::record::Record;

pub(super) use machine::rows as machine_rows;

/// The records that a report is made from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    pub(crate) record: &'a Record,
    /// Latency under offered load.
    pub(crate) load: Option<&'a LoadRecord>,
    /// The same measured with a build for this processor alone.
    pub(crate) native: Option<&'a Record>,
}

impl<'a> From<&'a Record> for Source<'a> {
    fn from(record: &'a Record) -> Self {
        Self {
            record,
            load: None,
            native: None,
        }
    }
}

/// A report.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) title: String,
    /// When and where.
    pub(super) subtitle: String,
    /// What a reader must know before trusting a number.
    pub(super) warnings: Vec<String>,
    /// Who won what, by how much, how sure.
    pub(super) lead: Vec<String>,
    pub(super) sections: Vec<Section>,
}

/// A part of a report.
#[derive(Clone, Debug)]
pub(super) struct Section {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) blocks: Vec<Block>,
}

/// A piece of a section.
#[derive(Clone, Debug)]
pub(super) enum Block {
    Text(String),
    List(Vec<String>),
    Charts(Vec<Chart>),
    Table(Table),
    /// Commands to copy.
    Code(String),
    /// What is there for whoever asks.
    Details(String, Vec<Block>),
}

/// A table.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub(super) head: Vec<Column>,
    pub(super) rows: Vec<Vec<Cell>>,
}

/// A table's column.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) is_number: bool,
}

/// A table's cell.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    pub(super) text: String,
    /// The best of its row.
    pub(super) strong: bool,
    /// What stands behind the text and is never emphasised.
    pub(super) aside: String,
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }
}

impl Table {
    /// Columns by name; those that begin with `#` hold numbers.
    pub(super) fn of(head: &[&str]) -> Self {
        let column = |name: &&str| Column {
            name: name.trim_start_matches('#').into(),
            is_number: name.starts_with('#'),
        };
        Self {
            head: head.iter().map(column).collect(),
            rows: Vec::new(),
        }
    }

    /// A column for each of `names`, which are a record's and may begin with anything.
    pub(super) fn numbers(mut self, names: &[&str]) -> Self {
        self.head.extend(names.iter().map(|name| Column {
            name: (*name).into(),
            is_number: true,
        }));
        self
    }

    pub(super) fn push<C: Into<Cell>>(&mut self, row: impl IntoIterator<Item = C>) {
        self.rows.push(row.into_iter().map(Into::into).collect());
    }
}

impl Section {
    /// A section, unless nothing but words would stand in it.
    fn of(id: &str, title: &str, blocks: Vec<Block>) -> Option<Self> {
        let says = |block: &Block| match block {
            Block::Charts(charts) => !charts.is_empty(),
            Block::Table(table) => !table.rows.is_empty(),
            Block::List(items) => !items.is_empty(),
            Block::Details(..) | Block::Code(_) => true,
            Block::Text(_) => false,
        };
        blocks.iter().any(says).then(|| Self {
            id: id.into(),
            title: title.into(),
            blocks,
        })
    }
}

impl Page {
    /// The report of `source`.
    pub(super) fn of(source: Source<'_>) -> Self {
        let Source {
            record,
            load,
            native,
        } = source;
        let mut sections = vec![machine::section(record)];
        sections.extend(ranking::section(record));
        sections.extend(sizes::section(record));
        sections.extend(quantiles::section(record));
        sections.extend(batching::section(record));
        sections.extend(threads::section(record));
        sections.extend(load.and_then(offered::section));
        sections.extend(floor::section(record));
        sections.extend(ways::sections(record));
        sections.extend(memory::section(record));
        sections.extend(others::sections(record));
        sections.extend(native.and_then(|native| native::section(record, native)));
        sections.extend(targets::section(record));
        sections.extend(numbers::section(record));
        sections.push(closing::not_measured());
        sections.push(closing::repeat(source));
        let mut page = Self {
            title: "The sprag barometer".into(),
            subtitle: lead::subtitle(record),
            warnings: lead::warnings(source),
            lead: lead::sentences(record),
            sections,
        };
        page.name_charts();
        page
    }

    /// A page about `load` alone.
    pub(super) fn of_load(load: &LoadRecord) -> Self {
        Self {
            title: "The sprag barometer".into(),
            subtitle: load.command.clone(),
            warnings: lead::host_warnings(&load.host, &load.build, "The run of `load`: "),
            lead: Vec::new(),
            sections: offered::section(load).into_iter().collect(),
        }
    }

    /// Every chart of the page.
    pub(super) fn charts(&self) -> impl Iterator<Item = &Chart> {
        let blocks = self.sections.iter().flat_map(|section| &section.blocks);
        blocks.flat_map(|block| match block {
            Block::Charts(charts) => charts.as_slice(),
            _ => &[],
        })
    }

    /// Charts are files by their names, so no two may share one.
    fn name_charts(&mut self) {
        let mut taken = std::collections::HashSet::new();
        let sections = self.sections.iter_mut();
        for block in sections.flat_map(|section| &mut section.blocks) {
            let Block::Charts(charts) = block else {
                continue;
            };
            for chart in charts {
                let plain = chart.id.clone();
                let mut number = 1;
                while !taken.insert(chart.id.clone()) {
                    number += 1;
                    chart.id = format!("{plain}-{number}");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
