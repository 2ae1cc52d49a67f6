//! New secrets by a key agreement inside of a stream, so that a thief of the old ones is shut out.
//!
//! ```text
//! initiator -> responder   Agreement(e, sealed)        NNpsk0 with psk = rkx
//! responder -> initiator   Agreement(e, ee, sealed)    from here on under the new keys
//! initiator -> responder   Switch                      from here on under the new keys
//! ```
//! The prologue is `"SPRAG1 agr" || channel binding`. Until the last record both go on under the old
//! keys; the old and the new direction never mix, because a stream keeps its order.

use alloc::boxed::Box;
use alloc::vec::Vec;

use rand_core::TryCryptoRng;

use crate::backend::CryptoBackend;
use crate::transport::channel::epoch::Epoch;
use crate::transport::channel::facts::LaterSecrets;
use crate::transport::channel::record::Kind;
use crate::transport::channel::stream::{Channel, Receiving, Renewal};
use crate::transport::cipher::TAG_LEN;
use crate::transport::error::TransportError;
use crate::transport::noise::{Handshake, NoiseProtocol, Outcome, Pattern};

const LABEL: &[u8; 10] = b"SPRAG1 agr";
/// Length of either handshake message in bytes: an ephemeral key and the tag of no payload.
const MESSAGE_LEN: usize = 32 + TAG_LEN;

/// How far an agreement has come.
pub(super) enum Agreement<B: CryptoBackend> {
    None,
    /// Initiator: waits for the answer.
    Waiting(Box<Handshake<B>>),
    /// Responder: owes the answer.
    Answering(Box<Handshake<B>>),
    /// Initiator: owes the switch to this sending key.
    Switching(Box<Epoch<B>>),
    /// Responder: waits for the switch to these receiving keys.
    Awaiting(Box<Receiving<B>>),
}

impl<B: CryptoBackend> Channel<B> {
    /// Whether we are the side that starts an agreement, and could now.
    pub(super) const fn may_agree(&self) -> bool {
        let open = self.sending.is_some() && self.receiving.is_some();
        self.facts.initiator && open && matches!(self.agreement, Agreement::None)
    }

    /// The next record that is due for reasons other than data: an answer in a key agreement, a key
    /// that the peer asked for, or what [`renewal`](Self::renewal) says. To be called after each
    /// record that was opened and before each that is sealed, until there is none.
    ///
    /// # Errors
    /// As [`update`](Self::update); [`TransportError::Entropy`]. An agreement whose answer could not be
    /// sealed, for a failure of the library say, is lost: give the connection up.
    pub fn control<R: TryCryptoRng + ?Sized>(
        &mut self,
        rng: &mut R,
    ) -> Result<Option<Vec<u8>>, TransportError> {
        if self.sending.is_none() {
            return Ok(None);
        }
        match &mut self.agreement {
            Agreement::Answering(handshake) => {
                let message = handshake.write_message(&[], rng)?;
                return self.answer(&message).map(Some);
            }
            Agreement::Switching(_) => return self.switch().map(Some),
            _ => {}
        }
        if self.asked {
            return self.update(false).map(Some);
        }
        match self.renewal() {
            Some(Renewal::Agreement) => self.start_agreement(rng).map(Some),
            Some(Renewal::Sending) => self.update(false).map(Some),
            Some(Renewal::Receiving) => self.update(true).map(Some),
            None => Ok(None),
        }
    }

    /// Starts a key agreement, from the initiator's side; the rest comes from
    /// [`control`](Self::control) on both.
    ///
    /// # Errors
    /// [`TransportError::OutOfTurn`] from the responder or while an agreement goes on,
    /// [`TransportError::Closed`], [`TransportError::Entropy`], [`TransportError::Library`].
    pub fn start_agreement<R: TryCryptoRng + ?Sized>(
        &mut self,
        rng: &mut R,
    ) -> Result<Vec<u8>, TransportError> {
        if self.sending.is_none() || self.receiving.is_none() {
            return Err(TransportError::Closed);
        }
        if !self.may_agree() {
            return Err(TransportError::OutOfTurn);
        }
        let mut handshake = self.agreement_handshake()?;
        let message = handshake.write_message(&[], rng)?;
        let record = self.seal_kind(Kind::Agreement, &message)?;
        self.agreement = Agreement::Waiting(Box::new(handshake));
        Ok(record)
    }

    fn agreement_handshake(&self) -> Result<Handshake<B>, TransportError> {
        let protocol = NoiseProtocol::new(Pattern::NN_PSK0, self.facts.protocol.aead());
        let later = self.facts.later.as_ref().ok_or(TransportError::Closed)?;
        let builder = if self.facts.initiator {
            Handshake::initiator(protocol)
        } else {
            Handshake::responder(protocol)
        };
        builder
            .prologue(&[LABEL.as_slice(), &self.facts.channel_binding].concat())
            .psk(later.agreement.duplicate())
            .build()
    }

    /// A handshake message of the peer.
    pub(super) fn receive_agreement(&mut self, message: &[u8]) -> Result<(), TransportError> {
        // Refused before the handshake moves: a message with a payload is longer.
        if message.len() != MESSAGE_LEN {
            return Err(TransportError::UnexpectedRecord);
        }
        match &mut self.agreement {
            Agreement::Waiting(handshake) => {
                handshake.read_message(message)?;
            }
            Agreement::None if !self.facts.initiator => {
                let mut handshake = self.agreement_handshake()?;
                handshake.read_message(message)?;
                self.agreement = Agreement::Answering(Box::new(handshake));
                if let Some(receiving) = &mut self.receiving {
                    receiving.current.count(message.len());
                }
                return Ok(());
            }
            _ => return Err(TransportError::UnexpectedRecord),
        }
        let Agreement::Waiting(handshake) =
            core::mem::replace(&mut self.agreement, Agreement::None)
        else {
            return Err(TransportError::UnexpectedRecord);
        };
        let fresh = Fresh::new(&handshake.finish()?, self)?;
        self.receiving = Some(fresh.receiving);
        self.agreement = Agreement::Switching(fresh.sending);
        self.agreed(fresh.later);
        Ok(())
    }

    /// The responder's answer: the record after it is under the new key.
    fn answer(&mut self, message: &[u8]) -> Result<Vec<u8>, TransportError> {
        let Agreement::Answering(handshake) =
            core::mem::replace(&mut self.agreement, Agreement::None)
        else {
            return Err(TransportError::UnexpectedRecord);
        };
        let mut fresh = Fresh::new(&handshake.finish()?, self)?;
        let record = self.seal_kind(Kind::Agreement, message)?;
        self.send_under(&mut fresh.sending);
        self.agreement = Agreement::Awaiting(fresh.receiving);
        self.agreed(fresh.later);
        Ok(record)
    }

    /// The initiator's last word under the old key.
    fn switch(&mut self) -> Result<Vec<u8>, TransportError> {
        let record = self.seal_kind(Kind::Switch, &[])?;
        if let Agreement::Switching(mut epoch) =
            core::mem::replace(&mut self.agreement, Agreement::None)
        {
            self.send_under(&mut epoch);
        }
        Ok(record)
    }

    /// Swaps a sending key in: the box that it was in then drops, and so wipes, the old one. Moved out of
    /// it, the new one would stay behind there.
    const fn send_under(&mut self, epoch: &mut Epoch<B>) {
        if let Some(sending) = &mut self.sending {
            core::mem::swap(sending, epoch);
        }
    }

    pub(super) fn receive_switch(&mut self) -> Result<(), TransportError> {
        match core::mem::replace(&mut self.agreement, Agreement::None) {
            Agreement::Awaiting(mut receiving) => {
                receiving.current.starts(self.facts.clock);
                self.receiving = Some(receiving);
                Ok(())
            }
            other => {
                self.agreement = other;
                Err(TransportError::UnexpectedRecord)
            }
        }
    }

    fn agreed(&mut self, later: LaterSecrets) {
        self.facts.later = Some(later);
        self.earlier_bytes = 0;
        self.agreed = self.facts.clock;
        self.asking = false;
    }
}

/// What an agreement leads to.
struct Fresh<B: CryptoBackend> {
    sending: Box<Epoch<B>>,
    receiving: Box<Receiving<B>>,
    later: LaterSecrets,
}

impl<B: CryptoBackend> Fresh<B> {
    fn new(outcome: &Outcome, channel: &Channel<B>) -> Result<Self, TransportError> {
        let (aead, now) = (outcome.protocol.aead(), channel.facts.clock);
        let receiving = Epoch::new(aead, &outcome.receiving, now)?;
        Ok(Self {
            sending: Box::new(Epoch::new(aead, &outcome.sending, now)?),
            receiving: Box::new(Receiving::new(receiving, now)?),
            later: LaterSecrets::new::<B>(outcome)?,
        })
    }
}
