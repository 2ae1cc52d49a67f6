//! Two implementations of X25519.

use proptest::prelude::*;
use sprag_core::primitives::{AgreeJob, KeyAgreement, PrimitiveError};

use crate::{holds, inputs};

pub(crate) fn agreements<Reference: KeyAgreement, Other: KeyAgreement>() {
    #[derive(Debug, PartialEq)]
    struct Agreed {
        public: [u8; 32],
        shared: [u8; 32],
        outcome: Result<(), PrimitiveError>,
    }

    fn agree<K: KeyAgreement>(pairs: &[([u8; 32], [u8; 32])]) -> Vec<Agreed> {
        let keys: Vec<_> = pairs
            .iter()
            .map(|(bytes, _)| K::private_key(bytes).expect("a key"))
            .collect();
        let mut shared = vec![[0xaa; 32]; pairs.len()];
        let mut jobs: Vec<AgreeJob<'_, K>> = keys
            .iter()
            .zip(pairs)
            .zip(&mut shared)
            .map(|((private, (_, peer)), shared)| AgreeJob {
                private,
                peer,
                shared,
                outcome: Err(PrimitiveError::Library),
            })
            .collect();
        K::agree_batch(&mut jobs);
        for (job, (bytes, peer)) in jobs.iter().zip(pairs) {
            let mut single = [0x55; 32];
            assert_eq!(K::agree(job.private, peer, &mut single), job.outcome);
            assert_eq!(single, *job.shared);
            assert_eq!(K::private_bytes(job.private), bytes);
        }
        jobs.iter()
            .map(|job| Agreed {
                public: *K::public_key(job.private),
                shared: *job.shared,
                outcome: job.outcome,
            })
            .collect()
    }

    let pairs = prop::collection::vec((any::<[u8; 32]>(), inputs::x25519_peer()), 0..9);
    holds(200, pairs, |pairs| {
        assert_eq!(agree::<Reference>(&pairs), agree::<Other>(&pairs));
    });
}
