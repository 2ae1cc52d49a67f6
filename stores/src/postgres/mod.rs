//! A store in a PostgreSQL database, for any number of processes on any number of machines.
//!
//! Two tables, `sprag_record` and `sprag_schema`, and a function, made by [`Postgres::migrate`] in
//! the first schema of the connection's search path. A load and a commit are one statement each, so one
//! round trip; both are prepared once for each connection.

mod errors;
mod pool;

use postgres::types::ToSql;
use postgres::{Client, Config, NoTls, Row, Statement, Transaction};
use sprag_core::store::{
    Change, CommitError, Record, RecordId, RecordKind, Store, StoreError, StoreErrorKind,
};

use crate::first_behind;
use errors::{broken, in_doubt, is_conflict, may_be_repeated, translate};
use pool::Pool;
pub use pool::PostgresOptions;

const SCHEMA: i32 = 1;
const CREATE: &str = include_str!("schema.sql");
const LOAD: &str = "SELECT r.revision, r.blob
    FROM unnest($1::smallint[], $2::bytea[]) WITH ORDINALITY AS c(kind, name, place)
    LEFT JOIN sprag_record r ON r.kind = c.kind AND r.name = c.name ORDER BY c.place";
const COMMIT: &str = "SELECT stale_kind, stale_name FROM sprag_commit($1, $2, $3, $4, $5)";
const SCAN: &str = "SELECT name, revision, blob FROM sprag_record
    WHERE kind = $1 AND name >= $2 ORDER BY name LIMIT $3";

/// How often a statement is repeated that the server undid for another's sake.
const REPEATS: u32 = 5;

/// Records in a PostgreSQL database.
#[derive(Debug)]
pub struct Postgres {
    pool: Pool,
}

/// A connection with its statements.
struct Session {
    client: Client,
    load: Statement,
    commit: Statement,
    scan: Statement,
}

impl Postgres {
    /// Opens the store at this address, `postgres://user:password@host/database`, with the
    /// settings of [`PostgresOptions::new`].
    ///
    /// # Errors
    /// As [`PostgresOptions::open`].
    pub fn open(url: &str) -> Result<Self, StoreError> {
        PostgresOptions::new(url)?.open()
    }

    /// Makes the tables, or brings those of an older version up to date, in one transaction.
    /// Whoever may do that calls it once; the workers only need to read and to write.
    ///
    /// # Errors
    /// As [`PostgresOptions::open`].
    pub fn migrate(url: &str) -> Result<(), StoreError> {
        let config = pool::parse(url)?;
        let mut client = config.connect(NoTls).map_err(translate)?;
        migrate(&mut client)
    }

    /// Runs a statement that only reads: again, on another connection, if this one is broken.
    fn read<T>(
        &self,
        run: impl Fn(&mut Session) -> Result<T, postgres::Error>,
    ) -> Result<T, StoreError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.once(&run)? {
                Err(error) if broken(&error) && tries < REPEATS => {}
                read => return read.map_err(translate),
            }
        }
    }

    /// Runs a statement; again only if the server undid it for the sake of another.
    fn once<T>(
        &self,
        run: impl Fn(&mut Session) -> Result<T, postgres::Error>,
    ) -> Result<Result<T, postgres::Error>, StoreError> {
        let mut lent = self.pool.lend()?;
        let mut result = run(lent.session()?);
        for _ in 0..REPEATS {
            match &result {
                Err(error) if may_be_repeated(error) => result = run(lent.session()?),
                _ => break,
            }
        }
        if result.as_ref().is_err_and(broken) {
            lent.close();
        }
        Ok(result)
    }
}

impl Session {
    /// Whether the server has gone.
    fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    fn open(config: &Config) -> Result<Self, StoreError> {
        let mut client = config.connect(NoTls).map_err(translate)?;
        match version(&mut client)? {
            Some(SCHEMA) => {}
            Some(version) => return Err(newer(version)),
            None => {
                let message = "it has no tables of sprag: call Postgres::migrate first";
                return Err(StoreError::new(StoreErrorKind::Foreign, message));
            }
        }
        let load = client.prepare(LOAD).map_err(translate)?;
        let commit = client.prepare(COMMIT).map_err(translate)?;
        let scan = client.prepare(SCAN).map_err(translate)?;
        Ok(Self {
            client,
            load,
            commit,
            scan,
        })
    }
}

fn migrate(client: &mut Client) -> Result<(), StoreError> {
    let mut transaction = client.transaction().map_err(translate)?;
    // Two that migrate at once do so one after the other.
    let lock = "SELECT pg_advisory_xact_lock(x'5350524147'::bigint)";
    transaction.execute(lock, &[]).map_err(translate)?;
    match version_in(&mut transaction).map_err(translate)? {
        Some(SCHEMA) => Ok(()),
        Some(version) => Err(newer(version)),
        None => {
            transaction.batch_execute(CREATE).map_err(translate)?;
            transaction.commit().map_err(translate)
        }
    }
}

fn version(client: &mut Client) -> Result<Option<i32>, StoreError> {
    let mut transaction = client.transaction().map_err(translate)?;
    version_in(&mut transaction).map_err(translate)
}

fn version_in(transaction: &mut Transaction<'_>) -> Result<Option<i32>, postgres::Error> {
    let there = "SELECT to_regclass('sprag_schema') IS NOT NULL";
    if !transaction.query_one(there, &[])?.get::<_, bool>(0) {
        return Ok(None);
    }
    let row = transaction.query_one("SELECT max(version) FROM sprag_schema", &[])?;
    row.try_get(0)
}

fn newer(version: i32) -> StoreError {
    let message = format!("its schema is {version}, the newest known here is {SCHEMA}");
    StoreError::new(StoreErrorKind::NewerSchema, message)
}

impl Store for Postgres {
    fn load(&self, ids: &[RecordId]) -> Result<Vec<Option<Record>>, StoreError> {
        let kinds: Vec<i16> = ids.iter().map(|id| number(id.kind())).collect();
        let names: Vec<&[u8]> = ids.iter().map(RecordId::name).collect();
        let rows = self.read(|session| session.client.query(&session.load, &[&kinds, &names]))?;
        rows.iter().map(|row| record(row, 0)).collect()
    }

    fn commit(&self, changes: &[Change]) -> Result<(), CommitError> {
        let kinds: Vec<i16> = changes.iter().map(|one| number(one.id.kind())).collect();
        let names: Vec<&[u8]> = changes.iter().map(|one| one.id.name()).collect();
        let expected: Vec<Option<i64>> =
            changes.iter().map(|one| one.expected.map(signed)).collect();
        let new = |one: &Change| one.new.as_ref().map(|new| signed(new.revision));
        let revisions: Vec<Option<i64>> = changes.iter().map(new).collect();
        let blobs = changes.iter().map(|one| one.new.as_ref());
        let blobs: Vec<Option<&[u8]>> = blobs.map(|new| Some(new?.blob.as_slice())).collect();
        let values: [&(dyn ToSql + Sync); 5] = [&kinds, &names, &expected, &revisions, &blobs];
        let said = self.once(|session| session.client.query(&session.commit, &values))?;
        match said {
            Ok(stale) if stale.is_empty() => Ok(()),
            Ok(stale) => Err(CommitError::Conflict(
                stale.iter().map(stale_id).collect::<Result<_, _>>()?,
            )),
            Err(error) if is_conflict(&error) => {
                let made = changes.iter().filter(|one| one.expected.is_none());
                Err(CommitError::Conflict(
                    made.map(|one| one.id.clone()).collect(),
                ))
            }
            Err(error) if in_doubt(&error) => Err(CommitError::Unknown(translate(error))),
            Err(error) => Err(CommitError::Refused(translate(error))),
        }
    }

    fn scan(
        &self,
        kind: RecordKind,
        after: Option<&RecordId>,
        limit: usize,
    ) -> Result<Vec<(RecordId, Record)>, StoreError> {
        let first = first_behind(after);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let values: [&(dyn ToSql + Sync); 3] = [&number(kind), &first, &limit];
        let rows = self.read(|session| session.client.query(&session.scan, &values))?;
        let named = |row: &Row| {
            let record = record(row, 1)?.ok_or_else(damaged)?;
            let name: &[u8] = row.try_get(0).map_err(translate)?;
            let id = RecordId::new(kind, name).map_err(|_| damaged())?;
            Ok((id, record))
        };
        rows.iter().map(named).collect()
    }
}

fn record(row: &Row, first: usize) -> Result<Option<Record>, StoreError> {
    let revision: Option<i64> = row.try_get(first).map_err(translate)?;
    let blob: Option<Vec<u8>> = row.try_get(first + 1).map_err(translate)?;
    let found = revision.zip(blob);
    Ok(found.map(|(revision, blob)| Record {
        revision: revision.cast_unsigned(),
        blob,
    }))
}

fn stale_id(row: &Row) -> Result<RecordId, StoreError> {
    let kind: i16 = row.try_get(0).map_err(translate)?;
    let name: &[u8] = row.try_get(1).map_err(translate)?;
    let kind = u8::try_from(kind).ok().and_then(RecordKind::from_number);
    RecordId::new(kind.ok_or_else(damaged)?, name).map_err(|_| damaged())
}

fn damaged() -> StoreError {
    StoreError::new(StoreErrorKind::Damaged, "a row that sprag did not write")
}

/// Revisions are below 2^63; a larger one would only never match.
const fn signed(revision: u64) -> i64 {
    revision.cast_signed()
}

fn number(kind: RecordKind) -> i16 {
    i16::from(kind as u8)
}
