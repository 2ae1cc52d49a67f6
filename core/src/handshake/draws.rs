//! Secrets drawn from a generator that is watched while it gives them.
//!
//! A generator that fails is caught by [`entropy`](crate::entropy); one that is stuck, and gives
//! the same bytes again, is caught here: of the secrets of one operation no two in a row may be
//! equal.

use rand_core::{TryCryptoRng, TryRng};
use subtle::ConstantTimeEq;

use crate::entropy::{self, EntropyError};
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

    /// What the first message of a session will draw: a ratchet key, then a salt. Drawn ahead, so
    /// that a batch draws in the order of a loop.
    pub(super) fn first_message(&mut self) -> Result<Drawn, HandshakeError> {
        let ratchet_key = self.secret()?;
        let mut salt = [0; 8];
        entropy::fill(self.rng, &mut salt)?;
        let mut bytes = Secret::zeroed();
        let drawn = ratchet_key.expose().iter().chain(&salt);
        bytes
            .expose_mut()
            .iter_mut()
            .zip(drawn)
            .for_each(|(to, from)| *to = *from);
        Ok(Drawn { bytes, used: 0 })
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

/// Randomness that was drawn ahead: a generator that gives it out once and then fails.
pub(super) struct Drawn {
    bytes: Secret<40>,
    used: usize,
}

impl TryRng for Drawn {
    type Error = EntropyError;

    fn try_next_u32(&mut self) -> Result<u32, EntropyError> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, EntropyError> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), EntropyError> {
        let end = self.used.saturating_add(to.len());
        let from = self.bytes.expose().get(self.used..end);
        to.copy_from_slice(from.ok_or(EntropyError)?);
        self.used = end;
        Ok(())
    }
}

impl TryCryptoRng for Drawn {}
