//! Encrypting a message that turns the ratchet, its key made ahead or on the spot.

use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::ephemeral::EphemeralPool;
use sprag::sprag_core::suite::Suite;

use super::KeysMade;
use crate::workload::meeting::{Talk, copy};
use crate::workload::session::{Place, ensure_text, letter};
use crate::workload::{Operation, OrWrong, Wrong, operation};

/// Operations between two preparations, in which the pool is filled.
const AT_ONCE: usize = 64;

pub(super) fn build<B: PqBackend>(
    keys: KeysMade,
    suite: Suite,
    size: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    let Talk {
        mut rng,
        mut alice,
        mut bob,
    } = Talk::<B>::new(suite, seed)?;
    let answer = bob.encrypt(b"turn", &mut rng).or_wrong("encrypt")?;
    alice.decrypt(&answer).or_wrong("decrypt")?;
    Ok(operation(
        (alice, bob, rng, EphemeralPool::<B>::new(AT_ONCE)),
        AT_ONCE,
        move |(alice, _, rng, pool)| {
            if keys == KeysMade::Ahead {
                pool.fill(rng).or_wrong("fill")?;
            }
            Ok((copy(alice)?, letter(size, Place::Aligned)))
        },
        |(_, _, rng, pool), (alice, letter)| {
            let source = &mut pool.before(rng);
            let sealed = alice.encrypt_in_place(letter.get_mut(), source);
            sealed.or_wrong("encrypt_in_place")
        },
        move |(_, bob, ..), (_, letter), digest| {
            digest.absorb(letter.get());
            let opened = copy(bob)?.decrypt_in_place(letter.get_mut());
            opened.or_wrong("decrypt_in_place")?;
            ensure_text(letter, size)
        },
    ))
}
