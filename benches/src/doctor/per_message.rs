//! Does a backend's ChaCha20-Poly1305 cost much before its first byte?
//!
//! Code in wide vectors may set up more than a short message needs. It shows as a time that does
//! not grow with the message: what two lengths leave at length zero.

use super::probe::{CHACHA_LONG, CHACHA_SHORT, Timings};
use crate::backend::Backend;
use crate::report::duration;

/// Bytes of the two probed messages.
const SHORT: f64 = 256.0;
const LONG: f64 = 16384.0;
/// A short message that costs less than this before its first byte is fine.
const SANE_NS: f64 = 1_000.0;

/// What to say about each backend on which a message costs that much.
pub(super) fn found(timings: &Timings) -> Vec<String> {
    let backends = timings.backends.iter();
    let dear =
        backends.filter_map(|&backend| Some((backend, before_the_first_byte(timings, backend)?)));
    dear.filter(|(_, ns)| *ns >= SANE_NS)
        .map(|(backend, ns)| {
            let cure = Timings::fastest(&timings.backends, |other| timings.of(CHACHA_SHORT, other))
                .map_or(String::new(), |(fastest, _)| {
                    format!(" Short messages are cheapest on {fastest}.")
                });
            format!(
                "A message of ChaCha20-Poly1305 costs {} on {backend} before its first byte.{cure}",
                duration(ns)
            )
        })
        .collect()
}

/// The time at length zero of the line through both lengths.
fn before_the_first_byte(timings: &Timings, backend: Backend) -> Option<f64> {
    let short = timings.of(CHACHA_SHORT, backend)?;
    let long = timings.of(CHACHA_LONG, backend)?;
    Some(short - (long - short) / (LONG - SHORT) * SHORT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found_for(rustcrypto: [f64; 2]) -> Vec<String> {
        let ids = [CHACHA_SHORT, CHACHA_LONG].into_iter();
        let times = rustcrypto.into_iter().zip([274.0, 7_400.0]);
        let rows = ids.zip(times).map(|(id, (rustcrypto, ring))| {
            (
                id,
                vec![(Backend::RustCrypto, rustcrypto), (Backend::Ring, ring)],
            )
        });
        found(&Timings {
            backends: vec![Backend::RustCrypto, Backend::Ring],
            rows: rows.collect(),
        })
    }

    #[test]
    fn a_fixed_cost_is_told_with_where_there_is_none() {
        let found = found_for([1_844.0, 14_500.0]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].contains("costs 1.64 µs on rustcrypto before its first byte"),
            "{found:?}"
        );
        assert!(found[0].contains("cheapest on ring"));
    }

    #[test]
    fn code_that_is_only_slow_has_no_fixed_cost() {
        assert_eq!(found_for([1_600.0, 96_000.0]), [""; 0]);
        assert_eq!(found_for([420.0, 14_500.0]), [""; 0]);
    }
}
