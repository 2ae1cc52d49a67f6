//! The prekey record: the signed part of a bundle that every initiator gets, until the signed
//! prekey is rotated.
//!
//! ```text
//! record   0x14 identity(140) caps(10 + 2 * suites) spk_id(4) spk(32)
//!          kem(1) [kem_id(4) kem_key(1184 | 1568)] signature(64)
//! signed   "SPRAG1 bundle" || 0x00 || identity(140) || caps || spk_id || spk
//!          || kem || kem_id || SHA-256(kem_key)          (kem_id and hash zero without a KEM key)
//! ```
//!
//! `kem` is 0 for none, 1 for ML-KEM-768, 2 for ML-KEM-1024; the key is the last-resort key. The
//! one signature binds both identity keys, the device, the capabilities and the reusable prekeys
//! with their ids and kinds, so an initiator needs no check of the identity's self-signature.

use alloc::vec::Vec;

use crate::agreement::check_peer;
use crate::backend::PqBackend;
use crate::codec::{Malformed, Reader, Writer};
use crate::handshake::capabilities::Capabilities;
use crate::handshake::error::HandshakeError;
use crate::handshake::identity::{Identity, IdentityRecord};
use crate::handshake::init::{Kind, expect_kind};
use crate::handshake::kem::KemPublicKey;
use crate::handshake::prekey_id::PrekeyId;
use crate::handshake::statement::Statement;
use crate::primitives::{Hmac, Signature};
use crate::suite::KemAlgorithm;

const LABEL: &[u8] = b"SPRAG1 bundle\0";

/// A device's signed prekey, last-resort KEM key and capabilities.
///
/// Parsed bytes prove nothing: the signature is checked when a
/// [`PrekeyBundle`](super::PrekeyBundle) is verified, or an upload is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrekeyRecord {
    pub(super) identity: IdentityRecord,
    pub(super) caps: Capabilities,
    pub(super) signed_prekey_id: PrekeyId,
    pub(super) signed_prekey: [u8; 32],
    pub(super) last_resort: Option<LastResort>,
    pub(super) signature: [u8; 64],
}

/// The reusable KEM key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LastResort {
    pub(super) id: PrekeyId,
    pub(super) key: KemPublicKey,
}

impl PrekeyRecord {
    /// Reads a record. The signature is not checked.
    ///
    /// # Errors
    /// [`HandshakeError::Malformed`], [`HandshakeError::UnsupportedVersion`].
    pub fn decode(bytes: &[u8]) -> Result<Self, HandshakeError> {
        let mut reader = Reader::new(bytes);
        let record = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(record)
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, HandshakeError> {
        expect_kind(reader, Kind::Record)?;
        Ok(Self {
            identity: IdentityRecord::read(reader)?,
            caps: Capabilities::read(reader)?,
            signed_prekey_id: PrekeyId::read(reader)?,
            signed_prekey: *reader.array()?,
            last_resort: LastResort::read(reader)?,
            signature: *reader.array()?,
        })
    }

    /// The encoding, at most 1,888 bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut bytes);
        bytes
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.put(&[Kind::Record.byte()]);
        bytes.put(&self.identity.encode());
        bytes.put(&self.caps.encode());
        bytes.put(&self.signed_prekey_id.to_bytes());
        bytes.put(&self.signed_prekey);
        bytes.put(&[KemAlgorithm::byte(self.kem())]);
        if let Some(last_resort) = &self.last_resort {
            bytes.put(&last_resort.id.to_bytes());
            bytes.put(&last_resort.key.bytes);
        }
        bytes.put(&self.signature);
    }

    /// The identity that signed the record.
    #[must_use]
    pub const fn identity(&self) -> &IdentityRecord {
        &self.identity
    }

    /// The capability list.
    #[must_use]
    pub const fn capabilities(&self) -> &Capabilities {
        &self.caps
    }

    /// The ML-KEM parameter set of this device's prekeys, `None` for X3DH only.
    #[must_use]
    pub fn kem(&self) -> Option<KemAlgorithm> {
        self.last_resort
            .as_ref()
            .map(|last_resort| last_resort.key.algorithm)
    }

    /// Signs the record; what stood as its signature is replaced.
    pub(super) fn sign<B: PqBackend>(&mut self, identity: &Identity<B>) {
        self.signature = B::Ed25519::sign(&identity.signing, &self.statement::<B>().message);
    }

    pub(super) fn statement<B: PqBackend>(&self) -> Statement {
        let (id, hash) = self
            .last_resort
            .as_ref()
            .map_or(([0; 4], [0; 32]), |last_resort| {
                (
                    last_resort.id.to_bytes(),
                    last_resort.key.hash::<B::HmacSha256>(),
                )
            });
        Statement::new(
            self.identity.signing_key(),
            &self.signature,
            LABEL,
            &[
                &self.identity.encode(),
                &self.caps.encode(),
                &self.signed_prekey_id.to_bytes(),
                &self.signed_prekey,
                &[KemAlgorithm::byte(self.kem())],
                &id,
                &hash,
            ],
        )
    }

    pub(super) fn check_keys(&self) -> Result<(), HandshakeError> {
        check_peer(self.identity.agreement_key())?;
        Ok(check_peer(&self.signed_prekey)?)
    }

    pub(super) fn caps_hash<H: Hmac>(&self) -> [u8; 32] {
        H::sha256(&[&self.caps.encode()])
    }
}

impl LastResort {
    fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Malformed> {
        let Some(algorithm) = KemAlgorithm::read(reader)? else {
            return Ok(None);
        };
        let id = PrekeyId::read(reader)?;
        let key = KemPublicKey::read(algorithm, reader)?;
        Ok(Some(Self { id, key }))
    }
}
