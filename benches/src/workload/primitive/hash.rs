//! Chain step, root step, SHA-256.

use std::hint::black_box;

use sprag::sprag_core::primitives::Hmac;

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
