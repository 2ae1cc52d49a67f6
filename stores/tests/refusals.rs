//! Bad addresses, foreign databases, full and read-only ones: an error that says which, and nothing
//! changed.

use std::error::Error;

use sprag_core::store::{Change, CommitError, Record, RecordId, RecordKind, Store, StoreErrorKind};

type Done = Result<(), Box<dyn Error>>;

fn change(name: &str, expected: Option<u64>, bytes: usize) -> Change {
    let id = RecordId::new(RecordKind::Conversation, name.as_bytes()).unwrap();
    let blob = vec![1; bytes];
    let revision = expected.unwrap_or(0) + 1;
    let new = Some(Record { revision, blob });
    Change { id, expected, new }
}

fn refusal(said: Result<(), CommitError>) -> StoreErrorKind {
    match said {
        Err(CommitError::Refused(error)) => error.kind(),
        other => panic!("{other:?}"),
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use std::fs;

    use rusqlite::Connection;
    use sprag_stores::{Sqlite, SqliteOptions};

    use super::*;

    fn kind(opened: Result<Sqlite, sprag_core::store::StoreError>) -> StoreErrorKind {
        opened.unwrap_err().kind()
    }

    #[test]
    fn a_full_disk_is_said_and_leaves_what_was_there() -> Done {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("store");
        let store = SqliteOptions::new(&path).max_bytes(100 * 1024).open()?;
        store.commit(&[change("kept", None, 1000)])?;
        let both = [
            change("kept", Some(1), 1000),
            change("large", None, 1 << 20),
        ];
        assert_eq!(refusal(store.commit(&both)), StoreErrorKind::Full);
        let ids = both.map(|change| change.id);
        let found = store.load(&ids)?;
        assert_eq!(found[0].as_ref().map(|record| record.revision), Some(1));
        assert_eq!(found[1], None);
        store.commit(&[change("kept", Some(1), 1000)])?;
        Ok(())
    }

    #[test]
    fn a_file_that_may_only_be_read_is_read() -> Done {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("store");
        let writer = Sqlite::open(&path)?;
        writer.commit(&[change("a", None, 10)])?;
        let reader = SqliteOptions::new(&path).read_only().open()?;
        let id = change("a", None, 0).id;
        assert!(reader.load(&[id])?[0].is_some());
        let refused = refusal(reader.commit(&[change("a", Some(1), 10)]));
        assert_eq!(refused, StoreErrorKind::ReadOnly);
        Ok(())
    }

    #[test]
    fn what_is_not_ours_is_left_alone() -> Done {
        let folder = tempfile::tempdir()?;
        let path = |name: &str| folder.path().join(name);
        fs::write(path("text"), vec![b'x'; 5000])?;
        assert_eq!(kind(Sqlite::open(path("text"))), StoreErrorKind::Foreign);
        assert_eq!(fs::read(path("text"))?, vec![b'x'; 5000]);

        Connection::open(path("other"))?.execute_batch("CREATE TABLE theirs (a)")?;
        assert_eq!(kind(Sqlite::open(path("other"))), StoreErrorKind::Foreign);
        let named = Connection::open(path("named"))?;
        named.execute_batch("PRAGMA application_id = 42; CREATE TABLE theirs (a)")?;
        assert_eq!(kind(Sqlite::open(path("named"))), StoreErrorKind::Foreign);

        drop(Sqlite::open(path("newer"))?);
        Connection::open(path("newer"))?.execute_batch("PRAGMA user_version = 2")?;
        let newer = Sqlite::open(path("newer")).unwrap_err();
        assert_eq!(newer.kind(), StoreErrorKind::NewerSchema);
        assert!(newer.to_string().contains('2'), "{newer}");

        let nowhere = path("no such folder").join("store");
        assert_eq!(kind(Sqlite::open(nowhere)), StoreErrorKind::Configuration);
        Ok(())
    }

    #[test]
    fn a_damaged_file_is_said() -> Done {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("store");
        let store = Sqlite::open(&path)?;
        for n in 0..200 {
            store.commit(&[change(&format!("{n}"), None, 700)])?;
        }
        drop(store);
        let mut bytes = fs::read(&path)?;
        let middle = bytes.len() / 2;
        for byte in &mut bytes[4096..middle] {
            *byte = 0xa5;
        }
        fs::write(&path, bytes)?;
        let read =
            Sqlite::open(&path).and_then(|store| store.scan(RecordKind::Conversation, None, 1000));
        assert_eq!(read.unwrap_err().kind(), StoreErrorKind::Damaged);
        Ok(())
    }

    #[test]
    fn a_writer_that_does_not_let_go_is_waited_for_and_then_said() -> Done {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("store");
        let wait = std::time::Duration::from_millis(50);
        let store = SqliteOptions::new(&path).wait(wait).open()?;
        let other = Connection::open(&path)?;
        other.execute_batch("BEGIN IMMEDIATE")?;
        let refused = refusal(store.commit(&[change("a", None, 1)]));
        assert_eq!(refused, StoreErrorKind::Unavailable);
        other.execute_batch("ROLLBACK")?;
        store.commit(&[change("a", None, 1)])?;
        Ok(())
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;
    use std::time::{Duration, Instant};

    use ::postgres::{Client, NoTls};
    use sprag_stores::Postgres;

    use super::*;
    use crate::server::Database;

    fn kind(url: &str) -> StoreErrorKind {
        Postgres::open(url).unwrap_err().kind()
    }

    #[test]
    fn bad_addresses_are_told_apart() -> Done {
        assert_eq!(kind("not an address"), StoreErrorKind::Configuration);
        let closed = "postgres://nobody@127.0.0.1:1/none?connect_timeout=2";
        assert_eq!(kind(closed), StoreErrorKind::Unavailable);
        let server = Database::server()?;
        let (front, _) = server.rsplit_once('/').ok_or("an address")?;
        let missing = format!("{front}/no_such_database");
        assert_eq!(kind(&missing), StoreErrorKind::Configuration);
        Ok(())
    }

    #[test]
    fn a_database_that_is_not_ours_or_newer_is_left_alone() -> Done {
        let empty = Database::empty("empty")?;
        assert_eq!(kind(&empty.url()), StoreErrorKind::Foreign);
        let newer = Database::new("newer")?;
        let mut client = Client::connect(&newer.url(), NoTls)?;
        client.batch_execute("UPDATE sprag_schema SET version = 2")?;
        let error = Postgres::open(&newer.url()).unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::NewerSchema);
        assert!(error.to_string().contains('2'), "{error}");
        let error = Postgres::migrate(&newer.url()).unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::NewerSchema);
        Ok(())
    }

    #[test]
    fn migrating_again_changes_nothing() -> Done {
        let database = Database::new("again")?;
        let store = database.open()?;
        store.commit(&[change("a", None, 10)])?;
        Postgres::migrate(&database.url())?;
        assert!(store.load(&[change("a", None, 0).id])?[0].is_some());
        Ok(())
    }

    #[test]
    fn a_database_that_may_only_be_read_says_so() -> Done {
        let database = Database::new("reading")?;
        let url = format!("{}%20-cdefault_transaction_read_only%3Don", database.url());
        let store = Postgres::open(&url)?;
        let refused = refusal(store.commit(&[change("a", None, 1)]));
        assert_eq!(refused, StoreErrorKind::ReadOnly);
        Ok(())
    }

    /// Every connection of the store is cut again and again while it counts; the revision says each
    /// time whether a commit happened.
    #[test]
    fn a_cut_connection_leaves_no_doubt_that_the_revision_does_not_settle() -> Done {
        let database = Database::new("cut")?;
        let store = Postgres::open(&format!("{}&application_name=cut", database.url()))?;
        let id = change("count", None, 0).id;
        store.commit(&[change("count", None, 1)])?;
        let server = Database::server()?;
        let done = AtomicBool::new(false);
        let (mut revision, mut doubts) = (1, 0);
        let counted: Done = thread::scope(|scope| {
            let cutter = scope.spawn(|| cut_until(&server, &done));
            let counted = count(&store, &id, &mut revision, &mut doubts);
            done.store(true, Ordering::Relaxed);
            let cuts = cutter.join().map_err(|_| "the cutter failed")?;
            assert!(cuts > 10, "only {cuts} connections were cut");
            counted
        });
        counted?;
        println!("{revision} commits, {doubts} of them in doubt");
        let found = store.load(&[id])?[0].as_ref().map(|record| record.revision);
        assert_eq!(found, Some(revision));
        Ok(())
    }

    fn count(store: &Postgres, id: &RecordId, revision: &mut u64, doubts: &mut u32) -> Done {
        let began = Instant::now();
        while *revision < 150 || began.elapsed() < Duration::from_secs(2) {
            match store.commit(&[change("count", Some(*revision), 1)]) {
                Ok(()) => *revision += 1,
                Err(CommitError::Unknown(_)) => {
                    *doubts += 1;
                    *revision = settle(store, id, *revision)?;
                }
                Err(CommitError::Refused(error)) if error.retryable() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// The revision after a commit that nothing was heard of.
    fn settle(store: &Postgres, id: &RecordId, before: u64) -> Result<u64, Box<dyn Error>> {
        loop {
            match store.load(std::slice::from_ref(id)) {
                Ok(found) => {
                    let found = found[0].as_ref().ok_or("the record is gone")?.revision;
                    assert!(found == before || found == before + 1);
                    return Ok(found);
                }
                Err(error) if error.retryable() => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn cut_until(server: &str, done: &AtomicBool) -> usize {
        let mut client = Client::connect(server, NoTls).unwrap();
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name = 'cut'";
        let mut cuts = 0;
        while !done.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(40));
            cuts += client.query(cut, &[]).unwrap().len();
        }
        cuts
    }
}

#[cfg(feature = "postgres")]
mod server;
