//! The keys of one direction, between two renewals.
//!
//! ```text
//! key = HKDF-Expand(ts, "SPRAG1 key", 32)     iv = HKDF-Expand(ts, "SPRAG1 iv", 12)
//! ts' = HKDF-Expand(ts, "SPRAG1 upd", 32)     the next epoch's secret
//! nonce = iv XOR (0^4 || seq(8))
//! ```
//! `ts` itself is not kept, only `ts'`: nothing that is in memory leads back to an earlier key.

use crate::backend::CryptoBackend;
use crate::lifecycle::{KeyAction, KeyKind, tell};
use crate::nonce;
use crate::primitives::Hmac;
use crate::secret::Secret;
use crate::suite::AeadAlgorithm;
use crate::time::UnixTime;
use crate::transport::channel::policy::Limits;
use crate::transport::cipher::{Boxed, CipherKey, TAG_LEN};
use crate::transport::error::{LimitKind, TransportError};

pub(super) struct Epoch<B: CryptoBackend> {
    aead: AeadAlgorithm,
    key: CipherKey<B, Boxed>,
    iv: Secret<12>,
    /// The next epoch's secret.
    following: Secret<32>,
    /// Records sealed or opened.
    records: u64,
    bytes: u64,
    since: UnixTime,
}

impl<B: CryptoBackend> Epoch<B> {
    pub(super) fn new(
        aead: AeadAlgorithm,
        secret: &Secret<32>,
        now: UnixTime,
    ) -> Result<Self, TransportError> {
        Self::derive(aead, secret, KeyAction::Generated, now)
    }

    fn derive(
        aead: AeadAlgorithm,
        secret: &Secret<32>,
        how: KeyAction,
        now: UnixTime,
    ) -> Result<Self, TransportError> {
        let mut key = Secret::<32>::zeroed();
        let (mut iv, mut following) = (Secret::zeroed(), Secret::zeroed());
        let secret = secret.expose();
        B::HmacSha256::hkdf_expand(secret, b"SPRAG1 key", key.expose_mut())?;
        B::HmacSha256::hkdf_expand(secret, b"SPRAG1 iv", Secret::<12>::expose_mut(&mut iv))?;
        let next: &mut [u8; 32] = Secret::expose_mut(&mut following);
        B::HmacSha256::hkdf_expand(secret, b"SPRAG1 upd", next)?;
        let this = Self {
            aead,
            key: CipherKey::new(aead, &key)?,
            iv,
            following,
            records: 0,
            bytes: 0,
            since: now,
        };
        tell::<B>(KeyKind::DirectionKey, how);
        Ok(this)
    }

    /// The epoch after this one.
    pub(super) fn following(&self, now: UnixTime) -> Result<Self, TransportError> {
        Self::derive(self.aead, &self.following, KeyAction::Renewed, now)
    }

    /// Age counts from here: a key that was made ahead is not used before.
    pub(super) const fn starts(&mut self, now: UnixTime) {
        self.since = now;
    }

    /// Number of the next record of a direction that has no gaps.
    pub(super) const fn records(&self) -> u64 {
        self.records
    }

    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    #[inline]
    pub(super) fn seal(
        &self,
        sequence: u64,
        ad: &[u8],
        body: &mut [u8],
    ) -> Result<[u8; TAG_LEN], TransportError> {
        Ok(self
            .key
            .seal(&nonce::numbered(self.iv.expose(), sequence), ad, body)?)
    }

    #[inline]
    pub(super) fn open(
        &self,
        sequence: u64,
        ad: &[u8],
        body: &mut [u8],
        tag: &[u8; TAG_LEN],
    ) -> Result<(), TransportError> {
        Ok(self
            .key
            .open(&nonce::numbered(self.iv.expose(), sequence), ad, body, tag)?)
    }

    /// Whether one more record of `bytes` keeps to the limits.
    #[inline]
    pub(super) fn check(
        &self,
        limits: &Limits,
        bytes: usize,
        now: UnixTime,
    ) -> Result<(), TransportError> {
        let bytes = self.bytes.saturating_add(bytes as u64);
        let kind = if self.records >= limits.records {
            LimitKind::Records
        } else if bytes > limits.bytes {
            LimitKind::Bytes
        } else if now.since(self.since) > limits.age {
            LimitKind::Age
        } else {
            return Ok(());
        };
        Err(TransportError::LimitReached(kind))
    }

    /// Counts a record that was sealed or opened.
    #[inline]
    pub(super) fn count(&mut self, bytes: usize) {
        tell::<B>(KeyKind::DirectionKey, KeyAction::Used);
        self.records = self.records.saturating_add(1);
        self.bytes = self.bytes.saturating_add(bytes as u64);
    }

    #[cfg(test)]
    pub(super) const fn set_records(&mut self, records: u64) {
        self.records = records;
    }
}

impl<B: CryptoBackend> Drop for Epoch<B> {
    fn drop(&mut self) {
        tell::<B>(KeyKind::DirectionKey, KeyAction::Destroyed);
    }
}
