//! Why a handshake failed: one `Copy` enum for the whole layer.

use core::fmt;

use crate::codec::Malformed;
use crate::entropy::EntropyError;
use crate::primitives::PrimitiveError;
use crate::session::SessionError;

/// Why a bundle was refused, a first message not made, or a first message not accepted.
///
/// No error changes any state. The variants are for the local log and the local caller: a server
/// or a peer should be told no more than "refused".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The bytes are not a canonical encoding. Retrying the same bytes is useless.
    Malformed,
    /// The peer speaks, or asks for, a protocol version that we do not have. Retry after an
    /// update.
    UnsupportedVersion,
    /// The first message names a suite that does not exist here. Do not retry.
    UnknownSuite,
    /// The first message uses a suite that our capability list did not offer. Do not retry.
    SuiteNotOffered,
    /// The bundle offers no suite that our policy allows. Retry with another policy or later.
    NoCommonSuite,
    /// The peer once spoke a newer version than this bundle does, or than our policy demands. Do
    /// not retry: somebody may be rolling the peer back.
    DowngradeRefused,
    /// A signature is wrong. Fetch the bundle again; a second failure means a hostile server.
    BadSignature,
    /// The identity, or the device, is not the one that was expected. Do not retry: show the user
    /// that the identity changed.
    IdentityMismatch,
    /// The peer is ourselves. Do not retry.
    SelfHandshake,
    /// A public key is not in canonical form or fails its check. Do not retry.
    InvalidKey,
    /// A public key has small order: an agreement gave all zeros. Do not retry.
    NonContributory,
    /// The bundle, or its one-time prekey, is past its date. Fetch a newer one.
    Expired,
    /// Policy demands a one-time prekey and the bundle has none. Retry later.
    OneTimeRequired,
    /// The first message names a prekey that we never made. Do not retry.
    UnknownPrekey,
    /// The first message names a prekey that existed and is gone: used, or past its keeping time.
    /// Do not retry; the sender must start again with a fresh bundle.
    PrekeySpent,
    /// The first message was accepted before. Do not retry.
    Replay,
    /// No more first messages without a one-time prekey can be told from replays under this
    /// signed prekey. Rotate the signed prekey; the sender then starts again.
    ReplayRecordFull,
    /// Every prekey id was handed out. Make a new identity and new prekeys.
    IdsExhausted,
    /// As many unused one-time prekeys are kept as policy allows. Retry once some were used or
    /// have lapsed.
    PoolFull,
    /// The server side has more bytes of ours than it takes, or of somebody else. Do not retry.
    UploadRefused,
    /// An account name is empty or longer than 128 bytes. Do not retry.
    InvalidAccount,
    /// The policy contradicts itself. Do not retry.
    InvalidPolicy,
    /// The random number generator failed or repeats itself. Retry once it works.
    Entropy,
    /// The crypto library failed for a reason of its own. Retry.
    Backend,
    /// The session refused the message that travels inside the first message, or its payload.
    /// Retry as the inner error says.
    Session(SessionError),
}

impl HandshakeError {
    /// Whether the same call can succeed later without the peer doing anything anew.
    #[must_use]
    pub const fn retryable(self) -> bool {
        match self {
            Self::PoolFull | Self::Entropy | Self::Backend => true,
            Self::Session(inner) => inner.retryable(),
            _ => false,
        }
    }
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "malformed encoding",
            Self::UnsupportedVersion => "unsupported protocol version",
            Self::UnknownSuite => "unknown cipher suite",
            Self::SuiteNotOffered => "the cipher suite was not offered",
            Self::NoCommonSuite => "no cipher suite in common",
            Self::DowngradeRefused => "the protocol version went down",
            Self::BadSignature => "bad signature",
            Self::IdentityMismatch => "not the expected identity or device",
            Self::SelfHandshake => "the peer is ourselves",
            Self::InvalidKey => "invalid public key",
            Self::NonContributory => "the key agreement was non-contributory",
            Self::Expired => "the prekeys have expired",
            Self::OneTimeRequired => "the bundle has no one-time prekey",
            Self::UnknownPrekey => "unknown prekey",
            Self::PrekeySpent => "the prekey was used already or is gone",
            Self::Replay => "the first message was accepted before",
            Self::ReplayRecordFull => "the replay record is full",
            Self::IdsExhausted => "all prekey ids were used",
            Self::PoolFull => "too many unused one-time prekeys",
            Self::UploadRefused => "the upload does not belong here",
            Self::InvalidAccount => "an account name has 1 to 128 bytes",
            Self::InvalidPolicy => "the policy contradicts itself",
            Self::Entropy => "the random number generator failed",
            Self::Backend => "the crypto library failed",
            Self::Session(inner) => return fmt::Display::fmt(inner, f),
        })
    }
}

impl core::error::Error for HandshakeError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Session(inner) => Some(inner),
            _ => None,
        }
    }
}

impl From<Malformed> for HandshakeError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

impl From<EntropyError> for HandshakeError {
    fn from(_: EntropyError) -> Self {
        Self::Entropy
    }
}

impl From<PrimitiveError> for HandshakeError {
    fn from(error: PrimitiveError) -> Self {
        match error {
            PrimitiveError::NonContributory => Self::NonContributory,
            PrimitiveError::InvalidSignature => Self::BadSignature,
            PrimitiveError::InvalidKey => Self::InvalidKey,
            _ => Self::Backend,
        }
    }
}

impl From<SessionError> for HandshakeError {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}
