//! The axes of a chart: name, marks and the lines behind the data.

use super::canvas::Canvas;
use super::label::{cut, width};
use super::scale::{Kind, Scale, ticks};

/// Size of the text at an axis's marks, in pixels.
pub(super) const TICK: f64 = 12.0;

/// What an axis shows.
#[derive(Clone, Debug)]
pub(in crate::report) struct Axis {
    /// Quantity and unit.
    pub(in crate::report) name: String,
    pub(in crate::report) kind: Kind,
    /// How a value is written.
    pub(in crate::report) written: fn(f64) -> String,
    /// The values to name; round ones if there are none.
    pub(in crate::report) at: Vec<f64>,
}

impl Axis {
    pub(in crate::report) fn new(name: &str, kind: Kind, written: fn(f64) -> String) -> Self {
        Self {
            name: name.into(),
            kind,
            written,
            at: Vec::new(),
        }
    }

    pub(super) fn marks(&self, range: [f64; 2], most: usize) -> Vec<(f64, String)> {
        let values = if self.at.is_empty() {
            ticks(self.kind, range, most)
        } else {
            self.at.clone()
        };
        values
            .into_iter()
            .map(|value| (value, (self.written)(value)))
            .collect()
    }
}

/// Where the data lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plot {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

/// A horizontal axis below `plot`, with lines up through it, and the name under it.
pub(super) fn horizontal(
    canvas: &mut Canvas,
    plot: Plot,
    axis: &Axis,
    scale: &Scale,
    marks: &[(f64, String)],
) {
    let mut free = f64::MIN;
    for (value, text) in marks {
        let x = scale.at(*value);
        if x < plot.left - 1.0 || x > plot.right + 1.0 {
            continue;
        }
        canvas.line("grid", [x, plot.top], [x, plot.bottom]);
        let half = width(text, TICK) / 2.0;
        if x - half >= free {
            canvas.text("tick", x, plot.bottom + 17.0, "middle", text);
            free = x + half + 6.0;
        }
    }
    canvas.line("base", [plot.left, plot.bottom], [plot.right, plot.bottom]);
    // The name may reach beyond the plot, never beyond the paper.
    let middle = (plot.left + plot.right) / 2.0;
    let name = cut(&axis.name, TICK, super::WIDTH - 16.0);
    let half = width(&name, TICK) / 2.0;
    let x = middle.clamp(8.0 + half, (super::WIDTH - 8.0 - half).max(8.0 + half));
    canvas.text("axis", x, plot.bottom + 36.0, "middle", &name);
}

/// A vertical axis to the left of `plot`, its name above it.
pub(super) fn vertical(
    canvas: &mut Canvas,
    plot: Plot,
    axis: &Axis,
    scale: &Scale,
    marks: &[(f64, String)],
) {
    let mut free = f64::MAX;
    for (value, text) in marks {
        let y = scale.at(*value);
        canvas.line("grid", [plot.left, y], [plot.right, y]);
        if y + TICK <= free {
            canvas.text("tick", plot.left - 8.0, y + 4.0, "end", text);
            free = y;
        }
    }
    let name = cut(&axis.name, TICK, super::WIDTH - 16.0);
    canvas.text("axis", 8.0, plot.top - 14.0, "start", &name);
}

/// Bytes as an axis or a heading has them.
pub(in crate::report) fn size_label(bytes: f64) -> String {
    match bytes {
        bytes if bytes >= 1048576.0 && bytes % 1048576.0 == 0.0 => {
            format!("{} MiB", bytes / 1048576.0)
        }
        bytes if bytes >= 1024.0 && bytes % 1024.0 == 0.0 => format!("{} KiB", bytes / 1024.0),
        bytes => format!("{bytes} B"),
    }
}

/// Rates as an axis has them.
pub(in crate::report) fn rate_ticks(rate: f64) -> String {
    match rate {
        rate if rate >= 1e6 => format!("{} M", rate / 1e6),
        rate if rate >= 1e3 => format!("{} k", rate / 1e3),
        rate => format!("{}", (rate * 1e6).round() / 1e6),
    }
}
