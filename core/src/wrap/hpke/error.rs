//! Why HPKE refused.

use core::fmt;

use crate::entropy::EntropyError;
use crate::primitives::PrimitiveError;

/// Why something was not sealed, opened or exported. No error changes a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HpkeError {
    /// A public or encapsulated key has the wrong length or spelling. Do not retry.
    InvalidKey,
    /// A public or encapsulated key has small order: an agreement gave all zeros. Do not retry.
    NonContributory,
    /// A pre-shared key is shorter than 32 bytes, or has no name. Do not retry.
    InvalidPsk,
    /// The ciphertext is shorter than a tag. Do not retry.
    Truncated,
    /// Wrong key, info, associated data or ciphertext, or out of order. Do not retry.
    AuthenticationFailed,
    /// The context has sealed or opened as many messages as it may. Set up a new one.
    MessageLimit,
    /// The context only exports. Do not retry.
    ExportOnly,
    /// More than 8160 bytes were asked for at once. Do not retry.
    ExportTooLong,
    /// The plaintext is longer than the AEAD takes. Do not retry.
    TooLong,
    /// The random number generator failed. Retry once it works.
    Entropy,
    /// The crypto library failed for a reason of its own. Retry.
    Backend,
}

impl HpkeError {
    /// Whether the same call can succeed later.
    #[must_use]
    pub const fn retryable(self) -> bool {
        matches!(self, Self::Entropy | Self::Backend)
    }
}

impl fmt::Display for HpkeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidKey => "invalid public or encapsulated key",
            Self::NonContributory => "the key agreement was non-contributory",
            Self::InvalidPsk => "a pre-shared key has at least 32 bytes and a name",
            Self::Truncated => "the ciphertext is shorter than a tag",
            Self::AuthenticationFailed => "authentication failed",
            Self::MessageLimit => "the context has handled as many messages as it may",
            Self::ExportOnly => "the context only exports",
            Self::ExportTooLong => "at most 8160 bytes are exported at once",
            Self::TooLong => "the plaintext is longer than the cipher takes",
            Self::Entropy => "the random number generator failed",
            Self::Backend => "the crypto library failed",
        })
    }
}

impl core::error::Error for HpkeError {}

impl From<EntropyError> for HpkeError {
    fn from(_: EntropyError) -> Self {
        Self::Entropy
    }
}

impl From<PrimitiveError> for HpkeError {
    fn from(error: PrimitiveError) -> Self {
        match error {
            PrimitiveError::NonContributory => Self::NonContributory,
            PrimitiveError::InvalidKey => Self::InvalidKey,
            PrimitiveError::AuthenticationFailed => Self::AuthenticationFailed,
            _ => Self::Backend,
        }
    }
}
