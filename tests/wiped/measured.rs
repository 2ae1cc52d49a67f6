//! One process measures, another one judges.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::process::{Command, ExitCode};

use rand_chacha::ChaCha20Rng;
use sprag::SecretBytes;
use sprag::rand_core::SeedableRng;
use sprag::sprag_core::{FileBackend, HybridBackend};
use sprag::testing::remains::{self, Canary, Remains, Search};

use crate::engine;
use crate::support::on_every_backend;

const PARTS: [&str; 6] = [
    "control",
    "primitives",
    "messages",
    "transport",
    "files",
    "stores",
];

/// Measures a part on a backend and prints what was left, a line for each case.
pub(crate) fn measure(backend: &str, part: &str) {
    on_every_backend!(measure_on(backend, part));
}

fn measure_on<B: HybridBackend + FileBackend>(backend: &str, part: &str) {
    if B::NAME != backend {
        return;
    }
    let rng = &mut ChaCha20Rng::seed_from_u64(u64::from(std::process::id()));
    let measured = match part {
        "control" => control::<B>(rng),
        "primitives" => remains::primitives::<B, _>(rng).and_then(|mut measured| {
            measured.extend(remains::files::<B, _>(rng)?);
            Ok(measured)
        }),
        part => engine::measure::<B>(part),
    };
    let mut out = io::stdout().lock();
    for Remains { case, heap, stack } in measured.unwrap() {
        writeln!(out, "{case}\t{heap}\t{stack}").unwrap();
    }
}

/// That the search finds what is there, and nothing else: each line says what it should.
fn control<B: FileBackend>(rng: &mut ChaCha20Rng) -> io::Result<Vec<Remains>> {
    let mut search = Search::new();
    let (secret, canary) = Canary::plant::<32, _>(rng).unwrap();
    let canaries = [canary];
    let held = search.remains("held", &canaries)?;
    let copy = secret.to_vec();
    drop(secret);
    let copied = search.remains("copied", &canaries)?;
    drop(copy);
    let freed = search.remains("freed unwiped", &canaries)?;

    let (secret, canary) = Canary::plant::<32, _>(rng).unwrap();
    let canaries = [canary];
    drop(secret);
    let wiped = search.remains("wiped", &canaries)?;

    let (secret, canary) = Canary::plant::<32, _>(rng).unwrap();
    let canaries = [canary];
    let mut bytes = SecretBytes::from(&secret[..]);
    drop(secret);
    // Until they have moved: something stands behind them.
    let (first, mut behind) = (bytes.as_ptr(), Vec::new());
    while bytes.as_ptr() == first {
        behind.push(vec![1; bytes.len()]);
        bytes.extend_from_slice(&vec![0; bytes.capacity()]);
    }
    bytes[..32].fill(0);
    let grown = search.remains("grown", &canaries)?;

    let (secret, canary) = Canary::plant::<32, _>(rng).unwrap();
    let canaries = [canary];
    let key = engine::prepared::<B>(&secret);
    drop(secret);
    let prepared = search.remains("prepared", &canaries)?;
    drop(key);
    Ok(vec![held, copied, freed, wiped, grown, prepared])
}

/// Runs every part on every backend and compares with what is expected.
pub(crate) fn judge(exceptions: &[(&str, &str)]) -> ExitCode {
    let mut found = BTreeSet::new();
    let mut ran = BTreeSet::new();
    let mut failed = false;
    let mut look = |backend: &'static str| {
        ran.insert(backend);
        for part in PARTS {
            let lines = child(backend, part);
            assert!(!lines.is_empty(), "{backend} {part}: nothing was measured");
            for (case, heap, stack) in lines {
                if part == "control" {
                    let expected = case != "wiped" && case != "grown";
                    failed |= heap != expected;
                    println!("{backend:10} control: {case}: {}", heap == expected);
                    continue;
                }
                let left = |place: bool| if place { "left" } else { "-" };
                println!(
                    "{backend:10} {case:32} heap {:5} stack {}",
                    left(heap),
                    left(stack)
                );
                if heap {
                    found.insert((backend, case));
                }
            }
        }
    };
    on_every_backend!(name(&mut look));
    let expected: BTreeSet<_> = exceptions
        .iter()
        .filter(|(backend, _)| ran.contains(backend))
        .map(|(backend, case)| (*backend, (*case).to_owned()))
        .collect();
    for (backend, case) in found.difference(&expected) {
        println!("LEFT IN MEMORY on {backend}: {case}");
    }
    for (backend, case) in expected.difference(&found) {
        println!("NOT LEFT any more on {backend}, so no exception: {case}");
    }
    failed |= found != expected;
    ExitCode::from(u8::from(failed))
}

fn name<B: FileBackend>(look: &mut impl FnMut(&'static str)) {
    look(B::NAME);
}

fn child(backend: &str, part: &str) -> Vec<(String, bool, bool)> {
    let this = std::env::current_exe().unwrap();
    let output = Command::new(this)
        .args(["--measure", backend, part])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{backend} {part}: {errors}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter_map(|line| {
        let mut fields = line.split('\t');
        let (case, heap, stack) = (fields.next()?, fields.next()?, fields.next()?);
        Some((case.to_owned(), heap == "true", stack == "true"))
    });
    lines.collect()
}
