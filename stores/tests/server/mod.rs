//! A database for one test, on the server that `scripts/with-postgres` started.

use sprag_core::store::StoreError;
use sprag_stores::{Postgres, PostgresOptions};

/// A schema of its own in the server's database, gone with what is in it when dropped.
pub(crate) struct Database {
    server: String,
    schema: String,
}

impl Database {
    pub(crate) fn new(name: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let server = std::env::var("SPRAG_POSTGRES").map_err(|_| {
            "SPRAG_POSTGRES holds no address: run this with scripts/with-postgres"
        })?;
        let schema = format!("{name}_{}", std::process::id());
        let mut client = postgres::Client::connect(&server, postgres::NoTls)?;
        client.batch_execute(&format!("CREATE SCHEMA {schema}"))?;
        let database = Self { server, schema };
        Postgres::migrate(&database.url())?;
        Ok(database)
    }

    pub(crate) fn url(&self) -> String {
        let and = if self.server.contains('?') { '&' } else { '?' };
        format!("{}{and}options=-csearch_path%3D{}", self.server, self.schema)
    }

    pub(crate) fn open(&self) -> Result<Postgres, StoreError> {
        PostgresOptions::new(&self.url())?.open()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Ok(mut client) = postgres::Client::connect(&self.server, postgres::NoTls) {
            drop(client.batch_execute(&format!("DROP SCHEMA {} CASCADE", self.schema)));
        }
    }
}
