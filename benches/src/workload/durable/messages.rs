//! Messages of one conversation: each in a commit of its own, or under a lease.

use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::suite::Suite;

use super::desk::Desk;
use super::place::Place;
use super::text;
use crate::workload::{Digest, Operation, OrWrong, Wrong, capacity_for, ensure, operation};

pub(super) fn encrypt<B: PqBackend>(
    place: Place,
    suite: Suite,
    size: usize,
    count: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    let text = text(size);
    let expected = text.clone();
    Ok(operation(
        Desk::<B>::new(place, suite, 1, seed)?,
        capacity_for(size * count),
        move |_| Ok(Vec::with_capacity(count)),
        move |desk, messages: &mut Vec<Vec<u8>>| {
            let Desk {
                device, peers, rng, ..
            } = desk;
            for _ in 0..count {
                let message = device.encrypt(&peers[0].name, &text, rng);
                messages.push(message.or_wrong("encrypt")?);
            }
            Ok(())
        },
        move |desk, messages, digest| arrive(desk, messages, &expected, digest),
    ))
}

pub(super) fn encrypt_leased<B: PqBackend>(
    place: Place,
    suite: Suite,
    size: usize,
    count: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    let text = text(size);
    let expected = text.clone();
    Ok(operation(
        Desk::<B>::new(place, suite, 1, seed)?,
        capacity_for(size * count),
        move |_| Ok(Vec::with_capacity(count)),
        move |desk, messages: &mut Vec<Vec<u8>>| {
            let Desk {
                device, peers, rng, ..
            } = desk;
            let lease = device.lease(&peers[0].name, count as u32, rng);
            let mut lease = lease.or_wrong("lease")?;
            for _ in 0..count {
                messages.push(lease.encrypt(&text, rng).or_wrong("encrypt")?);
            }
            Ok(())
        },
        move |desk, messages, digest| arrive(desk, messages, &expected, digest),
    ))
}

/// The other end opens what was sent.
fn arrive<B: PqBackend>(
    desk: &mut Desk<B>,
    messages: &[Vec<u8>],
    text: &[u8],
    digest: &mut Digest,
) -> Result<(), Wrong> {
    messages.iter().try_for_each(|message| {
        digest.absorb(message);
        desk.peers[0].expect(message, text)
    })
}

pub(super) fn decrypt<B: PqBackend>(
    place: Place,
    suite: Suite,
    size: usize,
    count: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    let text = text(size);
    let expected = text.clone();
    Ok(operation(
        Desk::<B>::new(place, suite, 1, seed)?,
        capacity_for(size * count),
        move |Desk { peers, rng, .. }| {
            let message = |_| peers[0].session.encrypt(&text, rng).or_wrong("encrypt");
            let messages = (0..count).map(message).collect::<Result<Vec<_>, _>>()?;
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
        move |_, (_, opened), digest| {
            opened.iter().try_for_each(|opened: &Vec<u8>| {
                digest.absorb(opened);
                ensure(*opened == expected, "the plaintext is another one")
            })
        },
    ))
}
