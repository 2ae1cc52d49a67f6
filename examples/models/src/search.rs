//! Searching a process's memory and a folder's files for byte strings.
//!
//! The memory is read through `/proc/PID/maps` and `/proc/PID/mem`, all of it that is readable and
//! writable, which the parent of a process may. Where that is not there the answer is an
//! [`Unsearchable`], never an empty find. What does not live here: what ought to be found
//! ([`crate::conductor`]).

use std::collections::HashMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use crate::journal;

/// Memory and files are read in pieces of so many bytes.
const PIECE: usize = 1 << 20;

/// Something to look for.
#[derive(Clone, Debug)]
pub struct Needle {
    /// What it is, for people.
    pub what: String,
    /// Its bytes; two at least, or it is never found.
    pub bytes: Vec<u8>,
}

impl Needle {
    /// Something to look for, and what it is.
    pub fn new(what: impl Into<String>, bytes: impl AsRef<[u8]>) -> Self {
        let (what, bytes) = (what.into(), bytes.as_ref().to_vec());
        Self { what, bytes }
    }
}

/// What was found, and how much was searched.
#[derive(Debug)]
pub struct Finds {
    /// For each needle, in order, whether it was there.
    pub found: Vec<bool>,
    /// Bytes searched.
    pub searched: u64,
}

/// Searches all memory of a process that is readable and writable.
///
/// # Errors
/// [`Unsearchable`] if the system does not show it.
pub fn memory(process: u32, needles: &[Needle]) -> Result<Finds, Unsearchable> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).map_err(Unsearchable)?;
    let memory = File::open(format!("/proc/{process}/mem")).map_err(Unsearchable)?;
    let mut search = Search::new(needles);
    for (start, end) in maps.lines().filter_map(writable) {
        read_region(&memory, start, end, &mut search);
    }
    if search.searched == 0 {
        let why = "none of the process's memory could be read";
        return Err(Unsearchable(io::Error::other(why)));
    }
    Ok(search.finds())
}

/// Searches all files under a folder but the key journal. Their names are not searched.
///
/// # Errors
/// The file system's.
pub fn files(folder: &Path, needles: &[Needle]) -> io::Result<Finds> {
    let mut search = Search::new(needles);
    search_folder(folder, &mut search)?;
    Ok(search.finds())
}

/// The system does not show a process's memory, and why.
#[derive(Debug)]
pub struct Unsearchable(pub io::Error);

impl fmt::Display for Unsearchable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this system does not show the memory: {}", self.0)
    }
}

impl std::error::Error for Unsearchable {}

/// The addresses of a line of `/proc/PID/maps`, if the mapping is readable and writable.
fn writable(line: &str) -> Option<(u64, u64)> {
    let (addresses, rest) = line.split_once(' ')?;
    let (start, end) = addresses.split_once('-')?;
    let parse = |text| u64::from_str_radix(text, 16).ok();
    rest.starts_with("rw").then_some(())?;
    Some((parse(start)?, parse(end)?))
}

#[cfg(unix)]
fn read_region(memory: &File, start: u64, end: u64, search: &mut Search<'_>) {
    use std::os::unix::fs::FileExt;

    let mut buffer = vec![0; PIECE];
    let mut at = start;
    search.begin();
    while at < end {
        let want = usize::try_from(end - at).unwrap_or(PIECE).min(PIECE);
        // A mapping that went away since, or that no file is behind, has nothing to show.
        let Ok(read @ 1..) = memory.read_at(&mut buffer[..want], at) else {
            return;
        };
        search.feed(&buffer[..read]);
        at += read as u64;
    }
}

#[cfg(not(unix))]
fn read_region(_: &File, _: u64, _: u64, _: &mut Search<'_>) {}

fn search_folder(folder: &Path, search: &mut Search<'_>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            search_folder(&entry.path(), search)?;
        } else if entry.file_name() != journal::FILE {
            let mut file = File::open(entry.path())?;
            let mut buffer = vec![0; PIECE];
            search.begin();
            loop {
                let read = file.read(&mut buffer)?;
                if read == 0 {
                    break;
                }
                search.feed(&buffer[..read]);
            }
        }
    }
    Ok(())
}

/// A search in progress: needles by their first two bytes, and the end of the piece before.
struct Search<'a> {
    needles: &'a [Needle],
    by_start: HashMap<[u8; 2], Vec<usize>>,
    starts: Vec<bool>,
    longest: usize,
    carried: Vec<u8>,
    found: Vec<bool>,
    searched: u64,
}

impl<'a> Search<'a> {
    fn new(needles: &'a [Needle]) -> Self {
        let mut by_start = HashMap::<_, Vec<_>>::new();
        let mut starts = vec![false; 1 << 16];
        for (index, needle) in needles.iter().enumerate() {
            if let Some(start) = needle.bytes.first_chunk::<2>() {
                by_start.entry(*start).or_default().push(index);
                starts[usize::from(u16::from_be_bytes(*start))] = true;
            }
        }
        Self {
            needles,
            by_start,
            starts,
            longest: needles.iter().map(|n| n.bytes.len()).max().unwrap_or(0),
            carried: Vec::new(),
            found: vec![false; needles.len()],
            searched: 0,
        }
    }

    /// A new region or file: nothing stretches over from the one before.
    fn begin(&mut self) {
        self.carried.clear();
    }

    fn feed(&mut self, piece: &[u8]) {
        self.searched += piece.len() as u64;
        let mut text = std::mem::take(&mut self.carried);
        text.extend_from_slice(piece);
        for (at, start) in text.array_windows().enumerate() {
            if self.starts[usize::from(u16::from_be_bytes(*start))] {
                for &index in self.by_start.get(start).into_iter().flatten() {
                    self.found[index] |= text[at..].starts_with(&self.needles[index].bytes);
                }
            }
        }
        let keep = self.longest.saturating_sub(1).min(text.len());
        self.carried = text.split_off(text.len() - keep);
    }

    fn finds(self) -> Finds {
        Finds {
            found: self.found,
            searched: self.searched,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_across_two_pieces_is_found_and_what_lies_across_two_files_is_not() {
        let needles = [Needle::new("", "secret"), Needle::new("", "absent")];
        let mut search = Search::new(&needles);
        search.feed(b"...sec");
        search.feed(b"ret...");
        search.begin();
        search.feed(b"abs");
        search.begin();
        search.feed(b"ent");
        assert_eq!(search.finds().found, [true, false]);
    }

    #[test]
    fn only_memory_that_can_be_written_is_read() {
        let heap = "55a0-55b0 rw-p 00000000 00:00 0 [heap]";
        assert_eq!(writable(heap), Some((0x55a0, 0x55b0)));
        assert_eq!(writable("55a0-55b0 r--p 00000000 00:00 0"), None);
    }
}
