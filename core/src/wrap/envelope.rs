//! One 32-byte key, sealed for one key-encryption key.
//!
//! ```text
//! 0: kek id (16)   16: generation (4)   20: algorithm (2)   22: encapsulated key (32 | 1120)
//! …: commitment (32)   …: key ‖ tag (48)
//!
//! info       = "SPRAG1 wrap" ‖ purpose (1) ‖ key id (16) ‖ SHA-256(context)
//! commitment = HPKE export by "SPRAG1 wrap commit"
//! ad         = bytes 0 to 21
//! ```
//! Neither AEAD commits to its key: one ciphertext can be made that opens under two. The commitment
//! comes from the secret that the AEAD's key comes from, and is compared before anything is opened.

use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;
use subtle::ConstantTimeEq;

use super::hpke::{Aead, DhKem, HpkeKem, Setup, XWing};
use super::{KekName, PublicKek, WrapError};
use crate::backend::CryptoBackend;
use crate::codec::{Reader, Writer};
use crate::primitives::Hmac;
use crate::secret::Secret;

const LABEL: &[u8] = b"SPRAG1 wrap";
const COMMIT: &[u8] = b"SPRAG1 wrap commit";
const INFO_LEN: usize = 60;
const HEAD_LEN: usize = 22;
const SEALED_LEN: usize = 48;

/// How a key is wrapped. The number stands in the envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum WrapAlgorithm {
    /// X25519 and ChaCha20-Poly1305.
    DhKemChaCha20Poly1305 = 0x0001,
    /// X25519 and AES-256-GCM.
    DhKemAes256Gcm = 0x0002,
    /// X-Wing (ML-KEM-768 with X25519) and ChaCha20-Poly1305.
    XWingChaCha20Poly1305 = 0x0011,
    /// X-Wing (ML-KEM-768 with X25519) and AES-256-GCM.
    XWingAes256Gcm = 0x0012,
}

impl WrapAlgorithm {
    /// Every algorithm, by ascending number.
    pub const ALL: [Self; 4] = [
        Self::DhKemChaCha20Poly1305,
        Self::DhKemAes256Gcm,
        Self::XWingChaCha20Poly1305,
        Self::XWingAes256Gcm,
    ];

    const fn aead(self) -> Aead {
        match self {
            Self::DhKemChaCha20Poly1305 | Self::XWingChaCha20Poly1305 => Aead::ChaCha20Poly1305,
            Self::DhKemAes256Gcm | Self::XWingAes256Gcm => Aead::Aes256Gcm,
        }
    }

    /// HPKE's number of the KEM.
    pub(super) const fn kem(self) -> u16 {
        match self {
            Self::DhKemChaCha20Poly1305 | Self::DhKemAes256Gcm => DhKem::NUMBER,
            Self::XWingChaCha20Poly1305 | Self::XWingAes256Gcm => XWing::NUMBER,
        }
    }

    const fn enc_len(self) -> usize {
        match self {
            Self::DhKemChaCha20Poly1305 | Self::DhKemAes256Gcm => DhKem::ENC_LEN,
            Self::XWingChaCha20Poly1305 | Self::XWingAes256Gcm => XWing::ENC_LEN,
        }
    }
}

/// What a wrapped key is for: a key that was wrapped for one purpose opens for no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// A session between the recipients.
    Session = 1,
    /// An object at rest ([`Objects`](super::Objects)).
    Object = 2,
    /// An epoch of the history ([`crate::history`]).
    Epoch = 3,
    /// A backup ([`crate::history::backup`]).
    Backup = 4,
    /// A scope of a key ring ([`crate::keyring`]).
    KeyRing = 5,
}

/// What an envelope is bound to. Whoever opens it says the same.
#[derive(Clone, Copy, Debug)]
pub struct Binding<'a> {
    /// What the wrapped key is for.
    pub purpose: Purpose,
    /// Names the wrapped key.
    pub key_id: &'a [u8; 16],
    /// Anything else, of any length.
    pub context: &'a [u8],
}

impl Binding<'_> {
    fn info<H: Hmac>(&self) -> Vec<u8> {
        let mut info = Vec::with_capacity(INFO_LEN);
        info.put(LABEL);
        info.put(&[self.purpose as u8]);
        info.put(self.key_id);
        info.put(&H::sha256(&[self.context]));
        info
    }
}

/// A wrapped key. It is no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    kek: KekName,
    algorithm: WrapAlgorithm,
    enc: Vec<u8>,
    commitment: [u8; 32],
    sealed: [u8; SEALED_LEN],
}

impl Envelope {
    /// Wraps `key` for `to`.
    ///
    /// # Errors
    /// [`WrapError::Entropy`], [`WrapError::Hpke`] if the recipient's key is a bad one.
    pub fn seal<B: CryptoBackend, K: HpkeKem<B>, R: TryCryptoRng + ?Sized>(
        key: &Secret<32>,
        to: &PublicKek<B, K>,
        binding: &Binding<'_>,
        rng: &mut R,
    ) -> Result<Self, WrapError> {
        let (kek, algorithm) = (to.name(), to.algorithm());
        let info = binding.info::<B::HmacSha256>();
        let setup = Setup::new(algorithm.aead(), &info);
        let (enc, mut sender) = setup.sender::<B, K, R>(to.key(), rng)?;
        let mut commitment = [0; 32];
        sender.export(COMMIT, &mut commitment)?;
        let sealed = sender.seal(&head(kek, algorithm), key.expose())?;
        Ok(Self {
            kek,
            algorithm,
            enc,
            commitment,
            sealed: sealed.try_into().map_err(|_| WrapError::Malformed)?,
        })
    }

    /// Wraps `key` for each of several recipients, in their order.
    ///
    /// # Errors
    /// As [`seal`](Self::seal), for the first recipient that cannot be wrapped for.
    pub fn seal_for_each<'a, B, K, R>(
        key: &Secret<32>,
        recipients: impl IntoIterator<Item = &'a PublicKek<B, K>>,
        binding: &Binding<'_>,
        rng: &mut R,
    ) -> Result<Vec<Self>, WrapError>
    where
        B: CryptoBackend,
        K: HpkeKem<B> + 'a,
        K::PublicKey: 'a,
        R: TryCryptoRng + ?Sized,
    {
        let recipients = recipients.into_iter();
        recipients
            .map(|to| Self::seal(key, to, binding, rng))
            .collect()
    }

    /// Unwraps with the private key of the generation that [`kek`](Self::kek) names.
    ///
    /// # Errors
    /// [`WrapError::UnknownAlgorithm`] if the key is for another KEM,
    /// [`WrapError::AuthenticationFailed`], [`WrapError::Hpke`].
    pub fn open<B: CryptoBackend, K: HpkeKem<B>>(
        &self,
        key: &K::PrivateKey,
        binding: &Binding<'_>,
    ) -> Result<Secret<32>, WrapError> {
        if self.algorithm.kem() != K::ID {
            return Err(WrapError::UnknownAlgorithm(self.algorithm as u16));
        }
        let info = binding.info::<B::HmacSha256>();
        let setup = Setup::new(self.algorithm.aead(), &info);
        let mut receiver = setup.receiver::<B, K>(key, &self.enc)?;
        let mut commitment = [0; 32];
        receiver.export(COMMIT, &mut commitment)?;
        if !bool::from(commitment.ct_eq(&self.commitment)) {
            return Err(WrapError::AuthenticationFailed);
        }
        let text = receiver.open(&head(self.kek, self.algorithm), &self.sealed)?;
        let bytes = text.first_chunk().ok_or(WrapError::Malformed)?;
        Ok(Secret::new(*bytes))
    }

    /// Which key-encryption key it is wrapped for.
    #[must_use]
    pub const fn kek(&self) -> KekName {
        self.kek
    }

    /// How it is wrapped.
    #[must_use]
    pub const fn algorithm(&self) -> WrapAlgorithm {
        self.algorithm
    }

    /// The bytes: 134 with X25519, 1222 with X-Wing.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let (commitment, sealed) = (&self.commitment[..], &self.sealed[..]);
        [
            &head(self.kek, self.algorithm)[..],
            &self.enc,
            commitment,
            sealed,
        ]
        .concat()
    }

    /// Reads what [`encode`](Self::encode) wrote.
    ///
    /// # Errors
    /// [`WrapError::Malformed`], [`WrapError::UnknownAlgorithm`].
    pub fn decode(bytes: &[u8]) -> Result<Self, WrapError> {
        let mut reader = Reader::new(bytes);
        let kek = KekName {
            id: *reader.array()?,
            generation: reader.u32()?,
        };
        let number = reader.u16()?;
        let algorithm = WrapAlgorithm::ALL
            .into_iter()
            .find(|algorithm| *algorithm as u16 == number)
            .ok_or(WrapError::UnknownAlgorithm(number))?;
        let envelope = Self {
            kek,
            algorithm,
            enc: reader.bytes(algorithm.enc_len())?.to_vec(),
            commitment: *reader.array()?,
            sealed: *reader.array()?,
        };
        reader.finish()?;
        Ok(envelope)
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("kek", &self.kek)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

fn head(kek: KekName, algorithm: WrapAlgorithm) -> Vec<u8> {
    let mut head = Vec::with_capacity(HEAD_LEN);
    head.put(&kek.id);
    head.put_u32(kek.generation);
    head.put_u16(algorithm as u16);
    head
}
