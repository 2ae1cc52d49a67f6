//! The conductor: starts the parties of a model as processes, tells them what to do, and looks for
//! what they could read.
//!
//! What lives here: the processes and their lifetimes, and the checks by search, each of which has to
//! find a control in the same pass, or it fails. What does not: the search itself ([`crate::search`]);
//! what parties do ([`crate::models`]).

use std::fmt;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use clap::ValueEnum;
use tempfile::TempDir;

use crate::backend::{BackendName, unwiped};
use crate::party::{Fault, OK, REFUSED, read_line, write_line};
use crate::report::Report;
use crate::search::{self, Finds, Needle};
use crate::{Result, journal};

/// So long a party may take for an answer.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Runs one model.
#[derive(Debug)]
pub struct Conductor {
    model: &'static str,
    backend: BackendName,
    fault: Option<Fault>,
    executable: PathBuf,
    root: TempDir,
    /// What was checked.
    pub report: Report,
}

impl Conductor {
    /// A conductor for a model, with a folder that is removed with it.
    ///
    /// # Errors
    /// The file system's.
    pub fn new(
        model: &'static str,
        backend: BackendName,
        fault: Option<Fault>,
    ) -> io::Result<Self> {
        Ok(Self {
            model,
            backend,
            fault,
            executable: std::env::current_exe()?,
            root: tempfile::tempdir()?,
            report: Report::default(),
        })
    }

    /// The same, with the parties in another program than this one.
    #[must_use]
    pub fn with_executable(mut self, executable: impl Into<PathBuf>) -> Self {
        self.executable = executable.into();
        self
    }

    /// Starts a party of this role and waits until it is ready. `name` is unique in the run.
    ///
    /// # Errors
    /// [`PartyError`]; the system's.
    pub fn start(&self, role: &str, name: &str) -> Result<Party> {
        let folder = self.root.path().join(name);
        std::fs::create_dir(&folder)?;
        let mut command = Command::new(&self.executable);
        command.args(["party", role, "--model", self.model]);
        command.args(["--backend", self.backend.as_str(), "--dir"]);
        command.arg(&folder);
        if let Some(fault) = self.fault.and_then(|fault| fault.to_possible_value()) {
            command.args(["--fault", fault.get_name()]);
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (said, answers) = channel();
        let output = child.stdout.take();
        let mut party = Party {
            name: name.to_owned(),
            folder,
            commands: child.stdin.take(),
            child,
            answers,
            ready: Vec::new(),
        };
        thread::spawn(move || {
            let Some(mut output) = output.map(BufReader::new) else {
                return;
            };
            while let Ok(Some(line)) = read_line(&mut output) {
                if said.send(line).is_err() {
                    return;
                }
            }
        });
        party.ready = party.answer()?;
        Ok(party)
    }

    /// Checks that `party` holds none of `needles`, in memory or files, where the same search finds
    /// `control`, which it must hold: in memory, and in files if it has any.
    ///
    /// # Errors
    /// The file system's.
    pub fn holds_none(
        &mut self,
        claim: &str,
        party: &Party,
        control: &Needle,
        needles: &[Needle],
    ) -> Result<()> {
        self.none(claim, party, control, needles, true)
    }

    /// Checks that the files of `party` hold none of `needles`, where the same search finds `control`.
    ///
    /// # Errors
    /// The file system's.
    pub fn files_hold_none(
        &mut self,
        claim: &str,
        party: &Party,
        control: &Needle,
        needles: &[Needle],
    ) -> Result<()> {
        self.none(claim, party, control, needles, false)
    }

    /// As [`holds_none`](Self::holds_none) for AES-256-GCM keys that are gone, unless the backend's library
    /// does not wipe them: then nobody can promise that.
    ///
    /// # Errors
    /// The file system's.
    pub fn keys_gone(
        &mut self,
        claim: &str,
        party: &Party,
        control: &Needle,
        keys: &[Needle],
    ) -> Result<()> {
        if let Some(note) = unwiped(self.backend) {
            self.report.not_run(claim, note);
            return Ok(());
        }
        self.holds_none(claim, party, control, keys)
    }

    /// Checks that `party` holds each of `needles`, in memory or files.
    ///
    /// # Errors
    /// The file system's.
    pub fn holds_all(&mut self, claim: &str, party: &Party, needles: &[Needle]) -> Result<()> {
        let mut found = search::files(&party.folder, needles)?.found;
        match search::memory(party.child.id(), needles) {
            Ok(memory) => {
                let both = found.iter_mut().zip(memory.found);
                both.for_each(|(file, memory)| *file |= memory);
            }
            Err(why) if found.contains(&false) => {
                self.report.not_run(claim, &why.to_string());
                return Ok(());
            }
            Err(_) => {}
        }
        for (needle, _) in needles.iter().zip(&found).filter(|(_, found)| !**found) {
            self.report.note(&format!("not found: {}", needle.what));
        }
        let claim = format!("{claim} ({} looked for)", needles.len());
        let all = !needles.is_empty() && !found.contains(&false);
        self.report.check(&claim, all);
        Ok(())
    }

    /// Searches files, and memory too where that is asked for.
    fn none(
        &mut self,
        claim: &str,
        party: &Party,
        control: &Needle,
        needles: &[Needle],
        in_memory: bool,
    ) -> Result<()> {
        let all: Vec<Needle> = std::iter::once(control).chain(needles).cloned().collect();
        let files = search::files(&party.folder, &all)?;
        let mut clean = self.judge(&party.name, "files", &all, &files);
        let (mut searched, mut place) = (files.searched, "files");
        if in_memory {
            match search::memory(party.child.id(), &all) {
                Ok(memory) => {
                    clean &= self.judge(&party.name, "memory", &all, &memory);
                    searched += memory.searched;
                    place = "memory and files";
                }
                Err(why) => {
                    self.report.not_run(claim, &why.to_string());
                    place = "files alone";
                }
            }
        }
        let (count, kib) = (needles.len(), searched >> 10);
        let claim = format!("{claim} ({count} looked for in {kib} KiB of {place})");
        // Nothing to look for, or nowhere, would hold of everybody.
        self.report
            .check(&claim, clean && count > 0 && searched > 0);
        Ok(())
    }

    /// Whether the first of `all`, the control, was found in `place`, if anything is there, and no
    /// other.
    fn judge(&self, party: &str, place: &str, all: &[Needle], finds: &Finds) -> bool {
        let mut clean = true;
        for (n, (needle, &found)) in all.iter().zip(&finds.found).enumerate() {
            let what = &needle.what;
            if n == 0 && !found && finds.searched > 0 {
                let blind = format!("the search is blind: {what} not in the {place} of {party}");
                self.report.note(&blind);
                clean = false;
            } else if n > 0 && found {
                self.report
                    .note(&format!("found in the {place} of {party}: {what}"));
                clean = false;
            }
        }
        clean
    }
}

/// A party's process. Killed on drop.
#[derive(Debug)]
pub struct Party {
    name: String,
    folder: PathBuf,
    child: Child,
    commands: Option<ChildStdin>,
    answers: Receiver<String>,
    ready: Vec<String>,
}

impl Party {
    /// Its name in this run.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What it said when it was ready: a server, its address.
    #[must_use]
    pub fn ready(&self) -> &str {
        self.ready.first().map_or("", String::as_str)
    }

    /// A further field of what it said when it was ready.
    #[must_use]
    pub fn ready_field(&self, index: usize) -> &str {
        self.ready.get(index).map_or("", String::as_str)
    }

    /// Gives it a command and returns the fields of its answer.
    ///
    /// # Errors
    /// [`PartyError`].
    pub fn ask(&mut self, verb: &str, arguments: &[&str]) -> Result<Vec<String>> {
        let commands = self.commands.as_mut();
        let commands = commands.ok_or_else(|| PartyError::Ended(self.name.clone()))?;
        write_line(commands, verb, arguments)?;
        self.answer()
    }

    /// Gives it a command that it has to refuse, and returns its reason; `None` if it did it.
    ///
    /// # Errors
    /// [`PartyError`], except for the refusal.
    pub fn refuses(&mut self, verb: &str, arguments: &[&str]) -> Result<Option<String>> {
        match self.ask(verb, arguments) {
            Ok(_) => Ok(None),
            Err(error) => match error.downcast::<PartyError>().map(|error| *error) {
                Ok(PartyError::Refused { why, .. }) => Ok(Some(why)),
                Ok(error) => Err(error.into()),
                Err(error) => Err(error),
            },
        }
    }

    /// Kills it, as a device that is lost. Its folder stays.
    pub fn stop(&mut self) {
        // It may have ended by itself; either way it is gone after.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Every AEAD key its process used so far, as needles.
    ///
    /// # Errors
    /// As [`journal::read`].
    pub fn keys(&self) -> Result<Vec<Needle>> {
        let keys = journal::read(&self.folder)?;
        let name = |key| Needle::new(format!("a key of {}", self.name), key);
        Ok(keys.iter().map(name).collect())
    }

    fn answer(&mut self) -> Result<Vec<String>> {
        let name = || self.name.clone();
        let line = self
            .answers
            .recv_timeout(PATIENCE)
            .map_err(|error| match error {
                RecvTimeoutError::Timeout => PartyError::Silent(name()),
                RecvTimeoutError::Disconnected => PartyError::Ended(name()),
            })?;
        let mut fields = line.split('\t').map(str::to_owned);
        match fields.next().as_deref() {
            Some(OK) => Ok(fields.collect()),
            Some(REFUSED) => Err(PartyError::Refused {
                party: name(),
                why: fields.next().unwrap_or_default(),
            }
            .into()),
            _ => Err(PartyError::Confused(name()).into()),
        }
    }
}

impl Drop for Party {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A party did not do what it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartyError {
    /// It did not answer in time.
    Silent(String),
    /// Its process ended.
    Ended(String),
    /// It said what is no answer.
    Confused(String),
    /// It refused.
    Refused {
        /// Who.
        party: String,
        /// Its reason.
        why: String,
    },
}

impl fmt::Display for PartyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent(party) => {
                write!(f, "{party} gave no answer for {} s", PATIENCE.as_secs())
            }
            Self::Ended(party) => write!(f, "the process of {party} ended"),
            Self::Confused(party) => write!(f, "{party} said what is no answer"),
            Self::Refused { party, why } => write!(f, "{party}: {why}"),
        }
    }
}

impl std::error::Error for PartyError {}
