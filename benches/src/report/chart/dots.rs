//! Rows of dots on one axis: one thing per row, one mark per way of doing it.

use super::axis::{Axis, Plot, TICK, horizontal};
use super::canvas::Canvas;
use super::label::{cut, width};
use super::scale::{Kind, Scale, extent};
use super::tone::Tone;
use super::{Chart, WIDTH};

/// A chart of dots.
#[derive(Clone, Debug)]
pub(in crate::report) struct Dots {
    pub(in crate::report) x: Axis,
    pub(in crate::report) rows: Vec<DotRow>,
    /// What the marks mean, if more than one thing.
    pub(in crate::report) legend: Vec<(Tone, String)>,
    pub(in crate::report) references: Vec<Reference>,
}

/// One row.
#[derive(Clone, Debug)]
pub(in crate::report) struct DotRow {
    pub(in crate::report) label: String,
    pub(in crate::report) marks: Vec<Mark>,
    /// What stands at the right: the row's result.
    pub(in crate::report) end: String,
}

/// One mark.
#[derive(Clone, Debug)]
pub(in crate::report) struct Mark {
    pub(in crate::report) tone: Tone,
    pub(in crate::report) x: f64,
    pub(in crate::report) range: Option<[f64; 2]>,
    pub(in crate::report) note: String,
}

/// A line to compare with.
#[derive(Clone, Debug)]
pub(in crate::report) struct Reference {
    pub(in crate::report) x: f64,
    pub(in crate::report) name: String,
}

/// Rows beyond this stand in the tables only.
const MOST: usize = 40;
/// Labels that leave this much room for the marks stand beside their row, others above it.
const LEAST: f64 = 170.0;
const END: f64 = 12.0;

impl Dots {
    /// Draws them; `None` without a mark.
    pub(in crate::report) fn draw(&self, id: &str, title: &str, finding: String) -> Option<Chart> {
        let rows = self.rows.iter().filter(|row| !row.marks.is_empty());
        let rows: Vec<&DotRow> = rows.take(MOST).collect();
        let marks = rows.iter().flat_map(|row| &row.marks);
        let values = marks.flat_map(|mark| {
            let [low, high] = mark.reach().unwrap_or([mark.x; 2]);
            [mark.x, low, high]
        });
        let references = self.references.iter().map(|reference| reference.x);
        let data = extent(values)?;
        let range = extent(data.into_iter().chain(references))?;
        let range = match self.x.kind {
            Kind::Log => {
                let room = (range[1] / range[0]).powf(0.05).max(1.02);
                [range[0] / room, range[1] * room]
            }
            _ => {
                let room = ((range[1] - range[0]) * 0.05).max(range[1].abs() * 1e-3);
                [range[0] - room, range[1] + room]
            }
        };
        let widest = |texts: &mut dyn Iterator<Item = f64>| texts.fold(0.0, f64::max);
        let labels = widest(&mut rows.iter().map(|row| width(&row.label, TICK)));
        let end = widest(&mut rows.iter().map(|row| width(&row.end, END))).min(160.0);
        let beside = WIDTH - labels - end - 42.0 >= LEAST;
        let (left, step) = if beside {
            (labels + 20.0, 23.0)
        } else {
            (16.0, 38.0)
        };
        let mut canvas = Canvas::default();
        let legend = self.legend(&mut canvas);
        let top = legend
            + if self.references.is_empty() {
                8.0
            } else {
                24.0
            };
        let plot = Plot {
            left,
            right: WIDTH - end - 22.0,
            top,
            bottom: top + step * rows.len() as f64 + 4.0,
        };
        let x = Scale::new(self.x.kind, range, [plot.left + 8.0, plot.right - 8.0]);
        horizontal(
            &mut canvas,
            plot,
            &self.x,
            &x,
            &self
                .x
                .marks(range, ((plot.right - plot.left) / 52.0) as usize),
        );
        self.references(&mut canvas, plot, &x);
        for (index, row) in rows.iter().enumerate() {
            let above = plot.top + step * index as f64 + 2.0;
            let middle = above + step - 11.0;
            if beside {
                canvas.text("label", plot.left - 10.0, middle + 4.0, "end", &row.label);
            } else {
                let label = cut(&row.label, TICK, WIDTH - 20.0);
                canvas.text("label", 8.0, above + 13.0, "start", &label);
            }
            canvas.line("row", [plot.left, middle], [plot.right, middle]);
            row.draw(&mut canvas, &x, middle);
            let text = cut(&row.end, END, WIDTH - plot.right - 14.0);
            canvas.text("value", WIDTH - 8.0, middle + 4.0, "end", &text);
        }
        Some(Chart::new(id, title, finding, plot.bottom + 46.0, canvas))
    }

    /// Draws what the marks mean, in as many lines as that takes; says where it ends.
    fn legend(&self, canvas: &mut Canvas) -> f64 {
        if self.legend.len() < 2 {
            return 0.0;
        }
        let (mut x, mut y) = (16.0, 14.0);
        for (tone, name) in &self.legend {
            let name = cut(name, TICK, WIDTH - 60.0);
            let wide = width(&name, 13.5) + 30.0;
            if x + wide > WIDTH && x > 16.0 {
                (x, y) = (16.0, y + 20.0);
            }
            canvas.open(&tone.class());
            canvas.mark(tone.shape(), false, x, y, &name);
            canvas.text("end", x + 10.0, y + 4.0, "start", &name);
            canvas.close();
            x += wide;
        }
        y + 14.0
    }

    fn references(&self, canvas: &mut Canvas, plot: Plot, x: &Scale) {
        let mut free = f64::MIN;
        for Reference { x: value, name } in &self.references {
            let at = x.at(*value);
            canvas.line("reference", [at, plot.top - 4.0], [at, plot.bottom]);
            let half = width(name, TICK) / 2.0;
            let middle = at.clamp(half + 8.0, WIDTH - half - 8.0);
            if middle - half >= free {
                canvas.text("tick", middle, plot.top - 9.0, "middle", name);
                free = middle + half + 6.0;
            }
        }
    }
}

impl Mark {
    /// The range; what was rounded to zero would be infinitely far away on a logarithmic axis.
    fn reach(&self) -> Option<[f64; 2]> {
        self.range.map(|[low, high]| [low.max(self.x / 1e3), high])
    }
}

impl DotRow {
    fn draw(&self, canvas: &mut Canvas, x: &Scale, middle: f64) {
        // Marks that would hide one another step aside; ours stays and is drawn last, on top.
        let mut marks: Vec<&Mark> = self.marks.iter().collect();
        marks.sort_by_key(|mark| mark.tone != Tone::OURS);
        let mut placed: Vec<[f64; 2]> = Vec::new();
        for mark in &marks {
            let at = x.at(mark.x);
            let is_free = |aside: &f64| {
                let mut near = placed.iter().filter(|[x, _]| (x - at).abs() < 7.0);
                near.all(|[_, y]| (y - middle - aside).abs() > 3.0)
            };
            let aside = [0.0, -5.0, 5.0, -8.5, 8.5].into_iter().find(is_free);
            placed.push([at, middle + aside.unwrap_or(0.0)]);
        }
        for (mark, [at, y]) in marks.iter().zip(placed).rev() {
            canvas.open(&mark.tone.class());
            if let Some([low, high]) = mark.reach() {
                canvas.line("whisker", [x.at(low), y], [x.at(high), y]);
            }
            canvas.mark(mark.tone.shape(), false, at, y, &mark.note);
            canvas.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dots(label: &str, rows: usize) -> Dots {
        let mark = Mark {
            tone: Tone::OURS,
            x: 1.5,
            range: Some([1.2, 1.9]),
            note: "n".into(),
        };
        let row = DotRow {
            label: label.into(),
            marks: vec![mark],
            end: "1.50".into(),
        };
        Dots {
            x: Axis::new("gain", Kind::Log, |x| x.to_string()),
            rows: vec![row; rows],
            legend: vec![],
            references: vec![Reference {
                x: 1.0,
                name: "no gain".into(),
            }],
        }
    }

    #[test]
    fn rows_have_labels_whiskers_and_results() {
        let svg = dots("short", 2)
            .draw("id", "t", String::new())
            .unwrap()
            .inline();
        assert_eq!(svg.matches("class=\"mark\"").count(), 2);
        assert_eq!(svg.matches("class=\"whisker\"").count(), 2);
        assert_eq!(svg.matches(">1.50</text>").count(), 2);
        assert!(svg.contains(">no gain</text>") && !svg.contains("NaN"));
    }

    #[test]
    fn a_range_from_zero_leaves_the_axis_readable() {
        let mut dots = dots("short", 1);
        dots.rows[0].marks[0].range = Some([0.0, 1.9]);
        let svg = dots.draw("id", "t", String::new()).unwrap().inline();
        assert!(
            svg.contains(">0.001</text>") || svg.contains(">0.01</text>"),
            "{svg}"
        );
    }

    #[test]
    fn a_label_without_end_and_rows_without_end_stay_on_the_paper() {
        let svg = dots(&"long ".repeat(100), 500).draw("id", "t", String::new());
        let svg = svg.unwrap().inline();
        assert_eq!(svg.matches("class=\"mark\"").count(), MOST);
        assert!(svg.contains("…</text>"));
        assert!(dots("", 0).draw("id", "t", String::new()).is_none());
    }
}
