//! Lines over a quantity, each with its name at its end and a band of uncertainty around it.

use super::axis::{Axis, Plot, TICK, horizontal, vertical};
use super::canvas::Canvas;
use super::label::{apart, cut, width};
use super::scale::{Scale, extent, padded};
use super::tone::Tone;
use super::{Chart, WIDTH};

/// A chart of lines.
#[derive(Clone, Debug)]
pub(in crate::report) struct Lines {
    pub(in crate::report) x: Axis,
    pub(in crate::report) y: Axis,
    pub(in crate::report) series: Vec<Series>,
}

/// One line.
#[derive(Clone, Debug)]
pub(in crate::report) struct Series {
    pub(in crate::report) name: String,
    pub(in crate::report) tone: Tone,
    /// From left to right.
    pub(in crate::report) points: Vec<Point>,
    /// A thought, not a measurement: dashed, without marks.
    pub(in crate::report) ideal: bool,
}

/// One point.
#[derive(Clone, Debug)]
pub(in crate::report) struct Point {
    pub(in crate::report) x: f64,
    pub(in crate::report) y: f64,
    /// Between which values it lies.
    pub(in crate::report) band: Option<[f64; 2]>,
    /// Drawn empty: measured, but not to be relied on.
    pub(in crate::report) hollow: bool,
    pub(in crate::report) note: String,
}

const HEIGHT: f64 = 330.0;
/// Size of the names at the ends; they are bold, which takes a little more room.
const NAME: f64 = 13.6;

impl Lines {
    /// Draws them; `None` without a point.
    pub(in crate::report) fn draw(&self, id: &str, title: &str, finding: String) -> Option<Chart> {
        let series: Vec<&Series> = self
            .series
            .iter()
            .filter(|one| !one.points.is_empty())
            .collect();
        let points = || series.iter().flat_map(|one| &one.points);
        let across = extent(
            points()
                .map(|point| point.x)
                .chain(self.x.at.iter().copied()),
        )?;
        let values = points().flat_map(|point| {
            let band = point.band.unwrap_or([point.y; 2]);
            [point.y, band[0], band[1]]
        });
        let down = padded(self.y.kind, extent(values)?);
        let marks = self.y.marks(down, 7);
        let widest = |texts: &mut dyn Iterator<Item = f64>| texts.fold(0.0, f64::max);
        let left = widest(&mut marks.iter().map(|(_, text)| width(text, TICK))) + 16.0;
        let names = widest(&mut series.iter().map(|one| width(&one.name, NAME)));
        let plot = Plot {
            left,
            right: WIDTH - names.min(150.0) - 26.0,
            top: 34.0,
            bottom: HEIGHT - 46.0,
        };
        let x = Scale::new(self.x.kind, across, [plot.left + 8.0, plot.right - 8.0]);
        let y = Scale::new(self.y.kind, down, [plot.bottom, plot.top]);
        let mut canvas = Canvas::default();
        vertical(&mut canvas, plot, &self.y, &y, &marks);
        horizontal(&mut canvas, plot, &self.x, &x, &self.x.marks(across, 7));
        // Ours last, so that it lies on top.
        for one in series.iter().rev() {
            one.draw(&mut canvas, &x, &y);
        }
        ends(&mut canvas, plot, &series, &x, &y);
        Some(Chart::new(id, title, finding, HEIGHT, canvas))
    }
}

impl Series {
    fn draw(&self, canvas: &mut Canvas, x: &Scale, y: &Scale) {
        canvas.open(&self.tone.class());
        let edge = |side: usize| {
            let points = self.points.iter();
            points.filter_map(move |point| Some([x.at(point.x), y.at(point.band?[side])]))
        };
        if edge(0).count() > 1 {
            let back: Vec<[f64; 2]> = edge(0).collect();
            canvas.polygon("band", edge(1).chain(back.into_iter().rev()));
        }
        let class = if self.ideal { "line ideal" } else { "line" };
        let places = self
            .points
            .iter()
            .map(|point| [x.at(point.x), y.at(point.y)]);
        canvas.polyline(class, places);
        if !self.ideal {
            for point in &self.points {
                let (x, y) = (x.at(point.x), y.at(point.y));
                canvas.mark(self.tone.shape(), point.hollow, x, y, &point.note);
            }
        }
        canvas.close();
    }
}

/// The names at the lines' ends, each with a thin line to its end where it had to move.
fn ends(canvas: &mut Canvas, plot: Plot, series: &[&Series], x: &Scale, y: &Scale) {
    let last: Vec<[f64; 2]> = series
        .iter()
        .filter_map(|one| one.points.last())
        .map(|point| [x.at(point.x), y.at(point.y)])
        .collect();
    let wanted: Vec<f64> = last.iter().map(|[_, y]| *y).collect();
    let places = apart(&wanted, 16.0, plot.top, plot.bottom - 4.0);
    for ((one, [end, height]), place) in series.iter().zip(last).zip(places) {
        canvas.open(&one.tone.class());
        if (place - height).abs() > 3.0 || end < plot.right - 12.0 {
            canvas.line("lead", [end + 7.0, height], [plot.right + 6.0, place]);
        }
        let name = cut(&one.name, NAME, WIDTH - plot.right - 14.0);
        canvas.text("end", plot.right + 10.0, place + 4.0, "start", &name);
        canvas.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::Kind;

    fn point(x: f64, y: f64) -> Point {
        Point {
            x,
            y,
            band: Some([y * 0.9, y * 1.1]),
            hollow: false,
            note: format!("{x}"),
        }
    }

    #[test]
    fn lines_have_marks_bands_and_their_names_at_their_ends() {
        let series = |name: &str, place, factor| Series {
            name: name.into(),
            tone: Tone::at(place),
            points: [64.0, 256.0].map(|x| point(x, x * factor)).into(),
            ideal: false,
        };
        let lines = Lines {
            x: Axis::new("bytes", Kind::Log, |x| x.to_string()),
            y: Axis::new("GB/s", Kind::Log, |y| y.to_string()),
            series: vec![series("a<b", 0, 1.0), series("c", 1, 1.001)],
        };
        let svg = lines.draw("id", "title", "said".into()).unwrap().inline();
        assert_eq!(svg.matches("class=\"mark\"").count(), 4);
        assert_eq!(svg.matches("class=\"band\"").count(), 2);
        assert!(svg.contains(">a&lt;b</text>") && svg.contains("<title>256</title>"));
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }

    #[test]
    fn no_points_no_chart() {
        let axis = || Axis::new("", Kind::Linear, |x| x.to_string());
        let empty = Lines {
            x: axis(),
            y: axis(),
            series: vec![],
        };
        assert!(empty.draw("id", "title", String::new()).is_none());
    }
}
