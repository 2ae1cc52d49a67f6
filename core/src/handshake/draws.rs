//! Secrets drawn from a generator that is watched while it gives them.
//!
//! A generator that fails is caught by [`entropy`](crate::entropy); one that is stuck, and gives
//! the same bytes again, is caught here: no two secrets of one operation may be equal.

use rand_core::TryCryptoRng;
use subtle::ConstantTimeEq;

use crate::handshake::error::HandshakeError;
use crate::secret::Secret;

/// The draws of one operation.
pub(super) struct Draws<'r, R: ?Sized> {
    rng: &'r mut R,
    last: Option<Secret<32>>,
}

impl<'r, R: TryCryptoRng + ?Sized> Draws<'r, R> {
    pub(super) const fn new(rng: &'r mut R) -> Self {
        Self { rng, last: None }
    }

    /// The first secret must differ from one that was drawn in an operation before.
    pub(super) const fn after(rng: &'r mut R, earlier: &[u8; 32]) -> Self {
        Self {
            rng,
            last: Some(Secret::new(*earlier)),
        }
    }

    /// A 32-byte secret that differs from the one drawn before.
    pub(super) fn secret(&mut self) -> Result<Secret<32>, HandshakeError> {
        let secret = Secret::random(self.rng)?;
        let last = self.last.as_ref();
        if last.is_some_and(|last| bool::from(last.ct_eq(&secret))) {
            return Err(HandshakeError::Entropy);
        }
        self.last = Some(secret.duplicate());
        Ok(secret)
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
