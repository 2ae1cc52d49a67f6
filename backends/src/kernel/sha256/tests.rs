//! The chain of every path against HMAC as it is written down, and against known answers;
//! everything else in `constructions`.

mod constructions;

use proptest::prelude::*;

use super::*;

type Expand = fn(&[u8; 32], &[u8], &mut [u8]) -> Result<(), PrimitiveError>;

/// One path's functions.
struct Path {
    name: &'static str,
    sha256: fn(&[&[u8]]) -> [u8; 32],
    hmac: fn(&[u8], &[&[u8]], &mut [u8; 32]),
    expand: Expand,
    step: fn(&[u8; 32], &mut [u8; 32], &mut [u8; 32]),
    advance: fn(&mut [u8; 32], u32),
    batch: fn(&mut [ChainStepJob<'_>]),
}

impl Path {
    fn of<H: Hmac>(name: &'static str) -> Self {
        Self {
            name,
            sha256: H::sha256,
            hmac: H::hmac,
            expand: H::hkdf_expand,
            step: H::chain_step,
            advance: H::chain_advance,
            batch: H::chain_step_batch,
        }
    }
}

/// The portable path, and the one for this processor's instructions if it has them.
fn paths() -> Vec<Path> {
    let mut paths = vec![Path::of::<Portable>("portable")];
    if Native::detect().is_some() {
        paths.push(Path::of::<HmacSha256>(Native::NAME));
    } else {
        eprintln!("only the portable path is checked: no SHA-256 instructions were detected");
    }
    paths
}

/// A chain step as the specification writes it (Double Ratchet section 7.2).
fn specified(chain_key: &[u8; 32]) -> ([u8; 32], [u8; 32]) {
    let (mut message_key, mut next) = ([0; 32], [0; 32]);
    Portable::hmac(chain_key, &[&[0x01]], &mut message_key);
    Portable::hmac(chain_key, &[&[0x02]], &mut next);
    (message_key, next)
}

impl Path {
    fn stepped(&self, chain_key: &[u8; 32]) -> ([u8; 32], [u8; 32]) {
        let (mut message_key, mut next) = ([0; 32], [0; 32]);
        (self.step)(chain_key, &mut message_key, &mut next);
        (message_key, next)
    }
}

#[test]
fn the_known_answer_is_met() {
    const CHAIN_KEY: [u8; 32] = [
        0x8a, 0xb7, 0x2d, 0x6f, 0x4c, 0xc5, 0xac, 0x0d, 0x38, 0x7e, 0xaf, 0x46, 0x33, 0x78, 0xdd,
        0xb2, 0x8e, 0xdd, 0x07, 0x38, 0x5b, 0x1c, 0xb0, 0x12, 0x50, 0xc7, 0x15, 0x98, 0x2e, 0x7a,
        0xd4, 0x8f,
    ];
    const MESSAGE_KEY: [u8; 32] = [
        0xfa, 0xe9, 0x52, 0x35, 0xbe, 0xda, 0x3d, 0x2e, 0x00, 0xb4, 0x1c, 0xf2, 0xe6, 0x55, 0xda,
        0xda, 0x24, 0x05, 0xb4, 0x38, 0x8c, 0xae, 0x0d, 0x25, 0x1a, 0x51, 0xbc, 0xd2, 0xeb, 0xdd,
        0x2e, 0x40,
    ];
    const NEXT: [u8; 32] = [
        0x28, 0xe8, 0xf8, 0xfe, 0xe5, 0x4b, 0x80, 0x1e, 0xef, 0x7c, 0x5c, 0xfb, 0x2f, 0x17, 0xf3,
        0x2c, 0x7b, 0x33, 0x44, 0x85, 0xbb, 0xb7, 0x0f, 0xac, 0x6e, 0xc1, 0x03, 0x42, 0xa2, 0x46,
        0xd1, 0x5d,
    ];
    for path in paths() {
        assert_eq!(
            path.stepped(&CHAIN_KEY),
            (MESSAGE_KEY, NEXT),
            "{}",
            path.name
        );
        let mut advanced = CHAIN_KEY;
        (path.advance)(&mut advanced, 1);
        assert_eq!(advanced, NEXT, "{}", path.name);
    }
}

#[test]
fn a_chain_of_100_000_steps_is_the_same_on_every_path() {
    let mut ends = paths().into_iter().map(|path| {
        let mut chain_key = [0x42; 32];
        let mut advanced = chain_key;
        let mut message_keys = [0; 32];
        for _ in 0..100_000 {
            let (message_key, next) = path.stepped(&chain_key);
            chain_key = next;
            for (sum, byte) in message_keys.iter_mut().zip(message_key) {
                *sum ^= byte;
            }
        }
        (path.advance)(&mut advanced, 100_000);
        assert_eq!(advanced, chain_key, "{}", path.name);
        (chain_key, message_keys)
    });
    let portable = ends.next().expect("there is a portable path");
    assert!(ends.all(|end| end == portable));
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 4000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_step_is_two_hmacs(bytes: [u8; 64], offset in 0..32usize) {
        let (chain_key, _) = bytes[offset..].split_first_chunk().expect("at least 32 bytes");
        for path in paths() {
            prop_assert_eq!(path.stepped(chain_key), specified(chain_key), "{}", path.name);
        }
    }

    #[test]
    fn outputs_may_stand_anywhere(chain_key: [u8; 32], offset in 0..64usize) {
        let (message_key, next) = specified(&chain_key);
        for path in paths() {
            let mut page = [0xa5; 192];
            let (before, rest) = page.split_at_mut(offset);
            let (first, rest) = rest.split_first_chunk_mut().expect("room for both");
            let (second, after) = rest.split_first_chunk_mut().expect("room for both");
            (path.step)(&chain_key, first, second);
            prop_assert_eq!(&*first, &message_key, "{}", path.name);
            prop_assert_eq!(&*second, &next, "{}", path.name);
            prop_assert!(before.iter().chain(&*after).all(|byte| *byte == 0xa5));
        }
    }

    #[test]
    fn advancing_is_stepping(chain_key: [u8; 32], steps in 0..40u32) {
        let expected = (0..steps).fold(chain_key, |key, _| specified(&key).1);
        for path in paths() {
            let mut advanced = chain_key;
            (path.advance)(&mut advanced, steps);
            prop_assert_eq!(advanced, expected, "{}", path.name);
        }
    }

    #[test]
    fn a_batch_is_a_loop(keys in prop::collection::vec(any::<[u8; 32]>(), 0..12)) {
        let expected: Vec<_> = keys.iter().map(specified).collect();
        for path in paths() {
            let mut stepped = vec![([0; 32], [0; 32]); keys.len()];
            let mut jobs: Vec<_> = keys
                .iter()
                .zip(&mut stepped)
                .map(|(chain_key, (message_key, next))| ChainStepJob {
                    chain_key,
                    message_key,
                    next,
                })
                .collect();
            (path.batch)(&mut jobs);
            prop_assert_eq!(&stepped, &expected, "{}", path.name);
        }
    }
}
