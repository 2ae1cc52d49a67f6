//! The verb `report`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use super::{command, scratch, text};

fn report(arguments: &[&str]) -> Output {
    command(&["report"]).args(arguments).output().unwrap()
}

/// The newest report in the repository.
fn newest() -> PathBuf {
    let reports = Path::new(env!("CARGO_MANIFEST_DIR")).join("../reports");
    let folders = fs::read_dir(reports)
        .unwrap()
        .map(|folder| folder.unwrap().path());
    folders
        .filter(|folder| folder.join("record.json").exists())
        .max()
        .unwrap()
}

#[test]
fn records_become_a_folder_with_everything_in_it() {
    let (record, load, out) = (
        newest().join("record.json"),
        newest().join("load.json"),
        scratch("from"),
    );
    fs::create_dir_all(&out).unwrap();
    for (name, text) in [
        (
            "report.md",
            "![of an earlier report](stale.svg) ![x](../from/strange.svg)",
        ),
        ("stale.svg", "of an earlier report"),
        ("foreign.svg", "of nobody's report"),
        ("strange.svg", "linked by another way"),
    ] {
        fs::write(out.join(name), text).unwrap();
    }
    let output = report(&[
        "--from",
        record.to_str().unwrap(),
        "--load",
        load.to_str().unwrap(),
        "--native",
        record.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap();
    assert_eq!(read("record.json"), fs::read_to_string(&record).unwrap());
    assert_eq!(read("load.json"), fs::read_to_string(&load).unwrap());
    assert!(read("machine.txt").contains("processor: "));
    let (html, markdown) = (read("report.html"), read("report.md"));
    for section in [
        "Who wins what",
        "Handshakes under offered load",
        "What a native build changes here",
    ] {
        assert!(
            html.contains(&format!("<h2>{section}</h2>")),
            "no {section}"
        );
        assert!(
            markdown.contains(&format!("\n## {section}\n")),
            "no {section}"
        );
    }
    // Every picture that the page shows is there, and no other.
    let pictures: Vec<&str> = markdown
        .split("](")
        .filter_map(|rest| rest.split(')').next())
        .filter(|name| name.ends_with(".svg"))
        .collect();
    assert!(pictures.len() > 20);
    for picture in &pictures {
        assert!(read(picture).starts_with("<svg "), "{picture}");
    }
    let files = fs::read_dir(&out).unwrap().map(|file| file.unwrap().path());
    let charts = files.filter(|path| path.extension().is_some_and(|extension| extension == "svg"));
    assert_eq!(charts.count(), pictures.len() + 2);
    assert!(!out.join("stale.svg").exists());
    assert!(out.join("foreign.svg").exists() && out.join("strange.svg").exists());
}

#[test]
fn a_filtered_report_measures_and_offers_no_load() {
    let out = scratch("filtered");
    let output = report(&[
        "--filter",
        "^primitive/sha256/64$",
        "--backend",
        "ring,rustcrypto",
        "--out",
        out.to_str().unwrap(),
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("who wins what"));
    let html = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(html.contains("report --filter") && html.contains("primitive/sha256"));
    assert!(!out.join("load.json").exists());
    // What it wrote is what it can read.
    let (record, again) = (out.join("record.json"), scratch("again"));
    let output = report(&[
        "--from",
        record.to_str().unwrap(),
        "--out",
        again.to_str().unwrap(),
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(fs::read_to_string(again.join("report.html")).unwrap(), html);
}

#[test]
fn what_cannot_be_reported_is_refused_by_name_with_exit_code_2() {
    let broken = scratch("broken.json");
    fs::write(&broken, "{\"schema\": 7}").unwrap();
    let broken = broken.to_str().unwrap();
    let load = newest().join("load.json");
    let load = load.to_str().unwrap();
    let out = scratch("refused");
    for (arguments, named) in [
        (vec!["--from", "no-such-record.json"], "no-such-record.json"),
        (vec!["--from", broken], "invalid type"),
        (vec!["--from", load], "load.json"),
        (vec!["--native", broken], "invalid type"),
        (vec!["--load", load], "--from"),
        (vec!["--from", load, "--full"], "--full"),
        (vec!["--filter", "no such workload"], "no such workload"),
    ] {
        let output = report(&[&arguments[..], &["--out", out.to_str().unwrap()]].concat());
        assert_eq!(
            output.status.code(),
            Some(2),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
        assert!(
            text(&output.stderr).contains(named),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
    }
}
