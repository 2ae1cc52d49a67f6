//! Many key agreements as one batch, with the engine's own check on each result.

use alloc::vec::Vec;
use core::ops::Range;

use crate::agreement::check_shared;
use crate::backend::CryptoBackend;
use crate::handshake::error::HandshakeError;
use crate::primitives::{AgreeJob, KeyAgreement, PrimitiveError};
use crate::secret::Secret;

/// The shared secrets of many agreements, in order.
///
/// They stay where they were computed, so that wiping this wipes them all.
pub(super) struct Agreements {
    shared: Vec<Secret<32>>,
    outcomes: Vec<Result<(), PrimitiveError>>,
}

/// A private key of ours and a public key of the peer's.
pub(super) type Pair<'a, B> = (
    &'a <<B as CryptoBackend>::X25519 as KeyAgreement>::PrivateKey,
    &'a [u8; 32],
);

impl Agreements {
    pub(super) fn run<B: CryptoBackend>(pairs: &[Pair<'_, B>]) -> Self {
        let mut shared: Vec<_> = pairs.iter().map(|_| Secret::zeroed()).collect();
        let mut jobs: Vec<_> = pairs
            .iter()
            .zip(&mut shared)
            .map(|(&(private, peer), shared)| AgreeJob::<B::X25519> {
                private,
                peer,
                shared: shared.expose_mut(),
                outcome: Ok(()),
            })
            .collect();
        B::X25519::agree_batch(&mut jobs);
        let outcomes = jobs.iter().map(|job| job.outcome).collect();
        Self { shared, outcomes }
    }

    /// A range of the secrets, if each of them is contributory.
    pub(super) fn secrets(&self, range: Range<usize>) -> Result<&[Secret<32>], HandshakeError> {
        let outcomes = self
            .outcomes
            .get(range.clone())
            .ok_or(HandshakeError::Backend)?;
        let shared = self.shared.get(range).ok_or(HandshakeError::Backend)?;
        for outcome in outcomes {
            (*outcome)?;
        }
        for secret in shared {
            check_shared(secret)?;
        }
        Ok(shared)
    }
}
