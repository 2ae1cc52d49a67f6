//! A generator that fails leaves the ring as it was.

use sprag::keyring::{KeyRing, KeyRingError, ScopeKey};
use sprag::password;
use sprag::sprag_core::FileBackend;

use crate::failing::Failing;
use crate::support::on_every_backend;
use crate::{CHEAP, kek, one_scope, secret};

#[test]
fn a_generator_that_fails_at_any_point_leaves_no_trace() {
    on_every_backend!(no_trace);
}

type Operation<B> = fn(&mut KeyRing<B>, &ScopeKey<B>, &mut Failing) -> Result<(), KeyRingError>;

fn no_trace<B: FileBackend>() {
    let (mut ring, user) = one_scope::<B>("user", &secret());
    for _ in 0..3 {
        ring.rotate(&user, "notes", &mut sprag::entropy::system())
            .unwrap();
    }
    let before = ring.encode().unwrap();
    let operations: [(Operation<B>, usize); 7] = [
        (|ring, _, rng| ring.create_scope("app", rng).map(drop), 1),
        (|ring, key, rng| ring.generate(key, "new", rng), 2),
        (|ring, key, rng| ring.rotate(key, "notes", rng).map(drop), 2),
        // The key, and a nonce for each of four.
        (|ring, key, rng| ring.rotate_scope(key, rng).map(drop), 5),
        (
            |ring, key, rng| ring.set_password(key, "typed", &password("x"), CHEAP, rng),
            1,
        ),
        (
            |ring, key, rng| ring.set_device_key(key, "phone", &secret(), rng),
            1,
        ),
        (
            |ring, key, rng| ring.set_recipient(key, "admin", &kek::<B>(1).current(), rng),
            1,
        ),
    ];
    for (operation, draws) in operations {
        for works in 0..draws {
            let mut ring = KeyRing::decode(&before).unwrap();
            let failed = operation(&mut ring, &user, &mut Failing::after(works));
            assert_eq!(failed, Err(KeyRingError::Entropy));
            assert_eq!(ring.encode().unwrap(), before);
        }
        let mut ring = KeyRing::decode(&before).unwrap();
        assert_eq!(
            operation(&mut ring, &user, &mut Failing::after(draws)),
            Ok(())
        );
    }
    assert_eq!(
        KeyRing::<B>::new(&mut Failing::after(0)).err(),
        Some(KeyRingError::Entropy)
    );
}
