//! The longest message each AEAD may seal, checked before a buffer is touched.

use sprag_core::primitives::PrimitiveError;

/// AES-GCM: 2^39 − 256 bits (NIST SP 800-38D section 5.2.1.1).
pub(crate) const AES_GCM: u64 = (1 << 36) - 32;

/// ChaCha20-Poly1305: RFC 8439 section 2.8 allows 2^38 − 64 bytes; the last blocks are given up
/// so that a backend can draw several blocks of key stream at a time.
pub(crate) const CHACHA20_POLY1305: u64 = (1 << 38) - 1024;

/// Refuses a message that is longer than `limit` bytes.
pub(crate) const fn check(len: usize, limit: u64) -> Result<(), PrimitiveError> {
    if len as u64 > limit {
        return Err(PrimitiveError::InvalidLength);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn the_limits_are_inclusive() {
        for limit in [AES_GCM, CHACHA20_POLY1305] {
            let limit_len = usize::try_from(limit).expect("64-bit target");
            assert_eq!(check(limit_len, limit), Ok(()));
            assert_eq!(
                check(limit_len + 1, limit),
                Err(PrimitiveError::InvalidLength)
            );
        }
    }
}
