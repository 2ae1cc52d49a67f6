//! Messages after the handshake as plain Noise has them (section 5.1).

use alloc::vec::Vec;
use core::fmt;

use crate::backend::CryptoBackend;
use crate::lifecycle::{KeyAction, KeyKind, tell};
use crate::transport::cipher::TAG_LEN;
use crate::transport::error::TransportError;
use crate::transport::noise::cipher_state::CipherState;
use crate::transport::noise::handshake::MAX_MESSAGE_LEN;
use crate::transport::noise::outcome::Outcome;

/// Both directions of plain Noise, for peers that speak nothing else.
///
/// Messages must arrive in order and complete; nothing tells the end of the conversation from a cut.
/// Between two sprags a [`Channel`](crate::transport::Channel) does more.
pub struct NoiseTransport<B: CryptoBackend> {
    /// Absent for the side that a one-way pattern lets only listen.
    sending: Option<CipherState<B>>,
    receiving: Option<CipherState<B>>,
    channel_binding: [u8; 32],
    remote_static: Option<[u8; 32]>,
}

impl<B: CryptoBackend> NoiseTransport<B> {
    pub(super) fn new(outcome: &Outcome) -> Result<Self, TransportError> {
        let one_way = outcome.protocol.pattern().is_one_way();
        let state = |key, wanted: bool| {
            let wanted = wanted || !one_way;
            wanted
                .then(|| CipherState::new(outcome.protocol.aead(), key, 0))
                .transpose()
        };
        let this = Self {
            sending: state(&outcome.sending, outcome.initiator)?,
            receiving: state(&outcome.receiving, !outcome.initiator)?,
            channel_binding: outcome.channel_binding,
            remote_static: outcome.remote_static,
        };
        this.tell_of_both(KeyAction::Generated);
        Ok(this)
    }

    /// The handshake's hash `h`, the same on both sides and only there (Noise section 11.2). Not
    /// secret.
    #[must_use]
    pub const fn channel_binding(&self) -> &[u8; 32] {
        &self.channel_binding
    }

    /// The peer's static key, if the pattern had one.
    #[must_use]
    pub const fn remote_static(&self) -> Option<&[u8; 32]> {
        self.remote_static.as_ref()
    }

    /// Seals a payload of at most 65519 bytes.
    ///
    /// # Errors
    /// [`TransportError::MessageTooLong`], [`TransportError::NonceExhausted`],
    /// [`TransportError::OutOfTurn`] if a one-way pattern lets only the peer send,
    /// [`TransportError::Library`].
    pub fn write_message(&mut self, payload: &[u8]) -> Result<Vec<u8>, TransportError> {
        let cipher = self.sending.as_mut().ok_or(TransportError::OutOfTurn)?;
        let len = payload.len().saturating_add(TAG_LEN);
        if len > MAX_MESSAGE_LEN {
            return Err(TransportError::MessageTooLong);
        }
        let mut message = Vec::with_capacity(len);
        message.extend_from_slice(payload);
        cipher.seal(&[], &mut message, 0)?;
        tell::<B>(KeyKind::DirectionKey, KeyAction::Used);
        Ok(message)
    }

    /// Opens the peer's next message.
    ///
    /// # Errors
    /// [`TransportError::MessageTooLong`], [`TransportError::Malformed`],
    /// [`TransportError::AuthenticationFailed`], [`TransportError::NonceExhausted`],
    /// [`TransportError::OutOfTurn`] if a one-way pattern lets only us send. Nothing has changed then.
    pub fn read_message(&mut self, message: &[u8]) -> Result<Vec<u8>, TransportError> {
        let cipher = self.receiving.as_mut().ok_or(TransportError::OutOfTurn)?;
        if message.len() > MAX_MESSAGE_LEN {
            return Err(TransportError::MessageTooLong);
        }
        let opened = cipher.open(&[], message)?;
        tell::<B>(KeyKind::DirectionKey, KeyAction::Used);
        Ok(opened)
    }

    /// `Rekey` of the sending direction (Noise section 11.3). The peer must do the same to its
    /// receiving one at the same message.
    ///
    /// # Errors
    /// [`TransportError::OutOfTurn`], [`TransportError::Library`].
    pub fn rekey_sending(&mut self) -> Result<(), TransportError> {
        rekey(&mut self.sending)
    }

    /// `Rekey` of the receiving direction.
    ///
    /// # Errors
    /// As [`rekey_sending`](Self::rekey_sending).
    pub fn rekey_receiving(&mut self) -> Result<(), TransportError> {
        rekey(&mut self.receiving)
    }

    /// How many messages were sealed and opened: the counters of both directions.
    #[must_use]
    pub fn messages(&self) -> (u64, u64) {
        let count = |state: &Option<CipherState<B>>| state.as_ref().map_or(0, CipherState::counter);
        (count(&self.sending), count(&self.receiving))
    }
}

impl<B: CryptoBackend> NoiseTransport<B> {
    fn tell_of_both(&self, action: KeyAction) {
        for _ in [&self.sending, &self.receiving].into_iter().flatten() {
            tell::<B>(KeyKind::DirectionKey, action);
        }
    }
}

fn rekey<B: CryptoBackend>(state: &mut Option<CipherState<B>>) -> Result<(), TransportError> {
    let state = state.as_mut().ok_or(TransportError::OutOfTurn)?;
    state.rekey()?;
    tell::<B>(KeyKind::DirectionKey, KeyAction::Renewed);
    tell::<B>(KeyKind::DirectionKey, KeyAction::Destroyed);
    Ok(())
}

impl<B: CryptoBackend> Drop for NoiseTransport<B> {
    fn drop(&mut self) {
        self.tell_of_both(KeyAction::Destroyed);
    }
}

impl<B: CryptoBackend> fmt::Debug for NoiseTransport<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NoiseTransport")
            .field("backend", &B::NAME)
            .field("messages", &self.messages())
            .finish_non_exhaustive()
    }
}
