//! Runs a workload and looks at its stack a thousand times a second of processor time.
//!
//! The measured work runs on a thread of its own, which is how its samples are told from those of
//! set-up and checking: even where a stack cannot be followed to its end, the thread is known. (The
//! names of threads say so, which threads that it starts inherit; what a workload runs on other
//! threads, made at its set-up, is left out. They do the same.)

use std::ops::Range;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use pprof::{Frames, ProfilerGuardBuilder};

use super::names::name_of;
use super::stacks::Stacks;
use super::{ProfileError, Seen, sampling_rate};
use crate::backend::Backend;
use crate::cli::Failure;
use crate::workload::table::Workload;
use crate::workload::{Digest, Operation, Wrong, in_pool};

/// The thread on which the measured work runs; the system keeps 15 characters.
const MEASURED: &str = "measured";
/// The function that everything measured is called from.
const INSIDE: &str = "sprag_bench::profile::sampling::inside";
/// What calls it.
const AROUND: &str = "sprag_bench::profile::sampling::serve";
/// Stands for the callers where a stack could not be followed.
const UNKNOWN: &str = "(callers unknown)";

/// Samples `workload` on `backend` for about `time`.
pub(super) fn sample(
    workload: &Workload,
    backend: Backend,
    time: Duration,
) -> Result<Seen, Failure> {
    let wrong = |wrong| Failure::Wrong(vec![format!("{} on {backend}: {wrong}", workload.id())]);
    let mut operation = workload.operation(backend, 1).map_err(wrong)?;
    let bench = Bench::open(workload.splits()).map_err(wrong)?;
    // Once before the sampling begins: first calls detect the processor and fill caches.
    operation = once_around(operation, &bench).map_err(wrong)?;
    let guard = ProfilerGuardBuilder::default()
        .frequency(sampling_rate())
        .build()
        .map_err(sampler)?;
    let started = Instant::now();
    while started.elapsed() < time {
        operation = once_around(operation, &bench).map_err(wrong)?;
    }
    let report = guard.report().build().map_err(sampler)?;
    drop(guard);
    let mut seen = Seen {
        stacks: Stacks::default(),
        outside: 0,
    };
    for (frames, &count) in &report.data {
        let count = u64::try_from(count).unwrap_or(0);
        match inside_of(frames) {
            Some(stack) => seen.stacks.add(&stack, count),
            None => seen.outside += count,
        }
    }
    Ok(seen)
}

fn sampler(error: pprof::Error) -> Failure {
    ProfileError::Sampler(error.to_string()).into()
}

/// Prepares, runs and checks as many operations as fit the caches.
fn once_around(
    mut operation: Box<dyn Operation>,
    bench: &Bench,
) -> Result<Box<dyn Operation>, Wrong> {
    let count = operation.capacity();
    operation.prepare(count)?;
    let mut operation = bench.run(operation, 0..count)?;
    operation.verify(&mut Digest::new())?;
    Ok(operation)
}

type Order = (Box<dyn Operation>, Range<usize>);
type Done = Result<Box<dyn Operation>, Wrong>;

/// The thread on which the measured work runs.
struct Bench {
    orders: Sender<Order>,
    done: Receiver<Done>,
}

impl Bench {
    /// Starts it; inside of a pool if the work splits itself among the threads of one.
    fn open(in_a_pool: bool) -> Result<Self, Wrong> {
        let (orders, taken) = channel();
        let (given, done) = channel();
        let work = move || {
            if !in_a_pool {
                return serve(&taken, &given);
            }
            let failed = given.clone();
            if let Err(wrong) = in_pool(move || serve(&taken, &given)) {
                // Nobody waits if the other end is gone.
                let _ = failed.send(Err(wrong));
            }
        };
        thread::Builder::new()
            .name(MEASURED.into())
            .spawn(work)
            .map_err(|error| Wrong(format!("starting a thread: {error}")))?;
        Ok(Self { orders, done })
    }

    fn run(&self, operation: Box<dyn Operation>, range: Range<usize>) -> Done {
        let gone = || Wrong::new("the measured thread is gone");
        self.orders.send((operation, range)).map_err(|_| gone())?;
        self.done.recv().map_err(|_| gone())?
    }
}

#[inline(never)]
fn serve(orders: &Receiver<Order>, done: &Sender<Done>) {
    for (mut operation, range) in orders {
        let outcome = inside(&mut *operation, range);
        if done.send(outcome.map(|()| operation)).is_err() {
            return;
        }
    }
}

/// What is sampled.
#[inline(never)]
fn inside(operation: &mut dyn Operation, range: Range<usize>) -> Result<(), Wrong> {
    let outcome = operation.run(range);
    // Keeps this function on the stack meanwhile.
    std::hint::black_box(outcome)
}

/// The functions from the measured work's outermost to its innermost; `None` if the sample was
/// taken elsewhere.
fn inside_of(frames: &Frames) -> Option<Vec<String>> {
    if frames.thread_name != MEASURED {
        return None;
    }
    // Of functions that were inlined into one another the outermost counts: the sampler tells
    // samples apart by function, not by instruction.
    let names = frames.frames.iter().filter_map(|frame| frame.last());
    let mut stack: Vec<String> = names.map(name_of).collect();
    if let Some(end) = stack.iter().position(|name| name == INSIDE) {
        stack.truncate(end);
    } else if stack.iter().any(|name| name == AROUND) {
        return None;
    } else {
        stack.push(UNKNOWN.into());
    }
    stack.reverse();
    Some(stack)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::select::select;

    #[test]
    fn set_up_and_checking_are_left_out() {
        // Its check verifies the signatures, which costs more than making them.
        let workload = select("primitive/ed25519_sign").unwrap();
        let seen = sample(&workload, Backend::RustCrypto, Duration::from_secs(3)).unwrap();
        let functions = seen.stacks.by_self_time();
        assert!(
            seen.outside > 0 && seen.stacks.samples() > 5,
            "{functions:?}"
        );
        let called = |what: &str| functions.iter().any(|(name, _)| name.contains(what));
        assert!(called("dalek"), "{functions:?}");
        assert!(!called("vartime_double"), "{functions:?}");
        // Nor is the waiting of the measured thread.
        assert!(!called("mpsc") && !called("futex"), "{functions:?}");
    }
}
