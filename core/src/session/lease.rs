//! Sending numbers taken ahead, with their keys: one change of the session for many messages.
//!
//! Once that change is saved, the messages of a lease need no store. A crash loses its unused numbers
//! and nothing else: the peer sees a gap, as if those messages had been lost.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use zeroize::Zeroize;

use crate::backend::CryptoBackend;
use crate::ephemeral::KeySource;
use crate::lifecycle::{KeyAction, KeyKind, each, tell};
use crate::ratchet::{Header, MessageKey, SendPlan};
use crate::session::envelope::{Address, Envelope, Outgoing};
use crate::session::pending::Change;
use crate::session::{Pending, Session, SessionError, SessionPolicy};
use crate::suite::Suite;

/// So many messages of one session, each to be sealed once, without the session.
///
/// Dropping it wipes the keys that were not used.
pub struct Lease<B: CryptoBackend> {
    suite: Suite,
    sid: [u8; 32],
    prefix: Option<Box<[u8]>>,
    ratchet_key: [u8; 32],
    pn: u32,
    /// The number of the next message.
    n: u32,
    /// Of the unused messages, the next one's last.
    keys: Vec<MessageKey>,
    backend: PhantomData<fn() -> B>,
}

impl<B: CryptoBackend> Lease<B> {
    /// The most messages of one lease: what a peer skips at once.
    pub const MAX: u32 = SessionPolicy::MAX_SKIP;

    /// How many messages are left.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.keys.len()
    }

    /// Length of what stands before the body of a message, as
    /// [`Session::header_len`], in bytes.
    #[must_use]
    pub fn header_len(&self) -> usize {
        self.address().header_len()
    }

    /// Encrypts `plaintext` and returns the message.
    ///
    /// # Errors
    /// [`SessionError::ChainExhausted`] if no message is left; otherwise as
    /// [`Session::encrypt`], and the message is not used up.
    pub fn encrypt<S: KeySource<B> + ?Sized>(
        &mut self,
        plaintext: &[u8],
        source: &mut S,
    ) -> Result<Vec<u8>, SessionError> {
        let mut message = self.address().message_buffer(plaintext);
        self.encrypt_in_place(&mut message, source)?;
        Ok(message)
    }

    /// Encrypts in `buffer`, laid out as for [`Session::encrypt_in_place`].
    ///
    /// # Errors
    /// As [`encrypt`](Self::encrypt).
    pub fn encrypt_in_place<S: KeySource<B> + ?Sized>(
        &mut self,
        buffer: &mut [u8],
        source: &mut S,
    ) -> Result<(), SessionError> {
        let address = self.address();
        let key = self.keys.last();
        let key = key.ok_or(SessionError::ChainExhausted)?;
        let outgoing = Outgoing::split(buffer, address.prefix_len());
        let mut outgoing = outgoing.ok_or(SessionError::BufferTooShort)?;
        source.fill(&mut *outgoing.salt)?;
        let header = Header {
            ratchet_key: &self.ratchet_key,
            pn: self.pn,
            n: self.n,
        };
        let mut envelope = Envelope::new();
        address.write(&header, &mut outgoing, &mut envelope);
        *envelope.message_key.expose_mut() = *key.expose();
        envelope.seal::<B>(self.suite.aead(), outgoing)?;
        // Where it stands: what is taken out of a vector stays behind in it.
        if let Some(used) = self.keys.last_mut() {
            used.expose_mut().as_mut_slice().zeroize();
        }
        self.keys.pop();
        tell::<B>(KeyKind::LeasedKey, KeyAction::Used);
        tell::<B>(KeyKind::LeasedKey, KeyAction::Destroyed);
        self.n = self.n.saturating_add(1);
        Ok(())
    }

    fn address(&self) -> Address<'_> {
        Address {
            suite: self.suite,
            sid: &self.sid,
            prefix: self.prefix.as_deref(),
        }
    }
}

impl<B: CryptoBackend> Session<B> {
    /// Takes the next `count` sending numbers. They may be used only after the change was committed
    /// and saved.
    ///
    /// # Errors
    /// [`SessionError::ChainExhausted`] if `count` is more than [`Lease::MAX`]; otherwise as
    /// [`encrypt`](Self::encrypt).
    pub fn prepare_lease<S: KeySource<B> + ?Sized>(
        &self,
        count: u32,
        source: &mut S,
    ) -> Result<(Lease<B>, Pending<B>), SessionError> {
        let mut plan = SendPlan::new(count);
        let lease = self.plan_lease(source, &mut plan)?;
        Ok((lease, self.pending(Change::Lease(plan))))
    }

    /// Takes the next `count` sending numbers, and changes the session in memory.
    ///
    /// # Errors
    /// As [`prepare_lease`](Self::prepare_lease).
    pub fn lease<S: KeySource<B> + ?Sized>(
        &mut self,
        count: u32,
        source: &mut S,
    ) -> Result<Lease<B>, SessionError> {
        let mut plan = SendPlan::new(count);
        let lease = self.plan_lease(source, &mut plan)?;
        self.apply_send(&mut plan);
        Ok(lease)
    }

    fn plan_lease<S: KeySource<B> + ?Sized>(
        &self,
        source: &mut S,
        plan: &mut SendPlan<B>,
    ) -> Result<Lease<B>, SessionError> {
        if plan.count > Lease::<B>::MAX {
            return Err(SessionError::ChainExhausted);
        }
        self.check_limits(plan.count)?;
        let ratchet = self.open_ratchet()?;
        if ratchet.turns_when_sending() && plan.count > 0 {
            ratchet.turn_for_sending(source.fresh_key()?, plan)?;
        }
        let Header { ratchet_key, pn, n } = ratchet.send_header(plan)?;
        let ratchet_key = *ratchet_key;
        let keys = ratchet.lease_keys(plan)?;
        each::<B>(KeyKind::LeasedKey, KeyAction::Generated, keys.len());
        Ok(Lease {
            suite: self.suite,
            sid: self.sid,
            prefix: self.prefix.clone(),
            ratchet_key,
            pn,
            n,
            keys,
            backend: PhantomData,
        })
    }
}

impl<B: CryptoBackend> Drop for Lease<B> {
    fn drop(&mut self) {
        each::<B>(KeyKind::LeasedKey, KeyAction::Destroyed, self.keys.len());
    }
}

impl<B: CryptoBackend> fmt::Debug for Lease<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("next", &self.n)
            .field("remaining", &self.remaining())
            .finish_non_exhaustive()
    }
}
