//! What a handshake starts from: prologue and keys, checked against the pattern.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::agreement;
use crate::backend::CryptoBackend;
use crate::secret::Secret;
use crate::transport::error::{KeyKind, TransportError};
use crate::transport::noise::handshake::Handshake;
use crate::transport::noise::keys::StaticKey;
use crate::transport::noise::protocol::NoiseProtocol;
use crate::transport::noise::symmetric::SymmetricState;

/// A handshake in the making; see [`Handshake::initiator`].
#[must_use = "a handshake starts with `build`"]
pub struct HandshakeBuilder<B: CryptoBackend> {
    protocol: NoiseProtocol,
    initiator: bool,
    prologue: Vec<u8>,
    own: Option<Arc<StaticKey<B>>>,
    remote: Option<[u8; 32]>,
    psk: Option<Secret<32>>,
}

impl<B: CryptoBackend> HandshakeBuilder<B> {
    pub(super) const fn new(protocol: NoiseProtocol, initiator: bool) -> Self {
        Self {
            protocol,
            initiator,
            prologue: Vec::new(),
            own: None,
            remote: None,
            psk: None,
        }
    }

    /// What both sides know and want to be sure the other knows too (Noise section 6). Not secret.
    pub fn prologue(mut self, prologue: &[u8]) -> Self {
        self.prologue = prologue.to_vec();
        self
    }

    /// Our own static key.
    pub fn static_key(mut self, key: Arc<StaticKey<B>>) -> Self {
        self.own = Some(key);
        self
    }

    /// The peer's static public key, where the pattern has it known beforehand.
    pub const fn remote_static(mut self, key: [u8; 32]) -> Self {
        self.remote = Some(key);
        self
    }

    /// The pre-shared key: 32 bytes of full entropy, no password.
    pub fn psk(mut self, psk: Secret<32>) -> Self {
        self.psk = Some(psk);
        self
    }

    /// The handshake before its first message (`Initialize`, Noise section 5.3).
    ///
    /// # Errors
    /// [`TransportError::KeyMismatch`] if the pattern needs another set of keys, or the protocol is a
    /// hybrid, [`TransportError::InvalidKey`] if the peer's is not canonical.
    pub fn build(self) -> Result<Handshake<B>, TransportError> {
        self.begin(false)
    }

    /// The handshake, of a hybrid where the key that is shared comes later and from ML-KEM.
    pub(super) fn begin(self, hybrid: bool) -> Result<Handshake<B>, TransportError> {
        let pattern = self.protocol.pattern();
        let agree = |wanted: bool, given: bool, kind| {
            let agreed = wanted == given;
            agreed
                .then_some(())
                .ok_or(TransportError::KeyMismatch(kind))
        };
        let wanted = pattern.needs_static(self.initiator);
        agree(wanted, self.own.is_some(), KeyKind::Static)?;
        let wanted = pattern.needs_remote(self.initiator);
        agree(wanted, self.remote.is_some(), KeyKind::RemoteStatic)?;
        agree(self.protocol.is_hybrid(), hybrid, KeyKind::Kem)?;
        let wanted = pattern.psk().is_some() && !hybrid;
        agree(wanted, self.psk.is_some(), KeyKind::PreShared)?;
        if let Some(remote) = &self.remote {
            agreement::check_peer(remote)?;
        }

        let mut symmetric = SymmetricState::new::<B>(self.protocol);
        symmetric.mix_hash::<B>(&self.prologue);
        let own = self.own.as_ref().map(|key| key.public());
        let (initiators, responders) = if self.initiator {
            (own, self.remote.as_ref())
        } else {
            (self.remote.as_ref(), own)
        };
        // Pre-messages, the initiator's first.
        for (known, key) in [
            (pattern.needs_remote(false), initiators),
            (pattern.needs_remote(true), responders),
        ] {
            if let (true, Some(key)) = (known, key) {
                symmetric.mix_hash::<B>(key);
            }
        }
        Ok(Handshake::new(
            self.protocol,
            self.initiator,
            symmetric,
            (self.own, self.remote, self.psk),
        ))
    }
}

impl<B: CryptoBackend> fmt::Debug for HandshakeBuilder<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandshakeBuilder")
            .field("protocol", &self.protocol)
            .field("initiator", &self.initiator)
            .finish_non_exhaustive()
    }
}
