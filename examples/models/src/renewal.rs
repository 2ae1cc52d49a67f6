//! Sessions that are renewed: after so many messages or so much time the next message starts another,
//! through the peer's prekeys.
//!
//! The engine's policy refuses to send more under a session; what lives here is the answer to that.

use sprag::sprag_core::backend::PqBackend;
use sprag::store::Store;
use sprag::{DurableError, SessionError, SessionPolicy};

use crate::Result;
use crate::address::Address;
use crate::device::Device;

/// So many messages a device sends under one session.
pub const MESSAGES: u64 = 100;

/// So many seconds a session is used.
pub const WEEK: u64 = 7 * 24 * 60 * 60;

/// The policy of sessions that end after [`MESSAGES`] or a [`WEEK`].
#[must_use]
pub fn policy() -> SessionPolicy {
    SessionPolicy {
        max_sent: MESSAGES,
        max_age: WEEK,
        ..SessionPolicy::default()
    }
}

impl<B: PqBackend, S: Store> Device<B, S> {
    /// Sends as [`send`](Self::send) does, in a new session where the old one has reached a limit of the
    /// policy.
    ///
    /// # Errors
    /// As [`send`](Self::send), those limits left out.
    pub fn send_renewing(&mut self, to: &Address, text: &[u8]) -> Result<Vec<u8>> {
        let sealed = match self.seal(to, text) {
            Err(error) if is_limit(error.downcast_ref()) => self.begin(to, text)?,
            sealed => sealed?,
        };
        self.deliver(to, &sealed)?;
        self.keep_own(text)?;
        Ok(sealed)
    }
}

fn is_limit(error: Option<&DurableError>) -> bool {
    use SessionError::{AgeLimit, MessageLimit};
    matches!(error, Some(DurableError::Session(MessageLimit | AgeLimit)))
}
