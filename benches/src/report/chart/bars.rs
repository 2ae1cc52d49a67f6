//! Bars from zero: amounts.

use super::axis::TICK;
use super::canvas::Canvas;
use super::label::{cut, width};
use super::tone::Tone;
use super::{Chart, WIDTH};

/// A chart of bars.
#[derive(Clone, Debug)]
pub(in crate::report) struct Bars {
    /// Quantity and unit.
    pub(in crate::report) name: String,
    pub(in crate::report) bars: Vec<Bar>,
}

/// One bar.
#[derive(Clone, Debug)]
pub(in crate::report) struct Bar {
    pub(in crate::report) label: String,
    pub(in crate::report) tone: Tone,
    pub(in crate::report) amount: f64,
    /// The amount in words.
    pub(in crate::report) written: String,
}

const STEP: f64 = 26.0;
const MOST: usize = 40;

impl Bars {
    /// Draws them; `None` if there are none or all are zero.
    pub(in crate::report) fn draw(&self, id: &str, title: &str, finding: String) -> Option<Chart> {
        let bars = &self.bars[..self.bars.len().min(MOST)];
        let most = bars.iter().map(|bar| bar.amount).fold(0.0, f64::max);
        if most <= 0.0 {
            return None;
        }
        let widest = |texts: &mut dyn Iterator<Item = f64>| texts.fold(0.0, f64::max);
        let labels = widest(&mut bars.iter().map(|bar| width(&bar.label, TICK))).min(170.0);
        let values = widest(&mut bars.iter().map(|bar| width(&bar.written, TICK)));
        let left = labels + 20.0;
        let room = WIDTH - left - values.min(120.0) - 18.0;
        let mut canvas = Canvas::default();
        canvas.text(
            "axis",
            8.0,
            18.0,
            "start",
            &cut(&self.name, TICK, WIDTH - 16.0),
        );
        let top = 28.0;
        for (index, bar) in bars.iter().enumerate() {
            let y = top + STEP * index as f64;
            let long = room * bar.amount / most;
            let label = cut(&bar.label, TICK, 172.0);
            canvas.text("label", left - 10.0, y + 17.0, "end", &label);
            canvas.open(&bar.tone.class());
            let note = format!("{}: {}", bar.label, bar.written);
            canvas.bar(left, y + 4.0, long.max(1.0), STEP - 9.0, &note);
            canvas.close();
            let written = cut(&bar.written, TICK, 122.0);
            canvas.text("value", left + long + 8.0, y + 17.0, "start", &written);
        }
        let bottom = top + STEP * bars.len() as f64;
        canvas.line("base", [left, top], [left, bottom]);
        Some(Chart::new(id, title, finding, bottom + 10.0, canvas))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_amounts() {
        let bar = |amount: f64| Bar {
            label: "b".into(),
            tone: Tone::OURS,
            amount,
            written: amount.to_string(),
        };
        let bars = |amounts: &[f64]| Bars {
            name: "bytes".into(),
            bars: amounts.iter().copied().map(bar).collect(),
        };
        let svg = bars(&[100.0, 50.0])
            .draw("id", "t", String::new())
            .unwrap()
            .inline();
        let lengths: Vec<f64> = svg
            .split("class=\"bar\"")
            .skip(1)
            .filter_map(|rest| {
                rest.split("width=\"")
                    .nth(1)?
                    .split('"')
                    .next()?
                    .parse()
                    .ok()
            })
            .collect();
        assert_eq!(lengths.len(), 2);
        assert!((lengths[0] - 2.0 * lengths[1]).abs() < 0.2, "{lengths:?}");
        assert!(bars(&[0.0]).draw("id", "t", String::new()).is_none());
    }
}
