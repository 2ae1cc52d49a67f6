//! The verb `selftest`: how small a change the gate can see on this machine.
//!
//! A library is compared with a copy of itself by the gate's own method, so whatever differs is
//! noise; the speed of the processor is sampled meanwhile.

use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use super::abi::Library;
use super::decide::{THRESHOLD, noise};
use super::error::Error;
use super::options::SelftestOptions;
use super::revision::second_copy;
use super::table::{Timed, What};
use super::time::{Libraries, Role, Rounds, tell};
use crate::cli::Failure;
use crate::measure::clock::Clock;
use crate::measure::stats::median;

/// Workloads that are measured, spread over the table.
const WORKLOADS: usize = 8;
/// Processes, and milliseconds for each workload.
const PROCESSES: usize = 12;
const MS: u64 = 500;
/// Samples of the speed between two processes.
const SAMPLES: usize = 200;

/// Builds the workloads of the files as they are, measures them against themselves and prints what
/// this machine can tell.
///
/// # Errors
/// [`Failure::Gate`]: the workloads do not build, or gave a wrong result.
pub fn selftest(options: &SelftestOptions, out: &mut dyn Write) -> Result<(), Failure> {
    let library = super::working_tree(&options.of)?;
    let copy = second_copy(&library)?;
    let ids = chosen(&Library::load(&library)?);
    if ids.is_empty() {
        return Err(Error::NothingMatches("what is timed".into()).into());
    }
    let clock = Clock::measure();
    let mut speeds = Vec::new();
    let mut rounds = Rounds::new(ids.clone(), options.of.seed);
    let pair = Libraries {
        base: &library,
        head: &copy,
    };
    for number in 1..=PROCESSES {
        tell(&format!("process {number} of {PROCESSES}"));
        speeds.extend((0..SAMPLES).map(|_| spin()));
        rounds.add(pair, Role::of(number), MS)?;
    }
    let mut most: (f64, f64) = (0.0, 0.0);
    writeln!(out, "the same library twice, by the gate's method:")?;
    for (index, id) in ids.iter().enumerate() {
        let mut ratios = rounds.ratios(index);
        let deviation = median(&mut ratios).unwrap_or(1.0) - 1.0;
        let noise = noise(&ratios).unwrap_or(f64::INFINITY);
        most = (most.0.max(deviation.abs()), most.1.max(noise));
        writeln!(
            out,
            "  {id:<44} {:+.2} %, noise {:.2} %",
            100.0 * deviation,
            100.0 * noise
        )?;
    }
    let visible = most.1.max(THRESHOLD);
    writeln!(out, "largest deviation           {:.2} %", 100.0 * most.0)?;
    writeln!(
        out,
        "smallest change to be seen  {:.2} % by noise, {:.1} % by the gate",
        100.0 * most.1,
        100.0 * visible
    )?;
    writeln!(
        out,
        "clock                       {:.0} ns to read, steps of {:.0} ns",
        clock.cost_ns, clock.step_ns
    )?;
    writeln!(out, "speeds of the processor     {}", describe(speeds))?;
    Ok(())
}

/// Gated workloads, evenly spread.
fn chosen(library: &Library) -> Vec<String> {
    let all = library.ids.iter().zip(&library.what);
    let timed = all.filter(|(_, what)| What::read(what).time == Timed::Gated);
    let timed: Vec<&String> = timed.map(|(id, _)| id).collect();
    let step = timed.len().div_ceil(WORKLOADS).max(1);
    timed.into_iter().step_by(step).cloned().collect()
}

/// Nanoseconds of a fixed chain of dependent work, about a tenth of a millisecond.
fn spin() -> f64 {
    let clock = Instant::now();
    let mut number = black_box(1_u64);
    for _ in 0..60_000 {
        number = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    }
    black_box(number);
    clock.elapsed().as_nanos() as f64
}

/// How many times slower than the fastest another speed must be to be told apart.
const APART: f64 = 1.1;

/// Which speeds were seen for how much of the time, the fastest first.
fn describe(mut times: Vec<f64>) -> String {
    times.sort_unstable_by(f64::total_cmp);
    let Some(&fastest) = times.get(times.len() / 100) else {
        return "none seen".into();
    };
    let mut groups: Vec<Vec<f64>> = Vec::new();
    for time in times.iter().copied() {
        match groups.last_mut() {
            Some(group) if time <= group[0] * APART => group.push(time),
            _ => groups.push(vec![time]),
        }
    }
    let all = times.len() as f64;
    let parts = groups.into_iter().filter_map(|mut group| {
        let share = group.len() as f64 / all;
        let slower = median(&mut group)? / fastest;
        (share >= 0.05).then(|| format!("{slower:.2} x for {:.0} %", 100.0 * share))
    });
    parts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_speeds_are_told_apart_and_rare_interruptions_left_out() {
        let fast = (0..70).map(|step| 100.0 + f64::from(step) / 20.0);
        let slow = (0..28).map(|step| 150.0 + f64::from(step) / 20.0);
        let times = fast.chain(slow).chain([900.0, 1000.0]).collect();
        assert_eq!(describe(times), "1.02 x for 70 %, 1.51 x for 28 %");
        assert_eq!(describe(vec![]), "none seen");
    }
}
