//! One-time prekeys in public: a batch as it is uploaded, and one key of it as it travels in a
//! bundle.
//!
//! ```text
//! batch     0x15 kem(1) head (key) * count
//! head (80) first_id(4) not_after(8) count(4) signature(64)
//! key       opk(32) [kem_key(1184 | 1568)]
//! entry     head index(4) key (node(32)) * path length
//! signed    "SPRAG1 otk batch" || 0x00 || IKs(32) || first_id || not_after || kem || count || root
//! leaf      SHA-256(0x00 || kem || id || opk || SHA-256(kem_key))        (hash zero without a KEM)
//! ```
//!
//! Each prekey is an X25519 key and an ML-KEM key under one id, `first_id + index`; a batch is
//! named by the id of its first key. One signature over the root of a Merkle tree
//! (`merkle`) serves the whole batch, and the kind stands in leaf and signature. `kem` of an
//! entry is that of the record beside it. A batch has 1 to 1,024 keys, a path at most 10 nodes.

use alloc::vec::Vec;

use crate::agreement::check_peer;
use crate::backend::PqBackend;
use crate::codec::{Malformed, Reader, Writer};
use crate::handshake::error::HandshakeError;
use crate::handshake::identity::IdentityRecord;
use crate::handshake::init::{Kind, expect_kind};
use crate::handshake::kem::KemPublicKey;
use crate::handshake::merkle::{self, Node, Tree};
use crate::handshake::prekey_id::PrekeyId;
use crate::handshake::statement::Statement;
use crate::primitives::Hmac;
use crate::suite::KemAlgorithm;
use crate::time::UnixTime;

const LABEL: &[u8] = b"SPRAG1 otk batch\0";

/// The public half of a batch of one-time prekeys: what a device uploads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneTimeBatch {
    pub(super) head: BatchHead,
    pub(super) keys: Vec<OneTimeKey>,
}

impl OneTimeBatch {
    /// The most keys a batch can have.
    pub const MAX_LEN: u32 = 1024;

    /// Reads a batch. The signature is not checked.
    ///
    /// # Errors
    /// [`HandshakeError::Malformed`], [`HandshakeError::UnsupportedVersion`].
    pub fn decode(bytes: &[u8]) -> Result<Self, HandshakeError> {
        let mut reader = Reader::new(bytes);
        expect_kind(&mut reader, Kind::OneTimeBatch)?;
        let kem = KemAlgorithm::read(&mut reader)?;
        let head = BatchHead::read(kem, &mut reader)?;
        // `count` is at most OneTimeBatch::MAX_LEN, and collecting stops where the bytes do.
        let keys = (0..head.count)
            .map(|_| OneTimeKey::read(kem, &mut reader))
            .collect::<Result<_, _>>()?;
        reader.finish()?;
        Ok(Self { head, keys })
    }

    /// The encoding.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.put(&[Kind::OneTimeBatch.byte(), KemAlgorithm::byte(self.head.kem)]);
        self.head.write(&mut bytes);
        for key in &self.keys {
            key.write(&mut bytes);
        }
        bytes
    }

    /// How many keys the batch has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether the batch has no keys; it never is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub(super) fn tree<H: Hmac>(&self) -> Result<Tree, HandshakeError> {
        let leaves = (0..self.head.count)
            .zip(&self.keys)
            .map(|(index, key)| Ok(key.leaf::<H>(self.head.first.offset(index)?)))
            .collect::<Result<_, HandshakeError>>()?;
        Ok(Tree::new::<H>(leaves))
    }
}

/// What all entries of a batch share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BatchHead {
    pub(super) kem: Option<KemAlgorithm>,
    pub(super) first: PrekeyId,
    pub(super) not_after: UnixTime,
    pub(super) count: u32,
    pub(super) signature: [u8; 64],
}

impl BatchHead {
    fn read(kem: Option<KemAlgorithm>, reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let head = Self {
            kem,
            first: PrekeyId::read(reader)?,
            not_after: UnixTime(reader.u64()?),
            count: reader.u32()?,
            signature: *reader.array()?,
        };
        let fits = head.first.offset(head.count).is_ok();
        if (1..=OneTimeBatch::MAX_LEN).contains(&head.count) && fits {
            Ok(head)
        } else {
            Err(Malformed)
        }
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.put(&self.first.to_bytes());
        bytes.put_u64(self.not_after.0);
        bytes.put_u32(self.count);
        bytes.put(&self.signature);
    }

    pub(super) fn statement(&self, identity: &IdentityRecord, root: &Node) -> Statement {
        Statement::new(
            identity.signing_key(),
            &self.signature,
            LABEL,
            &[
                identity.signing_key(),
                &self.first.to_bytes(),
                &self.not_after.0.to_be_bytes(),
                &[KemAlgorithm::byte(self.kem)],
                &self.count.to_be_bytes(),
                root,
            ],
        )
    }
}

/// One one-time prekey, public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OneTimeKey {
    pub(super) x25519: [u8; 32],
    pub(super) kem: Option<KemPublicKey>,
}

impl OneTimeKey {
    fn read(kem: Option<KemAlgorithm>, reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let x25519 = *reader.array()?;
        let kem = kem
            .map(|algorithm| KemPublicKey::read(algorithm, reader))
            .transpose()?;
        Ok(Self { x25519, kem })
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.put(&self.x25519);
        if let Some(kem) = &self.kem {
            bytes.put(&kem.bytes);
        }
    }

    fn leaf<H: Hmac>(&self, id: PrekeyId) -> Node {
        let hash = self.kem.as_ref().map_or([0; 32], KemPublicKey::hash::<H>);
        let algorithm = self.kem.as_ref().map(|kem| kem.algorithm);
        merkle::leaf::<H>(&[
            &[KemAlgorithm::byte(algorithm)],
            &id.to_bytes(),
            &self.x25519,
            &hash,
        ])
    }
}

/// A one-time prekey with the proof that it belongs to a signed batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OneTimeEntry {
    pub(super) head: BatchHead,
    pub(super) index: u32,
    pub(super) id: PrekeyId,
    pub(super) key: OneTimeKey,
    pub(super) path: Vec<Node>,
}

impl OneTimeEntry {
    pub(super) fn read(
        kem: Option<KemAlgorithm>,
        reader: &mut Reader<'_>,
    ) -> Result<Self, HandshakeError> {
        let head = BatchHead::read(kem, reader)?;
        let index = reader.u32()?;
        if index >= head.count {
            return Err(HandshakeError::Malformed);
        }
        let id = head.first.offset(index)?;
        let key = OneTimeKey::read(kem, reader)?;
        let path = (0..merkle::path_len(index, head.count))
            .map(|_| reader.array().copied())
            .collect::<Result<_, _>>()?;
        Ok(Self {
            head,
            index,
            id,
            key,
            path,
        })
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        self.head.write(bytes);
        bytes.put_u32(self.index);
        self.key.write(bytes);
        for node in &self.path {
            bytes.put(node);
        }
    }

    pub(super) fn statement<B: PqBackend>(&self, identity: &IdentityRecord) -> Statement {
        let leaf = self.key.leaf::<B::HmacSha256>(self.id);
        let root = merkle::root_of::<B::HmacSha256>(leaf, self.index, self.head.count, &self.path);
        self.head.statement(identity, &root)
    }

    pub(super) fn check_keys(&self) -> Result<(), HandshakeError> {
        Ok(check_peer(&self.key.x25519)?)
    }
}
