//! The criterion front end: `cargo bench -p sprag-bench -- NAME` over the barometer's own
//! workload table, with criterion's baselines for daily work.
//!
//! Time is taken as the barometer takes it: inputs made and outputs checked outside the clock. A
//! wrong result panics, which fails the run.

use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use sprag_bench::backend::Backend;
use sprag_bench::workload::table::{self, Workload};
use sprag_bench::workload::{Digest, Operation, Wrong};

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    for workload in table::all().iter().filter(|row| row.is_timed()) {
        let mut group = criterion.benchmark_group(workload.id());
        group.throughput(throughput(workload));
        for backend in Backend::supported(workload.backends) {
            group.bench_function(backend.name(), |bencher| {
                let mut operation = workload.operation(backend, 1).expect("set-up");
                bencher.iter_custom(|count| {
                    time(&mut *operation, count).unwrap_or_else(|wrong| panic!("{wrong}"))
                });
            });
        }
        group.finish();
    }
    criterion.final_summary();
}

fn throughput(workload: &Workload) -> Throughput {
    match workload.size {
        Some(bytes) if workload.group() == "primitive" => Throughput::Bytes(bytes as u64),
        _ => Throughput::Elements(workload.items() as u64),
    }
}

fn time(operation: &mut dyn Operation, count: u64) -> Result<Duration, Wrong> {
    let mut left = usize::try_from(count).unwrap_or(usize::MAX);
    let mut total = Duration::ZERO;
    while left > 0 {
        let chunk = left.min(operation.capacity());
        operation.prepare(chunk)?;
        let started = Instant::now();
        operation.run(0..chunk)?;
        total += started.elapsed();
        operation.verify(&mut Digest::new())?;
        left -= chunk;
    }
    Ok(total)
}
