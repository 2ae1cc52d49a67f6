//! A short run on each store, and on broken ones. The long run is `scripts/chaos`.

use std::process::{Command, Output};

fn chaos(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_chaos"))
        .arg("run")
        .args(arguments)
        .output()
        .expect("chaos starts")
}

fn survives(store: &str) {
    let ran = chaos(&["--store", store, "--kills", "150"]);
    let text = String::from_utf8_lossy(&ran.stdout);
    println!("{store}\n{text}");
    let errors = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{store}: {text}{errors}");
    let read = text.lines().find(|line| line.starts_with("messages read"));
    let read: u32 = read
        .and_then(|line| line.split_whitespace().last()?.parse().ok())
        .expect("the count of messages that were read");
    assert!(read > 100, "too little happened to prove anything: {text}");
}

/// A store where the last one to save wins.
fn is_found_out(store: &str) {
    let ran = chaos(&["--store", store, "--kills", "60", "--broken"]);
    let text = String::from_utf8_lossy(&ran.stdout);
    println!("{store}, broken\n{text}");
    assert_eq!(ran.status.code(), Some(3), "{text}");
}

#[test]
fn killed_workers_lose_nothing_on_sqlite() {
    survives("sqlite");
}

#[test]
fn killed_workers_lose_nothing_on_postgres() {
    survives("postgres");
}

#[test]
fn stores_without_compare_and_swap_are_found_out() {
    is_found_out("sqlite");
    is_found_out("postgres");
}
