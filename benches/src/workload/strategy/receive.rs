//! Decrypting a message that turns the ratchet: the sending half of the turn now or later.
//!
//! The engine makes it at the next `encrypt`. Its other way is emulated by planning an empty
//! message right after the decrypting: that makes the new key and its agreement, and costs one
//! short seal more than the half alone. Where every message is answered, both come to the same
//! work; where the receiver stays silent, the deferred half is never made.

use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::suite::Suite;

use crate::workload::meeting::{Talk, copy};
use crate::workload::session::{Place, ensure_text, letter};
use crate::workload::{Buffer, Operation, OrWrong, Wrong, operation};

/// When the receiver makes its own half of the turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendingHalf {
    /// At its next message.
    Deferred,
    /// Before it returns.
    Eager,
}

pub(super) fn build<B: PqBackend>(
    half: SendingHalf,
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
    let mut message = letter(size, Place::Aligned);
    alice
        .encrypt_in_place(message.get_mut(), &mut rng)
        .or_wrong("encrypt_in_place")?;
    Ok(operation(
        (bob, rng),
        64,
        move |(bob, _)| {
            let mut buffer = Buffer::aligned(message.get().len());
            buffer.get_mut().copy_from_slice(message.get());
            Ok((copy(bob)?, buffer, None))
        },
        move |(_, rng), (bob, buffer, planned)| {
            bob.decrypt_in_place(buffer.get_mut())
                .or_wrong("decrypt_in_place")?;
            if half == SendingHalf::Eager {
                *planned = Some(bob.prepare_encrypt(b"", rng).or_wrong("prepare_encrypt")?);
            }
            Ok(())
        },
        move |_, (bob, buffer, planned), digest| {
            digest.absorb(&bob.encode());
            if let Some((_, pending)) = planned.take() {
                bob.commit(pending).or_wrong("commit")?;
            }
            ensure_text(buffer, size)
        },
    ))
}
