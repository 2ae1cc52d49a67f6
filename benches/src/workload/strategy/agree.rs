//! Many X25519 agreements in one call.

use std::hint::black_box;

use rand_core::{Rng as _, SeedableRng};
use sprag::sprag_core::backend::CryptoBackend;
use sprag::sprag_core::primitives::{AgreeJob, KeyAgreement, PrimitiveError};

use crate::workload::batch::Way;
use crate::workload::{Operation, OrWrong, Rng, Wrong, ensure, operation};

struct Pair<K: KeyAgreement> {
    private: K::PrivateKey,
    /// The other side, to check with.
    other: K::PrivateKey,
    peer: [u8; 32],
    shared: [u8; 32],
}

pub(super) fn build<B: CryptoBackend>(
    way: Way,
    count: usize,
    seed: u64,
) -> Result<Box<dyn Operation>, Wrong> {
    Ok(operation(
        Rng::seed_from_u64(seed),
        (64 / count).max(1),
        move |rng| {
            let pairs = (0..count).map(|_| pair::<B::X25519>(rng));
            pairs.collect::<Result<Vec<_>, _>>().or_wrong("private_key")
        },
        move |_, pairs| {
            match way {
                Way::Loop => pairs.iter_mut().try_for_each(|pair| {
                    B::X25519::agree(&pair.private, black_box(&pair.peer), &mut pair.shared)
                }),
                Way::Batch | Way::Pool => all::<B::X25519>(pairs),
            }
            .or_wrong("agree")
        },
        |_, pairs, digest| {
            for pair in pairs {
                let mut theirs = [0; 32];
                let public = B::X25519::public_key(&pair.private);
                B::X25519::agree(&pair.other, public, &mut theirs).or_wrong("agree")?;
                digest.absorb(&pair.shared);
                ensure(pair.shared == theirs, "the two sides disagree")?;
            }
            Ok(())
        },
    ))
}

fn pair<K: KeyAgreement>(rng: &mut Rng) -> Result<Pair<K>, PrimitiveError> {
    let (mut own, mut other) = ([0; 32], [0; 32]);
    rng.fill_bytes(&mut own);
    rng.fill_bytes(&mut other);
    let other = K::private_key(&other)?;
    Ok(Pair {
        private: K::private_key(&own)?,
        peer: *K::public_key(&other),
        other,
        shared: [0; 32],
    })
}

fn all<K: KeyAgreement>(pairs: &mut [Pair<K>]) -> Result<(), PrimitiveError> {
    let mut jobs: Vec<_> = pairs
        .iter_mut()
        .map(|pair| AgreeJob {
            private: &pair.private,
            peer: &pair.peer,
            shared: &mut pair.shared,
            outcome: Ok(()),
        })
        .collect();
    K::agree_batch(black_box(&mut jobs));
    jobs.into_iter().try_for_each(|job| job.outcome)
}
