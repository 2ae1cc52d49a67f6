//! A session whose backend is chosen at run time.
//!
//! For applications that pick the fastest backend of a host, and for tools. What lives here: the
//! object-safe view of a session. What does not: the two-step operations, whose pending changes
//! belong to one backend's session.

use std::ops::Range;

use sprag_core::SecretBytes;
use sprag_core::session::{Session, SessionError, SessionId};
use sprag_core::{CryptoBackend, Suite, UnixTime};

use crate::entropy::{AnyRng, ByObject};

/// A session of some backend, as an object; every [`Session`] is one.
///
/// [`BackendName::decode_session`](crate::BackendName::decode_session) loads one.
pub trait AnySession: Send {
    /// The backend's name, as in [`CryptoBackend::NAME`].
    fn backend(&self) -> &'static str;

    /// [`Session::id`].
    fn id(&self) -> SessionId;

    /// [`Session::suite`].
    fn suite(&self) -> Suite;

    /// [`Session::header_len`].
    fn header_len(&self) -> usize;

    /// [`Session::encrypt`].
    ///
    /// # Errors
    /// As there; so for every method below.
    fn encrypt(&mut self, plaintext: &[u8], rng: &mut dyn AnyRng) -> Result<Vec<u8>, SessionError>;

    /// [`Session::encrypt_in_place`].
    #[allow(clippy::missing_errors_doc)]
    fn encrypt_in_place(
        &mut self,
        buffer: &mut [u8],
        rng: &mut dyn AnyRng,
    ) -> Result<(), SessionError>;

    /// [`Session::decrypt`].
    #[allow(clippy::missing_errors_doc)]
    fn decrypt(&mut self, message: &[u8]) -> Result<Vec<u8>, SessionError>;

    /// [`Session::decrypt_in_place`].
    #[allow(clippy::missing_errors_doc)]
    fn decrypt_in_place(&mut self, buffer: &mut [u8]) -> Result<Range<usize>, SessionError>;

    /// [`Session::skipped_keys`].
    fn skipped_keys(&self) -> usize;

    /// [`Session::observe_time`].
    fn observe_time(&mut self, now: UnixTime);

    /// [`Session::close`].
    fn close(&mut self);

    /// [`Session::encode`]: any backend loads it again.
    fn encode(&self) -> SecretBytes;
}

impl<B: CryptoBackend> AnySession for Session<B> {
    fn backend(&self) -> &'static str {
        B::NAME
    }

    fn id(&self) -> SessionId {
        self.id()
    }

    fn suite(&self) -> Suite {
        self.suite()
    }

    fn header_len(&self) -> usize {
        self.header_len()
    }

    fn encrypt(&mut self, plaintext: &[u8], rng: &mut dyn AnyRng) -> Result<Vec<u8>, SessionError> {
        self.encrypt(plaintext, &mut ByObject(rng))
    }

    fn encrypt_in_place(
        &mut self,
        buffer: &mut [u8],
        rng: &mut dyn AnyRng,
    ) -> Result<(), SessionError> {
        self.encrypt_in_place(buffer, &mut ByObject(rng))
    }

    fn decrypt(&mut self, message: &[u8]) -> Result<Vec<u8>, SessionError> {
        self.decrypt(message)
    }

    fn decrypt_in_place(&mut self, buffer: &mut [u8]) -> Result<Range<usize>, SessionError> {
        self.decrypt_in_place(buffer)
    }

    fn skipped_keys(&self) -> usize {
        self.skipped_keys()
    }

    fn observe_time(&mut self, now: UnixTime) {
        self.observe_time(now);
    }

    fn close(&mut self) {
        self.close();
    }

    fn encode(&self) -> SecretBytes {
        self.encode()
    }
}
