//! The command line, seen from outside: a module for each kind of verb.

mod analysis;
mod exact;
mod gate;
mod measuring;
mod models;
mod report;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

/// The command, in a folder where it may write.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sprag-bench"));
    command
        .args(arguments)
        .current_dir(env!("CARGO_TARGET_TMPDIR"));
    command
}

fn sprag_bench(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn scratch(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// What a verb that measures made.
struct Made {
    said: String,
    record: Value,
    page: String,
}

/// Measures, with `name` for the names of the files.
fn made(name: &str, arguments: &[&str]) -> Made {
    let [json, page] = ["json", "md"].map(|kind| scratch(&format!("{name}.{kind}")));
    let output = command(arguments)
        .arg("--json")
        .arg(&json)
        .arg("--markdown")
        .arg(&page)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    Made {
        said: text(&output.stdout),
        record: serde_json::from_slice(&fs::read(json).unwrap()).unwrap(),
        page: fs::read_to_string(page).unwrap(),
    }
}
