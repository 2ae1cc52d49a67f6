//! Every workload of a quick run, once, on every backend.

use sprag_bench::backend::Backend;
use sprag_bench::workload::table::{self, Workload};
use sprag_bench::workload::{Digest, Wrong};

fn timed() -> impl Iterator<Item = Workload> {
    let table = table::all().into_iter();
    table.filter(|row| row.is_timed() && !row.full_only && row.batch <= 8)
}

fn first_result(workload: &Workload, backend: Backend) -> Result<Digest, Wrong> {
    let mut operation = workload.operation(backend, 7)?;
    let mut digest = Digest::new();
    // Two operations, as many at once as the workload takes.
    let at_once = operation.capacity().min(2);
    for _ in 0..2 / at_once {
        operation.prepare(at_once)?;
        for index in 0..at_once {
            operation.run(index..index + 1)?;
        }
        operation.verify(&mut digest)?;
    }
    Ok(digest)
}

#[test]
fn every_workload_gives_the_same_on_every_backend() {
    for workload in timed() {
        let id = workload.id();
        let expected = first_result(&workload, Backend::REFERENCE).expect(&id);
        assert_ne!(expected, Digest::new(), "{id} produces nothing");
        for backend in Backend::supported(Backend::DEFAULT) {
            let result = first_result(&workload, backend).expect(&id);
            assert_eq!(result, expected, "{id} on {backend}");
        }
        first_result(&workload, Backend::Null).expect(&id);
    }
}

#[test]
fn every_engine_workload_but_the_cheap_refusals_and_encoding_makes_primitive_calls() {
    for workload in timed().filter(Workload::has_floor) {
        let calls = workload.trace(7).unwrap();
        let is_free = workload.name == "state/encode"
            || ["too_far_ahead", "wrong_version", "truncated"].contains(&workload.strategy);
        assert_eq!(calls.is_empty(), is_free, "{}: {calls:?}", workload.id());
    }
}
