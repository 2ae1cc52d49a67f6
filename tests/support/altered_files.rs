//! Files that somebody without a key has written.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// A file of which bytes were changed among the first `within` and the end was cut off, or neither; and
/// one that begins as it does and goes on otherwise.
pub(crate) fn altered(file: &[u8], within: usize) -> impl Strategy<Value = [Vec<u8>; 2]> + use<> {
    let file = file.to_vec();
    let writes = vec((0..within, 1..=255_u8), 0..4);
    let noise = vec(any::<u8>(), 0..600);
    let parts = (writes, any::<Option<Index>>(), 0..64_usize, noise);
    parts.prop_map(move |(writes, cut, front, noise)| {
        let mut changed = file.clone();
        for (at, byte) in writes {
            changed[at] ^= byte;
        }
        if let Some(cut) = cut {
            changed.truncate(cut.index(file.len()));
        }
        [changed, [&file[..front], &noise].concat()]
    })
}

/// So many cases, of which none is written down.
pub(crate) fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}
