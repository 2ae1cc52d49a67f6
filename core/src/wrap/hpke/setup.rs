//! Modes and key schedule (RFC 9180 section 5.1), and the single-shot calls (section 6).

use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;

use super::context::Context;
use super::{DhKem, HpkeError, HpkeKem, PrivateKey, PublicKey, Receiver, Sender, labeled};
use crate::backend::CryptoBackend;
use crate::codec::Writer;
use crate::secret::{Secret, SecretBytes};

/// The AEAD of a context (RFC 9180 section 7.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Aead {
    /// AES-256-GCM.
    Aes256Gcm = 0x0002,
    /// ChaCha20-Poly1305.
    ChaCha20Poly1305 = 0x0003,
    /// None: the context only exports secrets.
    ExportOnly = 0xffff,
}

/// A pre-shared key and its name, both known to sender and recipient.
#[derive(Clone, Copy)]
pub struct Psk<'a> {
    key: &'a [u8],
    id: &'a [u8],
}

impl<'a> Psk<'a> {
    /// A key of at least 32 bytes (RFC 9180 section 9.5) and a name of at least one.
    ///
    /// # Errors
    /// [`HpkeError::InvalidPsk`].
    pub const fn new(key: &'a [u8], id: &'a [u8]) -> Result<Self, HpkeError> {
        if key.len() < 32 || id.is_empty() {
            return Err(HpkeError::InvalidPsk);
        }
        Ok(Self { key, id })
    }
}

impl fmt::Debug for Psk<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Psk").finish_non_exhaustive()
    }
}

/// What sender and recipient agree on beforehand. Both must say the same.
#[derive(Clone, Copy, Debug)]
pub struct Setup<'a> {
    aead: Aead,
    info: &'a [u8],
    psk: Option<Psk<'a>>,
}

/// A context and the encapsulated key that leads the recipient to the same one.
pub type Encapsulated<B> = (Vec<u8>, Sender<B>);

impl<'a> Setup<'a> {
    /// The Base mode; `info` binds the context to an application and its purpose.
    #[must_use]
    pub const fn new(aead: Aead, info: &'a [u8]) -> Self {
        let psk = None;
        Self { aead, info, psk }
    }

    /// The PSK mode: the recipient also knows that the sender has the pre-shared key.
    #[must_use]
    pub const fn with_psk(mut self, psk: Psk<'a>) -> Self {
        self.psk = Some(psk);
        self
    }

    /// `SetupBaseS` or `SetupPSKS`: the encapsulated key and the sender's context.
    ///
    /// # Errors
    /// As [`HpkeKem::encapsulate`].
    pub fn sender<B: CryptoBackend, K: HpkeKem<B>, R: TryCryptoRng + ?Sized>(
        &self,
        to: &K::PublicKey,
        rng: &mut R,
    ) -> Result<Encapsulated<B>, HpkeError> {
        let (enc, shared) = K::encapsulate(to, rng)?;
        Ok((
            enc,
            Sender(self.schedule(K::ID, Sent::Anonymously, &shared)?),
        ))
    }

    /// `SetupBaseR` or `SetupPSKR`.
    ///
    /// # Errors
    /// As [`HpkeKem::decapsulate`].
    pub fn receiver<B: CryptoBackend, K: HpkeKem<B>>(
        &self,
        key: &K::PrivateKey,
        enc: &[u8],
    ) -> Result<Receiver<B>, HpkeError> {
        let shared = K::decapsulate(key, enc)?;
        let context = self.schedule(K::ID, Sent::Anonymously, &shared)?;
        Ok(Receiver(context))
    }

    /// `SetupAuthS` or `SetupAuthPSKS`. Whoever has the recipient's private key can do the same in
    /// the name of anybody.
    ///
    /// # Errors
    /// As [`HpkeKem::encapsulate`].
    pub fn sender_from<B: CryptoBackend, R: TryCryptoRng + ?Sized>(
        &self,
        from: &PrivateKey<B>,
        to: &PublicKey,
        rng: &mut R,
    ) -> Result<Encapsulated<B>, HpkeError> {
        let (enc, shared) = DhKem::encapsulate_from(from, to, rng)?;
        let context = self.schedule(DhKem::NUMBER, Sent::ByName, &shared)?;
        Ok((enc, Sender(context)))
    }

    /// `SetupAuthR` or `SetupAuthPSKR`.
    ///
    /// # Errors
    /// As [`HpkeKem::decapsulate`].
    pub fn receiver_from<B: CryptoBackend>(
        &self,
        from: &PublicKey,
        key: &PrivateKey<B>,
        enc: &[u8],
    ) -> Result<Receiver<B>, HpkeError> {
        let shared = DhKem::decapsulate_from(from, key, enc)?;
        let context = self.schedule(DhKem::NUMBER, Sent::ByName, &shared)?;
        Ok(Receiver(context))
    }

    /// Seals one message: the encapsulated key and the ciphertext.
    ///
    /// # Errors
    /// As [`sender`](Self::sender) and [`Sender::seal`].
    pub fn seal<B: CryptoBackend, K: HpkeKem<B>, R: TryCryptoRng + ?Sized>(
        &self,
        to: &K::PublicKey,
        aad: &[u8],
        plaintext: &[u8],
        rng: &mut R,
    ) -> Result<(Vec<u8>, Vec<u8>), HpkeError> {
        let (enc, mut sender) = self.sender::<B, K, R>(to, rng)?;
        Ok((enc, sender.seal(aad, plaintext)?))
    }

    /// Opens one message.
    ///
    /// # Errors
    /// As [`receiver`](Self::receiver) and [`Receiver::open`].
    pub fn open<B: CryptoBackend, K: HpkeKem<B>>(
        &self,
        key: &K::PrivateKey,
        enc: &[u8],
        aad: &[u8],
        ciphertext: &[u8],
    ) -> Result<SecretBytes, HpkeError> {
        self.receiver::<B, K>(key, enc)?.open(aad, ciphertext)
    }

    /// `KeySchedule(mode, shared_secret, info, psk, psk_id)`.
    fn schedule<B: CryptoBackend>(
        &self,
        kem: u16,
        sent: Sent,
        shared: &Secret<32>,
    ) -> Result<Context<B>, HpkeError> {
        let mut suite = Vec::from(*b"HPKE");
        suite.put_u16(kem);
        suite.put_u16(KDF);
        suite.put_u16(self.aead as u16);
        let (psk, psk_id) = self.psk.map_or((&[][..], &[][..]), |psk| (psk.key, psk.id));
        let psk_mode = if self.psk.is_some() { 1 } else { 0 };

        let hash = |label, input| labeled::extract::<B::HmacSha256>(&suite, &[], label, input);
        let (id_hash, info_hash) = (hash(b"psk_id_hash", psk_id), hash(b"info_hash", self.info));
        let mode = [sent as u8 | psk_mode];
        let context = [&mode[..], id_hash.expose(), info_hash.expose()];

        let secret = labeled::extract::<B::HmacSha256>(&suite, shared.expose(), b"secret", psk);
        let expand = |label: &[u8], okm: &mut [u8]| {
            labeled::expand::<B::HmacSha256>(&suite, &secret, label, &context, okm)
        };
        let (mut key, mut nonce, mut exporter) =
            (Secret::zeroed(), Secret::zeroed(), Secret::zeroed());
        expand(b"key", key.expose_mut())?;
        expand(b"base_nonce", nonce.expose_mut())?;
        expand(b"exp", exporter.expose_mut())?;
        Context::new(self.aead, &key, nonce, exporter, suite)
    }
}

/// KDF: HKDF-SHA256.
const KDF: u16 = 0x0001;

/// The upper bit of the mode.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Sent {
    Anonymously = 0,
    ByName = 2,
}
