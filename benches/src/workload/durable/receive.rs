//! Messages of one conversation are decrypted, each in a commit of its own.

use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::suite::Suite;

use super::desk::Desk;
use super::place::Place;
use super::{expect_all, sent, text};
use crate::workload::{Operation, OrWrong, Wrong, capacity_for, operation};

pub(super) fn build<B: PqBackend>(
    place: Place,
    suite: Suite,
    size: usize,
    count: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    let text = text(size);
    Ok(operation(
        Desk::<B>::new(place, suite, 1, seed)?,
        capacity_for(size * count),
        move |Desk { peers, rng, .. }| {
            let messages = sent(&mut peers[0].session, text, count, rng)?;
            Ok((messages, Vec::with_capacity(count)))
        },
        |desk, (messages, opened)| {
            let Desk {
                device, peers, rng, ..
            } = desk;
            for message in messages {
                let text = device.decrypt(&peers[0].name, message, rng);
                opened.push(text.or_wrong("decrypt")?);
            }
            Ok(())
        },
        move |_, (_, opened), digest| expect_all(opened, text, digest),
    ))
}
