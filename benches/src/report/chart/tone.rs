//! The colour and shape of a series: a backend looks alike in every chart.

/// One of the palette's colours with a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) struct Tone(usize);

/// What a mark looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Circle,
    Square,
    Up,
    Diamond,
    Down,
    Cross,
}

/// Those of the backends, and two more.
const BACKENDS: [&str; 7] = [
    "mixed",
    "ring",
    "aws-lc-rs",
    "graviola",
    "rustcrypto",
    "libraries",
    "null",
];
const COLOURS: usize = 7;

impl Tone {
    /// Ours.
    pub(in crate::report) const OURS: Self = Self(0);

    /// That of a backend; one that is not known gets what is left, by its place among others.
    pub(in crate::report) fn of(backend: &str, place: usize) -> Self {
        let known = BACKENDS.iter().position(|name| *name == backend);
        Self(known.unwrap_or(place % COLOURS))
    }

    /// That of the series at `place`, where series are no backends.
    pub(in crate::report) const fn at(place: usize) -> Self {
        Self(place % COLOURS)
    }

    /// The class that sets the colour.
    pub(super) fn class(self) -> String {
        format!("t{}", self.0)
    }

    pub(super) const fn shape(self) -> Shape {
        match self.0 {
            0 => Shape::Circle,
            1 => Shape::Square,
            2 => Shape::Up,
            3 => Shape::Diamond,
            4 => Shape::Down,
            _ => Shape::Cross,
        }
    }
}
