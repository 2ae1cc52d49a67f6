//! Stored identities and prekeys move between backends, and every backend makes the same bytes.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use sprag_core::PqBackend;
use sprag_core::handshake::{
    Expected, Identity, InitiatePolicy, Peer, PrekeyBundle, Prekeys, accept, initiate,
};
use sprag_core::session::SessionPolicy;

use crate::support::on_every_backend;
use crate::world::{ALICE_DEVICE, B, BOB_DEVICE, NOW, World, account};

#[test]
fn what_one_backend_stored_another_goes_on_with() {
    on_every_backend!(goes_on_with);
}

fn goes_on_with<C: PqBackend>() {
    for one_time in [0, 2] {
        let mut world = World::new(one_time);
        let (identity, stored) = (world.bob.encode(), world.prekeys.encode());
        let bob = Identity::<C>::decode(&identity).unwrap();
        let mut prekeys = Prekeys::<C>::decode(&stored).unwrap();
        let alice = Identity::<C>::decode(&world.alice.encode()).unwrap();
        assert_eq!(bob.encode(), identity);
        assert_eq!(prekeys.encode(), stored);
        assert_eq!(bob.record(), world.bob.record());
        assert_eq!(prekeys.record(&bob), world.prekeys.record(&world.bob));

        let bundle = world.server.take_bundle(NOW).encode();
        let bundle = PrekeyBundle::decode(&bundle).unwrap();
        let (alices, bobs) = (account("alice"), account("bob"));
        let expected = Expected::Unknown;
        let to = Peer {
            account: &bobs,
            device: BOB_DEVICE,
            expected,
        };
        let bundle = bundle.verify::<C>(&to, NOW).unwrap();
        let rng = || ChaCha20Rng::seed_from_u64(5);
        let policy = InitiatePolicy::default();
        let there = initiate(&alice, &bundle, b"hello", &policy, NOW, &mut rng()).unwrap();
        let here = initiate(&world.alice, &bundle, b"hello", &policy, NOW, &mut rng()).unwrap();
        assert_eq!(there.message, here.message);
        assert_eq!(*there.session.encode(), *here.session.encode());

        let from = Peer {
            account: &alices,
            device: ALICE_DEVICE,
            expected,
        };
        let limits = SessionPolicy::default();
        let there = accept(&bob, &prekeys, &from, &here.message, limits, NOW).unwrap();
        let here = world.accept(&here.message).unwrap();
        assert_eq!(*there.session.encode(), *here.session.encode());

        let batch = prekeys.replenish(&bob, 0, NOW, &mut rng()).unwrap();
        let again = world.prekeys.replenish(&world.bob, 0, NOW, &mut rng());
        assert_eq!(batch, again.unwrap());
        prekeys.apply(there.change).unwrap();
        world.prekeys.apply(here.change).unwrap();
        let returned = Prekeys::<B>::decode(&prekeys.encode()).unwrap();
        assert_eq!(*returned.encode(), *world.prekeys.encode());
    }
}
