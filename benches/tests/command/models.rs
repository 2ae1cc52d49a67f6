//! The verb that measures messaging models.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::{command, scratch, sprag_bench, text};

const MODELS: [&str; 7] = [
    "channel",
    "signal",
    "whatsapp",
    "telegram-cloud",
    "secret-chat",
    "imessage",
    "key-ring",
];

#[test]
fn every_model_is_measured() {
    let json = scratch("models.json");
    let path = json.to_str().unwrap();
    let output = sprag_bench(&[
        "models",
        "--quick",
        "--messages",
        "50",
        "--backend",
        "rustcrypto",
        "--json",
        path,
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    let (side_by_side, measured) = said.split_once("### `rustcrypto`").unwrap();
    assert!(side_by_side.contains("who can decrypt"), "{said}");
    for model in MODELS {
        let row = format!("| `{model}` |");
        assert!(side_by_side.contains(&row), "{model}: {said}");
        assert!(measured.contains(&row), "{model}: {said}");
    }

    let record: Value = serde_json::from_slice(&fs::read(json).unwrap()).unwrap();
    assert_eq!(record["schema"], "sprag-bench-models/1");
    assert_eq!(record["history_messages"], 50);
    assert_eq!(record["interrupted"], false);
    let results = record["results"].as_array().unwrap();
    let names: Vec<_> = results.iter().map(|row| &row["model"]).collect();
    assert_eq!(names, MODELS);
    for row in results {
        for figure in ["first_ms", "messages_per_s", "wire_bytes"] {
            assert!(row[figure]["p50"].as_f64().unwrap() > 0.0, "{row}");
        }
        let model = row["model"].as_str().unwrap();
        let has_history = ["signal", "whatsapp", "telegram-cloud", "imessage"].contains(&model);
        assert_eq!(row["restore_s"].is_object(), has_history, "{row}");
        let forgets = row["server_bytes"]["p50"] == 0.0;
        assert_eq!(forgets, ["signal", "secret-chat"].contains(&model), "{row}");
    }
}

#[test]
fn a_run_that_is_stopped_keeps_what_it_measured_and_leaves_no_files() {
    let (json, files) = (scratch("models-stopped.json"), tempfile::tempdir().unwrap());
    let mut child = command(&["models", "--quick", "--messages", "1000000"])
        .args(["--backend", "rustcrypto", "--model", "channel,signal"])
        .arg("--json")
        .arg(&json)
        .env("TMPDIR", files.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let count = || fs::read_dir(files.path()).unwrap().count();
    // The second model's, whose history takes long to write.
    while count() == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        thread::sleep(Duration::from_millis(20));
    }
    let interrupt = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupt.unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(count(), 0, "files are left");
    let record: Value = serde_json::from_slice(&fs::read(json).unwrap()).unwrap();
    assert_eq!(record["interrupted"], true);
    let results = record["results"].as_array().unwrap();
    assert_eq!(results.len(), 1);
    assert_eq!(results[0]["model"], "channel");
}

#[test]
fn a_model_that_fails_costs_its_own_row_alone() {
    let (json, nowhere) = (scratch("models-failed.json"), scratch("nowhere"));
    let output = command(&["models", "--quick", "--messages", "4"])
        .args(["--backend", "rustcrypto", "--model", "signal,channel"])
        .arg("--json")
        .arg(&json)
        // A relay has nowhere to put its files.
        .env("TMPDIR", nowhere)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("signal on rustcrypto"), "{said}");
    let record: Value = serde_json::from_slice(&fs::read(json).unwrap()).unwrap();
    let results = record["results"].as_array().unwrap();
    assert_eq!(results.len(), 1);
    assert_eq!(results[0]["model"], "channel");
}

#[test]
fn the_backend_and_the_model_can_be_chosen() {
    let arguments = ["models", "--quick", "--messages", "4", "--backend", "ring"];
    let output = sprag_bench(&[&arguments[..], &["--model", "channel,secret-chat"]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    let (_, measured) = said.split_once("### `ring`").unwrap();
    assert_eq!(measured.matches("| `").count(), 2, "{said}");
}

#[test]
fn unknown_names_are_refused_with_those_that_there_are() {
    for (option, known) in [("--model", "telegram-cloud"), ("--backend", "rustcrypto")] {
        let output = sprag_bench(&["models", option, "carrier-pigeon"]);
        assert_eq!(output.status.code(), Some(2));
        let said = text(&output.stderr);
        let named = said.contains("carrier-pigeon") && said.contains(known);
        assert!(named, "{said}");
    }
}
