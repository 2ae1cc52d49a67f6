//! The same messages in a session that is in no store: what the others are compared with.

use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::suite::Suite;

use super::{expect_all, sent, text};
use crate::workload::meeting::Talk;
use crate::workload::{Operation, OrWrong, Wrong, capacity_for, ensure, operation};

pub(super) fn send<B: PqBackend>(
    suite: Suite,
    size: usize,
    count: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    let text = text(size);
    Ok(operation(
        Talk::<B>::new(suite, seed)?,
        capacity_for(size * count),
        move |_| Ok(Vec::with_capacity(count)),
        move |Talk { alice, rng, .. }, messages: &mut Vec<Vec<u8>>| {
            for _ in 0..count {
                messages.push(alice.encrypt(text, rng).or_wrong("encrypt")?);
            }
            Ok(())
        },
        move |Talk { bob, .. }, messages, digest| {
            messages.iter().try_for_each(|message| {
                digest.absorb(message);
                let opened = bob.decrypt(message).or_wrong("decrypt")?;
                ensure(opened == text, "the plaintext is another one")
            })
        },
    ))
}

pub(super) fn receive<B: PqBackend>(
    suite: Suite,
    size: usize,
    count: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    let text = text(size);
    Ok(operation(
        Talk::<B>::new(suite, seed)?,
        capacity_for(size * count),
        move |Talk { alice, rng, .. }| {
            Ok((sent(alice, text, count, rng)?, Vec::with_capacity(count)))
        },
        |Talk { bob, .. }, (messages, opened)| {
            for message in messages {
                opened.push(bob.decrypt(message).or_wrong("decrypt")?);
            }
            Ok(())
        },
        move |_, (_, opened), digest| expect_all(opened, text, digest),
    ))
}
