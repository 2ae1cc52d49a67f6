//! The hash functions that only files and the hybrid KEM need: HKDF-SHA-512, SHA-3, Argon2id.

use core::fmt;

use super::PrimitiveError;

/// HKDF-Expand with SHA-512, which derives the keys of chunked files.
pub trait ExpandSha512 {
    /// HKDF-Expand (RFC 5869 section 2.3) with SHA-512; `info` is the concatenation of its parts.
    ///
    /// # Errors
    /// [`PrimitiveError::InvalidLength`] if `okm` is longer than 255 × 64 bytes,
    /// [`PrimitiveError::Library`] if the library failed.
    fn hkdf_expand(prk: &[u8; 32], info: &[&[u8]], okm: &mut [u8]) -> Result<(), PrimitiveError>;
}

/// SHA-3 (FIPS 202), as X-Wing uses it.
pub trait Sha3 {
    /// SHA3-256 of the concatenated parts, which may be secret.
    fn sha3_256(parts: &[&[u8]], digest: &mut [u8; 32]);

    /// SHAKE256 of `input`, which may be secret: as many bytes as `output` has.
    fn shake256(input: &[u8], output: &mut [u8]);
}

/// What a password hash costs whoever computes it (RFC 9106 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory `m` in KiB.
    pub memory: u32,
    /// Passes `t` over the memory.
    pub passes: u32,
    /// Lanes `p`, each of which has at least 8 KiB.
    pub lanes: u32,
}

impl PasswordCost {
    /// 64 MiB, 3 passes, 4 lanes: the second choice of RFC 9106 section 4.
    pub const INTERACTIVE: Self = Self {
        memory: 64 * 1024,
        passes: 3,
        lanes: 4,
    };
    /// 19 MiB, 2 passes, 1 lane: the least that OWASP advises, for small devices.
    pub const SMALL: Self = Self {
        memory: 19 * 1024,
        passes: 2,
        lanes: 1,
    };
}

impl fmt::Display for PasswordCost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            memory,
            passes,
            lanes,
        } = self;
        write!(f, "{memory} KiB, {passes} passes, {lanes} lanes")
    }
}

/// A memory-hard password hash.
pub trait PasswordHash {
    /// Argon2id version 0x13 (RFC 9106), 32 bytes, without secret and associated data.
    ///
    /// The caller has held `cost` against a limit of its own: the memory is reserved as asked for.
    ///
    /// # Errors
    /// [`PrimitiveError::InvalidLength`] if RFC 9106 does not allow `cost`,
    /// [`PrimitiveError::Library`] if the memory cannot be had. `hash` is then all zeros.
    fn argon2id(
        password: &[u8],
        salt: &[u8; 16],
        cost: &PasswordCost,
        hash: &mut [u8; 32],
    ) -> Result<(), PrimitiveError>;
}
