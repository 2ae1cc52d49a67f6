//! The command `sprag-bench`: the barometer. `sprag-bench --help` explains it.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use sprag_bench::alloc::CountingAllocator;
use sprag_bench::cli::{Arguments, Failure};

#[cfg(counts_c)]
mod c_malloc;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.carry_out(&mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read our output has seen enough.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(failure) => {
            // Nowhere is left to report a failure to report.
            let _ = writeln!(io::stderr(), "sprag-bench: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}
