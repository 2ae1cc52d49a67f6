//! The verb that measures messaging models.

use std::fs;

use serde_json::Value;

use super::{scratch, sprag_bench, text};

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
