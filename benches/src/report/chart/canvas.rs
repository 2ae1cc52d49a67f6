//! The writer of SVG elements: what is text is escaped here and nowhere else.

use std::fmt::Write as _;

use super::tone::Shape;
use crate::report::escape::xml;

/// Elements so far.
#[derive(Debug, Default)]
pub(super) struct Canvas {
    out: String,
}

impl Canvas {
    pub(super) fn finish(self) -> String {
        self.out
    }

    /// Opens a group; [`close`](Self::close) ends it.
    pub(super) fn open(&mut self, class: &str) {
        let _ = write!(self.out, r#"<g class="{class}">"#);
    }

    pub(super) fn close(&mut self) {
        self.out.push_str("</g>");
    }

    pub(super) fn text(&mut self, class: &str, x: f64, y: f64, anchor: &str, text: &str) {
        let _ = write!(
            self.out,
            r#"<text class="{class}" x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{}</text>"#,
            xml(text)
        );
    }

    pub(super) fn line(&mut self, class: &str, from: [f64; 2], to: [f64; 2]) {
        let ([x1, y1], [x2, y2]) = (from, to);
        let _ = write!(
            self.out,
            r#"<line class="{class}" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#
        );
    }

    pub(super) fn rect(&mut self, class: &str, x: f64, y: f64, width: f64, height: f64) {
        let _ = write!(
            self.out,
            r#"<rect class="{class}" x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}"/>"#
        );
    }

    pub(super) fn bar(&mut self, x: f64, y: f64, width: f64, height: f64, note: &str) {
        let _ = write!(
            self.out,
            r#"<rect class="bar" x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" rx="2"><title>{}</title></rect>"#,
            xml(note)
        );
    }

    pub(super) fn polyline(&mut self, class: &str, points: impl Iterator<Item = [f64; 2]>) {
        self.points("polyline", class, points);
    }

    pub(super) fn polygon(&mut self, class: &str, points: impl Iterator<Item = [f64; 2]>) {
        self.points("polygon", class, points);
    }

    fn points(&mut self, element: &str, class: &str, points: impl Iterator<Item = [f64; 2]>) {
        let _ = write!(self.out, r#"<{element} class="{class}" points=""#);
        for [x, y] in points {
            let _ = write!(self.out, "{x:.1},{y:.1} ");
        }
        self.out.push_str(r#""/>"#);
    }

    /// A mark with a tooltip, in the shape of its series.
    pub(super) fn mark(&mut self, shape: Shape, hollow: bool, x: f64, y: f64, note: &str) {
        let class = if hollow { "mark hollow" } else { "mark" };
        let note = xml(note);
        let path = match shape {
            Shape::Circle => {
                let _ = write!(
                    self.out,
                    r#"<circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="4.5"><title>{note}</title></circle>"#
                );
                return;
            }
            Shape::Square => "M-4,-4H4V4H-4Z",
            Shape::Up => "M0,-5.4L5,3.8H-5Z",
            Shape::Diamond => "M0,-5.6L5.6,0L0,5.6L-5.6,0Z",
            Shape::Down => "M0,5.4L5,-3.8H-5Z",
            Shape::Cross => "M-1.6,-5H1.6V-1.6H5V1.6H1.6V5H-1.6V1.6H-5V-1.6H-1.6Z",
        };
        let _ = write!(
            self.out,
            r#"<path class="{class}" transform="translate({x:.1} {y:.1})" d="{path}"><title>{note}</title></path>"#
        );
    }
}
