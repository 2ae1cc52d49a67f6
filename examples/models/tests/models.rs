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
fn channel() {
    holds(
        "channel",
        &[
            "both took the protocol that the client prefers, with ML-KEM in it",
            "keys were renewed by messages",
            "the ticket saved the whole handshake",
            "keys were renewed by bytes, and only by bytes",
            "keys were renewed by age, and only by age",
            "while it is open, the client has the keys of both directions",
            "and the server has none of the keys before",
            "after the close the client has no key of it",
            "after the close the server has no key of it",
            "who copied all of it has nothing that was said",
        ],
    );
}

#[test]
fn telegram_cloud() {
    holds(
        "telegram-cloud",
        &[
            "a device that does not know alice's code is refused",
            "the server's files hold none of it in the clear",
            "the server reads what alice wrote",
            "alice's device has no key of the first channel",
            "nor has the server",
            "all that was said under them is still there for alice",
            "her new one has the whole history",
            "the stolen one gets nothing any more",
            "the old storage key destroyed",
            "the old storage key opens nothing as generation 1",
            "bob reads all",
        ],
    );
}

#[test]
fn a_client_that_does_not_close_its_channel_is_found() {
    fails(
        "channel",
        "keeps",
        &["after the close the client has no key of it"],
    );
    let claim = "alice's device has no key of the first channel";
    fails("telegram-cloud", "keeps", &[claim]);
}

#[test]
fn what_is_said_in_the_clear_beside_a_channel_is_found() {
    let claim = "who copied all of it has nothing that was said";
    fails("channel", "leaks", &[claim]);
    let claim = "the server's files hold none of it in the clear";
    fails("telegram-cloud", "leaks", &[claim]);
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
    for model in ["signal", "channel", "telegram-cloud"] {
        let output = models(&[model, "--backend", "mixed"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    }
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
