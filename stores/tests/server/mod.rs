//! A database for one test, on the server that `scripts/with-postgres` started.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::error::Error;

use postgres::{Client, NoTls};
use sprag_core::store::StoreError;
use sprag_stores::{Postgres, PostgresOptions};

/// A schema of its own in the server's database, gone with what is in it when dropped.
pub(crate) struct Database {
    server: String,
    schema: String,
}

impl Database {
    /// With the tables.
    pub(crate) fn new(name: &str) -> Result<Self, Box<dyn Error>> {
        let database = Self::empty(name)?;
        Postgres::migrate(&database.url())?;
        Ok(database)
    }

    /// Without any tables.
    pub(crate) fn empty(name: &str) -> Result<Self, Box<dyn Error>> {
        let server = Self::server()?;
        let schema = format!("{name}_{}", std::process::id());
        let mut client = Client::connect(&server, NoTls)?;
        client.batch_execute(&format!("CREATE SCHEMA {schema}"))?;
        Ok(Self { server, schema })
    }

    /// The address of the server.
    pub(crate) fn server() -> Result<String, Box<dyn Error>> {
        let said = std::env::var("SPRAG_POSTGRES");
        said.map_err(|_| {
            "SPRAG_POSTGRES holds no address: run this with scripts/with-postgres".into()
        })
    }

    pub(crate) fn url(&self) -> String {
        let and = if self.server.contains('?') { '&' } else { '?' };
        format!(
            "{}{and}options=-csearch_path%3D{}",
            self.server, self.schema
        )
    }

    pub(crate) fn open(&self) -> Result<Postgres, StoreError> {
        PostgresOptions::new(&self.url())?.open()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Ok(mut client) = Client::connect(&self.server, NoTls) {
            drop(client.batch_execute(&format!("DROP SCHEMA {} CASCADE", self.schema)));
        }
    }
}
