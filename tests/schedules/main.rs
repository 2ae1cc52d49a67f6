//! The two-party property: under any schedule of sending, losing, reordering, repeating,
//! corrupting, saving, and loading under another backend, every genuine message opens exactly
//! once, within the limits, and every other input is refused and leaves the state byte-identical.
//!
//! `SPRAG_SCHEDULES=n` runs another number of schedules than 10,000; `SPRAG_SEED=n` runs the one
//! schedule of that seed, as a failure prints it.

#![cfg(any(
    feature = "rustcrypto",
    feature = "ring",
    feature = "aws-lc-rs",
    all(
        feature = "graviola",
        any(target_arch = "aarch64", target_arch = "x86_64")
    )
))]

mod batches;
mod model;
mod schedule;
mod starts;
#[path = "../support/mod.rs"]
mod support;
mod tally;

use std::panic::{AssertUnwindSafe, catch_unwind};

use batches::{check, check_runs};
use schedule::Schedule;
use starts::Start;
use support::on_every_backend;
use tally::Tally;

const THREADS: u64 = 2;

#[test]
fn every_genuine_message_opens_once_and_nothing_else_leaves_a_trace() {
    let starts = starts::all();
    if let Some(seed) = variable("SPRAG_SEED") {
        Schedule::run(seed, &starts, &mut Tally::default());
        return;
    }
    let wanted = variable("SPRAG_SCHEDULES").unwrap_or(10_000);
    let starts = &starts;
    let tally = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                scope.spawn(move || run((thread..wanted).step_by(THREADS as usize), starts))
            })
            .collect();
        let mut all = Tally::default();
        for thread in threads {
            all.add(thread.join().expect("a schedule failed; its seed is above"));
        }
        all
    });
    println!("{tally}");
    if wanted >= 10_000 {
        assert_everything_happened(&tally, wanted);
    }
}

#[test]
fn batches_and_two_step_calls_are_loops_on_every_backend() {
    const ROUNDS: u64 = 20;
    let starts = starts::all();
    let mut jobs = 0;
    on_every_backend!(check(&starts, ROUNDS, &mut jobs));
    println!("{jobs} messages, each alone, in a batch and in two steps");
}

#[test]
fn a_run_of_messages_is_a_loop_on_every_backend() {
    const ROUNDS: u64 = 8;
    let starts = starts::all();
    let mut messages = 0;
    on_every_backend!(check_runs(&starts, ROUNDS, &mut messages));
    println!("{messages} messages, each alone and in a run");
}

fn run(seeds: impl Iterator<Item = u64>, starts: &[Start]) -> Tally {
    let mut tally = Tally::default();
    for seed in seeds {
        let schedule = AssertUnwindSafe(|| Schedule::run(seed, starts, &mut tally));
        if let Err(panic) = catch_unwind(schedule) {
            eprintln!("this schedule failed; replay it with SPRAG_SEED={seed}");
            std::panic::resume_unwind(panic);
        }
    }
    tally
}

/// A property that was never put to the test does not hold by that.
fn assert_everything_happened(tally: &Tally, wanted: u64) {
    let backends = schedule::backends().len();
    assert_eq!(tally.schedules, wanted);
    assert_eq!(tally.reloads.len(), backends * backends);
    assert_eq!(tally.verdicts.len(), 6, "{:?}", tally.verdicts);
    assert!(
        tally.verdicts.values().all(|count| *count > 100),
        "{:?}",
        tally.verdicts
    );
    assert!(tally.corrupted > wanted && tally.misdirected > wanted);
}

fn variable(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name} must be a number, is {value:?}")),
    )
}
