//! What both kinds of channel keep of their handshake, beside the keys of their directions.

use crate::backend::CryptoBackend;
use crate::lifecycle::{KeyKind, Life};
use crate::primitives::Hmac;
use crate::secret::Secret;
use crate::time::UnixTime;
use crate::transport::channel::policy::{ChannelPolicy, Limits};
use crate::transport::channel::record::Kind;
use crate::transport::error::{LimitKind, TransportError};
use crate::transport::noise::{NoiseProtocol, Outcome};
use crate::transport::resumption::Resumption;

pub(super) struct Facts {
    pub(super) protocol: NoiseProtocol,
    pub(super) initiator: bool,
    pub(super) channel_binding: [u8; 32],
    pub(super) remote_static: Option<[u8; 32]>,
    pub(super) policy: ChannelPolicy,
    /// The latest time the caller told.
    pub(super) clock: UnixTime,
    /// Records that did not open.
    pub(super) forgeries: u64,
    /// Absent once both directions are closed.
    pub(super) later: Option<LaterSecrets>,
}

impl Facts {
    pub(super) fn new<B: CryptoBackend>(
        outcome: &Outcome,
        policy: ChannelPolicy,
        now: UnixTime,
    ) -> Result<Self, TransportError> {
        policy.check(outcome.protocol.aead())?;
        if outcome.protocol.pattern().is_one_way() {
            return Err(TransportError::OutOfTurn);
        }
        // Public bytes that differ between channels and between their sides.
        let [first, second, ..] = outcome.channel_binding;
        let share = if outcome.initiator { first } else { second };
        Ok(Self {
            protocol: outcome.protocol,
            initiator: outcome.initiator,
            channel_binding: outcome.channel_binding,
            remote_static: outcome.remote_static,
            policy: policy.jittered(share),
            clock: now,
            forgeries: 0,
            later: Some(LaterSecrets::new::<B>(outcome)?),
        })
    }

    /// Data keep to the policy; what renews keys and ends the channel may go on to the cipher's limit.
    pub(super) const fn limits(&self, kind: Kind) -> Limits {
        match kind {
            Kind::Data | Kind::Ticket => self.policy.hard,
            _ => ChannelPolicy::absolute(self.protocol.aead()),
        }
    }

    pub(super) fn resumption<B: CryptoBackend>(&self) -> Result<Resumption, TransportError> {
        let later = self.later.as_ref().ok_or(TransportError::Closed)?;
        Ok(Resumption::new::<B>(
            self.protocol.aead(),
            later.resumption.duplicate(),
            self.remote_static,
        ))
    }

    /// Refuses to open anything once too much was forged.
    pub(super) const fn check_forgeries(&self) -> Result<(), TransportError> {
        if self.forgeries >= self.policy.max_forgeries {
            return Err(TransportError::LimitReached(LimitKind::Forgeries));
        }
        Ok(())
    }

    /// Counts a record that did not open, and gives the error back.
    pub(super) fn forged(&mut self, error: TransportError) -> TransportError {
        if error == TransportError::AuthenticationFailed {
            self.forgeries = self.forgeries.saturating_add(1);
        }
        error
    }
}

/// Secrets for later handshakes.
///
/// ```text
/// rs  = HKDF-Expand(ck, "SPRAG1 res", 32)      a resumption's pre-shared key
/// rkx = HKDF-Expand(ck, "SPRAG1 rkx", 32)      the pre-shared key of an agreement in the channel
/// ```
pub(super) struct LaterSecrets {
    pub(super) resumption: Secret<32>,
    pub(super) agreement: Secret<32>,
    /// Of both.
    _lives: [Life; 2],
}

impl LaterSecrets {
    pub(super) fn new<B: CryptoBackend>(outcome: &Outcome) -> Result<Self, TransportError> {
        let expand = |label: &[u8]| {
            let mut secret = Secret::<32>::zeroed();
            let from = outcome.chaining_key.expose();
            B::HmacSha256::hkdf_expand(from, label, secret.expose_mut()).map(|()| secret)
        };
        Ok(Self {
            resumption: expand(b"SPRAG1 res")?,
            agreement: expand(b"SPRAG1 rkx")?,
            _lives: [KeyKind::ResumptionSecret, KeyKind::PreSharedKey].map(Life::begins::<B>),
        })
    }
}
