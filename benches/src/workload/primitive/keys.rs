//! X25519 and Ed25519.

use std::hint::black_box;

use sprag::sprag_core::primitives::{AgreeJob, KeyAgreement, PrimitiveError, Signature, VerifyJob};

use super::random;
use crate::workload::{Operation, OrWrong, Rng, Wrong, capacity_for, ensure, operation};

pub(super) fn agree<K: KeyAgreement + 'static>(rng: Rng) -> Box<dyn Operation> {
    operation(
        rng,
        64,
        |rng| {
            let ours = K::private_key(&random(rng)).or_wrong("private_key")?;
            let theirs = K::private_key(&random(rng)).or_wrong("private_key")?;
            let peer = *K::public_key(&theirs);
            Ok((ours, theirs, peer, [0; 32]))
        },
        |_, (ours, _, peer, shared)| K::agree(black_box(ours), peer, shared).or_wrong("agree"),
        |_, (ours, theirs, _, shared), digest| {
            let mut other = [0; 32];
            K::agree(theirs, K::public_key(ours), &mut other).or_wrong("agree")?;
            digest.absorb(shared);
            ensure(*shared == other, "the two sides do not agree")
        },
    )
}

pub(super) fn agree_batch<K: KeyAgreement + 'static>(rng: Rng, count: usize) -> Box<dyn Operation> {
    struct Agreements<K: KeyAgreement> {
        keys: Vec<K::PrivateKey>,
        peers: Vec<[u8; 32]>,
        shared: Vec<[u8; 32]>,
    }
    operation(
        rng,
        capacity_for(count * 512).min(64),
        move |rng| {
            let keys = (0..count).map(|_| K::private_key(&random(rng)));
            Ok(Agreements::<K> {
                keys: keys.collect::<Result<_, _>>().or_wrong("private_key")?,
                peers: (0..count).map(|_| random(rng)).collect(),
                shared: vec![[0; 32]; count],
            })
        },
        |_, batch| {
            let inputs = batch.keys.iter().zip(black_box(&batch.peers));
            let mut jobs: Vec<_> = inputs
                .zip(&mut batch.shared)
                .map(|((private, peer), shared)| AgreeJob::<K> {
                    private,
                    peer,
                    shared,
                    outcome: Err(PrimitiveError::Library),
                })
                .collect();
            K::agree_batch(&mut jobs);
            jobs.iter()
                .try_for_each(|job| job.outcome)
                .or_wrong("agree_batch")
        },
        |_, batch, digest| {
            let inputs = batch.keys.iter().zip(&batch.peers);
            for ((private, peer), shared) in inputs.zip(&batch.shared) {
                let mut single = [0; 32];
                K::agree(private, peer, &mut single).or_wrong("agree")?;
                digest.absorb(shared);
                ensure(*shared == single, "the batch is not a loop")?;
            }
            Ok(())
        },
    )
}

pub(super) fn public<K: KeyAgreement + 'static>(rng: Rng) -> Box<dyn Operation> {
    operation(
        rng,
        64,
        |rng| Ok((random::<32>(rng), None)),
        |_, (bytes, key)| {
            *key = Some(K::private_key(black_box(bytes)).or_wrong("private_key")?);
            Ok(())
        },
        |_, (bytes, key), digest| {
            let key = key.as_ref().ok_or_else(|| Wrong::new("no key"))?;
            digest.absorb(K::public_key(key));
            ensure(K::private_bytes(key) == bytes, "the key is another one")
        },
    )
}

pub(super) fn public_batch<K: KeyAgreement + 'static>(
    rng: Rng,
    count: usize,
) -> Box<dyn Operation> {
    operation(
        rng,
        capacity_for(count * 512).min(64),
        move |rng| {
            let bytes: Vec<[u8; 32]> = (0..count).map(|_| random(rng)).collect();
            Ok((bytes, Vec::<K::PrivateKey>::new()))
        },
        |_, (bytes, keys)| {
            let bytes: Vec<_> = black_box(&*bytes).iter().collect();
            K::private_key_batch(&bytes, keys).or_wrong("private_key_batch")
        },
        |_, (bytes, keys), digest| {
            ensure(keys.len() == bytes.len(), "not every key was made")?;
            for (bytes, key) in bytes.iter().zip(keys) {
                let single = K::private_key(bytes).or_wrong("private_key")?;
                digest.absorb(K::public_key(key));
                ensure(
                    K::public_key(key) == K::public_key(&single),
                    "the batch is not a loop",
                )?;
            }
            Ok(())
        },
    )
}

pub(super) fn sign<S: Signature + 'static>(mut rng: Rng) -> Result<Box<dyn Operation>, Wrong> {
    let key = S::signing_key(&random(&mut rng)).or_wrong("signing_key")?;
    Ok(operation(
        (rng, key),
        64,
        |(rng, _)| Ok((random::<128>(rng), [0; 64])),
        |(_, key), (message, signature)| {
            *signature = S::sign(black_box(key), message);
            Ok(())
        },
        |(_, key), (message, signature), digest| {
            digest.absorb(signature);
            S::verify(S::public_key(key), message, signature).or_wrong("verify")
        },
    ))
}

pub(super) fn verify<S: Signature + 'static>(mut rng: Rng) -> Result<Box<dyn Operation>, Wrong> {
    let key = S::signing_key(&random(&mut rng)).or_wrong("signing_key")?;
    Ok(operation(
        (rng, key),
        64,
        |(rng, key)| {
            let message = random::<128>(rng);
            let signature = S::sign(key, &message);
            Ok((message, signature))
        },
        |(_, key), (message, signature)| {
            S::verify(S::public_key(key), black_box(message), signature).or_wrong("verify")
        },
        |(_, key), (message, signature), digest| {
            digest.absorb(signature);
            signature[0] ^= 1;
            ensure(
                S::verify(S::public_key(key), message, signature).is_err(),
                "a forged signature was accepted",
            )
        },
    ))
}

pub(super) fn verify_batch<S: Signature + 'static>(
    mut rng: Rng,
    count: usize,
) -> Result<Box<dyn Operation>, Wrong> {
    struct Signed {
        messages: Vec<[u8; 128]>,
        signatures: Vec<[u8; 64]>,
    }
    let key = S::signing_key(&random(&mut rng)).or_wrong("signing_key")?;
    Ok(operation(
        (rng, key),
        capacity_for(count * 256).min(64),
        move |(rng, key)| {
            let messages: Vec<_> = (0..count).map(|_| random::<128>(rng)).collect();
            let signatures = messages.iter().map(|message| S::sign(key, message));
            Ok(Signed {
                signatures: signatures.collect(),
                messages,
            })
        },
        |(_, key), signed| {
            let mut jobs: Vec<_> = black_box(&signed.messages)
                .iter()
                .zip(&signed.signatures)
                .map(|(message, signature)| VerifyJob {
                    public: S::public_key(key),
                    message,
                    signature,
                    outcome: Err(PrimitiveError::Library),
                })
                .collect();
            S::verify_batch(&mut jobs);
            jobs.iter()
                .try_for_each(|job| job.outcome)
                .or_wrong("verify_batch")
        },
        |_, signed, digest| {
            signed
                .signatures
                .iter()
                .for_each(|signature| digest.absorb(signature));
            Ok(())
        },
    ))
}
