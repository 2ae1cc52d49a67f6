//! Pages of the newest record under `reports/`, whole, cut down and made hostile.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::*;
use crate::report::{html, markdown};

/// The newest record in the repository, as JSON.
fn newest() -> Value {
    let reports = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../reports");
    let folders = fs::read_dir(reports).unwrap();
    let records = folders.map(|folder| folder.unwrap().path().join("record.json"));
    let newest = records.filter(|path| path.exists()).max().unwrap();
    serde_json::from_slice(&fs::read(newest).unwrap()).unwrap()
}

fn record(json: &Value) -> Record {
    serde_json::from_value(json.clone()).unwrap()
}

/// The newest record with the rows that `keep` wants.
fn only(keep: impl Fn(&crate::record::Row) -> bool) -> Record {
    let mut record = record(&newest());
    record.results.retain(keep);
    record
}

/// Both files of `source`, after looking for what no page may have.
fn written(source: Source<'_>) -> (Page, String, String) {
    let page = Page::of(source);
    let html = html::render(&page);
    let markdown = markdown::with_pictures(&page);
    for wrong in ["NaN", "inf ", "inf%", "None", "Some("] {
        assert!(!html.contains(wrong), "{wrong} in the page");
    }
    for chart in page.charts() {
        let svg = chart.file();
        let marks = svg.matches("class=\"mark").count() + svg.matches("class=\"bar\"").count();
        assert!(marks > 0, "{} is empty", chart.id);
        assert!(
            chart.finding.ends_with('.') && chart.finding.len() > 20,
            "{}",
            chart.finding
        );
        assert!(html.contains(&chart.inline()));
        assert!(markdown.contains(&format!("({}.svg)", chart.id)));
    }
    (page, html, markdown)
}

fn ids(page: &Page) -> Vec<&str> {
    page.sections
        .iter()
        .map(|section| section.id.as_str())
        .collect()
}

#[test]
fn a_whole_record_has_every_section_and_no_chart_twice() {
    let record = record(&newest());
    let (page, html, _) = written(Source::from(&record));
    for id in [
        "machine",
        "ranking",
        "sizes",
        "latency",
        "batching",
        "threads",
        "floor",
        "strategies",
        "kernel",
        "memory",
        "goals",
        "numbers",
        "not-measured",
        "repeat",
    ] {
        assert!(ids(&page).contains(&id), "no {id}");
        assert!(html.contains(&format!("<section id=\"{id}\">")), "no {id}");
    }
    let mut charts: Vec<&str> = page.charts().map(|chart| chart.id.as_str()).collect();
    assert!(charts.len() > 20);
    charts.sort_unstable();
    let count = charts.len();
    charts.dedup();
    assert_eq!(charts.len(), count);
    // The file is complete in itself.
    for outside in ["src=", "url(", "@import", "<script"] {
        assert!(!html.contains(outside), "{outside}");
    }
}

#[test]
fn the_lead_is_computed() {
    let said = |record: &Record| Page::of(Source::from(record)).lead.join("\n");
    let mut slow = record(&newest());
    for row in slow.results.iter_mut().filter(|row| row.backend == "ring") {
        for time in row.ns.iter_mut() {
            time.p50 /= 1000.0;
        }
        row.ci = row.ci.map(|[low, high]| [low / 1000.0, high / 1000.0]);
    }
    let lead = said(&slow);
    assert!(
        lead.contains("Messages: `ring` wins.") && lead.contains("Handshakes: `ring` wins."),
        "{lead}"
    );
    slow.noise = Some(crate::measure::noise::Noise {
        rows: 12,
        p50: 0.01,
        p95: 0.034,
        worst: 0.056,
    });
    for row in &mut slow.results {
        row.ci = row.ns.map(|ns| [ns.p50 * 0.98, ns.p50 * 1.02]);
    }
    let lead = said(&slow);
    for expected in [
        "5.6 % at worst",
        "less than 3.4 %",
        "95 % interval",
        "± 2.0 %",
    ] {
        assert!(lead.contains(expected), "no {expected}: {lead}");
    }
}

#[test]
fn findings_are_computed() {
    let finding = |record: &Record, id: &str| {
        let page = Page::of(Source::from(record));
        let chart = page.charts().find(|chart| chart.id == id).unwrap();
        chart.finding.clone()
    };
    let id = "size-session-encrypt-aes256gcm";
    let mut record = only(|row| row.workload == "session/encrypt" && row.strategy.is_none());
    for row in &mut record.results {
        let factor = if row.backend == "graviola" { 1.0 } else { 3.0 };
        let ns = row.size.unwrap() as f64 * factor;
        row.ci = None;
        row.ns.as_mut().unwrap().p50 = ns;
    }
    let said = finding(&record, id);
    assert!(
        said.starts_with("At 64 B `graviola` is fastest with 64.0 ns, 3.0 times as fast as"),
        "{said}"
    );
    // Three times as fast, but nobody knows it so well.
    for row in &mut record.results {
        row.ci = Some([1.0, 1e9]);
    }
    let said = finding(&record, id);
    assert!(
        said.contains("are equally fast within the noise, 64.0 ns"),
        "{said}"
    );
    for row in &mut record.results {
        row.ci = None;
        row.ns.as_mut().unwrap().p50 = 100.0;
    }
    let said = finding(&record, id);
    assert!(
        said.contains("are equally fast within the noise, 100 ns"),
        "{said}"
    );
}

#[test]
fn a_record_of_an_older_version_needs_no_optional_field() {
    let mut old = newest();
    for field in ["started", "interrupted", "noise"] {
        old.as_object_mut().unwrap().remove(field);
    }
    for field in ["paths", "core_ghz"] {
        old["host"].as_object_mut().unwrap().remove(field);
    }
    for row in old["results"].as_array_mut().unwrap() {
        for field in ["ci", "rounds", "distribution", "outliers"] {
            row.as_object_mut().unwrap().remove(field);
        }
    }
    let (page, html, _) = written(Source::from(&record(&old)));
    let lead = page.lead.join("\n");
    assert!(
        lead.contains("no confidence intervals") && !lead.contains("interval 0"),
        "{lead}"
    );
    assert!(html.contains("no bands") && !html.contains("class=\"band\""));
    assert!(ids(&page).contains(&"latency"));
}

#[test]
fn bands_are_drawn_where_there_are_intervals() {
    let mut record = only(|row| row.workload == "session/encrypt");
    for row in &mut record.results {
        row.ci = row.ns.map(|ns| [ns.p50 * 0.9, ns.p50 * 1.1]);
    }
    let (_, html, _) = written(Source::from(&record));
    assert!(html.contains("class=\"band\"") && !html.contains("no bands"));
}

#[test]
fn a_record_without_rows_is_a_page_without_charts() {
    let (page, ..) = written(Source::from(&only(|_| false)));
    assert_eq!(ids(&page), ["machine", "not-measured", "repeat"]);
    assert_eq!(page.charts().count(), 0);
    assert!(page.lead[0].contains("no timed row"));
}

#[test]
fn every_filter_makes_a_page() {
    let whole = record(&newest());
    let mut filters: Vec<(Option<&str>, Option<&str>)> = Vec::new();
    for row in &whole.results {
        for filter in [
            (Some(row.workload.as_str()), None),
            (None, Some(row.backend.as_str())),
        ] {
            if !filters.contains(&filter) {
                filters.push(filter);
            }
        }
    }
    for (workload, backend) in filters {
        let mut part = whole.clone();
        part.results.retain(|row| {
            workload.is_none_or(|name| row.workload == name)
                && backend.is_none_or(|name| row.backend == name)
        });
        let (page, ..) = written(Source::from(&part));
        assert!(ids(&page).len() > 3, "{workload:?} {backend:?}");
        // The backend without cryptography is no contestant, also where it is alone.
        part.results
            .iter_mut()
            .for_each(|row| row.backend = "null".into());
        written(Source::from(&part));
    }
}

#[test]
fn an_unknown_group_has_a_chart_and_a_table() {
    let mut record = only(|row| row.workload == "handshake/initiate" || row.group == "kernel");
    for row in &mut record.results {
        let (group, name) = if row.baseline.is_some() {
            ("transport", "write")
        } else {
            ("durable", "commit")
        };
        (row.group, row.workload) = (group.into(), format!("{group}/{name}"));
    }
    let (page, html, markdown) = written(Source::from(&record));
    assert!(ids(&page).contains(&"group-durable") && ids(&page).contains(&"transport"));
    assert!(html.contains("id=\"group-durable-t\"") && html.contains("id=\"gain-transport-t\""));
    assert!(markdown.contains("`durable/commit`") && markdown.contains("`transport/write`"));
}

#[test]
fn the_rungs_of_a_ladder_stand_in_one_row_for_each_piece_of_work() {
    let kernel = only(|row| row.workload == "kernel/encrypt");
    let mut record = kernel.clone();
    record.results.clear();
    for row in &kernel.results {
        for (backend, rung, beside, gain) in [
            ("rustcrypto", "rustcrypto", "vaes_256", 0.25),
            ("mixed", "aes_ni", "rustcrypto", 2.0),
            ("mixed", "vaes_256", "rustcrypto", 4.0),
        ] {
            let mut row = row.clone();
            (row.group, row.workload) = ("ladder".into(), "ladder/encrypt".into());
            (row.backend, row.strategy) = (backend.into(), Some(rung.into()));
            let baseline = row.baseline.as_mut().unwrap();
            baseline.name = beside.into();
            (baseline.gain.low, baseline.gain.p50, baseline.gain.high) =
                (gain * 0.9, gain, gain * 1.1);
            record.results.push(row);
        }
    }
    let (page, ..) = written(Source::from(&record));
    let chart = page.charts().find(|chart| chart.id == "ladder").unwrap();
    assert_eq!(
        chart.inline().matches(">4.00</text>").count(),
        kernel.results.len()
    );
    assert!(
        chart.finding.contains("4.0 times as fast as `rustcrypto`"),
        "{}",
        chart.finding
    );
    assert!(
        chart.finding.contains("2.0 times as fast as `aes ni`"),
        "{}",
        chart.finding
    );
    // Of the lowest rung alone there is a table.
    record.results.retain(|row| row.backend == "rustcrypto");
    let (page, ..) = written(Source::from(&record));
    assert!(ids(&page).contains(&"ladder"));
}

#[test]
fn a_native_record_is_compared_and_its_trap_named() {
    let record = only(|row| row.group == "primitive" && row.backend != "ring");
    let mut native = record.clone();
    native.build.rustflags = "-C target-cpu=native".into();
    for row in native
        .results
        .iter_mut()
        .filter(|row| row.backend == "rustcrypto")
    {
        row.ns.as_mut().unwrap().p50 *= 40.0;
    }
    let source = |native| Source {
        native: Some(native),
        ..Source::from(&record)
    };
    let (page, _, markdown) = written(source(&native));
    assert!(ids(&page).contains(&"native"));
    assert!(
        markdown.contains("Here rows of `rustcrypto` take longer, up to 40 times as long"),
        "{markdown}"
    );
    assert!(!markdown.contains("not a native build"));
    assert!(
        written(source(&record))
            .2
            .contains("it is not a native build")
    );
}

#[test]
fn what_makes_numbers_worthless_stands_above_them() {
    let mut record = only(|row| row.group == "state");
    assert!(Page::of(Source::from(&record)).warnings.is_empty());
    record.interrupted = true;
    record.host.others_cores = Some(1.3);
    record.build.opt_level = "1".into();
    let (page, html, markdown) = written(Source::from(&record));
    assert_eq!(page.warnings.len(), 3);
    assert_eq!(html.matches("class=\"warning\"").count(), 3);
    assert_eq!(markdown.matches("> **Warning.**").count(), 3);
}

#[test]
fn nothing_in_a_record_becomes_markup() {
    const EVIL: &str = "</title><script>alert(1)</script>`x`|<img src=x onerror=y>\n# \"'&";
    let mut record = only(|row| {
        [
            "session/encrypt",
            "handshake/initiate",
            "kernel/encrypt",
            "state/bytes",
        ]
        .contains(&row.workload.as_str())
    });
    let mut more = record.results.clone();
    for row in &mut more {
        (row.group, row.workload) = (EVIL.into(), EVIL.into());
        (row.suite, row.strategy) = (Some(EVIL.into()), Some(EVIL.into()));
        if let Some(baseline) = &mut row.baseline {
            (baseline.name, baseline.backend) = (EVIL.into(), EVIL.into());
        }
    }
    // Another name that makes the same name of a file.
    more[0].group += "?";
    more[0].baseline = None;
    record.results.extend(more);
    record
        .results
        .iter_mut()
        .for_each(|row| row.backend += EVIL);
    record.command = EVIL.into();
    record.host.cpu = Some(EVIL.into());
    record.build.commit = Some(EVIL.into());
    record.build.rustflags = EVIL.into();
    let mut native = record.clone();
    native.command = EVIL.into();
    let (page, html, markdown) = written(Source {
        native: Some(&native),
        ..Source::from(&record)
    });
    assert!(page.charts().count() > 5);
    for wrong in ["<script", "<img", "</title><script"] {
        assert!(!html.contains(wrong), "{wrong} in the HTML");
    }
    // In Markdown only code may hold it as it is.
    let fenced = markdown.split("\n```").step_by(2).collect::<String>();
    let bare: String = fenced.split('`').step_by(2).collect();
    let bare = bare.replace("\\<", "");
    assert!(
        !bare.contains("<script") && !bare.contains("<img"),
        "{bare}"
    );
    let names: HashSet<&str> = page.charts().map(|chart| chart.id.as_str()).collect();
    assert_eq!(names.len(), page.charts().count());
    for chart in page.charts() {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        assert!(chart.id.chars().all(plain), "{}", chart.id);
    }
}
