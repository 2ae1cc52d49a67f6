//! Two implementations of Ed25519.

use proptest::prelude::*;
use sprag_core::primitives::{PrimitiveError, Signature, VerifyJob};

use crate::holds;
use crate::inputs::{self, Signed};

pub(crate) fn signatures<Reference: Signature, Other: Signature>() {
    fn sign<S: Signature>(seed: &[u8; 32], message: &[u8]) -> ([u8; 32], [u8; 64]) {
        let key = S::signing_key(seed).expect("a key");
        assert_eq!(S::seed(&key), seed);
        (*S::public_key(&key), S::sign(&key, message))
    }

    fn verify<S: Signature>(all: &[Signed]) -> Vec<Result<(), PrimitiveError>> {
        let mut jobs: Vec<_> = all
            .iter()
            .map(|signed| VerifyJob {
                public: &signed.public,
                message: &signed.message,
                signature: &signed.signature,
                outcome: Err(PrimitiveError::Library),
            })
            .collect();
        S::verify_batch(&mut jobs);
        for job in &jobs {
            assert_eq!(
                S::verify(job.public, job.message, job.signature),
                job.outcome
            );
        }
        jobs.iter().map(|job| job.outcome).collect()
    }

    let message = prop::collection::vec(any::<u8>(), 0..300);
    let input = (any::<[u8; 32]>(), message, inputs::signature_damage());
    holds(200, prop::collection::vec(input, 0..8), |inputs| {
        let mut all = Vec::new();
        for (seed, message, damage) in inputs {
            let (public, signature) = sign::<Reference>(&seed, &message);
            assert_eq!((public, signature), sign::<Other>(&seed, &message));
            let mut signed = Signed {
                public,
                message,
                signature,
            };
            damage.apply(&mut signed);
            all.push(signed);
        }
        assert_eq!(verify::<Reference>(&all), verify::<Other>(&all));
    });
}
