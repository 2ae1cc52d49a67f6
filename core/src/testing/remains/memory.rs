//! Reading this process's own memory.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::vec;
use std::vec::Vec;

use zeroize::Zeroize;

use super::canary::{MASK, Window};
use super::{Canary, Remains};

/// What is read at once, in bytes.
const PART: usize = 1 << 18;
/// What may stand across the border of two parts.
const OVERLAP: usize = 15;
/// Places for windows; a power of two.
const SLOTS: usize = 1 << 17;
/// The most mappings, and bytes of the list of them.
const MAPPINGS: usize = 4096;

/// Searches everything that this process can write.
///
/// It has all of its memory from the start. What allocates while it searches is given the memory that was
/// just freed, and overwrites what it is looking for.
#[derive(Debug)]
pub struct Search {
    part: Vec<u8>,
    list: Vec<u8>,
    /// Each, and whether it is the main thread's stack.
    mappings: Vec<(Range<u64>, bool)>,
    /// The windows, masked: each at the place that its first word gives it or behind; zero where none is.
    slots: Vec<Window>,
    used: usize,
}

impl Default for Search {
    fn default() -> Self {
        Self::new()
    }
}

impl Search {
    /// A search that is made before what it will look for.
    #[must_use]
    pub fn new() -> Self {
        Self {
            part: vec![1; PART],
            list: vec![1; MAPPINGS * 128],
            mappings: Vec::with_capacity(MAPPINGS),
            slots: vec![[0; 2]; SLOTS],
            used: 0,
        }
    }

    /// Whether any of the canaries is anywhere in memory, in part. What other threads write meanwhile
    /// may be missed.
    ///
    /// # Errors
    /// What `/proc/self/maps` or `/proc/self/mem` gave; [`io::ErrorKind::OutOfMemory`] for more canaries
    /// than there is room for, about seven thousand of 32 bytes.
    pub fn remains(&mut self, case: &'static str, canaries: &[Canary]) -> io::Result<Remains> {
        self.slots.fill([0; 2]);
        self.used = 0;
        for window in canaries.iter().flat_map(Canary::windows) {
            self.add(window)?;
        }
        self.list_mappings()?;
        let mut remains = Remains {
            case,
            heap: false,
            stack: false,
        };
        let mut memory = File::open("/proc/self/mem")?;
        for index in 0..self.mappings.len() {
            let (range, is_stack) = self.mappings[index].clone();
            let found = self.search(&mut memory, range)?;
            match is_stack {
                true => remains.stack |= found,
                false => remains.heap |= found,
            }
        }
        // A vector as a whole would lose its length.
        self.part.as_mut_slice().zeroize();
        Ok(remains)
    }

    fn search(&mut self, memory: &mut File, range: Range<u64>) -> io::Result<bool> {
        // Not our own buffer, which holds what was just read.
        let own = self.part.as_ptr().addr() as u64;
        let before = range.start..range.end.min(own);
        let behind = range.start.max(own + PART as u64)..range.end;
        let mut found = false;
        for range in [before, behind] {
            let mut at = range.start;
            while at.saturating_add(16) <= range.end {
                let len = usize::try_from(range.end - at).map_or(PART, |len| len.min(PART));
                memory.seek(SeekFrom::Start(at))?;
                // A mapping may go while we read; then there is nothing in it.
                if memory.read_exact(&mut self.part[..len]).is_err() {
                    break;
                }
                found |= self.is_any_in(&self.part[..len]);
                at += (len - OVERLAP) as u64;
            }
        }
        Ok(found)
    }

    fn add(&mut self, window: Window) -> io::Result<()> {
        if self.used >= SLOTS - SLOTS / 4 {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        let mut slot = slot(window[0]);
        while self.slots[slot] != [0; 2] && self.slots[slot] != window {
            slot = (slot + 1) % SLOTS;
        }
        if self.slots[slot] != window {
            self.slots[slot] = window;
            self.used += 1;
        }
        Ok(())
    }

    fn is_any_in(&self, memory: &[u8]) -> bool {
        memory.windows(16).any(|bytes| {
            let first = word(&bytes[..8]);
            let mut slot = slot(first);
            while self.slots[slot] != [0; 2] {
                if self.slots[slot][0] == first && self.slots[slot][1] == word(&bytes[8..]) {
                    return true;
                }
                slot = (slot + 1) % SLOTS;
            }
            false
        })
    }

    fn list_mappings(&mut self) -> io::Result<()> {
        let malformed = || io::Error::from(io::ErrorKind::InvalidData);
        let mut maps = File::open("/proc/self/maps")?;
        let mut len = 0;
        loop {
            let read = maps.read(&mut self.list[len..])?;
            if read == 0 {
                break;
            }
            len += read;
        }
        if len == self.list.len() {
            // There may be more of it, and what is not searched would be found clean.
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        self.mappings.clear();
        let text = core::str::from_utf8(&self.list[..len]).map_err(|_| malformed())?;
        for line in text.lines() {
            let mut fields = line.split_ascii_whitespace();
            let (range, rights) = (fields.next(), fields.next());
            let (start, end) = range
                .and_then(|range| range.split_once('-'))
                .ok_or_else(malformed)?;
            if !rights.ok_or_else(malformed)?.starts_with("rw") {
                continue;
            }
            if self.mappings.len() == MAPPINGS {
                return Err(io::ErrorKind::OutOfMemory.into());
            }
            let address = |text| u64::from_str_radix(text, 16).map_err(|_| malformed());
            let is_stack = fields.last() == Some("[stack]");
            self.mappings
                .push((address(start)?..address(end)?, is_stack));
        }
        Ok(())
    }
}

const fn slot(masked: u64) -> usize {
    (masked.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 47) as usize % SLOTS
}

#[inline]
fn word(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(bytes);
    u64::from_le_bytes(word) ^ MASK
}
