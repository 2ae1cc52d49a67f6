//! A store in one SQLite file, for any number of processes on one machine.
//!
//! ```sql
//! PRAGMA application_id = 0x53505247;  -- "SPRG"
//! PRAGMA user_version = 1;             -- the schema
//! CREATE TABLE record (kind INTEGER, name BLOB, revision INTEGER, blob BLOB, PRIMARY KEY (kind, name))
//! ```
//! Write-ahead log; every commit is a transaction that takes the write lock first, so that it waits for
//! others instead of failing half-way.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Row};
use sprag_core::store::{
    Change, CommitError, Record, RecordId, RecordKind, Store, StoreError, StoreErrorKind,
};

use crate::first_behind;

const APPLICATION: i32 = 0x5350_5247;
const SCHEMA: i32 = 1;

const CREATE: &str = "
    CREATE TABLE record (
        kind INTEGER NOT NULL,
        name BLOB NOT NULL,
        revision INTEGER NOT NULL,
        blob BLOB NOT NULL,
        PRIMARY KEY (kind, name)
    ) STRICT;";
const LOAD: &str = "SELECT revision, blob FROM record WHERE kind = ?1 AND name = ?2";
const INSERT: &str = "INSERT INTO record (kind, name, revision, blob) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT DO NOTHING";
const UPDATE: &str = "UPDATE record SET revision = ?4, blob = ?5
    WHERE kind = ?1 AND name = ?2 AND revision = ?3";
const DELETE: &str = "DELETE FROM record WHERE kind = ?1 AND name = ?2 AND revision = ?3";
const ABSENT: &str =
    "SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM record WHERE kind = ?1 AND name = ?2)";
const SCAN: &str = "SELECT name, revision, blob FROM record
    WHERE kind = ?1 AND name >= ?2 ORDER BY name LIMIT ?3";

/// What a commit survives once it was accepted. A killed process never loses one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// The machine losing power too: each commit is written through (`synchronous = FULL`).
    #[default]
    PowerLoss,
    /// The process being killed, and nothing else: after a power loss the last commits may be gone,
    /// as if the store had been set back (`synchronous = NORMAL`).
    ProcessCrash,
}

/// How a SQLite store is opened.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    path: PathBuf,
    durability: Durability,
    wait: Duration,
    read_only: bool,
    max_bytes: Option<u64>,
}

impl SqliteOptions {
    /// The store in this file, which is made if there is none.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self {
            path: path.as_ref().to_path_buf(),
            durability: Durability::default(),
            wait: Duration::from_secs(5),
            read_only: false,
            max_bytes: None,
        }
    }

    /// What a commit survives.
    #[must_use]
    pub const fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// How long a commit waits for those of other processes; five seconds by default.
    #[must_use]
    pub const fn wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// How large the file may grow, without its log; what does not fit is refused with
    /// [`StoreErrorKind::Full`]. Without a bound by default.
    #[must_use]
    pub const fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = Some(bytes);
        self
    }

    /// Opens a file that exists and never writes to it: every commit is refused.
    #[must_use]
    pub const fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Opens the store.
    ///
    /// # Errors
    /// [`StoreErrorKind::Configuration`] if there can be no file at the path,
    /// [`StoreErrorKind::Foreign`] for a file or database that is not ours,
    /// [`StoreErrorKind::NewerSchema`], [`StoreErrorKind::ReadOnly`], [`StoreErrorKind::Damaged`].
    pub fn open(&self) -> Result<Sqlite, StoreError> {
        let connection = self.connect().map_err(translate)?;
        prepare(&connection, self.read_only)?;
        Ok(Sqlite {
            connection: Mutex::new(connection),
        })
    }

    fn connect(&self) -> rusqlite::Result<Connection> {
        let access = if self.read_only {
            OpenFlags::SQLITE_OPEN_READ_ONLY
        } else {
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
        };
        let connection =
            Connection::open_with_flags(&self.path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(self.wait)?;
        let synchronous = match self.durability {
            Durability::PowerLoss => "FULL",
            Durability::ProcessCrash => "NORMAL",
        };
        connection.pragma_update(None, "synchronous", synchronous)?;
        connection.pragma_update(None, "secure_delete", true)?;
        if let Some(bytes) = self.max_bytes {
            let page: u32 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
            let pages = bytes.checked_div(page.into()).unwrap_or(0).max(1);
            let pages = u32::try_from(pages).unwrap_or(u32::MAX - 1);
            connection.pragma_update(None, "max_page_count", pages)?;
        }
        connection.set_prepared_statement_cache_capacity(8);
        Ok(connection)
    }
}

/// Records in a SQLite file.
#[derive(Debug)]
pub struct Sqlite {
    connection: Mutex<Connection>,
}

impl Sqlite {
    /// Opens the store in this file, or makes one, with the settings of [`SqliteOptions::new`].
    ///
    /// # Errors
    /// As [`SqliteOptions::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        SqliteOptions::new(path).open()
    }

    // A transaction of a thread that panicked was rolled back when it was dropped.
    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the schema in a new file; refuses a file that is not ours.
fn prepare(connection: &Connection, read_only: bool) -> Result<(), StoreError> {
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let tables = || {
        let count = "SELECT count(*) FROM sqlite_schema";
        connection.query_row(count, [], |row| row.get::<_, i64>(0))
    };
    let application = number("application_id").map_err(translate)?;
    match (application, number("user_version").map_err(translate)?) {
        (APPLICATION, SCHEMA) => Ok(()),
        (APPLICATION, schema) => {
            let message = format!("its schema is {schema}, the newest known here is {SCHEMA}");
            Err(StoreError::new(StoreErrorKind::NewerSchema, message))
        }
        (0, 0) if tables().map_err(translate)? == 0 && !read_only => create(connection),
        (other, _) => {
            let message =
                format!("its application id is {other:#x}, that of sprag {APPLICATION:#x}");
            Err(StoreError::new(StoreErrorKind::Foreign, message))
        }
    }
}

fn create(connection: &Connection) -> Result<(), StoreError> {
    let make = || {
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.execute_batch("BEGIN IMMEDIATE")?;
        // Another process may have been faster.
        let made: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        if made == 0 {
            connection.execute_batch(CREATE)?;
            connection.pragma_update(None, "application_id", APPLICATION)?;
            connection.pragma_update(None, "user_version", SCHEMA)?;
        }
        connection.execute_batch("COMMIT")
    };
    make().map_err(translate)
}

impl Store for Sqlite {
    fn load(&self, ids: &[RecordId]) -> Result<Vec<Option<Record>>, StoreError> {
        let mut connection = self.connection();
        let mut load = || -> rusqlite::Result<Vec<_>> {
            // Without a transaction every statement would see a moment of its own.
            let transaction = connection.transaction()?;
            let mut statement = transaction.prepare_cached(LOAD)?;
            let load_one = |id: &RecordId| {
                let key = (number(id.kind()), id.name());
                statement.query_row(key, |row| record(row, 0)).optional()
            };
            ids.iter().map(load_one).collect()
        };
        load().map_err(translate)
    }

    fn commit(&self, changes: &[Change]) -> Result<(), CommitError> {
        if changes.is_empty() {
            return Ok(());
        }
        let connection = self.connection();
        connection
            .execute_batch("BEGIN IMMEDIATE")
            .map_err(translate)?;
        let stale = match apply_all(&connection, changes) {
            Ok(stale) => stale,
            Err(error) => {
                roll_back(&connection);
                return Err(CommitError::Refused(translate(error)));
            }
        };
        if !stale.is_empty() {
            roll_back(&connection);
            return Err(CommitError::Conflict(stale));
        }
        connection.execute_batch("COMMIT").map_err(|error| {
            roll_back(&connection);
            let code = error.sqlite_error_code();
            let error = translate(error);
            // What was written may come back when the log is next recovered.
            if code == Some(ErrorCode::SystemIoFailure) {
                CommitError::Unknown(error)
            } else {
                CommitError::Refused(error)
            }
        })
    }

    fn scan(
        &self,
        kind: RecordKind,
        after: Option<&RecordId>,
        limit: usize,
    ) -> Result<Vec<(RecordId, Record)>, StoreError> {
        let connection = self.connection();
        let first = first_behind(after);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let scan = || {
            let mut statement = connection.prepare_cached(SCAN)?;
            let rows = statement.query_map((number(kind), &first, limit), |row| {
                Ok((row.get::<_, Vec<u8>>(0)?, record(row, 1)?))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        let named = |(name, record): (Vec<u8>, Record)| {
            let id = RecordId::new(kind, &name);
            let id = id.map_err(|_| StoreError::new(StoreErrorKind::Damaged, "a name is too long"));
            Ok((id?, record))
        };
        scan().map_err(translate)?.into_iter().map(named).collect()
    }
}

/// Makes all changes that can be made, and says which can't.
fn apply_all(connection: &Connection, changes: &[Change]) -> rusqlite::Result<Vec<RecordId>> {
    // Taken once: looking them up for every row took a tenth of a commit of a thousand.
    let mut insert = connection.prepare_cached(INSERT)?;
    let mut update = connection.prepare_cached(UPDATE)?;
    let mut delete = connection.prepare_cached(DELETE)?;
    let mut absent = connection.prepare_cached(ABSENT)?;
    let mut stale = Vec::new();
    for Change { id, expected, new } in changes {
        let (kind, name) = (number(id.kind()), id.name());
        let expected = expected.map(signed);
        let new = new.as_ref().map(|new| (signed(new.revision), &new.blob));
        let applied = match (expected, new) {
            (None, Some((revision, blob))) => insert.execute((kind, name, revision, blob))? == 1,
            (Some(expected), Some((revision, blob))) => {
                update.execute((kind, name, expected, revision, blob))? == 1
            }
            (Some(expected), None) => delete.execute((kind, name, expected))? == 1,
            (None, None) => absent.exists((kind, name))?,
        };
        if !applied {
            stale.push(id.clone());
        }
    }
    Ok(stale)
}

fn roll_back(connection: &Connection) {
    // Some errors have rolled back already, and then this one has nothing to do.
    if !connection.is_autocommit() {
        drop(connection.execute_batch("ROLLBACK"));
    }
}

fn record(row: &Row<'_>, first: usize) -> rusqlite::Result<Record> {
    let revision: i64 = row.get(first)?;
    Ok(Record {
        revision: revision.cast_unsigned(),
        blob: row.get(first + 1)?,
    })
}

/// Revisions are below 2^63; a larger one would only never match.
const fn signed(revision: u64) -> i64 {
    revision.cast_signed()
}

const fn number(kind: RecordKind) -> u8 {
    kind as u8
}

fn translate(error: rusqlite::Error) -> StoreError {
    let kind = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreErrorKind::Unavailable,
        Some(ErrorCode::DiskFull) => StoreErrorKind::Full,
        Some(ErrorCode::ReadOnly) => StoreErrorKind::ReadOnly,
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => StoreErrorKind::Configuration,
        Some(ErrorCode::NotADatabase) => StoreErrorKind::Foreign,
        Some(ErrorCode::DatabaseCorrupt) => StoreErrorKind::Damaged,
        _ => StoreErrorKind::Other,
    };
    StoreError::new(kind, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_looked_up_and_not_counted_off() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(CREATE).unwrap();
        let plan = format!("EXPLAIN QUERY PLAN {SCAN}");
        let values = (number(RecordKind::History), [1_u8], 1);
        let plan = connection.query_row(&plan, values, |row| row.get::<_, String>(3));
        let plan = plan.unwrap();
        assert!(plan.contains("(kind=? AND name>?)"), "{plan}");
    }
}
