//! A hybrid of X25519 and ML-KEM-768. **Experimental**: nobody has proved it, and its bytes may change
//! before version 1 is frozen (docs/PROTOCOL.md section 15.6).
//!
//! ```text
//! first    Noise's first message, with payload  ek(1184) || payload
//! second   ct(1088) || Noise's second message
//! psk      HMAC(ss, "SPRAG1 kem" || SHA-256(ek) || SHA-256(ct))     mixed in by the second's last token
//! ```
//! What lives here: the two messages that carry ML-KEM, and the secret that comes of them, which takes the
//! place of a pre-shared key, so that the handshake's own tokens and their analysis serve. What does not:
//! authentication, which stays X25519's alone.
//!
//! Invariant: the encapsulation key is in the handshake's hash before anything is sealed to it, and the
//! ciphertext in the secret, so that a changed one of either never leads to a common key.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;

use crate::backend::PqBackend;
use crate::lifecycle::{KeyKind, Life};
use crate::primitives::{Hmac, Kem};
use crate::secret::Secret;
use crate::transport::error::TransportError;
use crate::transport::noise::builder::HandshakeBuilder;
use crate::transport::noise::handshake::{Handshake, MAX_MESSAGE_LEN};
use crate::transport::noise::protocol::NoiseProtocol;

const LABEL: &[u8] = b"SPRAG1 kem";
/// What a second message has at most beside ciphertext and payload: two keys, two tags.
const OVERHEAD: usize = 96;

/// One side of a hybrid handshake, for its first two messages. **Experimental.**
///
/// ```
/// # #[cfg(feature = "conformance")] {
/// use std::sync::Arc;
/// use sprag_core::suite::AeadAlgorithm::Aes256Gcm;
/// use sprag_core::transport::{FundamentalPattern, Handshake, NoiseProtocol, StaticKey};
/// # use sprag_core::testing::null::Null as Backend;
/// # use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
/// # let rng = &mut ChaCha20Rng::seed_from_u64(1);
///
/// let protocol = NoiseProtocol::hybrid(FundamentalPattern::NK, Aes256Gcm).unwrap();
/// let key = Arc::new(StaticKey::<Backend>::generate(rng)?);
/// let client = Handshake::<Backend>::initiator(protocol).remote_static(*key.public());
/// let server = Handshake::responder(protocol).static_key(key);
/// let (mut client, mut server) = (client.build_hybrid()?, server.build_hybrid()?);
///
/// server.read_message(&client.write_message(b"", rng)?)?;
/// client.read_message(&server.write_message(b"", rng)?)?;
/// let (client, server) = (client.into_handshake()?, server.into_handshake()?);
/// assert!(client.is_finished() && server.is_finished());
/// # }
/// # Ok::<(), sprag_core::transport::TransportError>(())
/// ```
pub struct HybridHandshake<B: PqBackend> {
    handshake: Handshake<B>,
    stage: Stage<B>,
}

/// What this side has of ML-KEM.
enum Stage<B: PqBackend> {
    /// Nothing: the first message is still to come.
    Begun,
    /// The initiator's key, and the hash of its public half.
    Own(<B::MlKem768 as Kem>::DecapsulationKey, [u8; 32], Life),
    /// The initiator's public key, at the responder.
    Peers(Vec<u8>),
    /// The secret is mixed in, and the keys are gone.
    Mixed,
}

impl<B: PqBackend> HandshakeBuilder<B> {
    /// The handshake of a hybrid before its first message. **Experimental.**
    ///
    /// # Errors
    /// [`TransportError::KeyMismatch`] if the protocol is no hybrid, or its pattern needs another set of
    /// keys; a pre-shared key has no place in one. [`TransportError::InvalidKey`] if the peer's is not
    /// canonical.
    pub fn build_hybrid(self) -> Result<HybridHandshake<B>, TransportError> {
        Ok(HybridHandshake {
            handshake: self.begin(true)?,
            stage: Stage::Begun,
        })
    }
}

impl<B: PqBackend> HybridHandshake<B> {
    /// The protocol.
    #[must_use]
    pub const fn protocol(&self) -> NoiseProtocol {
        self.handshake.protocol()
    }

    /// Whether the next message is ours to write.
    #[must_use]
    pub fn is_my_turn(&self) -> bool {
        self.handshake.is_my_turn()
    }

    /// Whether both messages were exchanged: then [`into_handshake`](Self::into_handshake) goes on.
    #[must_use]
    pub const fn is_mixed(&self) -> bool {
        matches!(self.stage, Stage::Mixed)
    }

    /// Writes the next message, with `payload` in it, at most 65535 bytes together with the rest: 1232 or
    /// 1280 in the first message, counted as 1184 in the second. The first message's payload has X25519's
    /// protection alone.
    ///
    /// # Errors
    /// Those of [`Handshake::write_message`]; [`TransportError::InvalidKey`] also for an encapsulation key
    /// that is none. The handshake is then unchanged.
    pub fn write_message<R: TryCryptoRng + ?Sized>(
        &mut self,
        payload: &[u8],
        rng: &mut R,
    ) -> Result<Vec<u8>, TransportError> {
        match &self.stage {
            Stage::Begun if self.is_my_turn() => self.write_first(payload, rng),
            Stage::Peers(public) => {
                let most = MAX_MESSAGE_LEN
                    .saturating_sub(B::MlKem768::CIPHERTEXT_LEN)
                    .saturating_sub(OVERHEAD);
                if payload.len() > most {
                    return Err(TransportError::MessageTooLong);
                }
                let (mut message, psk) = encapsulate::<B, R>(public, rng)?;
                self.handshake.set_psk(psk);
                message.extend_from_slice(&self.handshake.write_message(payload, rng)?);
                self.stage = Stage::Mixed;
                Ok(message)
            }
            Stage::Begun | Stage::Own(..) | Stage::Mixed => {
                self.handshake.write_message(payload, rng)
            }
        }
    }

    fn write_first<R: TryCryptoRng + ?Sized>(
        &mut self,
        payload: &[u8],
        rng: &mut R,
    ) -> Result<Vec<u8>, TransportError> {
        let key = B::MlKem768::decapsulation_key(Secret::random(rng)?.expose())?;
        let mut content = vec![0; B::MlKem768::PUBLIC_LEN];
        B::MlKem768::public_key(&key, &mut content)?;
        let hash = B::HmacSha256::sha256(&[&content]);
        content.extend_from_slice(payload);
        let message = self.handshake.write_message(&content, rng)?;
        self.stage = Stage::Own(key, hash, Life::begins::<B>(KeyKind::EphemeralKey));
        Ok(message)
    }

    /// Reads the peer's next message and returns its payload.
    ///
    /// # Errors
    /// Those of [`Handshake::read_message`]; [`TransportError::Malformed`] also for a message without the
    /// part that is ML-KEM's. The handshake is then unchanged, and another message may be tried.
    pub fn read_message(&mut self, message: &[u8]) -> Result<Vec<u8>, TransportError> {
        match &self.stage {
            Stage::Begun => {
                let (public, payload) =
                    self.handshake.read_message_if(message, |mut content| {
                        if content.len() < B::MlKem768::PUBLIC_LEN {
                            return Err(TransportError::Malformed);
                        }
                        let payload = content.split_off(B::MlKem768::PUBLIC_LEN);
                        Ok((content, payload))
                    })?;
                self.stage = Stage::Peers(public);
                Ok(payload)
            }
            Stage::Own(key, hash, life) => {
                if message.len() > MAX_MESSAGE_LEN {
                    return Err(TransportError::MessageTooLong);
                }
                let parts = message.split_at_checked(B::MlKem768::CIPHERTEXT_LEN);
                let (ciphertext, rest) = parts.ok_or(TransportError::Malformed)?;
                let mut shared = Secret::zeroed();
                B::MlKem768::decapsulate(key, ciphertext, shared.expose_mut())?;
                self.handshake.set_psk(psk::<B>(&shared, hash, ciphertext));
                let payload = self.handshake.read_message(rest)?;
                life.used();
                self.stage = Stage::Mixed;
                Ok(payload)
            }
            Stage::Peers(_) | Stage::Mixed => self.handshake.read_message(message),
        }
    }

    /// The handshake with the secret in it: finished, or with a third message to come, whose sender's
    /// static key it hides too. What follows is as with any other.
    ///
    /// # Errors
    /// [`TransportError::NotFinished`] before both messages were exchanged.
    pub fn into_handshake(self) -> Result<Handshake<B>, TransportError> {
        match self.stage {
            Stage::Mixed => Ok(self.handshake),
            _ => Err(TransportError::NotFinished),
        }
    }
}

/// A ciphertext for `public`, and what comes of it.
fn encapsulate<B: PqBackend, R: TryCryptoRng + ?Sized>(
    public: &[u8],
    rng: &mut R,
) -> Result<(Vec<u8>, Secret<32>), TransportError> {
    let m = Secret::random(rng)?;
    let mut ciphertext = vec![0; B::MlKem768::CIPHERTEXT_LEN];
    let mut shared = Secret::zeroed();
    B::MlKem768::encapsulate(public, m.expose(), &mut ciphertext, shared.expose_mut())?;
    let hash = B::HmacSha256::sha256(&[public]);
    let psk = psk::<B>(&shared, &hash, &ciphertext);
    Ok((ciphertext, psk))
}

fn psk<B: PqBackend>(shared: &Secret<32>, public_hash: &[u8; 32], ciphertext: &[u8]) -> Secret<32> {
    let mut psk = Secret::zeroed();
    let ciphertext_hash = B::HmacSha256::sha256(&[ciphertext]);
    let parts = [LABEL, public_hash, &ciphertext_hash];
    B::HmacSha256::hmac(shared.expose(), &parts, psk.expose_mut());
    psk
}

impl<B: PqBackend> fmt::Debug for HybridHandshake<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HybridHandshake")
            .field("handshake", &self.handshake)
            .field("mixed", &self.is_mixed())
            .finish_non_exhaustive()
    }
}
