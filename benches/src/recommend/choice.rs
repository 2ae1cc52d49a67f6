//! Choosing by the rows of a record.

use super::kinds::{Batched, Kind, Part};
use crate::cli::Failure;
use crate::record::{Compared, Record, Row};
use crate::report::podium::Certainty;
use crate::report::{backends, digits, duration, median, per_second};

/// Doing it otherwise is recommended from this gain on, if nine of ten rounds showed one at all.
const PAYS: f64 = 1.05;
/// A larger batch is not worth its latency for less than this makes up.
const NEARLY: f64 = 0.97;
/// Backends that are one library, and need no other.
const LIBRARIES: [&str; 4] = ["rustcrypto", "ring", "aws-lc-rs", "graviola"];
const AES: &str = "AES256GCM";
const CHACHA: &str = "CHACHA20POLY1305";

/// A piece of advice and the rows that it comes from.
#[derive(Clone, Debug)]
pub(super) struct Line<'a> {
    pub(super) text: String,
    pub(super) rows: Vec<&'a Row>,
}

impl<'a> Line<'a> {
    fn new(text: impl Into<String>, rows: impl IntoIterator<Item = &'a Row>) -> Self {
        Self {
            text: text.into(),
            rows: rows.into_iter().collect(),
        }
    }
}

/// Backend, suite, batch size, threads, and why.
pub(super) fn lines(kind: Kind, record: &Record) -> Result<[Line<'_>; 5], Failure> {
    let rows = Rows(record);
    let mut ranked: Vec<Costed<'_>> = backends(record)
        .into_iter()
        .filter(|name| *name != "null")
        .filter_map(|name| rows.cost(kind.parts(), name, AES))
        .collect();
    ranked.sort_by(|a, b| a.ns.total_cmp(&b.ns));
    let best = ranked.first().ok_or_else(|| lacking(kind.parts()))?;
    Ok([
        backend(&ranked, best, record),
        suite(&rows, kind, best)?,
        batch(&rows, kind),
        threads(&rows, kind),
        because(best),
    ])
}

/// The cost of one unit of work on a backend, and what it was summed from.
#[derive(Clone, Debug)]
struct Costed<'a> {
    backend: &'a str,
    ns: f64,
    parts: Vec<(f64, &'a Row)>,
}

impl<'a> Costed<'a> {
    fn rows(&self) -> impl Iterator<Item = &'a Row> {
        self.parts.iter().map(|(_, row)| *row)
    }
}

struct Rows<'a>(&'a Record);

impl<'a> Rows<'a> {
    fn cost(&self, parts: &[Part], backend: &'a str, cipher: &str) -> Option<Costed<'a>> {
        let rows = parts.iter().map(|part| {
            let row = self.find(part, backend, cipher)?;
            Some((part.times * median(row)?, (part.times, row)))
        });
        let rows = rows.collect::<Option<Vec<_>>>()?;
        let (costs, parts): (Vec<f64>, Vec<_>) = rows.into_iter().unzip();
        Some(Costed {
            backend,
            ns: costs.iter().sum(),
            parts,
        })
    }

    fn find(&self, part: &Part, backend: &str, cipher: &str) -> Option<&'a Row> {
        self.0.results.iter().find(|row| {
            let suite = row.suite.as_deref().unwrap_or_default();
            row.workload == part.workload
                && row.backend == backend
                && (row.size, row.batch, row.threads) == (part.size, part.batch, 1)
                && row.strategy.is_none()
                && suite.contains(cipher)
                && suite.contains("MLKEM768")
        })
    }

    /// The rows of one way of doing `batched` otherwise, each with its baseline.
    fn ways(
        &self,
        batched: Batched,
        on_a_pool: bool,
    ) -> impl Iterator<Item = (&'a Row, &'a Compared)> {
        let is_way = move |row: &&Row| {
            let strategy = row.strategy.as_deref().unwrap_or_default();
            row.workload == batched.workload
                && (batched.size.is_none() || row.size == batched.size)
                && row.threads == 1
                && strategy.contains("pool") == on_a_pool
                && !strategy.contains("cold")
        };
        let rows = self.0.results.iter().filter(is_way);
        rows.filter_map(|row| Some((row, row.baseline.as_ref()?)))
    }

    /// The smallest batch that gains nearly as much as the best does, and whether that pays.
    fn best_way(&self, batched: Batched, on_a_pool: bool) -> Option<(&'a Row, &'a Compared, bool)> {
        let ways: Vec<_> = self.ways(batched, on_a_pool).collect();
        let pays = |(_, baseline): &&(&Row, &Compared)| {
            baseline.gain.p50 >= PAYS && baseline.gain.low > 1.0
        };
        let paying: Vec<_> = ways.iter().filter(pays).collect();
        let does = !paying.is_empty();
        let candidates = if does { paying } else { ways.iter().collect() };
        let gains = candidates.iter().map(|(_, baseline)| baseline.gain.p50);
        let most = gains.max_by(f64::total_cmp)?;
        let nearly = candidates
            .into_iter()
            .filter(|(_, baseline)| baseline.gain.p50 >= NEARLY * most);
        let (row, baseline) = nearly.min_by_key(|(row, _)| row.batch)?;
        Some((row, baseline, does))
    }
}

fn backend<'a>(ranked: &[Costed<'a>], best: &Costed<'a>, record: &Record) -> Line<'a> {
    let certainty = Certainty::of(record);
    let mut parts = vec![format!("{}, {}", best.backend, duration(best.ns))];
    if let Some(next) = ranked.get(1) {
        let times = next.ns / best.ns;
        parts.push(if times > certainty.tie {
            format!("{} takes {}×", next.backend, digits(times))
        } else {
            format!("{} as fast within the noise", next.backend)
        });
    }
    let single = ranked.iter().find(|one| LIBRARIES.contains(&one.backend));
    if let Some(single) = single.filter(|single| single.backend != best.backend) {
        parts.push(format!("as one library {}", single.backend));
    }
    if let Some(last) = ranked.last().filter(|_| ranked.len() > 2) {
        parts.push(format!(
            "{} last, {}×",
            last.backend,
            digits(last.ns / best.ns)
        ));
    }
    Line::new(parts.join("; "), best.rows())
}

fn suite<'a>(rows: &Rows<'a>, kind: Kind, best: &Costed<'a>) -> Result<Line<'a>, Failure> {
    let parts = kind.suite_parts();
    let aes = rows.cost(parts, best.backend, AES);
    let aes = aes.ok_or_else(|| lacking(parts))?;
    let Some(chacha) = rows.cost(parts, best.backend, CHACHA) else {
        let text = format!("{} (the other was not measured)", suite_of(&aes));
        return Ok(Line::new(text, aes.rows()));
    };
    let (fast, slow) = if aes.ns <= chacha.ns {
        (aes, chacha)
    } else {
        (chacha, aes)
    };
    let times = digits(slow.ns / fast.ns);
    let text = format!("{}; the other cipher takes {times}×", suite_of(&fast));
    Ok(Line::new(text, fast.rows().chain(slow.rows())))
}

fn suite_of<'a>(cost: &Costed<'a>) -> &'a str {
    let mut rows = cost.rows();
    rows.find_map(|row| row.suite.as_deref())
        .unwrap_or_default()
}

fn batch<'a>(rows: &Rows<'a>, kind: Kind) -> Line<'a> {
    let Some(batched) = kind.batched() else {
        return Line::new(format!("1, as {}", kind.alone()), []);
    };
    match rows.best_way(batched, false) {
        Some((row, baseline, true)) => Line::new(
            format!(
                "{} {} a call: {}× as fast as {}",
                pieces(row),
                batched.items,
                digits(baseline.gain.p50),
                baseline.name,
            ),
            [row],
        ),
        Some((row, baseline, false)) => Line::new(
            format!(
                "any: on one thread it gains nothing here ({}×); it saves commits",
                digits(baseline.gain.p50)
            ),
            [row],
        ),
        None => Line::new(unknown(batched, "in batches"), []),
    }
}

fn threads<'a>(rows: &Rows<'a>, kind: Kind) -> Line<'a> {
    let Some(batched) = kind.batched() else {
        return Line::new("1: a hop to another thread costs more than a message", []);
    };
    match rows.best_way(batched, true) {
        Some((row, baseline, true)) => {
            let rate = row.ops_per_s.map_or(String::new(), |rate| {
                format!(", {} {} per second", per_second(rate), batched.items)
            });
            let text = format!(
                "2 and more from {} at a time on: {}× on two{rate}",
                pieces(row),
                digits(baseline.gain.p50)
            );
            Line::new(text, [row])
        }
        Some((row, baseline, false)) => {
            let text = format!("1: two gain {}× at best here", digits(baseline.gain.p50));
            Line::new(text, [row])
        }
        None => Line::new(unknown(batched, "on a pool"), []),
    }
}

fn unknown(batched: Batched, how: &str) -> String {
    format!("unknown: the record has no {} {how}", batched.workload)
}

/// How many items a call takes; a large payload is cut into pieces.
fn pieces(row: &Row) -> usize {
    const CHUNK: usize = 64 * 1024;
    let cut = row.size.filter(|_| row.workload == "strategies/large");
    cut.map_or(row.batch, |size| size / CHUNK)
}

fn because<'a>(best: &Costed<'a>) -> Line<'a> {
    let cost = |(times, row): &(f64, &Row)| times * median(row).unwrap_or_default();
    let dearest = best.parts.iter().max_by(|a, b| cost(a).total_cmp(&cost(b)));
    let Some(dearest) = dearest else {
        return Line::new("", []);
    };
    let (_, row) = dearest;
    let floor = row.floor_ratio.map_or(String::new(), |ratio| {
        format!(" ({}× its bare primitives)", digits(ratio))
    });
    let text = format!(
        "{:.0} % of it is {}{floor}; a thread does {} such units per second",
        100.0 * cost(dearest) / best.ns,
        row.workload,
        per_second(1e9 / best.ns)
    );
    Line::new(text, [*row])
}

fn lacking(parts: &[Part]) -> Failure {
    let names = parts.iter().map(|part| part.workload);
    Failure::Lacking(names.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Backend;
    use crate::record::sample;
    use crate::workload::table;

    /// Every workload of the table on two backends, `ring` twice as fast.
    fn record() -> Record {
        let mut rows = Vec::new();
        for workload in table::all() {
            for (backend, ns) in [(Backend::RustCrypto, 200.0), (Backend::Ring, 100.0)] {
                let is_chacha = workload
                    .suite
                    .is_some_and(|suite| suite.name().contains(CHACHA));
                let ns = if is_chacha { ns * 3.0 } else { ns };
                rows.push(sample::row(&workload, backend, ns));
            }
        }
        sample::record(rows)
    }

    fn texts(kind: Kind, record: &Record) -> [String; 5] {
        lines(kind, record).unwrap().map(|line| line.text)
    }

    #[test]
    fn the_fastest_backend_and_suite_are_chosen_for_every_kind() {
        let record = record();
        for kind in [
            Kind::Chat,
            Kind::Bot,
            Kind::Fanout,
            Kind::Server,
            Kind::Bulk,
        ] {
            let [backend, suite, ..] = texts(kind, &record);
            assert!(backend.starts_with("ring, "), "{backend}");
            assert!(backend.contains("rustcrypto takes 2.00×"), "{backend}");
            assert!(suite.contains(AES) && suite.contains("3.00×"), "{suite}");
        }
    }

    #[test]
    fn every_claim_has_its_rows() {
        let record = record();
        for kind in [Kind::Bot, Kind::Fanout, Kind::Server, Kind::Bulk] {
            for line in lines(kind, &record).unwrap() {
                assert!(!line.rows.is_empty(), "{}", line.text);
            }
        }
        // What is not measured at all is not claimed by number.
        let [_, _, batch, threads, _] = lines(Kind::Chat, &record).unwrap();
        assert!(batch.rows.is_empty() && !batch.text.contains('×'));
        assert!(threads.rows.is_empty() && !threads.text.contains('×'));
    }

    #[test]
    fn batches_are_recommended_only_where_they_gain() {
        let mut record = record();
        let [_, _, batch, threads, _] = texts(Kind::Fanout, &record);
        assert!(batch.starts_with("any: ") && threads.starts_with("1: "));
        for row in &mut record.results {
            if row.id().ends_with("AES256GCM_SHA256/256/b64/t1/batch") {
                sample::gains(row, 1.3);
            }
        }
        let [_, _, batch, ..] = texts(Kind::Fanout, &record);
        assert!(batch.starts_with("64 messages a call: 1.30×"), "{batch}");
    }

    #[test]
    fn a_record_without_the_rows_is_refused_by_name() {
        let mut record = record();
        record.results.retain(|row| row.workload != "session/turn");
        let failure = lines(Kind::Bot, &record).unwrap_err().to_string();
        assert!(failure.contains("session/turn"), "{failure}");
    }
}
