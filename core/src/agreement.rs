//! The engine's own checks around every X25519 agreement.
//!
//! Backends refuse an all-zero result too; the engine does not depend on it. A public key that
//! is not canonical (`u >= 2^255 - 19`, or the top bit set) is refused before it is used, so that
//! no key has two spellings (RFC 7748 section 5 would accept both).

use alloc::vec::Vec;
use core::ops::Range;

use subtle::ConstantTimeEq;

use crate::primitives::{AgreeJob, KeyAgreement, PrimitiveError};
use crate::secret::Secret;

/// Agrees on a shared secret with a canonical, contributory peer key.
///
/// # Errors
/// [`PrimitiveError::InvalidKey`] if the peer's key is not canonical,
/// [`PrimitiveError::NonContributory`] if the result is all zeros.
pub(crate) fn agree<K: KeyAgreement>(
    private: &K::PrivateKey,
    peer: &[u8; 32],
) -> Result<Secret<32>, PrimitiveError> {
    check_peer(peer)?;
    let mut shared = Secret::zeroed();
    K::agree(private, peer, shared.expose_mut())?;
    check_shared(&shared)?;
    Ok(shared)
}

/// A private key of ours and a public key of the peer's.
pub(crate) type Pair<'a, K> = (&'a <K as KeyAgreement>::PrivateKey, &'a [u8; 32]);

/// The shared secrets of many agreements, made as one batch, in order.
///
/// They stay where they were computed, so that wiping this wipes them all.
pub(crate) struct Agreements {
    shared: Vec<Secret<32>>,
    outcomes: Vec<Result<(), PrimitiveError>>,
}

impl Agreements {
    /// Makes all agreements; the peers' keys were checked by [`check_peer`].
    pub(crate) fn run<K: KeyAgreement>(pairs: &[Pair<'_, K>]) -> Self {
        let mut shared: Vec<_> = pairs.iter().map(|_| Secret::zeroed()).collect();
        let mut jobs: Vec<_> = pairs
            .iter()
            .zip(&mut shared)
            .map(|(&(private, peer), shared)| AgreeJob::<K> {
                private,
                peer,
                shared: shared.expose_mut(),
                outcome: Ok(()),
            })
            .collect();
        K::agree_batch(&mut jobs);
        let outcomes = jobs.iter().map(|job| job.outcome).collect();
        Self { shared, outcomes }
    }

    /// One of the secrets, if it is contributory.
    pub(crate) fn secret(&self, index: usize) -> Result<&Secret<32>, PrimitiveError> {
        let outcome = self.outcomes.get(index).ok_or(PrimitiveError::Library)?;
        let shared = self.shared.get(index).ok_or(PrimitiveError::Library)?;
        (*outcome)?;
        check_shared(shared)?;
        Ok(shared)
    }

    /// A range of the secrets, if each of them is contributory.
    pub(crate) fn secrets(&self, range: Range<usize>) -> Result<&[Secret<32>], PrimitiveError> {
        for index in range.clone() {
            self.secret(index)?;
        }
        self.shared.get(range).ok_or(PrimitiveError::Library)
    }
}

/// Refuses a public key that is not the one canonical spelling of its value.
pub(crate) fn check_peer(peer: &[u8; 32]) -> Result<(), PrimitiveError> {
    // Little-endian p = 2^255 - 19: ed, thirty times ff, 7f.
    let [low, middle @ .., high] = peer;
    let at_least_p = *high == 0x7f && middle.iter().all(|byte| *byte == 0xff) && *low >= 0xed;
    if *high >= 0x80 || at_least_p {
        return Err(PrimitiveError::InvalidKey);
    }
    Ok(())
}

/// Refuses an all-zero shared secret, in constant time.
fn check_shared(shared: &Secret<32>) -> Result<(), PrimitiveError> {
    if bool::from(shared.expose().ct_eq(&[0; 32])) {
        return Err(PrimitiveError::NonContributory);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_spelling_passes() {
        let mut p = [0xff; 32];
        (p[0], p[31]) = (0xed, 0x7f);
        assert_eq!(check_peer(&p), Err(PrimitiveError::InvalidKey));
        p[0] = 0xec;
        assert_eq!(check_peer(&p), Ok(()));
        p[31] = 0xff;
        assert_eq!(check_peer(&p), Err(PrimitiveError::InvalidKey));
        let mut nine = [0; 32];
        nine[0] = 9;
        assert_eq!(check_peer(&nine), Ok(()));
        nine[31] = 0x80;
        assert_eq!(check_peer(&nine), Err(PrimitiveError::InvalidKey));
    }
}
