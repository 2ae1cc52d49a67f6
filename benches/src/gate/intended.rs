//! Changes that are intended: a committed file, one line each, read strictly.
//!
//! A line is `LAYER WORKLOADS LIMIT REASON…`: the layer that would object, the workloads it is about
//! (`*` stands for any text), the largest change that is meant, and why. A number of percent has a
//! `%` behind it; a plain number is an absolute difference, which only counts have. Empty lines and
//! such that begin with `#` say nothing.

use std::fmt;
use std::str::FromStr;

use super::layer::Layer;

/// The intended changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Intended(Vec<Line>);

/// One of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Where in the file, from 1.
    pub number: usize,
    layer: Layer,
    workloads: String,
    limit: Limit,
    /// Why it is meant.
    pub reason: String,
    used: bool,
}

/// How large a change may be.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Limit {
    /// In percent of the base; negative for less.
    Percent(f64),
    /// In units of what is counted.
    Absolute(f64),
}

impl Intended {
    /// Marks the first line that allows the change from `base` to `head`, and gives its reason.
    pub fn allow(&mut self, layer: Layer, workload: &str, base: f64, head: f64) -> Option<String> {
        let allows = |line: &&mut Line| {
            line.layer == layer
                && matches(&line.workloads, workload)
                && line.limit.covers(base, head)
        };
        let line = self.0.iter_mut().find(allows)?;
        line.used = true;
        Some(line.reason.clone())
    }

    /// Lines that allowed nothing although their layer looked at workloads of theirs: to be
    /// deleted.
    pub fn stale<'a>(
        &'a self,
        looked: &'a [(Layer, Vec<String>)],
    ) -> impl Iterator<Item = &'a Line> {
        self.0.iter().filter(move |line| {
            let was_looked_at = |(layer, workloads): &(Layer, Vec<String>)| {
                let about = |id: &String| matches(&line.workloads, id);
                *layer == line.layer && workloads.iter().any(about)
            };
            !line.used && looked.iter().any(was_looked_at)
        })
    }

    /// Lines about workloads that there are not.
    pub fn about_nothing<'a>(&'a self, ids: &'a [String]) -> impl Iterator<Item = &'a Line> {
        let unknown = move |line: &&Line| !ids.iter().any(|id| matches(&line.workloads, id));
        self.0.iter().filter(unknown)
    }
}

impl FromStr for Intended {
    type Err = Vec<BadLine>;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut lines = Vec::new();
        let mut bad = Vec::new();
        for (index, text) in text.lines().enumerate() {
            let text = text.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let number = index + 1;
            match line(number, text) {
                Ok(line) => lines.push(line),
                Err(what) => bad.push(BadLine { number, what }),
            }
        }
        if bad.is_empty() {
            Ok(Self(lines))
        } else {
            Err(bad)
        }
    }
}

fn line(number: usize, text: &str) -> Result<Line, Bad> {
    let (layer, rest) = word(text);
    let layer: Layer = layer.parse().map_err(|_| Bad::Layer(layer.to_owned()))?;
    if layer == Layer::Smoke {
        return Err(Bad::Smoke);
    }
    let (workloads, rest) = word(rest);
    let (limit, reason) = word(rest);
    if workloads.is_empty() || limit.is_empty() {
        return Err(Bad::Short);
    }
    if reason.is_empty() {
        return Err(Bad::NoReason);
    }
    Ok(Line {
        number,
        layer,
        workloads: workloads.to_owned(),
        limit: limit_of(layer, limit)?,
        reason: reason.to_owned(),
        used: false,
    })
}

fn word(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim_start())
}

fn limit_of(layer: Layer, text: &str) -> Result<Limit, Bad> {
    let bad = || Bad::Limit(layer, text.to_owned());
    let (digits, in_percent) = match text.strip_suffix('%') {
        Some(digits) => (digits, true),
        None => (text, false),
    };
    if !digits.starts_with(['+', '-']) {
        return Err(bad());
    }
    let number: f64 = digits.parse().map_err(|_| bad())?;
    // Fewer accelerated instructions and more of anything else are what layers object to.
    let right_way = if layer == Layer::Witness {
        (-100.0..0.0).contains(&number)
    } else {
        number > 0.0 && number.is_finite()
    };
    match (in_percent, layer) {
        _ if !right_way => Err(bad()),
        (true, _) => Ok(Limit::Percent(number)),
        (false, Layer::Counts) if number.fract() == 0.0 => Ok(Limit::Absolute(number)),
        (false, _) => Err(bad()),
    }
}

impl Limit {
    /// Is the change no larger, and in its direction?
    fn covers(self, base: f64, head: f64) -> bool {
        let change = head - base;
        let limit = match self {
            Self::Absolute(limit) => limit,
            Self::Percent(percent) => base * percent / 100.0,
        };
        if limit < 0.0 {
            change >= limit
        } else {
            change <= limit
        }
    }
}

/// Does `pattern`, where `*` stands for any text, describe all of `text`?
fn matches(pattern: &str, text: &str) -> bool {
    let Some((begin, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(text) = text.strip_prefix(begin) else {
        return false;
    };
    let mut ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    ends.any(|at| matches(rest, &text[at..]))
}

/// A line that says nothing valid.
#[derive(Clone, Debug, PartialEq)]
pub struct BadLine {
    /// Which, from 1.
    pub number: usize,
    /// What is wrong with it.
    pub what: Bad,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Bad {
    /// There is no such layer.
    Layer(String),
    /// A workload that gives wrong results is never intended.
    Smoke,
    /// Workloads or limit are missing.
    Short,
    /// The limit is not one that this layer has.
    Limit(Layer, String),
    /// It does not say why.
    NoReason,
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.number)?;
        match &self.what {
            Bad::Layer(name) => write!(f, "there is no layer {name:?}"),
            Bad::Smoke => write!(f, "a wrong result cannot be intended"),
            Bad::Short => write!(f, "not of the form LAYER WORKLOADS LIMIT REASON"),
            Bad::Limit(Layer::Witness, text) => {
                write!(f, "{text:?} is no limit such as -20%, which witness has")
            }
            Bad::Limit(Layer::Counts, text) => {
                write!(
                    f,
                    "{text:?} is no limit such as +1 or +5%, which counts have"
                )
            }
            Bad::Limit(layer, text) => {
                write!(f, "{text:?} is no limit such as +5%, which {layer} has")
            }
            Bad::NoReason => write!(f, "a reason is missing"),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            number,
            layer,
            workloads,
            reason,
            ..
        } = self;
        write!(f, "line {number} ({layer} {workloads}: {reason})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "\
# A comment.

time session/*@mixed +5% Headers are authenticated twice.
counts session/encrypt/64@* +1 One more call.
witness *@mixed -20% Half of the rounds moved to another unit.
instructions state/decode/0@null +2.5%  Checks canonical order.
";

    #[test]
    fn a_line_allows_a_change_up_to_its_limit_on_its_layer_and_workloads() {
        let mut intended: Intended = GOOD.parse().unwrap();
        let encrypt = "session/encrypt/64@mixed";
        let reason = intended.allow(Layer::Time, encrypt, 100.0, 105.0);
        assert_eq!(reason.unwrap(), "Headers are authenticated twice.");
        assert_eq!(intended.allow(Layer::Time, encrypt, 100.0, 105.1), None);
        let ring = "session/encrypt/64@ring";
        assert_eq!(intended.allow(Layer::Time, ring, 100.0, 101.0), None);
        assert!(intended.allow(Layer::Counts, ring, 0.0, 1.0).is_some());
        assert!(intended.allow(Layer::Counts, ring, 0.0, 2.0).is_none());
        assert!(intended.allow(Layer::Witness, encrypt, 10.0, 8.0).is_some());
        assert!(intended.allow(Layer::Witness, encrypt, 10.0, 7.0).is_none());
    }

    #[test]
    fn a_line_that_allowed_nothing_is_stale_only_where_its_layer_looked() {
        let mut intended: Intended = GOOD.parse().unwrap();
        let ids = vec!["session/encrypt/64@mixed".to_owned()];
        intended.allow(Layer::Time, &ids[0], 100.0, 103.0).unwrap();
        let looked = [(Layer::Time, ids.clone()), (Layer::Counts, ids.clone())];
        let stale: Vec<usize> = intended.stale(&looked).map(|line| line.number).collect();
        assert_eq!(stale, [4]);
        let about_nothing = intended.about_nothing(&ids);
        let unknown: Vec<usize> = about_nothing.map(|line| line.number).collect();
        assert_eq!(unknown, [6]);
    }

    #[test]
    fn every_bad_line_is_named_with_what_is_wrong() {
        let bad = "\
speed x@mixed +5% Why.
smoke x@mixed +5% Why.
time x@mixed
time x@mixed +5%
time x@mixed 5% Why.
time x@mixed +5 Why.
time x@mixed -5% Why.
counts x@mixed +0.5 Why.
witness x@mixed +5% Why.
time x@mixed +inf% Why.
";
        let wrong = bad.parse::<Intended>().unwrap_err();
        let kinds: Vec<_> = wrong.iter().map(|line| (line.number, &line.what)).collect();
        let limit = |layer, text: &str| Bad::Limit(layer, text.to_owned());
        assert_eq!(
            kinds,
            [
                (1, &Bad::Layer("speed".to_owned())),
                (2, &Bad::Smoke),
                (3, &Bad::Short),
                (4, &Bad::NoReason),
                (5, &limit(Layer::Time, "5%")),
                (6, &limit(Layer::Time, "+5")),
                (7, &limit(Layer::Time, "-5%")),
                (8, &limit(Layer::Counts, "+0.5")),
                (9, &limit(Layer::Witness, "+5%")),
                (10, &limit(Layer::Time, "+inf%")),
            ]
        );
        assert!(
            wrong[0]
                .to_string()
                .starts_with("line 1: there is no layer")
        );
    }

    #[test]
    fn a_star_stands_for_any_text() {
        assert!(matches("*", ""));
        assert!(matches("a*c*", "abcd"));
        assert!(matches("*@mixed", "é@mixed"));
        assert!(!matches("a*c", "abcd"));
        assert!(!matches("abc", "abcd"));
    }
}
