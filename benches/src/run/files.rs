//! Where the results go: paths that are checked before the measuring begins.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::cli::Failure;

/// Says which path could not be written.
pub(crate) fn unwritable(path: &Path) -> impl FnOnce(io::Error) -> Failure {
    let path = path.to_owned();
    move |error| Failure::Unwritable(path, error)
}

/// The path to write to, checked before the measuring begins rather than after.
pub(crate) fn writable(path: Option<&Path>, default: &str) -> Result<PathBuf, Failure> {
    let path = match path {
        Some(path) => path.to_owned(),
        None => {
            let folder = Path::new("target");
            fs::create_dir_all(folder)
                .map_err(|error| Failure::Unwritable(folder.to_owned(), error))?;
            folder.join(default)
        }
    };
    match OpenOptions::new().append(true).create(true).open(&path) {
        Ok(_) => Ok(path),
        Err(error) => Err(Failure::Unwritable(path, error)),
    }
}
