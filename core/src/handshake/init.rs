//! The header of a first message, and the kinds of everything that travels.
//!
//! ```text
//! first message   INIT MSG
//! INIT  0    0x12               version << 4 | type
//!       1    suite(2)
//!       3    identity_A(140)    the initiator's record, self-signature included
//!       143  EK_A(32)           ephemeral X25519 key
//!       175  spk_id(4)          the signed prekey
//!       179  opk_id(4)          the one-time prekey, 0 for none
//!       183  kem_kind(1)        0 none, 1 one-time, 2 last resort
//!       184  kem_id(4)          0 for none
//!       188  ct(0|1088|1568)    as the suite says
//! MSG   a complete ordinary message (first byte 0x11)
//! ```
//!
//! Four combinations of the key fields exist, and no others are canonical: an X3DH suite with
//! (`opk_id`, 0, 0) or (0, 0, 0), a PQXDH suite with (`id`, 1, the same `id`) or (0, 2, `kem_id`).
//!
//! The record rides along whole, because a responder who meets the sender for the first time must
//! see that the signing key vouches for the agreement key: with the two keys alone, anybody could
//! pair a stranger's signing key with an agreement key of his own. `handshake_id` is SHA-256 over
//! all INIT bytes; it is part of the transcript, so a single changed bit gives other keys.

use alloc::vec::Vec;

use crate::codec::{Reader, Writer};
use crate::handshake::error::HandshakeError;
use crate::handshake::identity::IdentityRecord;
use crate::handshake::prekey_id::PrekeyId;
use crate::suite::{KemAlgorithm, Suite};
use crate::wire::{INIT_HEADER_LEN, VERSION};

/// Which of the responder's keys, beside the signed prekey, a first message uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrekeyUse {
    /// A one-time prekey: its X25519 key and, in PQXDH, its ML-KEM key.
    OneTime(PrekeyId),
    /// The reusable ML-KEM key, for want of a one-time prekey (PQXDH only).
    LastResort(PrekeyId),
    /// None (X3DH only).
    SignedPrekeyOnly,
}

/// The fields of an INIT header.
pub(super) struct InitHeader<'a> {
    pub(super) suite: Suite,
    pub(super) sender: IdentityRecord,
    pub(super) ephemeral: [u8; 32],
    pub(super) signed_prekey: PrekeyId,
    pub(super) used: PrekeyUse,
    pub(super) ciphertext: &'a [u8],
}

impl<'a> InitHeader<'a> {
    /// Parses a first message: the header, its bytes, and the inner message behind it.
    pub(super) fn split(message: &'a [u8]) -> Result<(Self, &'a [u8], &'a [u8]), HandshakeError> {
        let mut reader = Reader::new(message);
        let header = Self::read(&mut reader)?;
        let len = message.len().saturating_sub(reader.remaining());
        let (head, inner) = message
            .split_at_checked(len)
            .ok_or(HandshakeError::Malformed)?;
        Ok((header, head, inner))
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, HandshakeError> {
        expect_kind(reader, Kind::First)?;
        let suite = Suite::from_id(reader.u16()?).ok_or(HandshakeError::UnknownSuite)?;
        Ok(Self {
            suite,
            sender: IdentityRecord::read(reader)?,
            ephemeral: *reader.array()?,
            signed_prekey: PrekeyId::read(reader)?,
            used: PrekeyUse::read(suite, reader)?,
            ciphertext: reader.bytes(suite.kem().map_or(0, KemAlgorithm::ciphertext_len))?,
        })
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.ciphertext.len().saturating_add(INIT_HEADER_LEN));
        bytes.put(&[Kind::First.byte()]);
        bytes.put_u16(self.suite.id());
        bytes.put(&self.sender.encode());
        bytes.put(&self.ephemeral);
        bytes.put(&self.signed_prekey.to_bytes());
        let fields = self.used.fields(self.suite);
        bytes.put_u32(fields.one_time);
        bytes.put(&[fields.kem_kind]);
        bytes.put_u32(fields.kem);
        bytes.put(self.ciphertext);
        bytes
    }
}

/// How a [`PrekeyUse`] stands in the header and in the transcript.
pub(super) struct UseFields {
    pub(super) one_time: u32,
    pub(super) kem_kind: u8,
    pub(super) kem: u32,
}

impl PrekeyUse {
    pub(super) fn fields(self, suite: Suite) -> UseFields {
        let (one_time, kem_kind, kem) = match (self, suite.kem().is_some()) {
            (Self::OneTime(id), true) => (id.value(), 1, id.value()),
            (Self::OneTime(id), false) => (id.value(), 0, 0),
            (Self::LastResort(id), _) => (0, 2, id.value()),
            (Self::SignedPrekeyOnly, _) => (0, 0, 0),
        };
        UseFields {
            one_time,
            kem_kind,
            kem,
        }
    }

    fn read(suite: Suite, reader: &mut Reader<'_>) -> Result<Self, HandshakeError> {
        let one_time = PrekeyId::read_optional(reader)?;
        let kem_kind = reader.u8()?;
        let kem = PrekeyId::read_optional(reader)?;
        match (suite.kem().is_some(), one_time, kem_kind, kem) {
            (false, Some(id), 0, None) => Ok(Self::OneTime(id)),
            (false, None, 0, None) => Ok(Self::SignedPrekeyOnly),
            (true, Some(id), 1, Some(kem)) if id == kem => Ok(Self::OneTime(id)),
            (true, None, 2, Some(id)) => Ok(Self::LastResort(id)),
            _ => Err(HandshakeError::Malformed),
        }
    }
}

/// What a byte string that travels is; messages (1) are the session's.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    First = 2,
    Bundle = 3,
    Record = 4,
    OneTimeBatch = 5,
}

impl Kind {
    pub(super) const fn byte(self) -> u8 {
        (VERSION << 4) | self as u8
    }
}

/// Reads the first byte; another version is told from other garbage.
pub(super) fn expect_kind(reader: &mut Reader<'_>, kind: Kind) -> Result<(), HandshakeError> {
    let byte = reader.u8()?;
    if byte == kind.byte() {
        Ok(())
    } else if byte & 0x0f == kind as u8 {
        Err(HandshakeError::UnsupportedVersion)
    } else {
        Err(HandshakeError::Malformed)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use alloc::vec;

    fn id(value: u32) -> PrekeyId {
        PrekeyId::from_value(value).unwrap()
    }

    #[test]
    fn the_four_combinations_round_trip_and_no_other_is_read() {
        let cases = [
            (Suite::X3dhAes256Gcm, PrekeyUse::OneTime(id(7))),
            (Suite::X3dhAes256Gcm, PrekeyUse::SignedPrekeyOnly),
            (Suite::Pqxdh768Aes256Gcm, PrekeyUse::OneTime(id(7))),
            (Suite::Pqxdh1024Aes256Gcm, PrekeyUse::LastResort(id(7))),
        ];
        for (suite, used) in cases {
            let ciphertext = vec![3; suite.kem().map_or(0, |kem| kem.ciphertext_len())];
            let header = InitHeader {
                suite,
                sender: IdentityRecord::decode(&[1; IdentityRecord::LEN]).unwrap(),
                ephemeral: [2; 32],
                signed_prekey: id(5),
                used,
                ciphertext: &ciphertext,
            };
            let mut bytes = header.encode();
            assert_eq!(bytes.len(), 188 + ciphertext.len());
            bytes.push(0xee);
            let (again, head, inner) = InitHeader::split(&bytes).unwrap();
            assert_eq!(
                (again.used, again.encode().as_slice(), inner),
                (used, head, &[0xee][..])
            );
        }

        for (suite, fields) in [
            (Suite::X3dhAes256Gcm, [0, 0, 0, 7, 1, 0, 0, 0, 7]),
            (Suite::X3dhAes256Gcm, [0, 0, 0, 0, 2, 0, 0, 0, 7]),
            (Suite::Pqxdh768Aes256Gcm, [0, 0, 0, 0, 0, 0, 0, 0, 0]),
            (Suite::Pqxdh768Aes256Gcm, [0, 0, 0, 7, 1, 0, 0, 0, 8]),
            (Suite::Pqxdh768Aes256Gcm, [0, 0, 0, 7, 2, 0, 0, 0, 8]),
            (Suite::Pqxdh768Aes256Gcm, [0, 0, 0, 7, 3, 0, 0, 0, 7]),
        ] {
            let read = PrekeyUse::read(suite, &mut Reader::new(&fields));
            assert_eq!(read, Err(HandshakeError::Malformed));
        }
    }
}
