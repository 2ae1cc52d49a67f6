//! One operation on several threads at once, each with inputs of its own.
//!
//! The threads live as long as the workload and wait spinning while a measurement is on, so that
//! neither their start nor their waking stands inside the clock; unused for a moment, they sleep,
//! so that they do not disturb what is measured in turns with them. An order and its outcome cross
//! between the threads inside the clock: a sample is long enough for this not to show.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::{Digest, Operation, Wrong};
use crate::alloc::Allocations;

/// How long a thread spins before it lets others run in between, and before it sleeps.
const EAGERNESS: Duration = Duration::from_micros(5);
const PATIENCE: Duration = Duration::from_micros(100);
/// A hundred times what an order and its outcome cost.
const SHORTEST_SAMPLE: Duration = Duration::from_micros(100);

/// Several operations run side by side: one on the calling thread, the others on their own.
///
/// One operation of it is one operation on every thread.
pub struct Threaded {
    own: Box<dyn Operation>,
    others: Vec<Worker>,
}

impl Threaded {
    /// Puts every lane on a thread; the first on the caller's.
    ///
    /// # Errors
    /// [`Wrong`] if there is no lane or a thread cannot be started.
    pub fn new(lanes: Vec<Box<dyn Operation>>) -> Result<Self, Wrong> {
        let mut lanes = lanes.into_iter();
        let own = lanes.next().ok_or_else(|| Wrong::new("no threads"))?;
        let others = lanes.map(Worker::start).collect::<Result<_, _>>()?;
        Ok(Self { own, others })
    }

    fn everywhere(&mut self, command: &Command, digest: &mut Digest) -> Result<Allocations, Wrong> {
        for worker in &self.others {
            worker.order(command.clone());
        }
        let mut sum = command.carry_out(&mut *self.own, digest);
        for worker in &self.others {
            let (outcome, theirs) = worker.outcome();
            digest.absorb_digest(theirs);
            sum = sum.and_then(|sum| outcome.map(|other| sum + other));
        }
        sum
    }
}

impl Operation for Threaded {
    fn prepare(&mut self, count: usize) -> Result<(), Wrong> {
        self.everywhere(&Command::Prepare(count), &mut Digest::new())
            .map(drop)
    }

    fn run(&mut self, range: Range<usize>) -> Result<(), Wrong> {
        self.everywhere(&Command::Run(range), &mut Digest::new())
            .map(drop)
    }

    fn verify(&mut self, digest: &mut Digest) -> Result<(), Wrong> {
        self.everywhere(&Command::Verify, digest).map(drop)
    }

    fn capacity(&self) -> usize {
        self.own.capacity()
    }

    fn shortest_sample(&self) -> Duration {
        SHORTEST_SAMPLE
    }

    fn run_counted(&mut self, range: Range<usize>) -> Result<Allocations, Wrong> {
        self.everywhere(&Command::RunCounted(range), &mut Digest::new())
    }
}

#[derive(Clone)]
enum Command {
    Prepare(usize),
    Run(Range<usize>),
    RunCounted(Range<usize>),
    Verify,
    Stop,
}

impl Command {
    fn carry_out(
        &self,
        operation: &mut dyn Operation,
        digest: &mut Digest,
    ) -> Result<Allocations, Wrong> {
        match self {
            Self::Prepare(count) => operation.prepare(*count)?,
            Self::Run(range) => operation.run(range.clone())?,
            Self::RunCounted(range) => return operation.run_counted(range.clone()),
            Self::Verify => operation.verify(digest)?,
            Self::Stop => {}
        }
        Ok(Allocations::default())
    }
}

struct Worker {
    desk: Arc<Desk>,
    thread: Option<JoinHandle<()>>,
}

/// Where a worker gets its commands and leaves their outcomes.
struct Desk {
    ordered: AtomicU32,
    finished: AtomicU32,
    command: Mutex<Command>,
    outcome: Mutex<(Result<Allocations, Wrong>, Digest)>,
}

impl Worker {
    fn start(mut operation: Box<dyn Operation>) -> Result<Self, Wrong> {
        let desk = Arc::new(Desk {
            ordered: AtomicU32::new(0),
            finished: AtomicU32::new(0),
            command: Mutex::new(Command::Stop),
            outcome: Mutex::new((Ok(Allocations::default()), Digest::new())),
        });
        let shared = Arc::clone(&desk);
        let thread = thread::Builder::new()
            .spawn(move || while shared.serve(&mut *operation) {})
            .map_err(|error| Wrong(format!("starting a thread: {error}")))?;
        Ok(Self {
            desk,
            thread: Some(thread),
        })
    }

    fn order(&self, command: Command) {
        *locked(&self.desk.command) = command;
        self.desk.ordered.fetch_add(1, Ordering::Release);
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }

    fn outcome(&self) -> (Result<Allocations, Wrong>, Digest) {
        let ordered = self.desk.ordered.load(Ordering::Relaxed);
        // Nobody unparks this thread.
        spin_until(
            || self.desk.finished.load(Ordering::Acquire) == ordered,
            thread::yield_now,
        );
        locked(&self.desk.outcome).clone()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.order(Command::Stop);
        if let Some(thread) = self.thread.take() {
            // A panic was already reported as a wrong result.
            let _ = thread.join();
        }
    }
}

impl Desk {
    /// Waits for a command and carries it out; `false` after [`Command::Stop`].
    fn serve(&self, operation: &mut dyn Operation) -> bool {
        let finished = self.finished.load(Ordering::Relaxed);
        spin_until(
            || self.ordered.load(Ordering::Acquire) != finished,
            thread::park,
        );
        let command = locked(&self.command).clone();
        let mut digest = Digest::new();
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            command.carry_out(operation, &mut digest)
        }))
        .unwrap_or_else(|_| Err(Wrong::new("a thread panicked")));
        *locked(&self.outcome) = (outcome, digest);
        self.finished
            .store(finished.wrapping_add(1), Ordering::Release);
        !matches!(command, Command::Stop)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Spins, then yields, then does `idle` again and again.
fn spin_until(done: impl Fn() -> bool, idle: fn()) {
    let started = Instant::now();
    loop {
        for _ in 0..100 {
            if done() {
                return;
            }
            std::hint::spin_loop();
        }
        match started.elapsed() {
            waited if waited > PATIENCE => idle(),
            waited if waited > EAGERNESS => thread::yield_now(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{ensure, operation};

    fn lane(fails_at: u32) -> Box<dyn Operation> {
        operation(
            0_u32,
            8,
            |next| {
                *next += 1;
                Ok(*next)
            },
            move |_, item| ensure(*item != fails_at, "the item"),
            |_, item, digest| {
                digest.absorb(&item.to_le_bytes());
                Ok(())
            },
        )
    }

    #[test]
    fn every_lane_runs_and_is_checked() {
        let mut both = Threaded::new(vec![lane(0), lane(0)]).unwrap();
        both.prepare(4).unwrap();
        both.run(0..4).unwrap();
        let mut digest = Digest::new();
        both.verify(&mut digest).unwrap();
        assert_ne!(digest, Digest::new());
    }

    #[test]
    fn a_thread_that_went_to_sleep_takes_the_next_order() {
        let mut both = Threaded::new(vec![lane(0), lane(0)]).unwrap();
        for _ in 0..3 {
            both.prepare(4).unwrap();
            thread::sleep(PATIENCE * 20);
            both.run(0..4).unwrap();
        }
    }

    #[test]
    fn a_wrong_result_on_another_thread_is_reported() {
        let mut both = Threaded::new(vec![lane(0), lane(3)]).unwrap();
        both.prepare(4).unwrap();
        both.run(0..2).unwrap();
        assert_eq!(both.run(2..4), Err(Wrong::new("the item")));
    }
}
