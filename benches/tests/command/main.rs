//! The command line, seen from outside: a module for each kind of verb.

mod analysis;
mod exact;
mod gate;
mod measuring;
mod report;

use std::path::PathBuf;
use std::process::{Command, Output};

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
