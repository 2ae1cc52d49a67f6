//! The golden file of counts: a line for each workload and kind, sorted.
//!
//! `workload | kind | name times (len+second), …`, the brackets where there are lengths.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use super::{Count, Counts, Row, What};

const EXPECTED: &str = "workload | kind | name times (len+second), …";

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.times)?;
        match (self.len, self.second) {
            (0, 0) => Ok(()),
            (len, 0) => write!(f, " ({len})"),
            (len, second) => write!(f, " ({len}+{second})"),
        }
    }
}

impl Counts {
    /// As the text of a golden file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = "# Made by `sprag-bench counts --write`; docs/GATE.md says what it is.\n\
                        # Calls: times (bytes+bytes of second inputs); allocations: times (bytes).\n"
            .to_owned();
        for row in &self.rows {
            let counts = row.counts.iter();
            let counts: Vec<String> = counts
                .map(|(name, count)| format!("{name} {count}"))
                .collect();
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "{} | {} | {}",
                row.workload,
                row.what.name(),
                counts.join(", ")
            );
        }
        text
    }

    /// Reads a golden file.
    ///
    /// # Errors
    /// The number of the line that is malformed, from one, and what it should be.
    pub fn parse(text: &str) -> Result<Self, (usize, &'static str)> {
        let lines = (1..).zip(text.lines());
        let lines = lines.filter(|(_, line)| !line.starts_with('#'));
        let rows = lines.map(|(number, line)| row(line).ok_or((number, EXPECTED)));
        Ok(Self {
            rows: rows.collect::<Result<_, _>>()?,
        })
    }
}

fn row(line: &str) -> Option<Row> {
    let (workload, rest) = line.split_once(" | ")?;
    let (what, counts) = rest.split_once(" | ")?;
    Some(Row {
        workload: workload.into(),
        what: What::ALL.into_iter().find(|kind| kind.name() == what)?,
        counts: counts
            .split(", ")
            .map(named_count)
            .collect::<Option<BTreeMap<_, _>>>()?,
    })
}

fn named_count(text: &str) -> Option<(String, Count)> {
    let mut words = text.split(' ');
    let (name, times) = (words.next()?, words.next()?);
    let (len, second) = match words.next() {
        None => ("0", "0"),
        Some(lengths) => {
            let lengths = lengths.strip_prefix('(')?.strip_suffix(')')?;
            lengths.split_once('+').unwrap_or((lengths, "0"))
        }
    };
    let count = Count {
        times: times.parse().ok()?,
        len: len.parse().ok()?,
        second: second.parse().ok()?,
    };
    (words.next().is_none()).then(|| (name.into(), count))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "session/encrypt/64 | calls | ChainStep 1, SealOnce(Aes256Gcm) 1 (64+75)\n\
                        session/encrypt/64 | rust allocations | mixed 0, ring 2 (96)\n\
                        state/bytes/1 | bytes held | mixed 1234\n";

    #[test]
    fn counts_come_back_from_their_text() {
        let counts = Counts::parse(TEXT).unwrap();
        assert_eq!(counts.rows.len(), 3);
        assert!(counts.to_text().ends_with(TEXT), "{}", counts.to_text());
        assert_eq!(Counts::parse(&counts.to_text()), Ok(counts));
    }

    #[test]
    fn a_line_that_is_none_is_named() {
        for line in [
            "session/encrypt/64 | calls",
            "session/encrypt/64 | colours | Hmac 1",
            "session/encrypt/64 | calls | Hmac",
            "session/encrypt/64 | calls | Hmac 1 64",
            "session/encrypt/64 | calls | Hmac 1 (64) 3",
        ] {
            let outcome = Counts::parse(&format!("{TEXT}{line}\n"));
            assert_eq!(outcome, Err((4, EXPECTED)), "{line}");
        }
    }
}
