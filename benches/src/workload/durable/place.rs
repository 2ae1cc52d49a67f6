//! Where the records are: each operation has a store of its own, which goes when it does.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sprag::sprag_core::store::Store;
use sprag::stores::{Memory, Postgres, PostgresOptions, Sqlite};
use tempfile::TempDir;

use crate::workload::{OrWrong, Wrong};

/// The variable that holds the address of the PostgreSQL server.
const SERVER: &str = "SPRAG_POSTGRES";

/// The kind of store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The memory of the process.
    Memory,
    /// A SQLite file; every commit is written through.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

/// Whether there is a PostgreSQL server to measure.
#[must_use]
pub fn has_postgres() -> bool {
    std::env::var_os(SERVER).is_some()
}

/// A store that any number of connections can be opened to.
pub(in crate::workload) enum Site {
    Memory(Arc<Memory>),
    Sqlite(TempDir),
    Postgres(Schema),
}

impl Site {
    /// An empty store.
    pub(in crate::workload) fn new(place: Place) -> Result<Self, Wrong> {
        Ok(match place {
            Place::Memory => Self::Memory(Arc::new(Memory::new())),
            Place::Sqlite => Self::Sqlite(folder()?),
            Place::Postgres => Self::Postgres(Schema::new()?),
        })
    }

    /// A connection to it.
    pub(in crate::workload) fn open(&self) -> Result<Arc<dyn Store>, Wrong> {
        Ok(match self {
            Self::Memory(memory) => Arc::clone(memory) as _,
            Self::Sqlite(folder) => {
                Arc::new(Sqlite::open(folder.path().join("store")).or_wrong("SQLite")?)
            }
            Self::Postgres(schema) => {
                let options = PostgresOptions::new(&schema.url).or_wrong("PostgreSQL")?;
                Arc::new(options.open().or_wrong("PostgreSQL")?)
            }
        })
    }
}

/// A folder on the disk of the build: that of temporary files may be memory.
fn folder() -> Result<TempDir, Wrong> {
    let target = Path::new("target");
    fs::create_dir_all(target).or_wrong("the folder target")?;
    TempDir::with_prefix_in("durable-", target).or_wrong("a folder for SQLite")
}

/// A schema of its own on the server.
pub(in crate::workload) struct Schema {
    server: String,
    name: String,
    url: String,
}

impl Schema {
    fn new() -> Result<Self, Wrong> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let server = std::env::var(SERVER).or_wrong(SERVER)?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("sprag_bench_{}_{number}", std::process::id());
        let and = if server.contains('?') { '&' } else { '?' };
        let url = format!("{server}{and}options=-csearch_path%3D{name}");
        let schema = Self { server, name, url };
        schema.ask(&format!("CREATE SCHEMA {}", schema.name))?;
        Postgres::migrate(&schema.url).or_wrong("PostgreSQL")?;
        Ok(schema)
    }

    fn ask(&self, statement: &str) -> Result<(), Wrong> {
        let client = postgres::Client::connect(&self.server, postgres::NoTls);
        let mut client = client.or_wrong("PostgreSQL")?;
        client.batch_execute(statement).or_wrong("PostgreSQL")
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        // The server may have gone before; then the schema has too.
        let _ = self.ask(&format!("DROP SCHEMA {} CASCADE", self.name));
    }
}
