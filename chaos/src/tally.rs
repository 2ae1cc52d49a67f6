//! The count at the end.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::fs;

use crate::Result;
use crate::recording::ENTRY;
use crate::spool::{NUMBER, Spool};

/// What became of the messages.
#[derive(Debug)]
pub(crate) struct Tally {
    pub(crate) kills: u32,
    released: usize,
    read: usize,
    opened: usize,
    uses: [usize; 2],
    /// Each of these must be zero.
    harm: [(&'static str, usize); 6],
}

impl Tally {
    pub(crate) fn count(spool: &Spool, kills: u32) -> Result<Self> {
        let mut harm = [
            ("messages that no session could open", 0),
            ("messages that were released and not read", 0),
            ("messages that were read with another text", 0),
            ("messages that were opened twice", 0),
            ("numbers that were released twice", 0),
            ("keys that were used twice with one nonce", 0),
        ];
        let [unopened, unread, altered, twice, renumbered, reused] =
            harm.each_mut().map(|(_, count)| count);

        let lines = |name| -> Result<Vec<String>> {
            let text = fs::read_to_string(spool.path(name)).unwrap_or_default();
            Ok(text.lines().map(str::to_owned).collect())
        };
        *unopened = lines("lost")?.len();

        let numbers = fs::read(spool.path("released"))?;
        let width = NUMBER.len();
        let mut known = HashSet::new();
        *renumbered = numbers
            .chunks_exact(width)
            .filter(|number| !known.insert(*number))
            .count();

        let (mut sent, mut read) = (0, 0);
        for entry in fs::read_dir(spool.path("sent"))? {
            let entry = entry?;
            let path = spool.path("read").join(entry.file_name());
            match fs::read(path) {
                Ok(text) => {
                    read += 1;
                    *altered += usize::from(text != fs::read(entry.path())?);
                }
                Err(_) if spool.is_draft(&entry.file_name()) => continue,
                Err(_) => *unread += 1,
            }
            sent += 1;
        }

        let mut times = BTreeMap::new();
        let opened = lines("opened")?;
        for id in &opened {
            *times.entry(id).or_insert(0_usize) += 1;
        }
        *twice = times.values().filter(|times| **times > 1).count();

        let used = fs::read(spool.path("used"))?;
        let mut known = HashSet::new();
        let mut uses = [0; 2];
        for entry in used.chunks_exact(ENTRY) {
            let (digest, purpose) = entry.split_at(ENTRY - 1);
            uses[usize::from(purpose[0] & 1)] += 1;
            *reused += usize::from(!known.insert(digest));
        }
        Ok(Self {
            kills,
            released: sent,
            read,
            opened: opened.len(),
            uses,
            harm,
        })
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.harm.iter().all(|(_, count)| *count == 0)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [messages, records] = self.uses;
        writeln!(
            f,
            "workers killed                              {:>9}",
            self.kills
        )?;
        writeln!(
            f,
            "messages released                           {:>9}",
            self.released
        )?;
        writeln!(
            f,
            "messages read                               {:>9}",
            self.read
        )?;
        writeln!(
            f,
            "  of these told to the worker that opened   {:>9}",
            self.opened
        )?;
        writeln!(
            f,
            "keys and nonces used, for messages          {messages:>9}"
        )?;
        writeln!(
            f,
            "                      for records at rest   {records:>9}"
        )?;
        for (what, count) in &self.harm {
            writeln!(f, "{what:<44}{count:>9}")?;
        }
        Ok(())
    }
}
