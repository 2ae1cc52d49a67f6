//! A store belongs to no backend: what one wrote another opens, goes on with, and hands back.

use std::sync::Arc;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use sprag::{SessionPolicy, StoreKeys};
use sprag_core::PqBackend;
use sprag_core::durable::{Durable, DurableError};

use crate::support::on_every_backend;
use crate::world::{Faulty, World, key, open, with};

#[test]
fn what_one_backend_stored_another_goes_on_with() {
    on_every_backend!(goes_on_with);
}

fn opened_by<C: PqBackend>(store: &Arc<Faulty>) -> Durable<C, Arc<Faulty>> {
    let keys = StoreKeys::new(key(1));
    Durable::open(Arc::clone(store), keys, SessionPolicy::default()).unwrap()
}

fn goes_on_with<C: PqBackend>() {
    let mut world = World::met(50);
    let mut alice = opened_by::<C>(&world.alice);
    let mut lease = alice.lease(&with("bob"), 2, &mut world.rng).unwrap();
    let mut sent = vec![lease.encrypt(b"leased", &mut world.rng).unwrap()];
    sent.push(
        alice
            .encrypt(&with("bob"), b"by another", &mut world.rng)
            .unwrap(),
    );
    let back = open(&world.alice).encrypt(&with("bob"), b"back", &mut world.rng);
    sent.push(back.unwrap());
    // Drawn alike, the other backend writes the same bytes: message, blob and revision.
    let stored = world.alice.snapshot();
    let rng = || ChaCha20Rng::seed_from_u64(6);
    let there = opened_by::<C>(&world.alice).encrypt(&with("bob"), b"same", &mut rng());
    let after = world.alice.snapshot();
    world.alice.restore(&stored);
    let here = open(&world.alice).encrypt(&with("bob"), b"same", &mut rng());
    assert_eq!((there, after), (here.clone(), world.alice.snapshot()));
    sent.push(here.unwrap());

    let texts: [&[u8]; 4] = [b"leased", b"by another", b"back", b"same"];
    for (message, text) in sent.iter().zip(texts) {
        let attach = |text: &[u8]| Some(text.to_vec());
        let mut bob = opened_by::<C>(&world.bob);
        let opened = bob.decrypt_attaching(&with("alice"), message, attach, &mut world.rng);
        assert_eq!(opened.unwrap(), text);
        let again = open(&world.bob).decrypt(&with("alice"), message, &mut world.rng);
        assert_eq!(again, Err(DurableError::Duplicate(Some(text.to_vec()))));
    }
}
