//! The report as Markdown: the same page for a repository, the charts as pictures beside it.

use std::fmt::Write as _;

use super::escape::{markdown, markdown_code};
use super::page::{Block, Cell, Page, Source, Table};
use crate::load::record::LoadRecord;
use crate::record::Record;

/// The page of `record` alone, without pictures.
#[must_use]
pub fn render(record: &Record) -> String {
    Writer { pictures: false }.page(&Page::of(Source::from(record)))
}

/// The page of `load` alone, without pictures.
pub(crate) fn render_load(load: &LoadRecord) -> String {
    Writer { pictures: false }.page(&Page::of_load(load))
}

/// `page` with its charts as files beside it.
pub(super) fn with_pictures(page: &Page) -> String {
    Writer { pictures: true }.page(page)
}

struct Writer {
    /// Are there files of the charts to show?
    pictures: bool,
}

impl Writer {
    fn page(&self, page: &Page) -> String {
        let mut out = format!(
            "# {}\n\n{}\n",
            markdown(&page.title),
            markdown(&page.subtitle)
        );
        for warning in &page.warnings {
            let _ = writeln!(out, "\n> **Warning.** {}", inline(warning));
        }
        for sentence in &page.lead {
            let _ = writeln!(out, "\n{}", inline(sentence));
        }
        for section in &page.sections {
            let _ = writeln!(out, "\n## {}", markdown(&section.title));
            for block in &section.blocks {
                self.block(&mut out, block);
            }
        }
        out
    }

    fn block(&self, out: &mut String, block: &Block) {
        match block {
            Block::Text(text) => {
                let _ = writeln!(out, "\n{}", inline(text));
            }
            Block::List(items) if items.is_empty() => {}
            Block::List(items) => {
                out.push('\n');
                for item in items {
                    let _ = writeln!(out, "- {}", inline(item));
                }
            }
            Block::Charts(charts) => {
                for chart in charts {
                    if self.pictures {
                        let _ = writeln!(out, "\n![{}]({}.svg)", markdown(&chart.title), chart.id);
                    } else {
                        let _ = writeln!(out, "\n**{}**", markdown(&chart.title));
                    }
                    let _ = writeln!(out, "\n{}", inline(&chart.finding));
                }
            }
            Block::Table(table) => write_table(out, table),
            Block::Code(text) => {
                // Longer than any row of backticks inside.
                let fence =
                    "`".repeat(3 + text.split(|c| c != '`').map(str::len).max().unwrap_or(0));
                let _ = writeln!(out, "\n{fence}sh\n{text}\n{fence}");
            }
            Block::Details(summary, blocks) => {
                let summary = super::escape::xml(&summary.replace('`', ""));
                let _ = writeln!(out, "\n<details><summary>{summary}</summary>");
                for block in blocks {
                    self.block(out, block);
                }
                out.push_str("\n</details>\n");
            }
        }
    }
}

fn write_table(out: &mut String, table: &Table) {
    if table.rows.is_empty() {
        return;
    }
    out.push_str("\n|");
    for column in &table.head {
        let _ = write!(out, " {} |", markdown(&column.name));
    }
    out.push_str("\n|");
    for column in &table.head {
        out.push_str(if column.is_number { "--:|" } else { "---|" });
    }
    out.push('\n');
    for row in &table.rows {
        out.push('|');
        for cell in row {
            let _ = write!(out, " {} |", write_cell(cell));
        }
        out.push('\n');
    }
}

fn write_cell(cell: &Cell) -> String {
    let text = inline(&cell.text);
    let text = if cell.strong {
        format!("**{text}**")
    } else {
        text
    };
    text + &inline(&cell.aside)
}

/// Text whose code stands between backticks.
fn inline(text: &str) -> String {
    let mut out = String::new();
    for (index, piece) in text.split('`').enumerate() {
        if index % 2 == 0 {
            out.push_str(&markdown(piece));
        } else if !piece.is_empty() {
            out.push_str(&markdown_code(piece));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_survives_and_other_markup_does_not() {
        assert_eq!(inline("a `b_c|d` *e* |"), r"a `b_c\|d` \*e\* \|");
    }
}
