//! What the probe means: what is slow here, and why; what to use.

use sprag::provenance::COMPILED;
use sprag::sprag_core::suite::Suite;

use super::probe::{
    AES_LONG, AES_SHORT, AGREE, CHACHA_LONG, CHACHA_SHORT, CHAIN_STEP, DECAPS, ENCAPS, PUBLIC,
    SIGN, Timings, VERIFY,
};
use super::{host, per_message, trap};
use crate::backend::Backend;
use crate::build_info::Build;
use crate::host::Host;
use crate::report::{digits, duration};

/// The backends that are one library each.
const LIBRARIES: &[Backend] = &[
    Backend::RustCrypto,
    Backend::Ring,
    Backend::AwsLc,
    #[cfg(graviola)]
    Backend::Graviola,
];
/// A backend this many times slower than the fastest is worth a word.
const SLOW: f64 = 2.0;

/// What is slow on this host or in this build.
pub(super) fn slow_paths(timings: &Timings, host: &Host, build: &Build) -> Vec<String> {
    let mut found = Vec::new();
    if !build.is_optimised() {
        found.push("This is not an optimised build; use `cargo run --release -- doctor`.".into());
    }
    found.extend(host::explained(host));
    found.extend(trap::found(timings, host, build));
    found.extend(per_message::found(timings));
    for (id, measured) in &timings.rows {
        let best = Timings::fastest(LIBRARIES, |backend| timings.of(id, backend));
        let Some((fastest, best)) = best else {
            continue;
        };
        for (backend, ns) in measured.iter().filter(|(_, ns)| *ns >= SLOW * best) {
            let reason = reason(id, *backend).map(|reason| format!(" {reason}"));
            found.push(format!(
                "{id} takes {} times as long on {backend} as on {fastest} ({} against {}).{}",
                digits(ns / best),
                duration(*ns),
                duration(best),
                reason.unwrap_or_default()
            ));
        }
    }
    found
}

const NOT_INTERLEAVED: &str = "It runs cipher and authenticator one after the other; ring and \
     AWS-LC interleave them in assembly, in wide vectors where the processor has them.";

/// Why a primitive is slow on a backend, where that is known.
fn reason(id: &str, backend: Backend) -> Option<&'static str> {
    let is = |name: &str| id.starts_with(name);
    match backend {
        Backend::RustCrypto if is("primitive/chacha20poly1305") || is("primitive/aes256gcm") => {
            Some(NOT_INTERLEAVED)
        }
        #[cfg(graviola)]
        Backend::Graviola if is("primitive/chacha20poly1305") || is("primitive/aes256gcm") => {
            Some(NOT_INTERLEAVED)
        }
        Backend::RustCrypto if is("primitive/mlkem") => {
            Some("Its ML-KEM is portable code; the others take libcrux, which has vector code.")
        }
        Backend::RustCrypto | Backend::Ring if is("primitive/x25519") => Some(
            "It computes X25519 in dalek; AWS-LC and graviola have assembly for processors with ADX and \
             BMI2.",
        ),
        Backend::AwsLc if is(CHAIN_STEP) => Some("AWS-LC sets up a context for every HMAC."),
        _ => None,
    }
}

/// Which backend, mix and suite to use here.
pub(super) fn recommendations(timings: &Timings, host: &Host) -> Vec<String> {
    let mut advice = Vec::new();
    advice.extend(backend_for(timings));
    advice.extend(best_mix(timings));
    advice.extend(suite_for(timings, host));
    advice.push(
        "These are sums of primitives over a few seconds; `sprag-bench run` measures whole \
         messages and handshakes."
            .into(),
    );
    advice
}

const MESSAGE: [(f64, &str); 2] = [(1.0, CHAIN_STEP), (1.0, AES_SHORT)];
/// The agreements, key generation and signature checks of a PQXDH handshake, both sides.
const HANDSHAKE: [(f64, &str); 5] = [
    (8.0, AGREE),
    (2.0, PUBLIC),
    (3.0, VERIFY),
    (1.0, ENCAPS),
    (1.0, DECAPS),
];

fn backend_for(timings: &Timings) -> Vec<String> {
    let whole = |parts: &'static [(f64, &str)]| {
        Timings::fastest(Backend::DEFAULT, |backend| timings.sum(parts, backend))
    };
    let single = |parts: &'static [(f64, &str)]| {
        Timings::fastest(LIBRARIES, |backend| timings.sum(parts, backend))
    };
    let mut advice = Vec::new();
    for (what, parts) in [
        ("For many short messages", &MESSAGE[..]),
        ("For many handshakes", &HANDSHAKE[..]),
    ] {
        let (Some((best, ns)), Some((library, library_ns))) = (whole(parts), single(parts)) else {
            continue;
        };
        let alone = if best == library {
            String::new()
        } else {
            format!("; with one library, {library} ({})", duration(library_ns))
        };
        advice.push(format!(
            "{what}: {best} (primitives {}){alone}.",
            duration(ns)
        ));
    }
    advice
}

fn best_mix(timings: &Timings) -> Option<String> {
    let aes = match (
        fastest_library(timings, "AES-256-GCM", &[(1.0, AES_SHORT)])?,
        fastest_library(timings, "AES-256-GCM", &[(1.0, AES_LONG)])?,
    ) {
        (short, long) if short == long => short.to_owned(),
        (short, long) => format!("{short} (short messages) and {long} (long)"),
    };
    Some(format!(
        "A mix of this host's fastest parts: X25519 from {}, Ed25519 from {}, HMAC from {}, \
         AES-256-GCM from {aes}, ChaCha20-Poly1305 from {}, ML-KEM from {}. A composition of your \
         own is five lines: see the documentation of `sprag_backends::mixed`.",
        fastest_library(timings, "X25519", &[(1.0, AGREE)])?,
        fastest_library(timings, "Ed25519", &[(1.0, SIGN), (2.0, VERIFY)])?,
        fastest_library(timings, "HMAC-SHA-256", &[(1.0, CHAIN_STEP)])?,
        fastest_library(timings, "ChaCha20-Poly1305", &[(1.0, CHACHA_SHORT)])?,
        fastest_library(timings, "ML-KEM", &[(1.0, ENCAPS), (1.0, DECAPS)])?,
    ))
}

/// The library that computes `primitive` fastest, by the cost of `parts`.
fn fastest_library(
    timings: &Timings,
    primitive: &str,
    parts: &[(f64, &str)],
) -> Option<&'static str> {
    let (backend, _) = Timings::fastest(LIBRARIES, |backend| timings.sum(parts, backend))?;
    let table = COMPILED
        .iter()
        .find(|table| table.backend == backend.name())?;
    let row = table
        .rows
        .iter()
        .find(|row| row.primitive.starts_with(primitive))?;
    Some(row.library)
}

fn suite_for(timings: &Timings, host: &Host) -> Option<String> {
    let best = |id: &str| {
        Timings::fastest(Backend::DEFAULT, |backend| timings.of(id, backend)).map(|(_, ns)| ns)
    };
    let (aes, chacha) = (best(AES_SHORT)?, best(CHACHA_SHORT)?);
    let (aes_long, chacha_long) = (best(AES_LONG)?, best(CHACHA_LONG)?);
    let numbers = format!(
        "AES-256-GCM {} and {}, ChaCha20-Poly1305 {} and {} at 256 and 16384 bytes under a fresh \
         key, each on its best backend",
        duration(aes),
        duration(aes_long),
        duration(chacha),
        duration(chacha_long)
    );
    // Without AES instructions AES is slow, and some code for it is not constant-time.
    let accelerated = host.features.get("aes") == Some(&true);
    let aes_wins = accelerated && aes * aes_long < chacha * chacha_long;
    let suite = if aes_wins {
        Suite::Pqxdh768Aes256Gcm
    } else {
        Suite::Pqxdh768ChaCha20Poly1305
    };
    Some(format!("Suite: {suite} ({numbers})."))
}
