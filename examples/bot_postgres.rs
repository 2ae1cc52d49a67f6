//! The same bot as two workers over one PostgreSQL database, on one machine or on two: nothing else
//! changes.
//!
//! `scripts/with-postgres cargo run --example bot_postgres --features postgres [URL]`

#[path = "bot/mod.rs"]
mod bot;

use std::error::Error;

use sprag::stores::Postgres;

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let url = std::env::args()
        .nth(1)
        .or_else(|| std::env::var("SPRAG_POSTGRES").ok())
        .ok_or("give the address of a database: postgres://user@host/database")?;
    Postgres::migrate(&url)?;
    bot::run(|| Postgres::open(&url), 2)
}
