//! The network and the applications, as files: what was sent, what waits, what was read.
//!
//! ```text
//! draft/ID     a message that was not handed to the network yet
//! sent/ID      its plaintext, written meanwhile
//! wait/S/ID    messages on their way to side S, each put there by a rename
//! read/ID      the plaintext as the application saved it
//! opened       a line for each message that a session opened: ID
//! lost         likewise, for each that none could open
//! released     the ratchet key, pn and n of each message that was handed to the network
//! ```

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::Result;

/// Where a message's number stands: ratchet key, pn, n. Both sides have met, so that no handshake stands
/// before it.
pub(crate) const NUMBER: std::ops::Range<usize> = 3..43;

#[derive(Clone, Debug)]
pub(crate) struct Spool {
    folder: PathBuf,
}

/// A message that waits.
pub(crate) struct Waiting {
    pub(crate) id: String,
    pub(crate) message: Vec<u8>,
    path: PathBuf,
}

impl Spool {
    pub(crate) fn new(folder: &Path) -> Self {
        let folder = folder.to_path_buf();
        Self { folder }
    }

    pub(crate) fn create(folder: &Path) -> Result<Self> {
        let spool = Self::new(folder);
        for name in ["sent", "wait/0", "wait/1", "read", "draft"] {
            fs::create_dir_all(spool.path(name))?;
        }
        Ok(spool)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Hands a message to the network.
    pub(crate) fn send(&self, to: u8, id: &str, plaintext: &[u8], message: &[u8]) -> Result<()> {
        let draft = self.path("draft").join(id);
        fs::write(&draft, message)?;
        fs::write(self.path("sent").join(id), plaintext)?;
        let number = message.get(NUMBER).ok_or("a message without a header")?;
        self.append("released", number)?;
        Ok(fs::rename(
            draft,
            self.path(&format!("wait/{to}")).join(id),
        )?)
    }

    /// What waits for a side, oldest first.
    pub(crate) fn waiting(&self, side: u8, most: usize) -> Result<Vec<Waiting>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(self.path(&format!("wait/{side}")))? {
            found.push(entry?.path());
        }
        found.sort();
        let mut waiting = Vec::new();
        for path in found.into_iter().take(most) {
            // Another worker may have been faster.
            let message = match fs::read(&path) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                read => read?,
            };
            let id = path.file_name().unwrap_or_default();
            let id = id.to_string_lossy().into_owned();
            waiting.push(Waiting { id, message, path });
        }
        Ok(waiting)
    }

    /// The application saves a plaintext.
    pub(crate) fn save(&self, id: &str, plaintext: &[u8]) -> Result<()> {
        let draft = format!("{id}.read.{}", std::process::id());
        let draft = self.path("draft").join(draft);
        fs::write(&draft, plaintext)?;
        Ok(fs::rename(draft, self.path("read").join(id))?)
    }

    /// Whether a message never reached the network: its sender was killed just before.
    pub(crate) fn is_draft(&self, id: &OsStr) -> bool {
        self.path("draft").join(id).exists()
    }

    pub(crate) fn is_saved(&self, id: &str) -> bool {
        self.path("read").join(id).exists()
    }

    /// A message need not come again.
    pub(crate) fn done(&self, waiting: &Waiting) -> Result<()> {
        match fs::remove_file(&waiting.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// A message can't be opened: it counts as lost.
    pub(crate) fn lose(&self, waiting: &Waiting) -> Result<()> {
        self.append("lost", format!("{}\n", waiting.id).as_bytes())?;
        self.done(waiting)
    }

    pub(crate) fn opened(&self, id: &str) -> Result<()> {
        self.append("opened", format!("{id}\n").as_bytes())
    }

    /// One write, which other processes' writes do not interrupt.
    fn append(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.path(name))?;
        Ok(file.write_all(bytes)?)
    }
}
