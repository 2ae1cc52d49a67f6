//! Secrets drawn from a generator that is watched while it gives them.
//!
//! A generator that fails is caught by [`entropy`](crate::entropy); one that is stuck, and gives
//! the same bytes again, is caught here: of the secrets of one operation no two in a row may be
//! equal.

use subtle::ConstantTimeEq;

use crate::backend::CryptoBackend;
use crate::entropy::EntropyError;
use crate::ephemeral::FreshKey;
use crate::ephemeral::sealed::{Keys, Randomness};
use crate::handshake::error::HandshakeError;
use crate::secret::Secret;

/// The draws of one operation.
pub(super) struct Draws<'r, S: ?Sized> {
    source: &'r mut S,
    last: Option<Secret<32>>,
}

impl<'r, S: Randomness + ?Sized> Draws<'r, S> {
    pub(super) const fn new(source: &'r mut S) -> Self {
        Self { source, last: None }
    }

    /// The first secret must differ from one that was drawn in an operation before.
    pub(super) const fn after(source: &'r mut S, earlier: &[u8; 32]) -> Self {
        Self {
            source,
            last: Some(Secret::new(*earlier)),
        }
    }

    /// A 32-byte secret that differs from the one drawn before.
    pub(super) fn secret(&mut self) -> Result<Secret<32>, HandshakeError> {
        let mut secret = Secret::zeroed();
        self.source.fill(secret.expose_mut())?;
        self.watch(&secret)?;
        Ok(secret)
    }

    fn watch(&mut self, secret: &Secret<32>) -> Result<(), HandshakeError> {
        let last = self.last.as_ref();
        if last.is_some_and(|last| bool::from(last.ct_eq(secret))) {
            return Err(HandshakeError::Entropy);
        }
        self.last = Some(secret.duplicate());
        Ok(())
    }

    /// A key pair that nobody has used, made ahead or of a secret as above.
    pub(super) fn fresh_key<B: CryptoBackend>(&mut self) -> Result<FreshKey<B>, HandshakeError>
    where
        S: Keys<B>,
    {
        let key = self.source.fresh_key()?;
        if let FreshKey::Seed(secret) = &key {
            self.watch(secret)?;
        }
        Ok(key)
    }

    /// What the first message of a session will draw: a ratchet key, then a salt. Drawn ahead, so
    /// that a batch draws in the order of a loop.
    pub(super) fn first_message<B: CryptoBackend>(&mut self) -> Result<Drawn<B>, HandshakeError>
    where
        S: Keys<B>,
    {
        let ratchet_key = Some(self.fresh_key()?);
        let mut salt = [0; 8];
        self.source.fill(&mut salt)?;
        Ok(Drawn { ratchet_key, salt })
    }

    /// A 64-byte seed, of two such secrets.
    pub(super) fn seed(&mut self) -> Result<Secret<64>, HandshakeError> {
        let (left, right) = (self.secret()?, self.secret()?);
        let mut seed = Secret::zeroed();
        let halves = seed.expose_mut().chunks_exact_mut(32);
        for (half, drawn) in halves.zip([&left, &right]) {
            half.copy_from_slice(drawn.expose());
        }
        Ok(seed)
    }
}

/// What a message draws, drawn ahead: gives its key out once and then fails.
pub(super) struct Drawn<B: CryptoBackend> {
    ratchet_key: Option<FreshKey<B>>,
    salt: [u8; 8],
}

impl<B: CryptoBackend> Randomness for Drawn<B> {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        if bytes.len() != self.salt.len() {
            return Err(EntropyError);
        }
        bytes.copy_from_slice(&self.salt);
        Ok(())
    }
}

impl<B: CryptoBackend> Keys<B> for Drawn<B> {
    fn fresh_key(&mut self) -> Result<FreshKey<B>, EntropyError> {
        self.ratchet_key.take().ok_or(EntropyError)
    }
}
