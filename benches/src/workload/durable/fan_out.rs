//! A message, or several, to every one of many devices.

use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::durable::ConversationId;
use sprag::sprag_core::suite::Suite;

use super::desk::{Desk, Device};
use super::place::Place;
use super::{Commits, text};
use crate::workload::{Operation, OrWrong, Rng, Wrong, operation};

pub(super) fn build<B: PqBackend>(
    commits: Commits,
    rounds: usize,
    place: Place,
    suite: Suite,
    size: usize,
    devices: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    let desk = Desk::<B>::new(place, suite, devices, seed)?;
    let names: Vec<ConversationId> = desk.peers.iter().map(|peer| peer.name.clone()).collect();
    let text = text(size);
    let expected = text.clone();
    Ok(operation(
        desk,
        (512 / devices.max(1)).max(2),
        move |_| Ok(Vec::with_capacity(devices * rounds)),
        move |Desk { device, rng, .. }, messages: &mut Vec<Vec<u8>>| match commits {
            Commits::Each => each(device, rounds, &names, &text, messages, rng),
            Commits::Together => together(device, rounds, &names, &text, messages, rng),
            Commits::Leased => leased(device, rounds, &names, &text, messages, rng),
        },
        move |Desk { peers, .. }, messages, digest| {
            let peers = peers.iter_mut();
            for (peer, number) in peers.zip(0..) {
                for message in messages.iter().skip(number).step_by(devices) {
                    digest.absorb(message);
                    peer.expect(message, &expected)?;
                }
            }
            Ok(())
        },
    ))
}

fn each<B: PqBackend>(
    device: &mut Device<B>,
    rounds: usize,
    names: &[ConversationId],
    text: &[u8],
    messages: &mut Vec<Vec<u8>>,
    rng: &mut Rng,
) -> Result<(), Wrong> {
    for _ in 0..rounds {
        for name in names {
            messages.push(device.encrypt(name, text, rng).or_wrong("encrypt")?);
        }
    }
    Ok(())
}

fn together<B: PqBackend>(
    device: &mut Device<B>,
    rounds: usize,
    names: &[ConversationId],
    text: &[u8],
    messages: &mut Vec<Vec<u8>>,
    rng: &mut Rng,
) -> Result<(), Wrong> {
    let jobs: Vec<_> = names.iter().map(|name| (name.clone(), text)).collect();
    for _ in 0..rounds {
        let sent = device.encrypt_batch(&jobs, rng).or_wrong("encrypt_batch")?;
        for message in sent {
            messages.push(message.or_wrong("encrypt_batch")?);
        }
    }
    Ok(())
}

fn leased<B: PqBackend>(
    device: &mut Device<B>,
    rounds: usize,
    names: &[ConversationId],
    text: &[u8],
    messages: &mut Vec<Vec<u8>>,
    rng: &mut Rng,
) -> Result<(), Wrong> {
    let jobs: Vec<_> = names
        .iter()
        .map(|name| (name.clone(), rounds as u32))
        .collect();
    let leases = device.lease_batch(&jobs, rng).or_wrong("lease_batch")?;
    let leases = leases.into_iter().collect::<Result<Vec<_>, _>>();
    let mut leases = leases.or_wrong("lease_batch")?;
    for _ in 0..rounds {
        for lease in &mut leases {
            messages.push(lease.encrypt(text, rng).or_wrong("encrypt")?);
        }
    }
    Ok(())
}
