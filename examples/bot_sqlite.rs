//! A bot whose sessions outlive it, in one file, with no server.
//!
//! `cargo run --example bot_sqlite --features sqlite [FILE]`

#[path = "bot/mod.rs"]
mod bot;

use std::error::Error;

use sprag::stores::Sqlite;

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let folder = tempfile::tempdir()?;
    let path = match std::env::args_os().nth(1) {
        Some(path) => path.into(),
        None => folder.path().join("bot"),
    };
    bot::run(|| Sqlite::open(&path), 1)
}
