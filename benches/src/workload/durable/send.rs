//! A message, or several, to one device or to every one of many.

use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::durable::ConversationId;
use sprag::sprag_core::suite::Suite;

use super::desk::{Desk, Device};
use super::place::Place;
use super::{Commits, text};
use crate::workload::{Operation, OrWrong, Rng, Wrong, capacity_for, ensure, operation};

pub(super) fn build<B: PqBackend>(
    commits: Commits,
    rounds: usize,
    place: Place,
    suite: Suite,
    size: usize,
    devices: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    let text = text(size);
    let desk = Desk::<B>::new(place, suite, devices, seed)?;
    let round = Round::new(&desk, rounds, text);
    Ok(operation(
        desk,
        capacity_for(size * devices * rounds),
        move |_| Ok(Vec::with_capacity(devices * rounds)),
        move |Desk { device, rng, .. }, messages| match commits {
            Commits::Each => round.each(device, messages, rng),
            Commits::Together => round.together(device, messages, rng),
            Commits::Leased => round.leased(device, messages, rng),
        },
        move |Desk { peers, .. }, messages, digest| {
            ensure(messages.len() == devices * rounds, "messages are missing")?;
            for (peer, number) in peers.iter_mut().zip(0..) {
                for message in messages.iter().skip(number).step_by(devices) {
                    digest.absorb(message);
                    peer.expect(message, text)?;
                }
            }
            Ok(())
        },
    ))
}

/// What is sent to whom, as the calls take it.
struct Round {
    rounds: usize,
    texts: Vec<(ConversationId, &'static [u8])>,
    leases: Vec<(ConversationId, u32)>,
}

impl Round {
    fn new<B: PqBackend>(desk: &Desk<B>, rounds: usize, text: &'static [u8]) -> Self {
        let names = desk.peers.iter().map(|peer| peer.name.clone());
        Self {
            rounds,
            texts: names.clone().map(|name| (name, text)).collect(),
            leases: names.map(|name| (name, rounds as u32)).collect(),
        }
    }

    fn each<B: PqBackend>(
        &self,
        device: &mut Device<B>,
        messages: &mut Vec<Vec<u8>>,
        rng: &mut Rng,
    ) -> Result<(), Wrong> {
        for _ in 0..self.rounds {
            for (name, text) in &self.texts {
                messages.push(device.encrypt(name, text, rng).or_wrong("encrypt")?);
            }
        }
        Ok(())
    }

    fn together<B: PqBackend>(
        &self,
        device: &mut Device<B>,
        messages: &mut Vec<Vec<u8>>,
        rng: &mut Rng,
    ) -> Result<(), Wrong> {
        for _ in 0..self.rounds {
            let sent = device.encrypt_batch(&self.texts, rng);
            for message in sent.or_wrong("encrypt_batch")? {
                messages.push(message.or_wrong("encrypt_batch")?);
            }
        }
        Ok(())
    }

    fn leased<B: PqBackend>(
        &self,
        device: &mut Device<B>,
        messages: &mut Vec<Vec<u8>>,
        rng: &mut Rng,
    ) -> Result<(), Wrong> {
        let leases = device.lease_batch(&self.leases, rng);
        let leases = leases.or_wrong("lease_batch")?.into_iter();
        let leases = leases.collect::<Result<Vec<_>, _>>();
        let mut leases = leases.or_wrong("lease_batch")?;
        for _ in 0..self.rounds {
            for (lease, (_, text)) in leases.iter_mut().zip(&self.texts) {
                messages.push(lease.encrypt(text, rng).or_wrong("encrypt")?);
            }
        }
        Ok(())
    }
}
