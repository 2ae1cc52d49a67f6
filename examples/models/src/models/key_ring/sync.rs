//! The server that keeps the file of a key ring, and hands it to whoever asks.
//!
//! A save names the version that it was made from, and is refused if that is not the newest.

use std::fmt;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sprag::SecretBytes;

use crate::net::{self, Service};
use crate::party::{self, Fault, Place, UnknownCommand, unhex};
use crate::{Result, fields};

/// The name of the ring's file in the server's folder.
pub(super) const FILE: &str = "ring";

/// The process. It says its address; `put-back FILE` has it hand out another copy, as a dishonest one
/// may.
pub(super) fn run(place: &Place) -> Result<()> {
    let sync = Arc::new(Sync {
        folder: place.folder.clone(),
        forgets: place.fault != Some(Fault::Keeps),
        state: Mutex::default(),
    });
    let address = net::serve(Arc::clone(&sync))?;
    party::answer(&[&address.to_string()], |verb, arguments| {
        match (verb, arguments) {
            ("put-back", [file]) => {
                let file = SecretBytes::from(unhex(file)?);
                sync.put(&mut sync.state(), &file)?;
                Ok(Vec::new())
            }
            _ => Err(UnknownCommand(verb.to_owned()).into()),
        }
    })
}

struct Sync {
    folder: PathBuf,
    forgets: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    version: u64,
    file: SecretBytes,
    kept: Vec<SecretBytes>,
    report: Vec<u8>,
}

impl Sync {
    fn save(&self, version: &[u8], file: &[u8]) -> Result<()> {
        let mut state = self.state();
        if version != state.version.to_be_bytes() {
            return Err(SyncError::NotNewest.into());
        }
        self.put(&mut state, file)?;
        state.version += 1;
        Ok(())
    }

    fn put(&self, state: &mut State, file: &[u8]) -> io::Result<()> {
        fs::write(self.folder.join(FILE), file)?;
        let before = std::mem::replace(&mut state.file, SecretBytes::from(file));
        if !self.forgets {
            state.kept.push(before);
        }
        Ok(())
    }

    /// A crash report. An honest one has nothing in it that is secret.
    fn report(&self, report: &[u8]) -> io::Result<()> {
        self.state().report = report.to_vec();
        fs::write(self.folder.join("report"), report)
    }

    /// A request that panicked changed nothing halfway.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service for Sync {
    fn answer(&self, request: &[u8]) -> Result<SecretBytes> {
        match fields::split(request)?[..] {
            [b"fetch"] => {
                let state = self.state();
                return Ok(fields::join(&[&state.version.to_be_bytes(), &state.file]));
            }
            [b"save", version, file] => self.save(version, file)?,
            [b"report", report] => self.report(report)?,
            _ => return Err(SyncError::UnknownRequest.into()),
        }
        Ok(SecretBytes::default())
    }
}

/// Why the server refuses a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SyncError {
    /// No such request, or other fields than it has.
    UnknownRequest,
    /// Somebody else saved since.
    NotNewest,
}

impl fmt::Display for SyncError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownRequest => "no such request",
            Self::NotNewest => "somebody else has saved the ring since",
        })
    }
}

impl std::error::Error for SyncError {}
