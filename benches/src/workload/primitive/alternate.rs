//! Chain step, seal, chain step, seal: what a chain of messages asks of the primitives in turn.
//!
//! It can cost more than its parts: SHA instructions wait where code before them has left the
//! upper halves of the vector registers dirty.

use std::hint::black_box;

use sprag::sprag_core::backend::CryptoBackend;
use sprag::sprag_core::primitives::Hmac;

use super::aead::Letter;
use super::random;
use crate::workload::{Operation, Rng, capacity_for, operation};

pub(super) fn step_and_seal<B: CryptoBackend>(mut rng: Rng, size: usize) -> Box<dyn Operation> {
    let chain_key: [u8; 32] = random(&mut rng);
    operation(
        (chain_key, rng),
        capacity_for(size),
        move |(_, rng)| Ok(Letter::write(rng, size)),
        |(chain_key, _), letter| {
            let mut next = [0; 32];
            B::HmacSha256::chain_step(black_box(chain_key), &mut letter.key, &mut next);
            *chain_key = next;
            letter.seal::<B::Aes256Gcm>()
        },
        |_, letter, digest| {
            digest.absorb(&letter.key);
            digest.absorb(letter.buffer.get());
            digest.absorb(&letter.tag);
            letter.open::<B::Aes256Gcm>()?;
            letter.is_plain()
        },
    )
}
