//! Cold caches: before every call, outside the clock, they are filled with other data.

use std::fs;
use std::hint::black_box;
use std::ops::Range;

use crate::workload::{Digest, Operation, Wrong};

const LINE: usize = 64;
/// What is taken for the size of the last cache where the system does not tell.
const LAST_CACHE: usize = 32 << 20;
/// No more than this is filled, however large the caches are.
const MOST: usize = 256 << 20;

/// `operation`, one call at a time, each with cold caches.
pub(super) fn build(operation: Box<dyn Operation>) -> Box<dyn Operation> {
    // Twice the cache, since what is replaced is not exactly what is oldest.
    let bytes = last_cache().unwrap_or(LAST_CACHE).saturating_mul(2);
    Box::new(Cold {
        operation,
        other: vec![1; bytes.min(MOST)],
    })
}

struct Cold {
    operation: Box<dyn Operation>,
    other: Vec<u8>,
}

impl Operation for Cold {
    fn prepare(&mut self, count: usize) -> Result<(), Wrong> {
        self.operation.prepare(count)?;
        for byte in self.other.iter_mut().step_by(LINE) {
            *byte = byte.wrapping_add(1);
        }
        black_box(&self.other);
        Ok(())
    }

    fn run(&mut self, range: Range<usize>) -> Result<(), Wrong> {
        self.operation.run(range)
    }

    fn verify(&mut self, digest: &mut Digest) -> Result<(), Wrong> {
        self.operation.verify(digest)
    }

    fn capacity(&self) -> usize {
        1
    }
}

/// Bytes of the first processor's last cache, where Linux tells.
fn last_cache() -> Option<usize> {
    let index = |level: u32| format!("/sys/devices/system/cpu/cpu0/cache/index{level}/size");
    let size = (2..=4)
        .rev()
        .find_map(|level| fs::read_to_string(index(level)).ok())?;
    let kibibytes: usize = size.trim().strip_suffix('K')?.parse().ok()?;
    Some(kibibytes << 10)
}
