//! The journal of the AEAD keys that a party's process used, for this demonstration and nothing else.
//!
//! A device that wrote its keys to a file would be broken. Here each client runs on
//! [`Watched`], a backend that forwards to the chosen one and first appends every AEAD key it is given
//! to [`FILE`] in the client's own folder. The conductor reads these journals and searches the relay
//! for each key. What stands there: every key that sealed or opened a message, a record at rest, a
//! wrapped key or a backup's chunk. What does not: the keys these are derived from, which never leave
//! the engine.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::OnceLock;

use sprag::sprag_core::primitives::PrimitiveError;
use sprag::testing::watching::{Watch, Watching};

/// The journal's name in a party's folder. It is left out when the folder is searched.
pub const FILE: &str = "keys.journal";

static JOURNAL: OnceLock<File> = OnceLock::new();

/// The backend `B`, whose AEAD keys are written down.
pub type Watched<B> = Watching<B, WriteDown>;

/// Writes down the keys of this process from now on.
///
/// # Errors
/// The file system's.
pub fn start(folder: &Path) -> std::io::Result<()> {
    let path = folder.join(FILE);
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    JOURNAL.get_or_init(|| file);
    Ok(())
}

/// The keys that the party of this folder used so far, each once, in the order of their last use.
///
/// # Errors
/// The file system's; a party that used none has no journal, which is an error too: what is searched
/// for keys that were never written down finds nothing.
pub fn read(folder: &Path) -> std::io::Result<Vec<[u8; 32]>> {
    let bytes = std::fs::read(folder.join(FILE))?;
    let (keys, _) = bytes.as_chunks();
    let mut known = BTreeSet::new();
    let last_first = keys.iter().rev().filter(|key| known.insert(**key));
    let mut keys: Vec<_> = last_first.copied().collect();
    keys.reverse();
    Ok(keys)
}

/// A text and some of the keys, as a broken party gives them away
/// ([`Fault::Leaks`](crate::party::Fault::Leaks)).
///
/// # Errors
/// As [`read`].
pub fn leaked(folder: &Path, text: &[u8]) -> std::io::Result<Vec<u8>> {
    let keys = read(folder)?;
    let keys: Vec<u8> = keys.into_iter().take(4).flatten().collect();
    Ok([text, &keys].concat())
}

/// Appends keys to the journal.
#[derive(Clone, Copy, Debug)]
pub enum WriteDown {}

impl Watch for WriteDown {
    fn seal(key: &[u8; 32], _nonce: &[u8; 12], _aad: &[u8]) -> Result<(), PrimitiveError> {
        write_down(key)
    }

    fn open(key: &[u8; 32], _nonce: &[u8; 12], _aad: &[u8]) -> Result<(), PrimitiveError> {
        write_down(key)
    }
}

fn write_down(key: &[u8; 32]) -> Result<(), PrimitiveError> {
    let Some(mut journal) = JOURNAL.get() else {
        return Ok(());
    };
    journal.write_all(key).map_err(|_| PrimitiveError::Library)
}
