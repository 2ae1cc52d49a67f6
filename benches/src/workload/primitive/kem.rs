//! ML-KEM.

use std::hint::black_box;

use sprag::sprag_core::primitives::Kem;

use super::random;
use crate::workload::{Operation, OrWrong, Rng, Wrong, ensure, operation};

pub(super) fn keygen<K: Kem + 'static>(rng: Rng) -> Box<dyn Operation> {
    operation(
        rng,
        16,
        |rng| Ok((random::<64>(rng), None, vec![0; K::PUBLIC_LEN])),
        |_, (seed, key, public)| {
            let made = K::decapsulation_key(black_box(seed)).or_wrong("decapsulation_key")?;
            K::public_key(&made, public).or_wrong("public_key")?;
            *key = Some(made);
            Ok(())
        },
        |rng, (_, key, public), digest| {
            digest.absorb(public);
            let key = key.as_ref().ok_or_else(|| Wrong::new("no key"))?;
            let mut exchange = Exchange::to::<K>(public.clone(), rng);
            exchange.encapsulate::<K>()?;
            exchange.check::<K>(key)
        },
    )
}

/// One encapsulation and its two secrets.
struct Exchange {
    public: Vec<u8>,
    m: [u8; 32],
    ciphertext: Vec<u8>,
    ours: [u8; 32],
    theirs: [u8; 32],
}

impl Exchange {
    fn to<K: Kem>(public: Vec<u8>, rng: &mut Rng) -> Self {
        Self {
            public,
            m: random(rng),
            ciphertext: vec![0; K::CIPHERTEXT_LEN],
            ours: [0; 32],
            theirs: [0; 32],
        }
    }

    fn encapsulate<K: Kem>(&mut self) -> Result<(), Wrong> {
        K::encapsulate(
            black_box(&self.public),
            &self.m,
            &mut self.ciphertext,
            &mut self.ours,
        )
        .or_wrong("encapsulate")
    }

    fn decapsulate<K: Kem>(&mut self, key: &K::DecapsulationKey) -> Result<(), Wrong> {
        K::decapsulate(key, black_box(&self.ciphertext), &mut self.theirs).or_wrong("decapsulate")
    }

    fn check<K: Kem>(&mut self, key: &K::DecapsulationKey) -> Result<(), Wrong> {
        self.decapsulate::<K>(key)?;
        ensure(self.ours == self.theirs, "the two sides do not agree")
    }
}

fn kem_pair<K: Kem>(rng: &mut Rng) -> Result<(K::DecapsulationKey, Exchange), Wrong> {
    let key = K::decapsulation_key(&random(rng)).or_wrong("decapsulation_key")?;
    let mut public = vec![0; K::PUBLIC_LEN];
    K::public_key(&key, &mut public).or_wrong("public_key")?;
    Ok((key, Exchange::to::<K>(public, rng)))
}

pub(super) fn encaps<K: Kem + 'static>(rng: Rng) -> Box<dyn Operation> {
    operation(
        rng,
        16,
        |rng| kem_pair::<K>(rng),
        |_, (_, exchange)| exchange.encapsulate::<K>(),
        |_, (key, exchange), digest| {
            digest.absorb(&exchange.ciphertext);
            digest.absorb(&exchange.ours);
            exchange.check::<K>(key)
        },
    )
}

pub(super) fn decaps<K: Kem + 'static>(rng: Rng) -> Box<dyn Operation> {
    operation(
        rng,
        16,
        |rng| {
            let (key, mut exchange) = kem_pair::<K>(rng)?;
            exchange.encapsulate::<K>()?;
            Ok((key, exchange))
        },
        |_, (key, exchange)| exchange.decapsulate::<K>(key),
        |_, (_, exchange), digest| {
            digest.absorb(&exchange.theirs);
            ensure(
                exchange.ours == exchange.theirs,
                "the two sides do not agree",
            )
        },
    )
}
