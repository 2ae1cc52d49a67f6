//! Several workers on one device, each a thread with a connection of its own.

use std::thread;

use rand_core::SeedableRng;
use sprag::sprag_core::backend::PqBackend;
use sprag::sprag_core::durable::ConversationId;
use sprag::sprag_core::suite::Suite;

use super::desk::{Desk, Device, open};
use super::place::Place;
use super::{Worked, text};
use crate::workload::{Operation, OrWrong, Rng, Wrong, operation};

struct Team<B: PqBackend> {
    workers: Vec<Worker<B>>,
    desk: Desk<B>,
}

struct Worker<B: PqBackend> {
    device: Device<B>,
    /// Which of the desk's conversations.
    number: usize,
    name: ConversationId,
    rng: Rng,
    messages: Vec<Vec<u8>>,
}

pub(super) fn build<B: PqBackend>(
    worked: Worked,
    workers: usize,
    place: Place,
    suite: Suite,
    size: usize,
    count: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    let team = Team::<B>::new(worked, workers, place, suite, seed)?;
    let each = count / workers;
    let text = text(size);
    Ok(operation(
        team,
        2,
        |_| Ok(()),
        move |team, ()| team.work(each, text),
        move |Team { workers, desk }, (), _| {
            for worker in workers {
                for message in worker.messages.drain(..) {
                    desk.peers[worker.number].expect(&message, text)?;
                }
            }
            Ok(())
        },
    ))
}

impl<B: PqBackend> Team<B> {
    fn new(
        worked: Worked,
        workers: usize,
        place: Place,
        suite: Suite,
        seed: u64,
    ) -> Result<Self, Wrong> {
        let conversations = match worked {
            Worked::Apart => workers,
            Worked::Same => 1,
        };
        let desk = Desk::<B>::new(place, suite, conversations, seed)?;
        let worker = |worker: usize| {
            let number = worker % conversations;
            Ok(Worker {
                device: open(&desk.site)?,
                number,
                name: desk.peers[number].name.clone(),
                rng: Rng::seed_from_u64(seed.wrapping_add(1 + worker as u64)),
                messages: Vec::new(),
            })
        };
        let workers = (0..workers).map(worker).collect::<Result<_, Wrong>>()?;
        Ok(Self { workers, desk })
    }

    /// Each worker encrypts `each` messages, all at the same time. The threads start inside the clock.
    fn work(&mut self, each: usize, text: &[u8]) -> Result<(), Wrong> {
        thread::scope(|scope| {
            let start = |worker| scope.spawn(move || Worker::work(worker, each, text));
            let threads: Vec<_> = self.workers.iter_mut().map(start).collect();
            threads.into_iter().try_for_each(|thread| {
                let panicked = |_| Err(Wrong::new("a worker panicked"));
                thread.join().unwrap_or_else(panicked)
            })
        })
    }
}

impl<B: PqBackend> Worker<B> {
    fn work(&mut self, each: usize, text: &[u8]) -> Result<(), Wrong> {
        for _ in 0..each {
            let message = self.device.encrypt(&self.name, text, &mut self.rng);
            self.messages.push(message.or_wrong("encrypt")?);
        }
        Ok(())
    }
}
