//! Why [`Signature::verify_batch`] is not a library's batch verification: signatures on which the
//! equation over all of a batch and the equation of each differ, and every backend's verdicts on
//! them, which are those of the single call.
//!
//! The equation of one signature is `s·B = R + k·A`. That of a batch is the sum of all, each times
//! a coefficient `z` that the verifier picks: `(Σ z·s)·B = Σ z·R + Σ (z·k)·A`, scalars modulo the
//! prime group order. They mean the same only for points without a part of small order.

#![cfg(feature = "rustcrypto")]

use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT as B, EIGHT_TORSION};
use curve25519_dalek::traits::Identity;
use curve25519_dalek::{EdwardsPoint, Scalar};
use sha2::{Digest, Sha512};
use sprag_backends::rustcrypto::Ed25519;
use sprag_core::primitives::{PrimitiveError, Signature, VerifyJob};

const REFUSED: Result<(), PrimitiveError> = Err(PrimitiveError::InvalidSignature);

/// The coefficients that are tried. A verifier's have 128 bits, which changes nothing for points
/// whose order is at most 8.
const COEFFICIENTS: std::ops::RangeInclusive<u64> = 1..=64;

/// A signature with its parts.
struct Crafted {
    public: [u8; 32],
    message: [u8; 8],
    signature: [u8; 64],
    key: EdwardsPoint,
    commitment: EdwardsPoint,
    challenge: Scalar,
    s: Scalar,
}

impl Crafted {
    /// A signature by someone who adds points of small order to the key and to the commitment.
    fn new(message: u64, to_key: EdwardsPoint, to_commitment: EdwardsPoint) -> Self {
        let (secret, nonce) = (
            Scalar::from(0x5eed_u64),
            Scalar::from(message + 0x1234_5678),
        );
        let key = secret * B + to_key;
        let commitment = nonce * B + to_commitment;
        let public = key.compress().to_bytes();
        let message = message.to_le_bytes();
        let hash = Sha512::new()
            .chain_update(commitment.compress().as_bytes())
            .chain_update(public)
            .chain_update(message);
        let challenge = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
        let s = nonce + challenge * secret;
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(commitment.compress().as_bytes());
        signature[32..].copy_from_slice(s.as_bytes());
        Self {
            public,
            message,
            signature,
            key,
            commitment,
            challenge,
            s,
        }
    }

    fn honest(message: u64) -> Self {
        Self::new(message, EdwardsPoint::identity(), EdwardsPoint::identity())
    }

    fn verdict<S: Signature>(&self) -> Result<(), PrimitiveError> {
        S::verify(&self.public, &self.message, &self.signature)
    }
}

/// The equation of a batch.
fn batch_equation(batch: &[(u64, &Crafted)]) -> bool {
    let mut sum = Scalar::ZERO;
    let mut points = EdwardsPoint::identity();
    for (z, signed) in batch {
        let z = Scalar::from(*z);
        sum += z * signed.s;
        points += z * signed.commitment + (z * signed.challenge) * signed.key;
    }
    sum * B == points
}

/// A point of order 8, and one of order 2.
fn small(order: usize) -> EdwardsPoint {
    let point = EIGHT_TORSION[8 / order];
    let multiple = |times: u64| Scalar::from(times) * point;
    assert_eq!(multiple(order as u64), EdwardsPoint::identity());
    assert_ne!(multiple(order as u64 / 2), EdwardsPoint::identity());
    point
}

/// `R` has a part of order 2 or 8: refused by itself, taken in a batch by one coefficient in so
/// many.
fn crooked_commitment(order: usize) -> Crafted {
    Crafted::new(1, EdwardsPoint::identity(), small(order))
}

/// The key has a part of order 8 that the challenge, a multiple of 8, makes vanish: taken by
/// itself. The signer looks for a message that has such a challenge, about one in eight.
fn crooked_key() -> Crafted {
    (0..)
        .map(|message| Crafted::new(message, small(8), EdwardsPoint::identity()))
        .find(|signed| signed.challenge.as_bytes()[0].is_multiple_of(8))
        .expect("one in eight")
}

#[test]
fn a_batch_equation_takes_what_is_refused_alone() {
    for order in [2, 8] {
        let signed = crooked_commitment(order);
        assert_eq!(signed.verdict::<Ed25519>(), REFUSED);
        let taken = COEFFICIENTS.filter(|&z| batch_equation(&[(z, &signed)]));
        assert_eq!(taken.count(), 64 / order);
    }
    // Two defects cancel.
    let (one, other) = (crooked_commitment(2), crooked_commitment(2));
    assert!(batch_equation(&[(3, &one), (5, &other)]));
    assert!(!batch_equation(&[(3, &one), (4, &other)]));
}

#[test]
fn a_batch_equation_refuses_what_is_taken_alone() {
    let signed = crooked_key();
    assert_eq!(signed.verdict::<Ed25519>(), Ok(()));
    assert!(batch_equation(&[(1, &signed)]));
    // The product of coefficient and challenge is reduced, and the multiple of 8 lost.
    let large = COEFFICIENTS.map(|z| z << 57);
    let refused = large.filter(|&z| !batch_equation(&[(z, &signed)]));
    assert!(refused.count() > 32);
}

#[test]
fn honest_signatures_pass_both_equations_and_forged_ones_neither() {
    let mut signed = Crafted::honest(7);
    assert_eq!(signed.verdict::<Ed25519>(), Ok(()));
    assert!(
        COEFFICIENTS
            .into_iter()
            .all(|z| batch_equation(&[(z, &signed)]))
    );
    signed.s += Scalar::ONE;
    signed.signature[32..].copy_from_slice(signed.s.as_bytes());
    assert_eq!(signed.verdict::<Ed25519>(), REFUSED);
    assert!(
        !COEFFICIENTS
            .into_iter()
            .any(|z| batch_equation(&[(z, &signed)]))
    );
}

#[test]
fn every_backend_gives_the_verdicts_of_the_single_call() {
    gives_single_verdicts::<Ed25519>();
    #[cfg(feature = "ring")]
    gives_single_verdicts::<sprag_backends::ring::Ed25519>();
    #[cfg(feature = "aws-lc-rs")]
    gives_single_verdicts::<sprag_backends::aws_lc::Ed25519>();
    #[cfg(feature = "mixed")]
    gives_single_verdicts::<sprag_backends::mixed::Ed25519>();
}

fn gives_single_verdicts<S: Signature>() {
    let batch = [
        (Crafted::honest(1), Ok(())),
        (crooked_commitment(2), REFUSED),
        (crooked_commitment(2), REFUSED),
        (crooked_key(), Ok(())),
        (crooked_commitment(8), REFUSED),
        (Crafted::honest(2), Ok(())),
        (crooked_key(), Ok(())),
        (Crafted::honest(3), Ok(())),
    ];
    for from in 0..batch.len() {
        for to in from..=batch.len() {
            // Several runs: a batch equation picks other coefficients each time.
            for _ in 0..4 {
                let items = &batch[from..to];
                let mut jobs: Vec<_> = items
                    .iter()
                    .map(|(signed, _)| VerifyJob {
                        public: &signed.public,
                        message: &signed.message,
                        signature: &signed.signature,
                        outcome: Err(PrimitiveError::Library),
                    })
                    .collect();
                S::verify_batch(&mut jobs);
                for (job, (signed, expected)) in jobs.iter().zip(items) {
                    assert_eq!(job.outcome, *expected);
                    assert_eq!(signed.verdict::<S>(), *expected);
                }
            }
        }
    }
}
