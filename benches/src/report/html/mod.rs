//! The report as one HTML file: style and charts inline, no script, nothing loaded.
//!
//! Invariants: every text is escaped here; a content security policy forbids whatever the page does
//! not need, so that even a mistake in that could load or run nothing.

use std::fmt::Write as _;

use super::chart::{Chart, PALETTE, STYLE};
use super::escape::{stem, xml};
use super::page::{Block, Cell, Page, Table};

const PAGE: &str = include_str!("page.css");

/// The file.
pub(super) fn render(page: &Page) -> String {
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src \
         'unsafe-inline'; img-src data:\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <link rel=\"icon\" href=\"data:,\">\n<title>{} · {}</title>\n<style>\n{PALETTE}{STYLE}{PAGE}</style>\n\
         </head>\n<body>\n<header>\n<h1>{}</h1>\n<p class=\"sub\">{}</p>\n",
        xml(&page.title),
        xml(&page.subtitle),
        xml(&page.title),
        xml(&page.subtitle)
    );
    for warning in &page.warnings {
        let _ = writeln!(
            out,
            "<p class=\"warning\" role=\"alert\">{}</p>",
            inline(warning)
        );
    }
    if !page.lead.is_empty() {
        out.push_str("<div class=\"lead\">\n");
        for sentence in &page.lead {
            let _ = writeln!(out, "<p>{}</p>", led(sentence));
        }
        out.push_str("</div>\n");
    }
    contents(&mut out, page);
    out.push_str("</header>\n<main>\n");
    for section in &page.sections {
        let id = stem(&section.id);
        let _ = writeln!(
            out,
            "<section id=\"{id}\">\n<h2>{}</h2>",
            xml(&section.title)
        );
        for block in &section.blocks {
            write_block(&mut out, block, section.id == "machine");
        }
        out.push_str("</section>\n");
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

/// Links to the sections.
fn contents(out: &mut String, page: &Page) {
    if page.sections.len() < 3 {
        return;
    }
    out.push_str("<nav aria-label=\"Contents\"><ul>\n");
    for section in &page.sections {
        let _ = writeln!(
            out,
            "<li><a href=\"#{}\">{}</a></li>",
            stem(&section.id),
            xml(&section.title)
        );
    }
    out.push_str("</ul></nav>\n");
}

fn write_block(out: &mut String, block: &Block, is_box: bool) {
    match block {
        Block::Text(text) => {
            let _ = writeln!(out, "<p>{}</p>", inline(text));
        }
        Block::List(items) if items.is_empty() => {}
        Block::List(items) => {
            out.push_str("<ul class=\"said\">\n");
            for item in items {
                let _ = writeln!(out, "<li>{}</li>", inline(item));
            }
            out.push_str("</ul>\n");
        }
        Block::Charts(charts) => figures(out, charts),
        Block::Table(table) => write_table(out, table, is_box),
        Block::Code(text) => {
            let _ = writeln!(out, "<pre><code>{}</code></pre>", xml(text));
        }
        Block::Details(summary, blocks) => {
            let _ = writeln!(out, "<details>\n<summary>{}</summary>", inline(summary));
            for block in blocks {
                write_block(out, block, false);
            }
            out.push_str("</details>\n");
        }
    }
}

fn figures(out: &mut String, charts: &[Chart]) {
    if charts.is_empty() {
        return;
    }
    out.push_str("<div class=\"figures\">\n");
    for chart in charts {
        let _ = writeln!(
            out,
            "<figure>\n<h3>{}</h3>\n<div class=\"plot\">{}</div>\n<figcaption>{}</figcaption>\n</figure>",
            xml(&chart.title),
            chart.inline(),
            inline(&chart.finding)
        );
    }
    out.push_str("</div>\n");
}

fn write_table(out: &mut String, table: &Table, is_box: bool) {
    if table.rows.is_empty() {
        return;
    }
    let class = if is_box { " class=\"box\"" } else { "" };
    let _ = writeln!(out, "<div class=\"scroll\" tabindex=\"0\"><table{class}>");
    if table.head.iter().any(|column| !column.name.is_empty()) {
        out.push_str("<thead><tr>");
        for column in &table.head {
            let class = if column.is_number { " class=\"n\"" } else { "" };
            let _ = write!(out, "<th scope=\"col\"{class}>{}</th>", xml(&column.name));
        }
        out.push_str("</tr></thead>\n");
    }
    out.push_str("<tbody>\n");
    for row in &table.rows {
        out.push_str("<tr>");
        for (index, cell) in row.iter().enumerate() {
            let is_number = table.head.get(index).is_some_and(|column| column.is_number);
            write_cell(out, cell, index == 0, is_number);
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
}

fn write_cell(out: &mut String, cell: &Cell, is_first: bool, is_number: bool) {
    let text = inline(&cell.text);
    let text = if cell.strong {
        format!("<strong>{text}</strong>")
    } else {
        text
    } + &inline(&cell.aside);
    let class = match cell.text.as_str() {
        _ if is_number => " class=\"n\"",
        "reached" => " class=\"good\"",
        "missed" => " class=\"bad\"",
        _ => "",
    };
    let _ = if is_first {
        write!(out, "<th scope=\"row\">{text}</th>")
    } else {
        write!(out, "<td{class}>{text}</td>")
    };
}

/// Text whose code stands between backticks.
fn inline(text: &str) -> String {
    let mut out = String::new();
    for (index, piece) in text.split('`').enumerate() {
        if piece.is_empty() {
            continue;
        }
        let piece = xml(piece);
        let _ = if index % 2 == 1 {
            write!(out, "<code>{piece}</code>")
        } else {
            write!(out, "{piece}")
        };
    }
    out
}

/// A sentence of the lead: what it is about, before the colon, stands out.
fn led(sentence: &str) -> String {
    match sentence.split_once(": ") {
        Some((about, rest)) if about.len() < 30 => {
            format!("<strong>{}:</strong> {}", inline(about), inline(rest))
        }
        _ => inline(sentence),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_markup_in_text_are_told_apart() {
        assert_eq!(
            inline("a `b<c>` <d>"),
            "a <code>b&lt;c&gt;</code> &lt;d&gt;"
        );
        assert_eq!(inline("odd ` one"), "odd <code> one</code>");
        assert_eq!(
            led("Who: `x` wins"),
            "<strong>Who:</strong> <code>x</code> wins"
        );
    }
}
