//! The models as a user runs them: every check holds, and the checks of a broken model do not.

use std::process::{Command, Output};

use sprag::BackendName;
use sprag_models::conductor::{Conductor, PartyError};
use sprag_models::search::Needle;

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
fn whatsapp() {
    holds(
        "whatsapp",
        &[
            "the relay holds no text",
            "the relay holds no key",
            "the store holds the backup, sealed",
            "the store holds no text",
            "the store holds no key, no password",
            "a wrong password is refused",
            "another recovery key is refused",
            "nothing was imported with either",
            "with the password the whole history is back",
            "with the recovery key the whole history is back",
        ],
    );
}

#[test]
fn a_client_that_shows_the_store_a_preview_is_found() {
    let claims = [
        "the store holds no text",
        "the store holds no key, no password",
    ];
    fails("whatsapp", "leaks", &claims);
}

#[test]
fn a_client_that_shows_the_escrow_a_preview_is_found() {
    let claims = [
        "the escrow holds no text",
        "the escrow holds no key",
        "the relay holds no text",
        "the relay holds no key",
    ];
    fails("imessage", "leaks", &claims);
}

#[test]
fn imessage() {
    holds(
        "imessage",
        &[
            "the message is sealed for three devices, each for itself",
            "it cannot open what was sealed before it came",
            "it cannot open the archive by itself",
            "through the key bag it has the whole history",
            "alice-example.3 reads what was written",
            "nothing arrives at the lost device",
            "it can open none of the copies",
            "it cannot open the key bag any more",
            "the escrow holds no text",
            "the escrow holds no key",
            "the relay holds no text",
            "the relay holds no key",
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
    let claims = [
        "after the close the client has no key of it",
        "after the close the server has no key of it",
        "and the client has none of the keys before",
        "and the server has none of the keys before",
    ];
    fails("channel", "keeps", &claims);
    let claims = [
        "alice's device has no key of the first channel",
        "nor has the server",
    ];
    fails("telegram-cloud", "keeps", &claims);
}

#[test]
fn what_is_said_in_the_clear_beside_a_channel_is_found() {
    let claims = [
        "who copied all of it has nothing that was said",
        "nor a key",
    ];
    fails("channel", "leaks", &claims);
    let claims = [
        "the server's files hold none of it in the clear",
        "and has it encrypted in its files",
    ];
    fails("telegram-cloud", "leaks", &claims);
}

#[test]
fn a_client_that_tells_the_relay_what_it_wrote_is_found() {
    fails(
        "signal",
        "leaks",
        &["the relay holds no text", "the relay holds no key"],
    );
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
    for (model, backend) in [
        ("signal", "ring"),
        ("signal", "aws-lc-rs"),
        ("signal", "mixed"),
        ("telegram-cloud", "aws-lc-rs"),
        ("telegram-cloud", "mixed"),
        ("channel", "mixed"),
    ] {
        let output = models(&[model, "--backend", backend]);
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
fn key_ring() {
    holds(
        "key-ring",
        &[
            "the application reads its key",
            "it does not open the user's scope by its kek key",
            "it does not open the device's scope by its device key",
            "the password opens the user's scope",
            "the password does not open the app's scope",
            "the server holds no key of the ring",
            "the server holds no key that anything was sealed under",
            "the phone reads the new key, and the old one still",
            "the old password opens nothing",
            "the application opens nothing any more",
            "the server does not hold the copy that it could open",
            "the phone has seen a later one",
            "the password restores the user's keys",
            "the lost device's own keys do not come back by password",
        ],
    );
}

#[test]
fn a_holder_that_tells_the_server_a_key_is_found() {
    let claims = [
        "the server holds no key of the ring",
        "the server holds no key that anything was sealed under",
    ];
    fails("key-ring", "leaks", &claims);
}

#[test]
fn a_server_that_keeps_what_somebody_was_shut_out_of_is_found() {
    fails("key-ring", "keeps", &["the server does not hold the copy"]);
}

#[test]
fn every_model_has_its_row_in_the_table() {
    let said = text(&models(&["table"]));
    for model in [
        "channel",
        "signal",
        "whatsapp",
        "telegram-cloud",
        "secret-chat",
        "imessage",
        "key-ring",
    ] {
        assert!(said.contains(&format!("| `{model}` |")), "{said}");
    }
}

fn conductor() -> Conductor {
    let conductor = Conductor::new("signal", BackendName::RustCrypto, None);
    conductor.expect("a folder")
}

#[test]
fn a_search_that_does_not_find_its_control_is_no_proof() {
    let mut conductor = conductor().with_executable(env!("CARGO_BIN_EXE_models"));
    let relay = conductor.start("relay", "relay").unwrap();
    let control = Needle::new("what the relay holds", relay.ready());
    let absent = [Needle::new("what nobody has", [0xa5; 32])];
    conductor
        .holds_none("finds", &relay, &control, &absent)
        .unwrap();
    assert!(conductor.report.close("with its control"));
    let blind = Needle::new("what the relay does not hold", [0x5a; 32]);
    conductor
        .holds_none("is blind", &relay, &blind, &absent)
        .unwrap();
    assert!(!conductor.report.close("without"));
}

#[test]
fn nothing_to_look_for_is_no_proof() {
    let mut conductor = conductor().with_executable(env!("CARGO_BIN_EXE_models"));
    let relay = conductor.start("relay", "relay").unwrap();
    let control = Needle::new("what the relay holds", relay.ready());
    conductor.holds_none("none", &relay, &control, &[]).unwrap();
    assert!(!conductor.report.close("nothing"));
}

#[test]
fn a_party_that_ends_is_an_error_that_names_it() {
    let error = conductor()
        .with_executable("false")
        .start("relay", "the relay");
    let error = error.unwrap_err();
    let ended = PartyError::Ended("the relay".to_owned());
    assert_eq!(error.downcast_ref(), Some(&ended));
}

#[test]
fn the_document_has_the_table_as_it_is() {
    let document = include_str!("../../../docs/MODELS.md");
    let marked = document.split_once("<!-- table: models table -->\n");
    let marked = marked.and_then(|(_, rest)| rest.split_once("<!-- end -->"));
    let said = text(&models(&["table"]));
    assert_eq!(
        marked.map(|(table, _)| table.trim()),
        Some(said.trim()),
        "put the output of `models table` between the marks"
    );
}
