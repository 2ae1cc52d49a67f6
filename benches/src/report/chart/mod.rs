//! Charts as SVG, written by ourselves: scales, axes, lines, dots, bars, labels that keep apart.
//!
//! What lives here: how a chart is drawn. What does not: which rows of a record it shows (`page`).
//! Invariants: every text is escaped; a chart holds no script, loads nothing and names its colours
//! by the variables of `palette.css`, which give it a light and a dark mode; as a file it carries
//! that style and its title along. Names at the lines' ends, marks of different shapes: colour is
//! never the only difference.

mod axis;
mod bars;
mod canvas;
mod dots;
mod label;
mod lines;
mod scale;
mod tone;

use super::escape::xml;
use canvas::Canvas;

pub(super) use axis::{Axis, rate_ticks, size_label};
pub(super) use bars::{Bar, Bars};
pub(super) use dots::{DotRow, Dots, Mark, Reference};
pub(super) use lines::{Lines, Point, Series};
pub(super) use scale::Kind;
pub(super) use tone::Tone;

/// Colours, for the page and for every chart as a file.
pub(super) const PALETTE: &str = include_str!("palette.css");
/// What the parts of a chart look like.
pub(super) const STYLE: &str = include_str!("chart.css");

/// All charts are so wide, in units that are pixels on a desktop: narrow enough for a telephone.
const WIDTH: f64 = 480.0;

/// A drawn chart with its words.
#[derive(Clone, Debug)]
pub(super) struct Chart {
    /// Identifier and stem of the file's name.
    pub(super) id: String,
    /// What to see.
    pub(super) title: String,
    /// What the data say, in a sentence.
    pub(super) finding: String,
    height: f64,
    body: String,
}

impl Chart {
    fn new(id: &str, title: &str, finding: String, height: f64, canvas: Canvas) -> Self {
        Self {
            id: super::escape::stem(id),
            title: title.into(),
            finding,
            height,
            body: canvas.finish(),
        }
    }

    /// As a part of the page.
    pub(super) fn inline(&self) -> String {
        self.svg("", 0.0, "")
    }

    /// As a file of its own, with its title and its style.
    pub(super) fn file(&self) -> String {
        const LINE: f64 = 20.0;
        /// A title is bold, which takes more room.
        const BOLD: f64 = 1.1;
        let lines = label::broken(&self.title, BOLD * 15.0, WIDTH - 16.0);
        let mut head = Canvas::default();
        let tall = lines.len() as f64 * LINE + 12.0;
        head.rect("paper", 0.0, -tall, WIDTH, self.height + tall);
        for (index, line) in lines.iter().enumerate() {
            let y = 20.0 - tall + index as f64 * LINE;
            head.text("title", 8.0, y, "start", line);
        }
        let style = format!("<style>{PALETTE}{STYLE}</style>");
        let mut file = self.svg(&style, tall, &head.finish());
        file.push('\n');
        file
    }

    fn svg(&self, style: &str, above: f64, head: &str) -> String {
        let (id, height) = (&self.id, self.height + above);
        // A picture without a size of its own would be as wide as whatever shows it.
        let size = if style.is_empty() {
            String::new()
        } else {
            format!(r#" width="{WIDTH}" height="{height:.0}""#)
        };
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" class="chart"{size} viewBox="0 {:.0} {WIDTH} {height:.0}" role="img" aria-labelledby="{id}-t {id}-d"><title id="{id}-t">{}</title><desc id="{id}-d">{}</desc>{style}{head}{}</svg>"#,
            -above,
            xml(&self.title),
            xml(&self.finding.replace('`', "")),
            self.body,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_carries_its_style_and_its_title_and_nothing_unescaped() {
        let chart = Chart::new("a b", "x < y", "`a` & b".into(), 10.0, Canvas::default());
        let file = chart.file();
        assert!(file.contains("prefers-color-scheme"));
        assert!(file.contains("<title id=\"a-b-t\">x &lt; y</title>"));
        assert!(file.contains(">x &lt; y</text>"));
        assert!(file.contains("<desc id=\"a-b-d\">a &amp; b</desc>"));
        assert!(!chart.inline().contains("<style"));
    }
}
