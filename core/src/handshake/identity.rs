//! The identity of a device: its two long-term keys, bound in one self-signed record.
//!
//! What does not live here: what people compare (`safety_number`) and how
//! the private half is stored (`state`).
//!
//! Two separate keys, Ed25519 for signing and X25519 for agreeing, so that no proof about one key
//! in two roles is needed. They belong together because the signing key signs both:
//!
//! ```text
//! body    (76)   IKs(32) IKd(32) device(4) created(8)
//! record  (140)  body(76) signature(64)
//! signed         "SPRAG1 identity" || 0x00 || body
//! fingerprint    SHA-256("SPRAG1 fingerprint" || 0x00 || body)
//! ```
//!
//! The fingerprint covers the body alone: whoever holds the signing key could make further valid
//! signatures over it, and those must not be further identities.

use core::fmt;

use rand_core::TryCryptoRng;

use crate::backend::CryptoBackend;
use crate::codec::{Malformed, Reader};
use crate::handshake::account::AccountId;
use crate::handshake::draws::Draws;
use crate::handshake::error::HandshakeError;
use crate::handshake::statement::Statement;
use crate::lifecycle::{KeyAction, KeyKind, Life, tell};
use crate::primitives::{Hmac, KeyAgreement, Signature};
use crate::secret::Secret;
use crate::time::UnixTime;

const SIGNATURE_LABEL: &[u8] = b"SPRAG1 identity\0";
const FINGERPRINT_LABEL: &[u8] = b"SPRAG1 fingerprint\0";

/// Our own identity: the account, the device and both private keys.
pub struct Identity<B: CryptoBackend> {
    pub(super) account: AccountId,
    pub(super) record: IdentityRecord,
    pub(super) signing: <B::Ed25519 as Signature>::SigningKey,
    pub(super) agreement: <B::X25519 as KeyAgreement>::PrivateKey,
    /// Of the signing and of the agreement key.
    _lives: [Life; 2],
}

impl<B: CryptoBackend> Identity<B> {
    /// Makes a new identity for this device of `account`.
    ///
    /// # Errors
    /// [`HandshakeError::Entropy`] if the generator failed or repeats itself,
    /// [`HandshakeError::Backend`] if the library could not hold a key.
    pub fn generate<R: TryCryptoRng + ?Sized>(
        account: AccountId,
        device: u32,
        created: UnixTime,
        rng: &mut R,
    ) -> Result<Self, HandshakeError> {
        let mut draws = Draws::new(rng);
        let (signing, agreement) = (draws.secret()?, draws.secret()?);
        Self::from_secrets(account, device, created, &signing, &agreement)
    }

    /// Rebuilds an identity from its two seeds; signing is deterministic, so the record is the
    /// same again.
    pub(super) fn from_secrets(
        account: AccountId,
        device: u32,
        created: UnixTime,
        signing: &Secret<32>,
        agreement: &Secret<32>,
    ) -> Result<Self, HandshakeError> {
        let signing = B::Ed25519::signing_key(signing.expose())?;
        let agreement = B::X25519::private_key(agreement.expose())?;
        let mut record = IdentityRecord {
            signing: *B::Ed25519::public_key(&signing),
            agreement: *B::X25519::public_key(&agreement),
            device,
            created,
            signature: [0; 64],
        };
        let lives = [(), ()].map(|()| Life::begins::<B>(KeyKind::IdentityKey));
        record.signature = B::Ed25519::sign(&signing, &record.statement().message);
        tell::<B>(KeyKind::IdentityKey, KeyAction::Used);
        Ok(Self {
            account,
            record,
            signing,
            agreement,
            _lives: lives,
        })
    }

    /// The account.
    #[must_use]
    pub const fn account(&self) -> &AccountId {
        &self.account
    }

    /// The public record.
    #[must_use]
    pub const fn record(&self) -> &IdentityRecord {
        &self.record
    }

    /// The fingerprint of the public record.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.record.fingerprint::<B>()
    }
}

impl<B: CryptoBackend> fmt::Debug for Identity<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("account", &self.account)
            .field("device", &self.record.device)
            .finish_non_exhaustive()
    }
}

/// The public half of an identity, 140 bytes on the wire.
///
/// A record is only as good as its check: [`verify`](Self::verify) it, or take it from a
/// [`VerifiedBundle`](super::VerifiedBundle) or an accepted first message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct IdentityRecord {
    signing: [u8; 32],
    agreement: [u8; 32],
    device: u32,
    created: UnixTime,
    signature: [u8; 64],
}

impl IdentityRecord {
    /// Length of the encoding in bytes.
    pub const LEN: usize = 140;
    pub(super) const BODY_LEN: usize = 76;

    /// Reads a record. The signature is not checked.
    ///
    /// # Errors
    /// [`HandshakeError::Malformed`].
    pub fn decode(bytes: &[u8]) -> Result<Self, HandshakeError> {
        let mut reader = Reader::new(bytes);
        let record = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(record)
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            signing: *reader.array()?,
            agreement: *reader.array()?,
            device: reader.u32()?,
            created: UnixTime(reader.u64()?),
            signature: *reader.array()?,
        })
    }

    /// The encoding.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        let (body, signature) = bytes.split_at_mut(Self::BODY_LEN);
        body.copy_from_slice(&self.body());
        signature.copy_from_slice(&self.signature);
        bytes
    }

    /// The part that the signature covers and the transcript hashes.
    pub(super) fn body(&self) -> [u8; Self::BODY_LEN] {
        let mut body = [0; Self::BODY_LEN];
        let fields: [&[u8]; 4] = [
            &self.signing,
            &self.agreement,
            &self.device.to_be_bytes(),
            &self.created.0.to_be_bytes(),
        ];
        for (to, from) in body.iter_mut().zip(fields.into_iter().flatten()) {
            *to = *from;
        }
        body
    }

    /// Checks the self-signature: the holder of the signing key claims the agreement key, the
    /// device and the date.
    ///
    /// # Errors
    /// [`HandshakeError::BadSignature`].
    pub fn verify<B: CryptoBackend>(&self) -> Result<(), HandshakeError> {
        self.statement().verify::<B>()
    }

    pub(super) fn statement(&self) -> Statement {
        Statement::new(
            &self.signing,
            &self.signature,
            SIGNATURE_LABEL,
            &[&self.body()],
        )
    }

    /// What stands for this identity where 32 bytes must do.
    #[must_use]
    pub fn fingerprint<B: CryptoBackend>(&self) -> Fingerprint {
        Fingerprint(B::HmacSha256::sha256(&[FINGERPRINT_LABEL, &self.body()]))
    }

    /// The Ed25519 public key.
    #[must_use]
    pub const fn signing_key(&self) -> &[u8; 32] {
        &self.signing
    }

    /// The X25519 public key.
    #[must_use]
    pub const fn agreement_key(&self) -> &[u8; 32] {
        &self.agreement
    }

    /// The device number within the account.
    #[must_use]
    pub const fn device(&self) -> u32 {
        self.device
    }

    /// When the identity was made, by the clock of its device.
    #[must_use]
    pub const fn created(&self) -> UnixTime {
        self.created
    }

    /// Whether both have the same keys, device and date.
    pub(super) fn same_identity(&self, other: &Self) -> bool {
        self.body() == other.body()
    }

    /// Whether the two share a key, as one and the same device does.
    pub(super) fn shares_key(&self, other: &Self) -> bool {
        self.signing == other.signing || self.agreement == other.agreement
    }
}

impl fmt::Debug for IdentityRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "IdentityRecord(device {}, {})",
            self.device,
            Hex(&self.signing)
        )
    }
}

/// SHA-256 over an identity's keys, device and date: equal exactly for equal identities.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Hex(&self.0), f)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn encoding_is_canonical_and_exact() {
        let bytes: [u8; IdentityRecord::LEN] = core::array::from_fn(|i| i as u8);
        let record = IdentityRecord::decode(&bytes).unwrap();
        assert_eq!(record.encode(), bytes);
        assert_eq!(record.body(), bytes[..IdentityRecord::BODY_LEN]);
        assert_eq!(record.device(), u32::from_be_bytes([64, 65, 66, 67]));
        assert_eq!(
            IdentityRecord::decode(&bytes[1..]),
            Err(HandshakeError::Malformed)
        );
        let longer = [bytes.as_slice(), &[0]].concat();
        assert_eq!(
            IdentityRecord::decode(&longer),
            Err(HandshakeError::Malformed)
        );
    }

    #[test]
    fn the_signature_is_no_part_of_the_identity() {
        let mut bytes = [7; IdentityRecord::LEN];
        let one = IdentityRecord::decode(&bytes).unwrap();
        bytes[IdentityRecord::LEN - 1] ^= 1;
        let other = IdentityRecord::decode(&bytes).unwrap();
        assert!(one != other && one.same_identity(&other));
    }
}
