//! One wrapper type for all primitives: notes the call, then makes it.

use core::marker::PhantomData;
use std::vec::Vec;

use super::{Primitive, note};
use crate::primitives::{
    Aead, AgreeJob, ChainStepJob, Hmac, Kem, KeyAgreement, OpenJob, PrimitiveError, SealJob,
    Signature, VerifyJob,
};
use crate::suite::{AeadAlgorithm, KemAlgorithm};

/// The primitive `P`, recorded under the algorithm that `W` names where there are several.
#[derive(Clone, Copy, Debug)]
pub struct Counted<P, W = ()>(PhantomData<(P, W)>);

/// Names the AEAD that a [`Counted`] primitive is.
pub trait WhichAead {
    /// The algorithm.
    const ALGORITHM: AeadAlgorithm;
}

/// Names the KEM that a [`Counted`] primitive is.
pub trait WhichKem {
    /// The parameter set.
    const ALGORITHM: KemAlgorithm;
}

/// AES-256-GCM.
#[derive(Clone, Copy, Debug)]
pub enum Aes256Gcm {}
impl WhichAead for Aes256Gcm {
    const ALGORITHM: AeadAlgorithm = AeadAlgorithm::Aes256Gcm;
}

/// ChaCha20-Poly1305.
#[derive(Clone, Copy, Debug)]
pub enum ChaCha20Poly1305 {}
impl WhichAead for ChaCha20Poly1305 {
    const ALGORITHM: AeadAlgorithm = AeadAlgorithm::ChaCha20Poly1305;
}

/// ML-KEM-768.
#[derive(Clone, Copy, Debug)]
pub enum MlKem768 {}
impl WhichKem for MlKem768 {
    const ALGORITHM: KemAlgorithm = KemAlgorithm::MlKem768;
}

/// ML-KEM-1024.
#[derive(Clone, Copy, Debug)]
pub enum MlKem1024 {}
impl WhichKem for MlKem1024 {
    const ALGORITHM: KemAlgorithm = KemAlgorithm::MlKem1024;
}

impl<K: KeyAgreement> KeyAgreement for Counted<K> {
    type PrivateKey = K::PrivateKey;

    fn private_key(bytes: &[u8; 32]) -> Result<Self::PrivateKey, PrimitiveError> {
        note(Primitive::PrivateKey, 0, 0);
        K::private_key(bytes)
    }

    fn private_key_batch(
        bytes: &[&[u8; 32]],
        keys: &mut Vec<Self::PrivateKey>,
    ) -> Result<(), PrimitiveError> {
        for _ in bytes {
            note(Primitive::PrivateKey, 0, 0);
        }
        K::private_key_batch(bytes, keys)
    }

    fn public_key(private: &Self::PrivateKey) -> &[u8; 32] {
        K::public_key(private)
    }

    fn private_bytes(private: &Self::PrivateKey) -> &[u8; 32] {
        K::private_bytes(private)
    }

    fn agree(
        private: &Self::PrivateKey,
        peer: &[u8; 32],
        shared: &mut [u8; 32],
    ) -> Result<(), PrimitiveError> {
        note(Primitive::Agree, 0, 0);
        K::agree(private, peer, shared)
    }

    fn agree_batch(jobs: &mut [AgreeJob<'_, Self>]) {
        // The job names the primitive in its type, so it is made anew for the wrapped one.
        let mut inner: Vec<AgreeJob<'_, K>> = jobs
            .iter_mut()
            .map(|job| {
                note(Primitive::Agree, 0, 0);
                AgreeJob {
                    private: job.private,
                    peer: job.peer,
                    shared: &mut *job.shared,
                    outcome: job.outcome,
                }
            })
            .collect();
        K::agree_batch(&mut inner);
        let outcomes: Vec<_> = inner.into_iter().map(|job| job.outcome).collect();
        for (job, outcome) in jobs.iter_mut().zip(outcomes) {
            job.outcome = outcome;
        }
    }
}

impl<H: Hmac> Hmac for Counted<H> {
    fn sha256(parts: &[&[u8]]) -> [u8; 32] {
        note(Primitive::Sha256, total(parts), 0);
        H::sha256(parts)
    }

    fn hmac(key: &[u8], parts: &[&[u8]], tag: &mut [u8; 32]) {
        note(Primitive::Hmac, total(parts), key.len());
        H::hmac(key, parts, tag);
    }

    fn hkdf_extract(salt: &[u8], ikm: &[&[u8]], prk: &mut [u8; 32]) {
        note(Primitive::HkdfExtract, total(ikm), salt.len());
        H::hkdf_extract(salt, ikm, prk);
    }

    fn hkdf_expand(prk: &[u8; 32], info: &[u8], okm: &mut [u8]) -> Result<(), PrimitiveError> {
        note(Primitive::HkdfExpand, okm.len(), info.len());
        H::hkdf_expand(prk, info, okm)
    }

    fn hkdf64(
        salt: &[u8; 32],
        ikm: &[u8; 32],
        info: &[u8],
        okm: &mut [u8; 64],
    ) -> Result<(), PrimitiveError> {
        note(Primitive::Hkdf64, 0, info.len());
        H::hkdf64(salt, ikm, info, okm)
    }

    fn chain_step(chain_key: &[u8; 32], message_key: &mut [u8; 32], next: &mut [u8; 32]) {
        note(Primitive::ChainStep, 0, 0);
        H::chain_step(chain_key, message_key, next);
    }

    fn chain_advance(chain_key: &mut [u8; 32], steps: u32) {
        note(
            Primitive::ChainAdvance,
            usize::try_from(steps).unwrap_or(usize::MAX),
            0,
        );
        H::chain_advance(chain_key, steps);
    }

    fn chain_step_batch(jobs: &mut [ChainStepJob<'_>]) {
        for _ in jobs.iter() {
            note(Primitive::ChainStep, 0, 0);
        }
        H::chain_step_batch(jobs);
    }
}

impl<A: Aead, W: WhichAead> Aead for Counted<A, W> {
    type Key = A::Key;

    fn key(bytes: &[u8; 32]) -> Result<Self::Key, PrimitiveError> {
        note(Primitive::AeadKey(W::ALGORITHM), 0, 0);
        A::key(bytes)
    }

    fn seal(
        key: &Self::Key,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], PrimitiveError> {
        note(Primitive::Seal(W::ALGORITHM), buffer.len(), aad.len());
        A::seal(key, nonce, aad, buffer)
    }

    fn open(
        key: &Self::Key,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        note(Primitive::Open(W::ALGORITHM), buffer.len(), aad.len());
        A::open(key, nonce, aad, buffer, tag)
    }

    fn seal_once(
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], PrimitiveError> {
        note(Primitive::SealOnce(W::ALGORITHM), buffer.len(), aad.len());
        A::seal_once(key, nonce, aad, buffer)
    }

    fn open_once(
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        note(Primitive::OpenOnce(W::ALGORITHM), buffer.len(), aad.len());
        A::open_once(key, nonce, aad, buffer, tag)
    }

    fn seal_batch(jobs: &mut [SealJob<'_>]) {
        for job in jobs.iter() {
            note(
                Primitive::SealOnce(W::ALGORITHM),
                job.buffer.len(),
                job.aad.len(),
            );
        }
        A::seal_batch(jobs);
    }

    fn open_batch(jobs: &mut [OpenJob<'_>]) {
        for job in jobs.iter() {
            note(
                Primitive::OpenOnce(W::ALGORITHM),
                job.buffer.len(),
                job.aad.len(),
            );
        }
        A::open_batch(jobs);
    }
}

impl<S: Signature> Signature for Counted<S> {
    type SigningKey = S::SigningKey;

    fn signing_key(seed: &[u8; 32]) -> Result<Self::SigningKey, PrimitiveError> {
        note(Primitive::SigningKey, 0, 0);
        S::signing_key(seed)
    }

    fn public_key(key: &Self::SigningKey) -> &[u8; 32] {
        S::public_key(key)
    }

    fn seed(key: &Self::SigningKey) -> &[u8; 32] {
        S::seed(key)
    }

    fn sign(key: &Self::SigningKey, message: &[u8]) -> [u8; 64] {
        note(Primitive::Sign, message.len(), 0);
        S::sign(key, message)
    }

    fn verify(
        public: &[u8; 32],
        message: &[u8],
        signature: &[u8; 64],
    ) -> Result<(), PrimitiveError> {
        note(Primitive::Verify, message.len(), 0);
        S::verify(public, message, signature)
    }

    fn verify_batch(jobs: &mut [VerifyJob<'_>]) {
        for job in jobs.iter() {
            note(Primitive::Verify, job.message.len(), 0);
        }
        S::verify_batch(jobs);
    }
}

impl<K: Kem, W: WhichKem> Kem for Counted<K, W> {
    const PUBLIC_LEN: usize = K::PUBLIC_LEN;
    const CIPHERTEXT_LEN: usize = K::CIPHERTEXT_LEN;
    type DecapsulationKey = K::DecapsulationKey;

    fn decapsulation_key(seed: &[u8; 64]) -> Result<Self::DecapsulationKey, PrimitiveError> {
        note(Primitive::DecapsulationKey(W::ALGORITHM), 0, 0);
        K::decapsulation_key(seed)
    }

    fn public_key(key: &Self::DecapsulationKey, public: &mut [u8]) -> Result<(), PrimitiveError> {
        note(Primitive::KemPublicKey(W::ALGORITHM), 0, 0);
        K::public_key(key, public)
    }

    fn encapsulate(
        public: &[u8],
        m: &[u8; 32],
        ciphertext: &mut [u8],
        shared: &mut [u8; 32],
    ) -> Result<(), PrimitiveError> {
        note(Primitive::Encapsulate(W::ALGORITHM), 0, 0);
        K::encapsulate(public, m, ciphertext, shared)
    }

    fn decapsulate(
        key: &Self::DecapsulationKey,
        ciphertext: &[u8],
        shared: &mut [u8; 32],
    ) -> Result<(), PrimitiveError> {
        note(Primitive::Decapsulate(W::ALGORITHM), 0, 0);
        K::decapsulate(key, ciphertext, shared)
    }
}

fn total(parts: &[&[u8]]) -> usize {
    parts
        .iter()
        .fold(0, |sum, part| sum.saturating_add(part.len()))
}
