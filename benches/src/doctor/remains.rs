//! What is left of secrets in this process's memory, by primitive and backend: measured, not claimed.
//!
//! The keys and results of each primitive are planted, used once and dropped; then all memory is searched
//! for parts of them. Forms that a library computes from a key (the scalar of an Ed25519 seed, the
//! polynomials of ML-KEM) are not searched for.

use std::io::{self, Write};

use sprag::testing::remains::{self, Remains};

use crate::backend::{Backend, with_backend};
use crate::report::wrapped;

use super::WIDTH;

const MEANING: &str = "heap: left in memory that was given back, until it is used again. stack: copies below \
     what is in use, which compilers make and the next deep call overwrites; they differ with the build.";

/// Prints a row for each primitive.
pub(super) fn print(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\nLeft in memory by this build")?;
    if !cfg!(target_os = "linux") {
        return writeln!(out, "  not measured: memory can be read on Linux only");
    }
    let backends = Backend::supported(Backend::DEFAULT);
    let measured = backends.iter().map(|backend| measure(*backend));
    // Each with the same cases in the same order.
    let measured = measured.collect::<io::Result<Vec<_>>>()?;
    write!(out, "  {:<30}", "")?;
    for backend in &backends {
        write!(out, "{:<13}", backend.name())?;
    }
    for (place, first) in measured.iter().take(1).flatten().enumerate() {
        write!(out, "\n  {:<30}", first.case)?;
        for backend in &measured {
            write!(out, "{:<13}", words(&backend[place]))?;
        }
    }
    writeln!(out, "\n  {}", wrapped(MEANING, WIDTH - 2, "  "))
}

fn measure(backend: Backend) -> io::Result<Vec<Remains>> {
    let rng = &mut sprag::entropy::system();
    with_backend!(backend, B => remains::primitives::<B, _>(rng))
}

const fn words(remains: &Remains) -> &'static str {
    match (remains.heap, remains.stack) {
        (true, true) => "heap, stack",
        (true, false) => "heap",
        (false, true) => "stack",
        (false, false) => "-",
    }
}
