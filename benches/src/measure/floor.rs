//! The floor: replays the primitive calls of an operation, and nothing else.
//!
//! The counting backend says which calls an engine operation makes; here the same calls run on
//! the bare backend with inputs of the same sizes. What the engine costs beyond this sum is the
//! engine's own. Agreements that follow one another are made as one batch, the cheapest way to make
//! them. Randomness that cannot be done without is part of it, from the same generator: the random
//! half of a nonce, eight bytes a sealed message, and 32 for a private key. A failed tag check is
//! not told from a good one: both compute the same.

use std::hint::black_box;

use rand_core::{Rng as _, SeedableRng};
use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::primitives::{
    Aead, AgreeJob, Hmac, Kem, KeyAgreement, PrimitiveError, Signature,
};
use sprag::sprag_core::suite::{AeadAlgorithm, KemAlgorithm};
use sprag::sprag_core::testing::counting::{Call, Primitive};

use crate::workload::{Buffer, Operation, OrWrong, Rng, Wrong, capacity_for, operation};

/// Builds the operation that makes exactly the calls of `trace` on backend `B`.
///
/// # Errors
/// [`Wrong`] if setting it up failed.
pub fn build<B: PqBackend>(trace: Vec<Call>, seed: u64) -> Result<Box<dyn Operation>, Wrong> {
    let kit = Kit::<B>::new(&trace, seed).or_wrong("preparing the floor")?;
    let bytes = trace.iter().map(|call| 64 + call.len).sum();
    Ok(operation(
        kit,
        capacity_for(bytes).min(64),
        move |kit| {
            let steps = trace.iter().map(|call| kit.step(*call));
            steps
                .collect::<Result<Vec<_>, _>>()
                .or_wrong("preparing the floor")
        },
        |kit, steps| {
            let agrees = |step: &Step| matches!(step.call.primitive, Primitive::Agree);
            for run in steps.chunk_by_mut(|one, next| agrees(one) && agrees(next)) {
                kit.replay_run(run).or_wrong("replaying a primitive")?;
            }
            Ok(())
        },
        |_, _, _| Ok(()),
    ))
}

/// A call with the inputs that must be its own.
struct Step {
    call: Call,
    key: [u8; 32],
    text: Option<Letter>,
    signature: Option<Box<[u8; 64]>>,
}

/// What an AEAD call works on.
struct Letter {
    buffer: Buffer,
    tag: [u8; 16],
}

/// Inputs that calls may share.
struct Kit<B: PqBackend> {
    rng: Rng,
    noise: Vec<u8>,
    out: Vec<u8>,
    chain: [u8; 32],
    secret: [u8; 32],
    private: <B::X25519 as KeyAgreement>::PrivateKey,
    peer: [u8; 32],
    signer: <B::Ed25519 as Signature>::SigningKey,
    warm_bytes: [u8; 32],
    warm_aes: <B::Aes256Gcm as Aead>::Key,
    warm_chacha: <B::ChaCha20Poly1305 as Aead>::Key,
    kem768: KemKit<B::MlKem768>,
    kem1024: KemKit<B::MlKem1024>,
}

const NONCE: [u8; 12] = [7; 12];
/// The most agreements in one batch: longer runs are cut.
const BATCH: usize = 64;

impl<B: PqBackend> Kit<B> {
    fn new(trace: &[Call], seed: u64) -> Result<Self, PrimitiveError> {
        let mut rng = Rng::seed_from_u64(seed);
        let longest = |len: fn(&Call) -> usize| trace.iter().map(len).max().unwrap_or(0);
        // A chain is walked by a number of steps, not over bytes.
        let len = longest(|call| match call.primitive {
            Primitive::ChainAdvance => 0,
            _ => call.len.max(call.aad_len),
        });
        let mut noise = vec![0; len];
        rng.fill_bytes(&mut noise);
        let mut bytes = [0; 64];
        rng.fill_bytes(&mut bytes);
        let (chain, secret) = (fresh(&mut rng), fresh(&mut rng));
        let warm_bytes = fresh(&mut rng);
        Ok(Self {
            warm_aes: B::Aes256Gcm::key(&warm_bytes)?,
            warm_chacha: B::ChaCha20Poly1305::key(&warm_bytes)?,
            warm_bytes,
            private: B::X25519::private_key(&fresh(&mut rng))?,
            peer: *B::X25519::public_key(&B::X25519::private_key(&fresh(&mut rng))?),
            signer: B::Ed25519::signing_key(&fresh(&mut rng))?,
            kem768: KemKit::new(&bytes)?,
            kem1024: KemKit::new(&bytes)?,
            out: vec![0; len],
            noise,
            chain,
            secret,
            rng,
        })
    }

    fn step(&mut self, call: Call) -> Result<Step, PrimitiveError> {
        let key = match call.primitive {
            Primitive::Seal(_) | Primitive::Open(_) => self.warm_bytes,
            _ => fresh(&mut self.rng),
        };
        let aad = &self.noise[..call.aad_len.min(self.noise.len())];
        let letter = || Letter {
            buffer: Buffer::aligned(call.len),
            tag: [0; 16],
        };
        let text = match call.primitive {
            Primitive::SealOnce(_) | Primitive::Seal(_) => Some(letter()),
            Primitive::OpenOnce(algorithm) | Primitive::Open(algorithm) => {
                let mut sealed = letter();
                let buffer = sealed.buffer.get_mut();
                sealed.tag = match algorithm {
                    AeadAlgorithm::Aes256Gcm => B::Aes256Gcm::seal_once(&key, &NONCE, aad, buffer)?,
                    AeadAlgorithm::ChaCha20Poly1305 => {
                        B::ChaCha20Poly1305::seal_once(&key, &NONCE, aad, buffer)?
                    }
                };
                Some(sealed)
            }
            _ => None,
        };
        let signature = matches!(call.primitive, Primitive::Verify)
            .then(|| Box::new(B::Ed25519::sign(&self.signer, &self.noise[..call.len])));
        Ok(Step {
            call,
            key,
            text,
            signature,
        })
    }

    /// A single step, or several agreements.
    fn replay_run(&mut self, run: &mut [Step]) -> Result<(), PrimitiveError> {
        match run {
            [step] => self.replay(step),
            agreements => agreements
                .chunks(BATCH)
                .try_for_each(|batch| self.agree(batch.len())),
        }
    }

    fn agree(&self, count: usize) -> Result<(), PrimitiveError> {
        let mut secrets = [[0; 32]; BATCH];
        let mut jobs = secrets.each_mut().map(|shared| AgreeJob {
            private: &self.private,
            peer: &self.peer,
            shared,
            outcome: Ok(()),
        });
        let jobs = &mut jobs[..count];
        B::X25519::agree_batch(jobs);
        black_box(jobs).iter().try_for_each(|job| job.outcome)
    }

    fn replay(&mut self, step: &mut Step) -> Result<(), PrimitiveError> {
        let Call {
            primitive,
            len,
            aad_len,
        } = step.call;
        match primitive {
            Primitive::PrivateKey => {
                let seed = fresh(&mut self.rng);
                drop(black_box(B::X25519::private_key(&seed)?));
            }
            Primitive::Agree => {
                B::X25519::agree(&self.private, &self.peer, &mut self.secret)?;
            }
            Primitive::Sha256
            | Primitive::Hmac
            | Primitive::HkdfExtract
            | Primitive::HkdfExpand
            | Primitive::Hkdf64
            | Primitive::ChainStep
            | Primitive::ChainAdvance => self.replay_hash(step)?,
            Primitive::AeadKey(algorithm)
            | Primitive::Seal(algorithm)
            | Primitive::Open(algorithm)
            | Primitive::SealOnce(algorithm)
            | Primitive::OpenOnce(algorithm) => {
                let mut nonce = NONCE;
                if matches!(primitive, Primitive::SealOnce(_)) {
                    self.rng.fill_bytes(&mut nonce[..8]);
                }
                let aad = &self.noise[..aad_len];
                match algorithm {
                    AeadAlgorithm::Aes256Gcm => {
                        replay_aead::<B::Aes256Gcm>(step, &nonce, aad, &self.warm_aes)?;
                    }
                    AeadAlgorithm::ChaCha20Poly1305 => {
                        replay_aead::<B::ChaCha20Poly1305>(step, &nonce, aad, &self.warm_chacha)?;
                    }
                }
            }
            Primitive::SigningKey => drop(black_box(B::Ed25519::signing_key(&step.key)?)),
            Primitive::Sign => {
                black_box(B::Ed25519::sign(&self.signer, &self.noise[..len]));
            }
            Primitive::Verify => {
                let public = B::Ed25519::public_key(&self.signer);
                let signature = step.signature.as_deref().unwrap_or(&[0; 64]);
                B::Ed25519::verify(public, &self.noise[..len], signature)?;
            }
            Primitive::DecapsulationKey(algorithm)
            | Primitive::KemPublicKey(algorithm)
            | Primitive::Encapsulate(algorithm)
            | Primitive::Decapsulate(algorithm) => match algorithm {
                KemAlgorithm::MlKem768 => self.kem768.replay(primitive, &step.key)?,
                KemAlgorithm::MlKem1024 => self.kem1024.replay(primitive, &step.key)?,
            },
        }
        Ok(())
    }

    fn replay_hash(&mut self, step: &Step) -> Result<(), PrimitiveError> {
        let Call {
            primitive,
            len,
            aad_len,
        } = step.call;
        match primitive {
            Primitive::Sha256 => {
                black_box(B::HmacSha256::sha256(&[&self.noise[..len]]));
            }
            Primitive::Hmac => B::HmacSha256::hmac(
                &self.noise[..aad_len],
                &[&self.noise[..len]],
                &mut self.secret,
            ),
            Primitive::HkdfExtract => B::HmacSha256::hkdf_extract(
                &self.noise[..aad_len],
                &[&self.noise[..len]],
                &mut self.secret,
            ),
            Primitive::HkdfExpand => {
                let info = &self.noise[..aad_len];
                B::HmacSha256::hkdf_expand(&step.key, info, &mut self.out[..len])?;
            }
            Primitive::Hkdf64 => {
                let mut okm = [0; 64];
                let info = &self.noise[..aad_len];
                B::HmacSha256::hkdf64(&step.key, &self.secret, info, &mut okm)?;
                black_box(&okm);
            }
            Primitive::ChainStep => {
                let mut next = [0; 32];
                B::HmacSha256::chain_step(&self.chain, &mut self.secret, &mut next);
                self.chain = next;
            }
            Primitive::ChainAdvance => {
                let steps = u32::try_from(len).unwrap_or(u32::MAX);
                B::HmacSha256::chain_advance(&mut self.chain, steps);
            }
            _ => {}
        }
        Ok(())
    }
}

fn replay_aead<A: Aead>(
    step: &mut Step,
    nonce: &[u8; 12],
    aad: &[u8],
    warm: &A::Key,
) -> Result<(), PrimitiveError> {
    let Some(Letter { buffer, tag }) = &mut step.text else {
        drop(black_box(A::key(&step.key)?));
        return Ok(());
    };
    let buffer = buffer.get_mut();
    match step.call.primitive {
        Primitive::Seal(_) => *tag = A::seal(warm, nonce, aad, buffer)?,
        Primitive::Open(_) => A::open(warm, nonce, aad, buffer, tag)?,
        Primitive::OpenOnce(_) => A::open_once(&step.key, nonce, aad, buffer, tag)?,
        _ => *tag = A::seal_once(&step.key, nonce, aad, buffer)?,
    }
    Ok(())
}

/// A KEM key with a ciphertext for it.
struct KemKit<K: Kem> {
    key: K::DecapsulationKey,
    public: Vec<u8>,
    ciphertext: Vec<u8>,
    shared: [u8; 32],
}

impl<K: Kem> KemKit<K> {
    fn new(seed: &[u8; 64]) -> Result<Self, PrimitiveError> {
        let key = K::decapsulation_key(seed)?;
        let mut public = vec![0; K::PUBLIC_LEN];
        K::public_key(&key, &mut public)?;
        let mut kit = Self {
            key,
            public,
            ciphertext: vec![0; K::CIPHERTEXT_LEN],
            shared: [0; 32],
        };
        kit.replay(Primitive::Encapsulate(KemAlgorithm::MlKem768), &[1; 32])?;
        Ok(kit)
    }

    fn replay(&mut self, primitive: Primitive, fresh: &[u8; 32]) -> Result<(), PrimitiveError> {
        match primitive {
            Primitive::DecapsulationKey(_) => {
                let mut seed = [0; 64];
                seed[..32].copy_from_slice(fresh);
                drop(black_box(K::decapsulation_key(&seed)?));
                Ok(())
            }
            Primitive::KemPublicKey(_) => K::public_key(&self.key, &mut self.public),
            Primitive::Decapsulate(_) => {
                K::decapsulate(&self.key, &self.ciphertext, &mut self.shared)
            }
            _ => K::encapsulate(&self.public, fresh, &mut self.ciphertext, &mut self.shared),
        }
    }
}

fn fresh(rng: &mut Rng) -> [u8; 32] {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use sprag::sprag_core::testing::counting::{Counting, record};
    use sprag::sprag_core::testing::null::Null;

    #[test]
    fn the_replay_makes_exactly_the_calls_of_the_trace() {
        let every = [
            (Primitive::PrivateKey, 0, 0),
            (Primitive::Agree, 0, 0),
            (Primitive::Agree, 0, 0),
            (Primitive::Sha256, 100, 0),
            (Primitive::Hmac, 33, 32),
            (Primitive::HkdfExtract, 96, 32),
            (Primitive::HkdfExpand, 32, 41),
            (Primitive::Hkdf64, 0, 9),
            (Primitive::ChainStep, 0, 0),
            (Primitive::ChainAdvance, 1000, 0),
            (Primitive::AeadKey(AeadAlgorithm::Aes256Gcm), 0, 0),
            (Primitive::Seal(AeadAlgorithm::Aes256Gcm), 10, 4),
            (Primitive::Open(AeadAlgorithm::ChaCha20Poly1305), 10, 4),
            (Primitive::SealOnce(AeadAlgorithm::Aes256Gcm), 256, 40),
            (Primitive::OpenOnce(AeadAlgorithm::ChaCha20Poly1305), 64, 72),
            (Primitive::SigningKey, 0, 0),
            (Primitive::Sign, 120, 0),
            (Primitive::Verify, 130, 0),
            (Primitive::DecapsulationKey(KemAlgorithm::MlKem768), 0, 0),
            (Primitive::KemPublicKey(KemAlgorithm::MlKem1024), 0, 0),
            (Primitive::Encapsulate(KemAlgorithm::MlKem1024), 0, 0),
            (Primitive::Decapsulate(KemAlgorithm::MlKem768), 0, 0),
        ];
        let trace = every.map(|(primitive, len, aad_len)| Call {
            primitive,
            len,
            aad_len,
        });
        let mut floor = build::<Counting<Null>>(trace.to_vec(), 1).unwrap();
        floor.prepare(1).unwrap();
        let replayed = record(|| floor.run(0..1).unwrap());
        assert_eq!(replayed, trace);
    }
}
