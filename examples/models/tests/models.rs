//! The models as a user runs them: every check holds, and the checks of a broken model do not.

use std::process::{Command, Output};

fn models(arguments: &[&str]) -> Output {
    let models = Command::new(env!("CARGO_BIN_EXE_models"))
        .args(arguments)
        .output();
    models.expect("the program starts")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Runs a model that must hold, and looks for `claims` among the checks that held.
fn holds(model: &str, claims: &[&str]) {
    let output = models(&[model]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    for claim in claims {
        let held = |line: &str| line.starts_with("ok ") && line.contains(claim);
        assert!(said.lines().any(held), "{claim:?} is not in:\n{said}");
    }
    assert!(!said.contains("FAILED"), "{said}");
}

/// Runs a model that is broken, and looks for `claims` among the checks that failed.
fn fails(model: &str, fault: &str, claims: &[&str]) {
    let output = models(&[model, "--fault", fault]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    for claim in claims {
        let failed = |line: &str| line.starts_with("FAILED") && line.contains(claim);
        assert!(said.lines().any(failed), "{claim:?} is not in:\n{said}");
    }
}

#[test]
fn signal() {
    holds(
        "signal",
        &[
            "the relay cannot read the message",
            "the relay holds no text",
            "the relay holds no key",
            "what was delivered is gone from the relay",
            "it cannot open what was sealed for the old device",
            "another recovery key is refused",
            "the whole history is back",
            "no message is left at the relay",
        ],
    );
}

#[test]
fn secret_chat() {
    holds(
        "secret-chat",
        &[
            "nothing arrives at the second device",
            "it could not open the message either",
            "a session carries 100 messages",
            "after a week the next message starts a new session",
            "the relay holds no text",
            "the relay holds no key",
            "all that the new device knows is what it wrote itself",
        ],
    );
}

#[test]
fn a_client_that_tells_the_relay_what_it_wrote_is_found() {
    fails("signal", "leaks", &["the relay holds no text"]);
}

#[test]
fn a_relay_that_keeps_what_was_delivered_is_found() {
    fails(
        "signal",
        "keeps",
        &["what was delivered is gone from the relay"],
    );
}

#[test]
fn another_backend_gives_the_same() {
    let output = models(&["signal", "--backend", "mixed"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
}

#[test]
fn unknown_names_are_refused_with_those_that_there_are() {
    let output = models(&["carrier-pigeon"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("carrier-pigeon") && said.contains("signal"),
        "{said}"
    );
    assert_ne!(
        models(&["signal", "--backend", "none"]).status.code(),
        Some(0)
    );
}

#[test]
fn every_model_has_its_row_in_the_table() {
    let said = text(&models(&["table"]));
    assert!(said.contains("| `signal` |"), "{said}");
}
