//! Lengths in buckets, so that a file's length tells little about what is in it.
//!
//! Padmé (PURBs, PoPETs 2019): the length is rounded up to a number whose significant bits are about
//! as many as the bits of its exponent, which costs at most a sixteenth from the shortest bucket on.

/// The shortest text in bytes.
const LEAST: u64 = 4096;

/// The length of the bucket that `len` bytes go into.
pub(super) fn padded(len: u64) -> u64 {
    let len = len.max(LEAST);
    let exponent = len.ilog2();
    let significant = exponent.ilog2().saturating_add(1);
    let free = exponent.saturating_sub(significant);
    let mask = (1_u64 << free).saturating_sub(1);
    len.saturating_add(mask) & !mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_holds_its_length_and_costs_at_most_a_sixteenth() {
        for len in (0..70_000).chain([1 << 20, (1 << 30) + 1, (1 << 40) - 1, 123_456_789]) {
            let bucket = padded(len);
            assert!(bucket >= len && bucket >= LEAST);
            assert_eq!(padded(bucket), bucket);
            assert!(len < LEAST || bucket - len <= len / 16, "{len} in {bucket}");
        }
    }

    #[test]
    fn near_lengths_share_a_bucket() {
        assert_eq!(padded(1), padded(4096));
        assert_eq!(padded(1_000_001), padded(1_003_520));
        let buckets: alloc::collections::BTreeSet<_> = (1..100_000).map(padded).collect();
        assert!(buckets.len() < 100, "{}", buckets.len());
    }
}
