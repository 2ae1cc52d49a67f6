//! The handshake's state machine (Noise section 5.3), driven by the pattern's tokens.
//!
//! A message works on a copy of what it changes, [`Step`], which takes the place of the old state
//! only when the whole message was written or opened. So a forged message leaves nothing behind, and
//! the genuine one is still accepted.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;

use crate::agreement;
use crate::backend::CryptoBackend;
use crate::codec::Reader;
use crate::lifecycle::{KeyAction, KeyKind, tell};
use crate::primitives::KeyAgreement;
use crate::secret::Secret;
use crate::transport::cipher::TAG_LEN;
use crate::transport::error::TransportError;
use crate::transport::noise::builder::HandshakeBuilder;
use crate::transport::noise::keys::StaticKey;
use crate::transport::noise::outcome::Outcome;
use crate::transport::noise::pattern::{Token, is_initiators};
use crate::transport::noise::peer_key::PeerKey;
use crate::transport::noise::protocol::NoiseProtocol;
use crate::transport::noise::symmetric::SymmetricState;
use crate::transport::noise::transport::NoiseTransport;

/// Longest message in bytes, of a handshake as of what follows it (Noise section 3).
pub const MAX_MESSAGE_LEN: usize = 65535;

/// Length of a public key in bytes.
const KEY_LEN: usize = 32;

type PrivateKey<B> = <<B as CryptoBackend>::X25519 as KeyAgreement>::PrivateKey;

/// One side of a handshake.
///
/// ```
/// # #[cfg(feature = "conformance")] {
/// use std::sync::Arc;
/// use sprag_core::suite::AeadAlgorithm::Aes256Gcm;
/// use sprag_core::transport::{Handshake, NoiseProtocol, Pattern, StaticKey};
/// # use sprag_core::testing::null::Null as Backend;
/// # use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
/// # let rng = &mut ChaCha20Rng::seed_from_u64(1);
///
/// let protocol = NoiseProtocol::new(Pattern::NK, Aes256Gcm);
/// let key = Arc::new(StaticKey::<Backend>::generate(rng)?);
/// let client = Handshake::<Backend>::initiator(protocol).remote_static(*key.public());
/// let server = Handshake::responder(protocol).static_key(key);
/// let (mut client, mut server) = (client.build()?, server.build()?);
///
/// server.read_message(&client.write_message(b"", rng)?)?;
/// client.read_message(&server.write_message(b"", rng)?)?;
/// let (mut client, mut server) = (client.into_transport()?, server.into_transport()?);
/// assert_eq!(server.read_message(&client.write_message(b"hello")?)?, b"hello");
/// # }
/// # Ok::<(), sprag_core::transport::TransportError>(())
/// ```
pub struct Handshake<B: CryptoBackend> {
    protocol: NoiseProtocol,
    initiator: bool,
    own: Option<Arc<StaticKey<B>>>,
    psk: Option<Secret<32>>,
    step: Step<B>,
}

/// What a message changes.
struct Step<B: CryptoBackend> {
    /// Number of the next message, from 0.
    message: usize,
    symmetric: SymmetricState,
    ephemeral: Option<Arc<PrivateKey<B>>>,
    remote_static: PeerKey,
    remote_ephemeral: PeerKey,
}

type Keys<B> = (
    Option<Arc<StaticKey<B>>>,
    Option<[u8; KEY_LEN]>,
    Option<Secret<32>>,
);

impl<B: CryptoBackend> Handshake<B> {
    /// The side that sends first: give it its keys and `build` it.
    pub const fn initiator(protocol: NoiseProtocol) -> HandshakeBuilder<B> {
        HandshakeBuilder::new(protocol, true)
    }

    /// The side that answers: give it its keys and `build` it.
    pub const fn responder(protocol: NoiseProtocol) -> HandshakeBuilder<B> {
        HandshakeBuilder::new(protocol, false)
    }

    pub(super) fn new(
        protocol: NoiseProtocol,
        initiator: bool,
        symmetric: SymmetricState,
        (own, remote_static, psk): Keys<B>,
    ) -> Self {
        tell::<B>(KeyKind::HandshakeKey, KeyAction::Generated);
        if psk.is_some() {
            tell::<B>(KeyKind::PreSharedKey, KeyAction::Generated);
        }
        Self {
            protocol,
            initiator,
            own,
            psk,
            step: Step {
                message: 0,
                symmetric,
                ephemeral: None,
                remote_static: remote_static.into(),
                remote_ephemeral: PeerKey::UNKNOWN,
            },
        }
    }

    /// The protocol.
    #[must_use]
    pub const fn protocol(&self) -> NoiseProtocol {
        self.protocol
    }

    /// Whether all messages were exchanged.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.step.message >= self.protocol.pattern().messages().len()
    }

    /// Whether the next message is ours to write.
    #[must_use]
    pub fn is_my_turn(&self) -> bool {
        !self.is_finished() && is_initiators(self.step.message) == self.initiator
    }

    /// The peer's static key, if it is known by now. It is authenticated once the pattern says so, at
    /// the latest when the handshake is finished.
    #[must_use]
    pub const fn remote_static(&self) -> Option<&[u8; 32]> {
        self.step.remote_static.get()
    }

    /// Writes the next message, with `payload` in it: as secret as the pattern makes it (Noise
    /// section 7.7), at most 65535 bytes with the rest of the message.
    ///
    /// # Errors
    /// [`TransportError::OutOfTurn`], [`TransportError::Finished`],
    /// [`TransportError::MessageTooLong`], [`TransportError::NonContributory`] or
    /// [`TransportError::InvalidKey`] for the key of a peer who must not be talked to,
    /// [`TransportError::Entropy`], [`TransportError::Library`]. The handshake is then unchanged.
    pub fn write_message<R: TryCryptoRng + ?Sized>(
        &mut self,
        payload: &[u8],
        rng: &mut R,
    ) -> Result<Vec<u8>, TransportError> {
        let mut step = self.next_step(true)?;
        if payload.len() > MAX_MESSAGE_LEN {
            return Err(TransportError::MessageTooLong);
        }
        let most = 2 * (KEY_LEN + TAG_LEN);
        let mut message = Vec::with_capacity(payload.len().saturating_add(most));
        let tokens = self.protocol.pattern().tokens(self.step.message);
        for token in tokens.into_iter().flatten() {
            match token {
                Token::E => {
                    let key = B::X25519::private_key(Secret::random(rng)?.expose())?;
                    let public = B::X25519::public_key(&key);
                    message.extend_from_slice(public);
                    self.mix_ephemeral(&mut step, public)?;
                    step.ephemeral = Some(Arc::new(key));
                }
                Token::S => {
                    let own = self.own.as_ref().ok_or(TransportError::Library)?;
                    let from = message.len();
                    message.extend_from_slice(own.public());
                    step.symmetric.encrypt_and_hash::<B>(&mut message, from)?;
                }
                token => self.mix(&mut step, token)?,
            }
        }
        let from = message.len();
        message.extend_from_slice(payload);
        step.symmetric.encrypt_and_hash::<B>(&mut message, from)?;
        if message.len() > MAX_MESSAGE_LEN {
            return Err(TransportError::MessageTooLong);
        }
        self.take(step);
        Ok(message)
    }

    /// Reads the peer's next message and returns its payload.
    ///
    /// # Errors
    /// [`TransportError::OutOfTurn`], [`TransportError::Finished`],
    /// [`TransportError::MessageTooLong`], [`TransportError::Malformed`],
    /// [`TransportError::AuthenticationFailed`], [`TransportError::InvalidKey`],
    /// [`TransportError::NonContributory`], [`TransportError::Library`]. The handshake is then
    /// unchanged, and another message may be tried.
    pub fn read_message(&mut self, message: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.read_message_if(message, Ok)
    }

    /// Reads the peer's next message if `accept` takes its payload, else changes nothing.
    pub(super) fn read_message_if<T>(
        &mut self,
        message: &[u8],
        accept: impl FnOnce(Vec<u8>) -> Result<T, TransportError>,
    ) -> Result<T, TransportError> {
        let mut step = self.next_step(false)?;
        if message.len() > MAX_MESSAGE_LEN {
            return Err(TransportError::MessageTooLong);
        }
        let mut reader = Reader::new(message);
        let tokens = self.protocol.pattern().tokens(self.step.message);
        for token in tokens.into_iter().flatten() {
            match token {
                Token::E => {
                    let public = reader.array()?;
                    agreement::check_peer(public)?;
                    self.mix_ephemeral(&mut step, public)?;
                    step.remote_ephemeral = (*public).into();
                }
                Token::S => {
                    let tag = usize::from(step.symmetric.is_sealing()).saturating_mul(TAG_LEN);
                    let sealed = reader.bytes(KEY_LEN.saturating_add(tag))?;
                    let public = step.symmetric.decrypt_and_hash::<B>(sealed)?;
                    let public = Reader::new(&public).array().copied()?;
                    agreement::check_peer(&public)?;
                    step.remote_static = public.into();
                }
                token => self.mix(&mut step, token)?,
            }
        }
        let rest = reader.bytes(reader.remaining())?;
        let payload = accept(step.symmetric.decrypt_and_hash::<B>(rest)?)?;
        self.take(step);
        Ok(payload)
    }

    /// Takes a step whose message was written or opened.
    fn take(&mut self, step: Step<B>) {
        let tokens = self.protocol.pattern().tokens(self.step.message);
        let writes = self.is_my_turn();
        for token in tokens.into_iter().flatten() {
            self.tell_of(token, writes);
        }
        tell::<B>(KeyKind::HandshakeKey, KeyAction::Renewed);
        tell::<B>(KeyKind::HandshakeKey, KeyAction::Destroyed);
        self.step = step;
    }

    /// What a token means for the keys that are held.
    fn tell_of(&self, token: Token, writes: bool) {
        let own_static = match token {
            Token::E if writes => {
                return tell::<B>(KeyKind::EphemeralKey, KeyAction::Generated);
            }
            Token::Psk => return tell::<B>(KeyKind::PreSharedKey, KeyAction::Used),
            Token::E | Token::S => return,
            Token::Ee => false,
            Token::Es => !self.initiator,
            Token::Se => self.initiator,
            Token::Ss => true,
        };
        match &self.own {
            Some(key) if own_static => key.used(),
            _ => tell::<B>(KeyKind::EphemeralKey, KeyAction::Used),
        }
    }

    /// A copy of the state to work on, if the next message is ours to write or to read.
    fn next_step(&self, write: bool) -> Result<Step<B>, TransportError> {
        if self.is_finished() {
            return Err(TransportError::Finished);
        }
        if self.is_my_turn() != write {
            return Err(TransportError::OutOfTurn);
        }
        let step = &self.step;
        Ok(Step {
            message: step.message.saturating_add(1),
            symmetric: step.symmetric.duplicate(),
            ephemeral: step.ephemeral.clone(),
            remote_static: step.remote_static,
            remote_ephemeral: step.remote_ephemeral,
        })
    }

    /// An ephemeral public key goes into the hash, with a pre-shared key also into the chaining key
    /// (Noise section 9.2).
    fn mix_ephemeral(&self, step: &mut Step<B>, public: &[u8; 32]) -> Result<(), TransportError> {
        step.symmetric.mix_hash::<B>(public);
        if self.protocol.pattern().psk().is_some() {
            step.symmetric.mix_key::<B>(public)?;
        }
        Ok(())
    }

    /// The tokens that send nothing.
    fn mix(&self, step: &mut Step<B>, token: Token) -> Result<(), TransportError> {
        // In the names of agreements the initiator's key stands first.
        let (own_static, remote_static) = match token {
            Token::Ee => (false, false),
            Token::Es => (!self.initiator, self.initiator),
            Token::Se => (self.initiator, !self.initiator),
            Token::Ss => (true, true),
            Token::Psk => {
                let psk = self.psk.as_ref().ok_or(TransportError::Library)?;
                return step.symmetric.mix_key_and_hash::<B>(psk.expose());
            }
            Token::E | Token::S => return Err(TransportError::Library),
        };
        let own = if own_static {
            self.own.as_ref().map(|key| key.private())
        } else {
            step.ephemeral.as_deref()
        };
        let remote = if remote_static {
            &step.remote_static
        } else {
            &step.remote_ephemeral
        };
        // The builder and the tables see to it that both are there.
        let (Some(own), Some(remote)) = (own, remote.get()) else {
            return Err(TransportError::Library);
        };
        let shared = agreement::agree::<B::X25519>(own, remote)?;
        step.symmetric.mix_key::<B>(shared.expose())
    }

    /// Puts the secret of a hybrid in the place of the pre-shared key, before the message whose tokens
    /// mix it in. One that turned out wrong is replaced by the next.
    pub(super) fn set_psk(&mut self, psk: Secret<32>) {
        if self.psk.replace(psk).is_some() {
            tell::<B>(KeyKind::PreSharedKey, KeyAction::Renewed);
            tell::<B>(KeyKind::PreSharedKey, KeyAction::Destroyed);
        } else {
            tell::<B>(KeyKind::PreSharedKey, KeyAction::Generated);
        }
    }

    /// What the handshake leads to. Drop it then where it is: moved out of its box, it would stay behind
    /// there.
    pub(in crate::transport) fn finish(&self) -> Result<Outcome, TransportError> {
        if !self.is_finished() {
            return Err(TransportError::NotFinished);
        }
        let symmetric = &self.step.symmetric;
        let [initiators, responders] = symmetric.split::<B>()?;
        let (sending, receiving) = if self.initiator {
            (initiators, responders)
        } else {
            (responders, initiators)
        };
        Ok(Outcome {
            protocol: self.protocol,
            initiator: self.initiator,
            sending,
            receiving,
            chaining_key: symmetric.chaining_key().duplicate(),
            channel_binding: *symmetric.hash(),
            remote_static: self.remote_static().copied(),
        })
    }

    /// Goes on with messages as Noise itself has them (section 5.1): in order, without records,
    /// limits or an authenticated end. For peers that speak plain Noise.
    ///
    /// # Errors
    /// [`TransportError::NotFinished`], [`TransportError::Library`].
    pub fn into_transport(self) -> Result<NoiseTransport<B>, TransportError> {
        NoiseTransport::new(&self.finish()?)
    }
}

impl<B: CryptoBackend> Drop for Handshake<B> {
    fn drop(&mut self) {
        tell::<B>(KeyKind::HandshakeKey, KeyAction::Destroyed);
        if self.psk.is_some() {
            tell::<B>(KeyKind::PreSharedKey, KeyAction::Destroyed);
        }
        if self.step.ephemeral.is_some() {
            tell::<B>(KeyKind::EphemeralKey, KeyAction::Destroyed);
        }
    }
}

impl<B: CryptoBackend> fmt::Debug for Handshake<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake")
            .field("protocol", &self.protocol)
            .field("initiator", &self.initiator)
            .field("message", &self.step.message)
            .finish_non_exhaustive()
    }
}
