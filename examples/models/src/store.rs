//! A store of files that others gave it: a cloud's folder of backups.
//!
//! What lives here: its requests, and the files in memory and in its folder. What does not: what is in
//! them, nor who may fetch one.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use sprag::SecretBytes;

use crate::address::Address;
use crate::net::Service;
use crate::{Result, fields};

/// The most files.
pub const MAX_FILES: usize = 1000;

/// A store whose files are in a folder. Each is named as a device is.
#[derive(Debug)]
pub struct FileStore {
    folder: PathBuf,
    files: Mutex<BTreeMap<Address, Vec<u8>>>,
}

impl FileStore {
    /// An empty store.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            files: Mutex::default(),
        }
    }

    fn put(&self, name: Address, file: &[u8]) -> Result<()> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if files.len() >= MAX_FILES && !files.contains_key(&name) {
            return Err(StoreError::Full.into());
        }
        fs::write(self.folder.join(name.to_string()), file)?;
        files.insert(name, file.to_vec());
        Ok(())
    }

    fn get(&self, name: &Address) -> Result<SecretBytes> {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let file = files.get(name).ok_or(StoreError::NoSuchFile)?;
        Ok(SecretBytes::from(file.clone()))
    }
}

impl Service for FileStore {
    /// `put` with a name and a file, in place of one that has the name; `get` with a name.
    fn answer(&self, request: &[u8]) -> Result<SecretBytes> {
        let name = |field| -> Result<Address> { Ok(std::str::from_utf8(field)?.parse()?) };
        match fields::split(request)?[..] {
            [b"put", file, bytes] => self
                .put(name(file)?, bytes)
                .map(|()| SecretBytes::default()),
            [b"get", file] => self.get(&name(file)?),
            _ => Err(StoreError::UnknownRequest.into()),
        }
    }
}

/// Why the store refuses a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// No such request, or other fields than it has.
    UnknownRequest,
    /// There is no file of this name.
    NoSuchFile,
    /// There are too many files.
    Full,
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownRequest => "no such request",
            Self::NoSuchFile => "there is no file of this name",
            Self::Full => "full",
        })
    }
}

impl std::error::Error for StoreError {}
