//! What a peer is called: the account name of the application, and the peer that a caller expects.

use alloc::boxed::Box;
use core::fmt;

use crate::backend::CryptoBackend;
use crate::handshake::bundle::VerifiedBundle;
use crate::handshake::error::HandshakeError;
use crate::handshake::identity::{Fingerprint, IdentityRecord};

/// The application's name for an account: 1 to 128 bytes, compared byte by byte.
///
/// Both account names are hashed into the transcript of a handshake, so two sides that disagree
/// about who is talking get different keys (PQXDH section 4.10, unknown key share).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(Box<[u8]>);

impl AccountId {
    /// The longest name in bytes.
    pub const MAX_LEN: usize = 128;

    /// Takes a name.
    ///
    /// # Errors
    /// [`HandshakeError::InvalidAccount`] if it is empty or longer than
    /// [`MAX_LEN`](Self::MAX_LEN).
    pub fn new(name: impl AsRef<[u8]>) -> Result<Self, HandshakeError> {
        let name = name.as_ref();
        if name.is_empty() || name.len() > Self::MAX_LEN {
            return Err(HandshakeError::InvalidAccount);
        }
        Ok(Self(name.into()))
    }

    /// The name.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The name behind its length in bytes as `u16`: `lp` in the layouts.
    pub(super) fn length_prefix(&self) -> [u8; 2] {
        // At most MAX_LEN, so the conversion cannot fail.
        u16::try_from(self.0.len())
            .unwrap_or(u16::MAX)
            .to_be_bytes()
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountId({})", self.0.escape_ascii())
    }
}

/// The device somebody wants to talk to, or claims to hear from.
#[derive(Clone, Copy, Debug)]
pub struct Peer<'a> {
    /// The account, from the application's own address book or envelope.
    pub account: &'a AccountId,
    /// The device of that account.
    pub device: u32,
    /// What is known about the device's identity.
    pub expected: Expected<'a>,
}

impl Peer<'_> {
    /// Refuses a record of another device or of another identity than expected.
    pub(super) fn matches<B: CryptoBackend>(
        &self,
        record: &IdentityRecord,
    ) -> Result<(), HandshakeError> {
        let expected = match self.expected {
            Expected::Unknown => true,
            Expected::Fingerprint(fingerprint) => record.fingerprint::<B>() == fingerprint,
            Expected::Identity(known) => known.same_identity(record),
            Expected::Bundle(known) => known.identity().same_identity(record),
        };
        if expected && record.device() == self.device {
            Ok(())
        } else {
            Err(HandshakeError::IdentityMismatch)
        }
    }
}

/// What a caller knows about a peer's identity before the handshake.
///
/// Without knowledge the handshake proves only that the peer holds *some* identity: comparing
/// [safety numbers](crate::handshake::SafetyNumber) turns that into knowledge.
#[derive(Clone, Copy, Debug)]
pub enum Expected<'a> {
    /// Nothing: trust on first use.
    Unknown,
    /// The fingerprint, for example from a scanned code.
    Fingerprint(Fingerprint),
    /// The record that an earlier handshake or bundle verified. A peer that sends the very same
    /// bytes need not prove its self-signature again.
    Identity(&'a IdentityRecord),
    /// A bundle of the peer verified earlier. If the signed record is still the same, its
    /// signature is not verified again.
    Bundle(&'a VerifiedBundle),
}

impl Expected<'_> {
    /// The verified record, if that much is known.
    pub(super) fn identity(&self) -> Option<&IdentityRecord> {
        match self {
            Self::Unknown | Self::Fingerprint(_) => None,
            Self::Identity(record) => Some(record),
            Self::Bundle(bundle) => Some(bundle.identity()),
        }
    }
}
