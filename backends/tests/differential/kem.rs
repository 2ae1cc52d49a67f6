//! Two implementations of ML-KEM.

use proptest::prelude::*;
use sprag_core::primitives::{Kem, PrimitiveError};

use crate::{holds, inputs};

pub(crate) fn encapsulations<Reference: Kem, Other: Kem>() {
    type Encapsulated = (Result<(), PrimitiveError>, Vec<u8>, [u8; 32]);

    #[derive(Debug, PartialEq)]
    struct Exchange {
        public: Vec<u8>,
        honest: Encapsulated,
        to_damaged_key: Encapsulated,
        /// From the honest ciphertext and from a damaged one.
        secrets: [[u8; 32]; 2],
    }

    fn run<K: Kem>(seed: &[u8; 64], m: &[u8; 32], damage: &[(usize, u8)]) -> Exchange {
        let key = K::decapsulation_key(seed).expect("a key");
        let mut public = vec![0; K::PUBLIC_LEN];
        K::public_key(&key, &mut public).expect("the right length");
        let encapsulate = |public: &[u8]| -> Encapsulated {
            let (mut ciphertext, mut shared) = (vec![0; K::CIPHERTEXT_LEN], [0xaa; 32]);
            let outcome = K::encapsulate(public, m, &mut ciphertext, &mut shared);
            (outcome, ciphertext, shared)
        };
        let honest = encapsulate(&public);
        let damaged = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            for (position, bits) in damage {
                let position = position % bytes.len();
                bytes[position] ^= bits;
            }
            bytes
        };
        let mut secrets = [[0; 32]; 2];
        let forged = damaged(&honest.1);
        K::decapsulate(&key, &honest.1, &mut secrets[0]).expect("the right length");
        K::decapsulate(&key, &forged, &mut secrets[1]).expect("the right length");
        assert_eq!(secrets[0], honest.2);
        assert_eq!(secrets[1] == honest.2, forged == honest.1);
        let mut to_damaged_key = encapsulate(&damaged(&public));
        if to_damaged_key.0.is_err() {
            // The contract does not say what stands in the ciphertext then.
            to_damaged_key.1.clear();
        }
        Exchange {
            public,
            honest,
            to_damaged_key,
            secrets,
        }
    }

    let damage = prop::collection::vec((any::<usize>(), any::<u8>()), 0..3);
    let inputs = (inputs::seed(), any::<[u8; 32]>(), damage);
    holds(100, inputs, |(seed, m, damage)| {
        let expected = run::<Reference>(&seed, &m, &damage);
        assert_eq!(expected, run::<Other>(&seed, &m, &damage));
    });
}
