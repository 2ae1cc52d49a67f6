//! The store that the workers share, whole or broken.

use std::path::Path;

use sprag::stores::{Postgres, PostgresOptions, Sqlite};
use sprag_core::durable::{ConversationId, Durable, StoreKeys};
use sprag_core::handshake::AccountId;
use sprag_core::store::{Change, CommitError, Record, RecordId, RecordKind, Store, StoreError};
use sprag_core::{Secret, session::SessionPolicy};

use crate::recording::Recording;
use crate::{Kind, Result};

pub(crate) type Device = Durable<Recording, Place>;

/// Where one side's records are.
pub(crate) struct Place {
    store: Box<dyn Store>,
    broken: bool,
}

impl Place {
    pub(crate) fn open(kind: Kind, folder: &Path, side: u8, broken: bool) -> Result<Self> {
        let store: Box<dyn Store> = match kind {
            Kind::Sqlite => Box::new(Sqlite::open(folder.join(format!("side{side}")))?),
            Kind::Postgres => Box::new(PostgresOptions::new(&url(folder, side)?)?.open()?),
        };
        Ok(Self { store, broken })
    }

    /// Makes the tables, where the store needs to be told.
    pub(crate) fn make(kind: Kind, folder: &Path, side: u8) -> Result<()> {
        if kind == Kind::Postgres {
            let mut client = postgres::Client::connect(&server()?, postgres::NoTls)?;
            client.batch_execute(&format!("CREATE SCHEMA {}", schema(folder, side)))?;
            Postgres::migrate(&url(folder, side)?)?;
        }
        Ok(())
    }

    /// Removes what the folder's end does not.
    pub(crate) fn remove(kind: Kind, folder: &Path, side: u8) -> Result<()> {
        if kind == Kind::Postgres {
            let mut client = postgres::Client::connect(&server()?, postgres::NoTls)?;
            client.batch_execute(&format!("DROP SCHEMA {} CASCADE", schema(folder, side)))?;
        }
        Ok(())
    }
}

fn server() -> Result<String> {
    let said = std::env::var("SPRAG_POSTGRES");
    said.map_err(|_| "SPRAG_POSTGRES holds no address: run this with scripts/with-postgres".into())
}

fn schema(folder: &Path, side: u8) -> String {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("chaos_{}_{side}", name.to_ascii_lowercase())
}

fn url(folder: &Path, side: u8) -> Result<String> {
    let server = server()?;
    let and = if server.contains('?') { '&' } else { '?' };
    let schema = schema(folder, side);
    Ok(format!("{server}{and}options=-csearch_path%3D{schema}"))
}

impl Store for Place {
    fn load(&self, ids: &[RecordId]) -> std::result::Result<Vec<Option<Record>>, StoreError> {
        self.store.load(ids)
    }

    fn commit(&self, changes: &[Change]) -> std::result::Result<(), CommitError> {
        if !self.broken {
            return self.store.commit(changes);
        }
        // The last one to save wins, as in stores without compare-and-swap.
        let ids: Vec<RecordId> = changes.iter().map(|change| change.id.clone()).collect();
        loop {
            let there = self.store.load(&ids)?;
            let blind: Vec<Change> = changes
                .iter()
                .zip(there)
                .map(|(change, there)| Change {
                    expected: there.map(|there| there.revision),
                    ..change.clone()
                })
                .collect();
            match self.store.commit(&blind) {
                Err(CommitError::Conflict(_)) => {}
                said => return said,
            }
        }
    }

    fn scan(
        &self,
        kind: RecordKind,
        after: Option<&RecordId>,
        limit: usize,
    ) -> std::result::Result<Vec<(RecordId, Record)>, StoreError> {
        self.store.scan(kind, after, limit)
    }
}

/// The key of every store here: it guards nothing.
pub(crate) fn keys() -> StoreKeys {
    StoreKeys::new(Secret::new([0x5a; 32]))
}

pub(crate) fn open(kind: Kind, folder: &Path, side: u8, broken: bool) -> Result<Device> {
    let place = Place::open(kind, folder, side, broken)?;
    Ok(Device::open(place, keys(), SessionPolicy::default())?)
}

pub(crate) fn account(side: u8) -> Result<AccountId> {
    Ok(AccountId::new(["alice", "bob"][usize::from(side)])?)
}

/// The other side, as this one names it.
pub(crate) fn other(side: u8) -> Result<ConversationId> {
    Ok(ConversationId::new(&account(1 - side)?, 1))
}
