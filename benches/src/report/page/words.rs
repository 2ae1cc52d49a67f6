//! Words for comparisons, and how sure they are.

use crate::record::Row;
use crate::report::chart::size_label;
use crate::report::podium::{Certainty, podium};
use crate::report::{Family, digits, duration, short_suite, unit};

/// Who is fastest in `family` and by how much: a clause without a full stop.
pub(super) fn who_wins(family: &Family<'_>, certainty: Certainty) -> Option<String> {
    let places = podium(family);
    let first = places.first()?;
    let Some(second) = places.get(1) else {
        return Some(format!("`{}` takes {}", first.backend, duration(first.ns)));
    };
    if certainty.apart(first, second) {
        return Some(format!(
            "`{}` is fastest with {}, {} as fast as `{}`",
            first.backend,
            duration(first.ns),
            times(second.ns / first.ns),
            second.backend
        ));
    }
    let tied = places[1..]
        .iter()
        .take_while(|other| !certainty.apart(first, other));
    let names: Vec<String> = std::iter::once(first)
        .chain(tied)
        .map(|place| format!("`{}`", place.backend))
        .collect();
    Some(format!(
        "{} are equally fast within the noise, {}",
        listed(&names),
        duration(first.ns)
    ))
}

/// "2.2 times".
pub(super) fn times(ratio: f64) -> String {
    match ratio {
        ratio if ratio < 2.0 => format!("{} times", digits(ratio)),
        ratio if ratio < 20.0 => format!("{ratio:.1} times"),
        ratio => format!("{ratio:.0} times"),
    }
}

/// "a, b and c".
pub(super) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A share in percent.
pub(super) fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    if percent.abs() < 10.0 {
        format!("{percent:.1} %")
    } else {
        format!("{percent:.0} %")
    }
}

/// The interval of a row's median, if the record has it.
pub(super) fn interval(row: &Row) -> Option<String> {
    let [low, high] = row.ci?;
    Some(format!("{} to {}", duration(low), duration(high)))
}

/// A sentence begins with a capital letter, also when a backend's name does not.
pub(super) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().collect::<String>());
    let text = first.unwrap_or_default() + chars.as_str();
    if text.ends_with('.') {
        text
    } else {
        text + "."
    }
}

/// Nanoseconds at the marks of an axis: no digits that say nothing.
pub(super) fn tick_duration(ns: f64) -> String {
    let (value, unit) = match ns {
        ns if ns < 1e3 => (ns, "ns"),
        ns if ns < 1e6 => (ns / 1e3, "µs"),
        ns if ns < 1e9 => (ns / 1e6, "ms"),
        ns => (ns / 1e9, "s"),
    };
    format!("{} {unit}", (value * 1e4).round() / 1e4)
}

/// Ratios at the marks of an axis.
pub(super) fn tick_ratio(ratio: f64) -> String {
    format!("{}", (ratio * 1e4).round() / 1e4)
}

/// The name of a workload without its group.
pub(super) fn short_name(workload: &str) -> &str {
    workload.split_once('/').map_or(workload, |(_, name)| name)
}

/// What tells `row` from others of its group, as short as a chart needs it.
pub(super) fn row_label(row: &Row) -> String {
    label_among(row, &[])
}

/// Likewise, without the suite if all of `others` that do the same work have the same.
pub(super) fn label_among(row: &Row, others: &[&Row]) -> String {
    let mut words = vec![short_name(&row.workload).to_owned()];
    let same = |other: &&Row| other.workload != row.workload || other.suite == row.suite;
    if others.is_empty() || !others.iter().all(same) {
        let suite = row.suite.as_deref();
        words.extend(suite.map(|suite| short_suite(&row.group, suite)));
    }
    words.extend(row.size.map(|size| match unit(row) {
        "B" => size_label(size as f64),
        unit => format!("{size} {unit}"),
    }));
    if row.batch > 1 {
        words.push(format!("×{}", row.batch));
    }
    if row.threads > 1 {
        words.push(format!("{} threads", row.threads));
    }
    words.extend(row.strategy.clone());
    words.join(" ").replace('_', " ")
}
