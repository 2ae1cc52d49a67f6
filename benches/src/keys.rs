//! The verb `keys`: what becomes of keys in one operation of each workload.
//!
//! Counts, not times: the same on every host and every backend. What the kinds and the four things that
//! happen to them mean stands in `sprag::lifecycle`.

use std::collections::HashSet;
use std::io::Write;

use crate::cli::Failure;
use crate::exact::counts::subjects;

const SEED: u64 = 1;

/// Prints a table for the first variant of every workload in which something happens to keys.
///
/// # Errors
/// [`Failure::Wrong`] if a workload gives a wrong result; what writing gave.
pub fn keys(out: &mut dyn Write) -> Result<(), Failure> {
    let mut seen = HashSet::new();
    for workload in subjects() {
        if !workload.is_timed() || !seen.insert(workload.name) {
            continue;
        }
        let counts = workload.keys(SEED);
        let counts =
            counts.map_err(|wrong| Failure::Wrong(vec![format!("{}: {wrong}", workload.id())]))?;
        if counts.kinds().next().is_some() {
            writeln!(out, "{}\n{counts}\n", workload.id())?;
        }
    }
    Ok(())
}
