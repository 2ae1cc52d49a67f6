//! Which rows changed between two runs.
//!
//! Each row is judged by what was measured in turns with it, so that the machine's moods cancel: by
//! its baseline, by its floor, or by the other backends on the same workload; only where nothing of
//! that is there, by time alone. A change counts when it is larger than both runs' noise of that
//! measure and what a new layout of the same code may do. If rows vary more between the runs than within
//! them, that is noise too. Rows of several threads and rows of few
//! rounds are not judged: the first depend on whether the other processors were really there, of the
//! second nobody knows the noise.

use super::pairs::{Pair, Pairs};
use crate::measure::noise::Noise;
use crate::measure::stats::{Spread, median};

/// What identical sources, built or loaded anew, may differ by.
const LAYOUT: f64 = 0.02;
/// The noise of a record that does not tell it.
const UNKNOWN_NOISE: f64 = 0.02;
/// Half the width of a median's interval, of rows too short of rounds to have one.
const UNKNOWN_INTERVAL: f64 = 0.05;
/// From so many other backends on their median stands for the machine.
const ENOUGH_OTHERS: usize = 2;
/// The share of the workloads' unevenness that the backends of one workload have among themselves: what
/// a neighbour takes is throughput, and libraries do not all need as much of it.
const AMONG_BACKENDS: f64 = 0.25;
/// Fewer rounds tell nothing of the noise.
const ENOUGH_ROUNDS: usize = 8;
/// From so many rows on, judged by the same measure, it shows whether they vary as their rounds tell.
const ENOUGH_ROWS: usize = 20;
/// Where normally distributed changes lie that are sized so that 95 of 100 are within 1: 90 of 100 of
/// them.
const NINE_OF_TEN: f64 = 1.645 / 1.96;
/// The most that the noise is widened by, so that a large change of many rows is still seen.
const WIDEST: f64 = 2.0;

/// All rows, judged. Changes are logarithms: positive is slower after than before.
#[derive(Debug)]
pub(super) struct Judgement<'a> {
    pub(super) rows: Vec<Judged<'a>>,
    /// The change of all rows' times together.
    pub(super) drift: f64,
    /// How far the workloads lie from it: what nine of ten differ by at most, half of it.
    pub(super) unevenness: f64,
}

/// A row, judged.
#[derive(Clone, Debug)]
pub(super) struct Judged<'a> {
    pub(super) id: &'a str,
    pub(super) backend: &'a str,
    pub(super) before_ns: f64,
    pub(super) after_ns: f64,
    pub(super) change: f64,
    pub(super) noise: f64,
    pub(super) judged_by: &'static str,
    /// Why it is not judged, if it is not.
    pub(super) unjudged: Option<&'static str>,
}

impl Judged<'_> {
    pub(super) fn changed(&self) -> bool {
        self.unjudged.is_none() && self.change.abs() > self.noise
    }
}

impl<'a> Judgement<'a> {
    pub(super) fn of(pairs: &'a Pairs<'a>) -> Self {
        let mut times: Vec<f64> = pairs.rows.iter().filter_map(time).collect();
        let drift = median(&mut times).unwrap_or_default();
        let families = pairs.families().filter_map(|family| {
            let mut times: Vec<f64> = family.iter().filter_map(time).collect();
            Some(median(&mut times)? - drift)
        });
        let mut families: Vec<f64> = families.collect();
        let unevenness =
            Spread::of(&mut families).map_or(0.0, |spread| (spread.high - spread.low) / 2.0);
        let runs_noise = hypotenuse([pairs.before_noise, pairs.after_noise].map(noise_of));
        let machine = Machine {
            drift,
            unevenness,
            runs_noise,
        };
        let rows = pairs.families().flat_map(|family| {
            let judge = |index| machine.judge(family, index);
            (0..family.len()).filter_map(judge).collect::<Vec<_>>()
        });
        let mut rows: Vec<Judged<'_>> = rows.collect();
        for measure in MEASURES {
            widen(&mut rows, measure);
        }
        Self {
            rows,
            drift,
            unevenness,
        }
    }
}

/// What is known of the machine in both runs.
struct Machine {
    drift: f64,
    unevenness: f64,
    runs_noise: f64,
}

impl Machine {
    fn judge<'a>(&self, family: &'a [Pair<'a>], index: usize) -> Option<Judged<'a>> {
        let pair = family.get(index)?;
        let (change, noise, judged_by) = by_baseline(pair)
            .or_else(|| by_floor(pair))
            .or_else(|| self.by_others(family, index))
            .or_else(|| self.by_time(pair))?;
        Some(Judged {
            id: &pair.id,
            backend: &pair.after.backend,
            before_ns: pair.before.ns?.p50,
            after_ns: pair.after.ns?.p50,
            change,
            noise: LAYOUT + hypotenuse([noise, self.runs_noise]),
            judged_by,
            unjudged: unjudged(pair),
        })
    }

    fn by_others(&self, family: &[Pair<'_>], index: usize) -> Option<Measure> {
        let pair = family.get(index)?;
        let others = family
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != index);
        let mut others: Vec<f64> = others.filter_map(|(_, other)| time(other)).collect();
        if others.len() < ENOUGH_OTHERS {
            return None;
        }
        let change = time(pair)? - median(&mut others)?;
        // The interval of the others' median is about as large.
        let intervals = hypotenuse([interval(pair), interval(pair)]);
        let noise = hypotenuse([intervals, AMONG_BACKENDS * self.unevenness]);
        Some((change, noise, OTHERS))
    }

    fn by_time(&self, pair: &Pair<'_>) -> Option<Measure> {
        let noise = hypotenuse([interval(pair), 2.0 * self.unevenness]);
        Some((time(pair)? - self.drift, noise, TIME))
    }
}

/// Widens the noise of the rows judged by one measure if nine of ten of them changed by more than their
/// rounds tell: a machine's mood differs between two runs in ways that neither run can know. What all of
/// them have in common is no noise, so it does not count.
fn widen(rows: &mut [Judged<'_>], measure: &str) {
    let judged = |row: &Judged<'_>| row.judged_by == measure && row.unjudged.is_none();
    let mut changes: Vec<f64> = rows
        .iter()
        .filter(|row| judged(row))
        .map(|row| row.change)
        .collect();
    if changes.len() < ENOUGH_ROWS {
        return;
    }
    let common = median(&mut changes).unwrap_or_default();
    let apart =
        |row: &Judged<'_>| (row.change - common).abs() / (row.noise - LAYOUT).max(f64::EPSILON);
    let mut parts: Vec<f64> = rows.iter().filter(|row| judged(row)).map(apart).collect();
    parts.sort_by(f64::total_cmp);
    let most = parts[parts.len() * 9 / 10];
    let factor = (most / NINE_OF_TEN).clamp(1.0, WIDEST);
    for row in rows.iter_mut().filter(|row| row.judged_by == measure) {
        row.noise = LAYOUT + factor * (row.noise - LAYOUT);
    }
}

/// A change, its noise, and what it is judged by.
type Measure = (f64, f64, &'static str);

const BASELINE: &str = "its baseline, in turns";
const FLOOR: &str = "its floor, in turns";
const OTHERS: &str = "the other backends, in turns";
const TIME: &str = "time alone";
const MEASURES: [&str; 4] = [BASELINE, FLOOR, OTHERS, TIME];

fn by_baseline(pair: &Pair<'_>) -> Option<Measure> {
    let [before, after] = [pair.before, pair.after].map(|row| row.baseline.as_ref());
    let (before, after) = (before?.gain, after?.gain);
    let noise = hypotenuse([
        median_of(before, pair.before.rounds.len()),
        median_of(after, pair.after.rounds.len()),
    ]);
    let change = (before.p50 / after.p50).ln();
    Some((change, noise, BASELINE))
}

fn by_floor(pair: &Pair<'_>) -> Option<Measure> {
    let [before, after] = [pair.before, pair.after].map(|row| row.floor_spread);
    let (before, after) = (before?, after?);
    let noise = hypotenuse([
        median_of(before, pair.before.rounds.len()),
        median_of(after, pair.after.rounds.len()),
    ]);
    let change = (after.p50 / before.p50).ln();
    Some((change, noise, FLOOR))
}

/// Why a pair cannot be judged, if it cannot.
fn unjudged(pair: &Pair<'_>) -> Option<&'static str> {
    let strategy = pair.after.strategy.as_deref().unwrap_or_default();
    let rounds = [pair.before, pair.after].map(|row| row.rounds.len());
    if pair.after.threads > 1 || strategy.contains("pool") {
        Some("several threads")
    } else if rounds.iter().any(|rounds| *rounds < ENOUGH_ROUNDS) {
        Some("too few rounds")
    } else {
        None
    }
}

/// The change of a row's median.
fn time(pair: &Pair<'_>) -> Option<f64> {
    Some((pair.after.ns?.p50 / pair.before.ns?.p50).ln())
}

/// Half the width of both medians' intervals together.
fn interval(pair: &Pair<'_>) -> f64 {
    hypotenuse([pair.before, pair.after].map(|row| {
        row.ci
            .map_or(UNKNOWN_INTERVAL, |[low, high]| (high / low).ln() / 2.0)
    }))
}

/// Half the width of the interval that a median of so many rounds lies in (95 of 100), when nine
/// of ten rounds lie in `spread`: as if they were normally distributed.
fn median_of(spread: Spread, rounds: usize) -> f64 {
    let deviation = (spread.high / spread.low).ln() / 2.56;
    1.96 * 1.25 * deviation / (rounds.max(1) as f64).sqrt()
}

fn noise_of(noise: Option<Noise>) -> f64 {
    noise.map_or(UNKNOWN_NOISE, |noise| noise.p95)
}

fn hypotenuse(parts: [f64; 2]) -> f64 {
    parts[0].hypot(parts[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Backend;
    use crate::record::{Record, Row, sample};
    use crate::workload::table::{self, Workload};

    /// Every row of the table, as `change` made it.
    fn record(change: impl Fn(usize, &Workload, Backend, &mut Row)) -> Record {
        let mut rows = Vec::new();
        for (index, workload) in table::all().iter().enumerate() {
            for &backend in workload.backends {
                let mut row = sample::row(workload, backend, 100.0);
                change(index, workload, backend, &mut row);
                rows.push(row);
            }
        }
        sample::record(rows)
    }

    fn slow_down(row: &mut Row, times: f64) {
        if let Some(ns) = &mut row.ns {
            ns.p50 *= times;
            row.ci = row.ci.map(|interval| interval.map(|end| end * times));
        }
    }

    fn changed(before: &Record, after: &Record) -> Vec<String> {
        let pairs = Pairs::of(before, after);
        let judgement = Judgement::of(&pairs);
        let changed = judgement.rows.iter().filter(|row| row.changed());
        changed
            .map(|row| format!("{} {}", row.id, row.backend))
            .collect()
    }

    #[test]
    fn a_machine_that_is_slower_in_every_other_workload_is_no_change() {
        let before = record(|_, _, _, _| ());
        let after = record(|index, _, _, row| {
            slow_down(row, if index % 2 == 0 { 1.5 } else { 1.05 });
        });
        assert_eq!(changed(&before, &after), Vec::<String>::new());
    }

    #[test]
    fn a_backend_that_falls_behind_the_others_is_a_change() {
        let before = record(|_, _, _, _| ());
        let after = record(|_, workload, backend, row| {
            slow_down(row, 1.4);
            if workload.name == "primitive/chain_step" && backend == Backend::Mixed {
                slow_down(row, 1.08);
            }
        });
        assert_eq!(changed(&before, &after), ["primitive/chain_step mixed"]);
        assert_eq!(changed(&after, &before), ["primitive/chain_step mixed"]);
    }

    #[test]
    fn an_engine_that_costs_more_over_its_floor_is_a_change_on_every_backend() {
        let before = record(|_, _, _, _| ());
        let after = record(|_, workload, _, row| {
            let spread = row.floor_spread.as_mut();
            if let (Some(spread), true) = (spread, workload.name == "session/turn") {
                spread.p50 *= 1.06;
            }
        });
        let changed = changed(&before, &after);
        assert!(changed.iter().all(|row| row.starts_with("session/turn/")));
        assert!(changed.len() >= Backend::DEFAULT.len());
    }

    #[test]
    fn what_all_rows_vary_by_between_two_runs_is_noise_and_what_stands_out_is_not() {
        let before = record(|_, _, _, _| ());
        let after = record(|index, workload, backend, row| {
            let place = Backend::DEFAULT.iter().position(|one| *one == backend);
            let step = (index * 7 + place.unwrap_or_default() * 3) % 11;
            if let Some(spread) = &mut row.floor_spread {
                spread.p50 *= 1.0 + 0.011 * (step as f64 - 5.0);
                if workload.name == "session/turn" && backend == Backend::Mixed {
                    spread.p50 *= 1.4;
                }
            }
        });
        let changed = changed(&before, &after);
        assert!(!changed.is_empty());
        assert!(changed.iter().all(|row| row.starts_with("session/turn/")));
    }

    #[test]
    fn rows_of_several_threads_and_of_few_rounds_are_not_judged() {
        let before = record(|_, _, _, _| ());
        let after = record(|_, workload, _, row| {
            let few = workload.name == "session/skip";
            if let (Some(spread), true) = (&mut row.floor_spread, few || workload.threads > 1) {
                spread.p50 *= 2.0;
            }
            if few {
                row.rounds.truncate(3);
            }
        });
        assert_eq!(changed(&before, &after), Vec::<String>::new());
        let pairs = Pairs::of(&before, &after);
        let judgement = Judgement::of(&pairs);
        for reason in ["several threads", "too few rounds"] {
            let mut rows = judgement.rows.iter();
            assert!(rows.any(|row| row.unjudged == Some(reason)), "{reason}");
        }
    }

    #[test]
    fn a_gain_that_is_lost_is_a_change_unless_the_rounds_lie_as_far_apart() {
        let with_gain = |gain: f64, apart: f64| {
            record(move |_, workload, _, row| {
                if workload.name == "strategies/receive_turn" {
                    sample::gains(row, gain);
                    if let Some(baseline) = &mut row.baseline {
                        baseline.gain.low = gain / apart;
                        baseline.gain.high = gain * apart;
                    }
                }
            })
        };
        let rows = changed(&with_gain(1.8, 1.02), &with_gain(1.6, 1.02));
        // Warm and cold.
        assert_eq!(rows.len(), 2, "{rows:?}");
        let rows = changed(&with_gain(1.8, 1.6), &with_gain(1.6, 1.6));
        assert_eq!(rows, Vec::<String>::new());
    }
}
