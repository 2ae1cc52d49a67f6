//! Is this build in the trap of SHA instructions and AVX (llvm-project issue 142368)?
//!
//! SHA instructions exist only in an encoding that waits while the upper half of a vector register
//! is dirty, on some processors for a hundred times as long. It shows in either of two ways: a
//! chain step is slow by itself, where the compiler mixed AVX into it, or a chain step and a seal
//! in turn take much longer than each of them alone, where the seal leaves dirty registers behind.

use super::probe::{AES_SHORT, ALTERNATE, CHAIN_STEP, Timings};
use crate::backend::Backend;
use crate::build_info::Build;
use crate::host::Host;
use crate::report::{digits, duration};

/// A chain step takes a few hundred nanoseconds on any processor with or without SHA
/// instructions; above this, something is wrong.
const SANE_CHAIN_STEP_NS: f64 = 5_000.0;
/// In turn, two primitives cost about what they cost alone.
const SANE_ALTERNATION: f64 = 2.0;

/// What to say about the trap: each backend that is in it, with the cure; or that none is, in a
/// build that could be.
pub(super) fn found(timings: &Timings, host: &Host, build: &Build) -> Vec<String> {
    if host.features.get("sha") != Some(&true) {
        return Vec::new();
    }
    let trapped = Backend::DEFAULT
        .iter()
        .filter_map(|&backend| Some(format!("{} {}", symptom(timings, backend)?, cure(backend))));
    let mut found: Vec<String> = trapped.collect();
    let built_with_avx = build.target_features.iter().any(|name| name == "avx");
    if found.is_empty() && built_with_avx {
        found.push(
            "This build lets the compiler use AVX everywhere (`target-cpu=native`), which makes \
             SHA code a hundredfold slower on some processors. It does not here: on every backend \
             a chain step is fast, and in turn with a seal it costs what it costs alone."
                .into(),
        );
    }
    found
}

/// How the trap shows on `backend`, if it does.
fn symptom(timings: &Timings, backend: Backend) -> Option<String> {
    let step = timings.of(CHAIN_STEP, backend)?;
    if step > SANE_CHAIN_STEP_NS {
        return Some(format!(
            "SHA instructions wait for AVX in this build: a chain step of {backend} takes {}.",
            duration(step)
        ));
    }
    let alone = step + timings.of(AES_SHORT, backend)?;
    let in_turn = timings.of(ALTERNATE, backend)?;
    (in_turn > SANE_ALTERNATION * alone).then(|| {
        format!(
            "SHA instructions wait for AVX in this build: a chain step and a seal of 256 bytes by \
             {backend} take {} in turn, {} times as long as alone.",
            duration(in_turn),
            digits(in_turn / alone)
        )
    })
}

fn cure(backend: Backend) -> &'static str {
    match backend {
        Backend::RustCrypto => {
            "Build without `-C target-cpu=native`, or add `-C target-feature=-sha`; or use mixed, \
             whose SHA code is assembly of our own."
        }
        Backend::Mixed => "Build without `-C target-cpu=native`, and please report it.",
        _ => "Build without `-C target-cpu=native`; or use mixed.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::clock::Clock;

    /// Medians of RustCrypto and the mix, as if measured.
    fn found_for(rustcrypto: [f64; 3], built_with_avx: bool) -> Vec<String> {
        let ids = [CHAIN_STEP, AES_SHORT, ALTERNATE].into_iter();
        let rows = ids.zip(rustcrypto.into_iter().zip([120.0, 180.0, 305.0]));
        let timings = Timings {
            backends: vec![Backend::RustCrypto, Backend::Mixed],
            rows: rows
                .map(|(id, (rustcrypto, mixed))| {
                    let measured = [(Backend::RustCrypto, rustcrypto), (Backend::Mixed, mixed)];
                    (id, measured.into())
                })
                .collect(),
        };
        let mut host = Host::look(Clock::measure());
        host.features.insert("sha".into(), true);
        let mut build = Build::this();
        build.target_features = if built_with_avx {
            vec!["avx".into()]
        } else {
            Vec::new()
        };
        found(&timings, &host, &build)
    }

    #[test]
    fn a_slow_chain_step_is_the_trap() {
        let found = found_for([16_000.0, 300.0, 16_400.0], true);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("a chain step of rustcrypto takes 16"));
        assert!(found[0].contains("target-feature=-sha"));
    }

    #[test]
    fn an_alternation_that_costs_more_than_its_parts_is_the_trap() {
        for built_with_avx in [false, true] {
            let found = found_for([300.0, 300.0, 6_000.0], built_with_avx);
            assert_eq!(found.len(), 1);
            assert!(
                found[0].contains("10.0 times as long as alone"),
                "{found:?}"
            );
        }
    }

    #[test]
    fn a_build_that_could_be_in_the_trap_is_told_that_it_is_not() {
        assert!(found_for([300.0, 300.0, 610.0], true)[0].contains("does not here"));
        assert!(found_for([300.0, 300.0, 610.0], false).is_empty());
    }
}
