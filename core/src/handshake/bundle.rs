//! The prekey bundle: what an initiator fetches about a device that is offline.
//!
//! ```text
//! bundle   0x13 record one_time(1) [entry]
//! ```
//!
//! with the `record` and, if `one_time` is 1, an entry of
//! `one_time`. Whatever the number of keys, there are two signatures to check,
//! one if the record is known already. A bundle becomes usable only as a [`VerifiedBundle`].

use alloc::vec::Vec;

use crate::backend::PqBackend;
use crate::codec::{Reader, Writer};
use crate::handshake::account::{AccountId, Expected, Peer};
use crate::handshake::error::HandshakeError;
use crate::handshake::identity::IdentityRecord;
use crate::handshake::init::{Kind, expect_kind};
use crate::handshake::one_time::OneTimeEntry;
use crate::handshake::prekey_id::PrekeyId;
use crate::handshake::record::PrekeyRecord;
use crate::handshake::statement::Statement;
use crate::time::UnixTime;
use crate::wire::VERSION;

/// A fetched bundle, not yet verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrekeyBundle {
    pub(super) record: PrekeyRecord,
    pub(super) one_time: Option<OneTimeEntry>,
}

impl PrekeyBundle {
    /// Reads a bundle. No signature is checked.
    ///
    /// # Errors
    /// [`HandshakeError::Malformed`], [`HandshakeError::UnsupportedVersion`].
    pub fn decode(bytes: &[u8]) -> Result<Self, HandshakeError> {
        let mut reader = Reader::new(bytes);
        expect_kind(&mut reader, Kind::Bundle)?;
        let record = PrekeyRecord::read(&mut reader)?;
        let one_time = if reader.flag()? {
            Some(OneTimeEntry::read(record.kem(), &mut reader)?)
        } else {
            None
        };
        reader.finish()?;
        Ok(Self { record, one_time })
    }

    /// The encoding.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.put(&[Kind::Bundle.byte()]);
        self.record.write(&mut bytes);
        bytes.put(&[u8::from(self.one_time.is_some())]);
        if let Some(one_time) = &self.one_time {
            one_time.write(&mut bytes);
        }
        bytes
    }

    /// Checks that the bundle is the expected peer's, that it holds now, and its signatures.
    ///
    /// # Errors
    /// [`HandshakeError::Expired`], [`HandshakeError::UnsupportedVersion`],
    /// [`HandshakeError::InvalidKey`], [`HandshakeError::IdentityMismatch`],
    /// [`HandshakeError::BadSignature`].
    pub fn verify<B: PqBackend>(
        self,
        peer: &Peer<'_>,
        now: UnixTime,
    ) -> Result<VerifiedBundle, HandshakeError> {
        for statement in self.unproven::<B>(peer, now)? {
            statement.verify::<B>()?;
        }
        Ok(VerifiedBundle {
            account: peer.account.clone(),
            bundle: self,
        })
    }

    /// Verifies many bundles, all signatures as one batch; ≡ a loop over
    /// [`verify`](Self::verify).
    #[must_use]
    pub fn verify_batch<B: PqBackend>(
        bundles: Vec<(Self, Peer<'_>)>,
        now: UnixTime,
    ) -> Vec<Result<VerifiedBundle, HandshakeError>> {
        let mut statements = Vec::new();
        let checked: Vec<Result<_, HandshakeError>> = bundles
            .into_iter()
            .map(|(bundle, peer)| {
                let unproven = bundle.unproven::<B>(&peer, now)?;
                let count = unproven.len();
                statements.extend(unproven);
                Ok((
                    VerifiedBundle {
                        account: peer.account.clone(),
                        bundle,
                    },
                    count,
                ))
            })
            .collect();
        let mut outcomes = Statement::verify_batch::<B>(&statements).into_iter();
        checked
            .into_iter()
            .map(|checked| {
                let (bundle, count) = checked?;
                let outcomes: Vec<_> = outcomes.by_ref().take(count).collect();
                outcomes
                    .into_iter()
                    .collect::<Result<(), _>>()
                    .map(|()| bundle)
            })
            .collect()
    }

    /// Everything that costs no signature check, then the statements that remain to be checked.
    fn unproven<B: PqBackend>(
        &self,
        peer: &Peer<'_>,
        now: UnixTime,
    ) -> Result<Vec<Statement>, HandshakeError> {
        let caps = &self.record.caps;
        if caps.min_version() > VERSION {
            return Err(HandshakeError::UnsupportedVersion);
        }
        let batch_end = self.one_time.as_ref().map(|entry| entry.head.not_after);
        if caps.not_after() < now || batch_end.is_some_and(|end| end < now) {
            return Err(HandshakeError::Expired);
        }
        self.record.check_keys()?;
        self.one_time
            .as_ref()
            .map_or(Ok(()), OneTimeEntry::check_keys)?;
        peer.matches::<B>(&self.record.identity)?;

        let known = matches!(peer.expected, Expected::Bundle(known)
            if known.bundle.record == self.record);
        let mut statements = Vec::with_capacity(2);
        if !known {
            statements.push(self.record.statement::<B>());
        }
        statements.extend(
            self.one_time
                .as_ref()
                .map(|entry| entry.statement::<B>(&self.record.identity)),
        );
        Ok(statements)
    }
}

/// A bundle whose signatures, dates and keys were checked: the only thing that
/// [`initiate`](super::initiate()) takes.
#[derive(Clone, Debug)]
pub struct VerifiedBundle {
    pub(super) account: AccountId,
    pub(super) bundle: PrekeyBundle,
}

impl VerifiedBundle {
    /// The account the bundle was fetched for.
    #[must_use]
    pub const fn account(&self) -> &AccountId {
        &self.account
    }

    /// The peer's identity, whose keys signed the bundle.
    #[must_use]
    pub const fn identity(&self) -> &IdentityRecord {
        &self.bundle.record.identity
    }

    /// The id of the one-time prekey, if the server had one left.
    #[must_use]
    pub fn one_time(&self) -> Option<PrekeyId> {
        self.bundle.one_time.as_ref().map(|entry| entry.id)
    }

    /// Whether the dates in the bundle have passed.
    pub(super) fn expired(&self, now: UnixTime) -> bool {
        let batch_end = self
            .bundle
            .one_time
            .as_ref()
            .map(|entry| entry.head.not_after);
        self.bundle.record.caps.not_after() < now || batch_end.is_some_and(|end| end < now)
    }
}
