//! Chain steps, root step, SHA-256.

use std::hint::black_box;

use sprag::sprag_core::primitives::{ChainStepJob, Hmac};

use super::{filled, random};
use crate::workload::{Operation, OrWrong, Rng, capacity_for, ensure, operation};

pub(super) fn chain_step<H: Hmac>(mut rng: Rng) -> Box<dyn Operation> {
    struct Step {
        message_key: [u8; 32],
        next: [u8; 32],
    }
    let first: [u8; 32] = random(&mut rng);
    // The chain as it runs, and the chain as two plain HMACs give it.
    operation(
        (first, first),
        512,
        |_| {
            Ok(Step {
                message_key: [0; 32],
                next: [0; 32],
            })
        },
        |(chain_key, _), step| {
            H::chain_step(black_box(chain_key), &mut step.message_key, &mut step.next);
            *chain_key = step.next;
            Ok(())
        },
        |(_, expected), step, digest| {
            let (mut message_key, mut next) = ([0; 32], [0; 32]);
            H::hmac(expected, &[&[0x01]], &mut message_key);
            H::hmac(expected, &[&[0x02]], &mut next);
            *expected = next;
            digest.absorb(&step.message_key);
            ensure(
                step.next == next && step.message_key == message_key,
                "the chain step is not two HMACs",
            )
        },
    )
}

pub(super) fn chain_advance<H: Hmac>(mut rng: Rng, steps: usize) -> Box<dyn Operation> {
    let first: [u8; 32] = random(&mut rng);
    // The chain as it runs, and the chain as chain steps give it.
    operation(
        (first, first),
        capacity_for(steps * 64),
        |_| Ok([0; 32]),
        move |(chain_key, _), end| {
            H::chain_advance(black_box(chain_key), steps as u32);
            *end = *chain_key;
            Ok(())
        },
        move |(_, expected), end, digest| {
            for _ in 0..steps {
                let (mut message_key, mut next) = ([0; 32], [0; 32]);
                H::chain_step(expected, &mut message_key, &mut next);
                *expected = next;
            }
            digest.absorb(end);
            ensure(*end == *expected, "advancing a chain is not stepping it")
        },
    )
}

pub(super) fn chain_step_batch<H: Hmac>(rng: Rng, chains: usize) -> Box<dyn Operation> {
    struct Steps {
        chain_keys: Vec<[u8; 32]>,
        message_keys: Vec<[u8; 32]>,
        next: Vec<[u8; 32]>,
    }
    operation(
        rng,
        capacity_for(chains * 96),
        move |rng| {
            Ok(Steps {
                chain_keys: (0..chains).map(|_| random(rng)).collect(),
                message_keys: vec![[0; 32]; chains],
                next: vec![[0; 32]; chains],
            })
        },
        |_, steps| {
            let outputs = steps.message_keys.iter_mut().zip(&mut steps.next);
            let mut jobs: Vec<_> = black_box(&steps.chain_keys)
                .iter()
                .zip(outputs)
                .map(|(chain_key, (message_key, next))| ChainStepJob {
                    chain_key,
                    message_key,
                    next,
                })
                .collect();
            H::chain_step_batch(&mut jobs);
            Ok(())
        },
        |_, steps, digest| {
            let outputs = steps.message_keys.iter().zip(&steps.next);
            for (chain_key, (message_key, next)) in steps.chain_keys.iter().zip(outputs) {
                let (mut expected_key, mut expected) = ([0; 32], [0; 32]);
                H::chain_step(chain_key, &mut expected_key, &mut expected);
                digest.absorb(message_key);
                ensure(
                    *message_key == expected_key && *next == expected,
                    "the batch is not a loop",
                )?;
            }
            Ok(())
        },
    )
}

pub(super) fn hkdf64<H: Hmac>(rng: Rng) -> Box<dyn Operation> {
    operation(
        rng,
        512,
        |rng| Ok((random::<32>(rng), random::<32>(rng), [0; 64])),
        |_, (salt, ikm, okm)| {
            H::hkdf64(black_box(salt), black_box(ikm), b"SPRAG1 rk", okm).or_wrong("hkdf64")
        },
        |_, (salt, ikm, okm), digest| {
            let (mut prk, mut expected) = ([0; 32], [0; 64]);
            H::hkdf_extract(salt, &[&*ikm], &mut prk);
            H::hkdf_expand(&prk, b"SPRAG1 rk", &mut expected).or_wrong("hkdf_expand")?;
            digest.absorb(okm);
            ensure(*okm == expected, "hkdf64 is not extract and expand")
        },
    )
}

pub(super) fn sha256<H: Hmac>(rng: Rng, size: usize) -> Box<dyn Operation> {
    operation(
        rng,
        capacity_for(size),
        move |rng| Ok((filled(rng, size), [0; 32])),
        |_, (message, hash)| {
            *hash = H::sha256(&[black_box(message.get())]);
            Ok(())
        },
        |_, (message, hash), digest| {
            digest.absorb(hash);
            let (head, tail) = message.get().split_at(message.get().len() / 2);
            ensure(
                *hash == H::sha256(&[head, tail]),
                "the hash depends on how the message is cut",
            )
        },
    )
}
