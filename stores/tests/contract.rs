//! Every store keeps the contract.

use sprag_core::store::conformance;
use sprag_stores::Memory;

#[test]
fn memory_keeps_the_contract() {
    conformance::check(&Memory::new());
}

#[cfg(feature = "sqlite")]
#[test]
fn sqlite_keeps_the_contract() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let store = sprag_stores::Sqlite::open(folder.path().join("store"))?;
    conformance::check(&store);
    Ok(())
}

/// Two connections to one file, as two processes have them.
#[cfg(feature = "sqlite")]
#[test]
fn two_connections_to_one_file_keep_the_contract() -> Result<(), Box<dyn std::error::Error>> {
    use both::Both;

    let folder = tempfile::tempdir()?;
    let path = folder.path().join("store");
    let open = || sprag_stores::Sqlite::open(&path);
    conformance::check(&Both::new(open()?, open()?));
    Ok(())
}

#[cfg(feature = "postgres")]
#[test]
fn postgres_keeps_the_contract() -> Result<(), Box<dyn std::error::Error>> {
    let database = server::Database::new("contract")?;
    conformance::check(&database.open()?);
    conformance::check(&both::Both::new(database.open()?, database.open()?));
    Ok(())
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod both;
#[cfg(feature = "postgres")]
mod server;
