//! Key rings in a store.

use sprag::default::Backend as B;
use sprag::keyring::{KeyRing, KeyRingError, KeyRings};
use sprag::store::{Change, RecordId, RecordKind, Store};
use sprag::stores::Memory;
use sprag::wrap::hpke::PrivateKey;
use sprag::wrap::{WrapError, references};

use crate::{kek, one_scope, rng, secret};

#[test]
fn of_two_who_change_a_ring_one_is_told_to_load_it_again() {
    concurrent(&Memory::new());
}

#[cfg(feature = "sqlite")]
#[test]
fn so_it_is_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    concurrent(&sprag::stores::Sqlite::open(folder.path().join("store")).unwrap());
}

fn concurrent(store: &impl Store) {
    let (rings, device, rng) = (KeyRings::new(store), secret(), &mut rng());
    let (ring, user) = one_scope::<B>("user", &device);
    let (copy, id) = (KeyRing::<B>::decode(&ring.encode().unwrap()), *ring.id());
    let none = rings.load::<B>(&id).err();
    assert_eq!(none, Some(KeyRingError::NotFound));
    let mut mine = rings.insert(ring, rng).unwrap();
    let twice = rings.insert(copy.unwrap(), rng).err();
    assert_eq!(twice, Some(KeyRingError::Exists));

    let mut other = rings.load::<B>(&id).unwrap();
    mine.ring.rotate(&user, "notes", rng).unwrap();
    rings.save(&mut mine, rng).unwrap();
    other.ring.generate(&user, "photos", rng).unwrap();
    let late = rings.save(&mut other, rng);
    assert_eq!(late, Err(KeyRingError::Conflict));
    let mut other = rings.load::<B>(&id).unwrap();
    other.ring.generate(&user, "photos", rng).unwrap();
    rings.save(&mut other, rng).unwrap();
    other.ring.rotate(&user, "photos", rng).unwrap();
    rings.save(&mut other, rng).unwrap();

    let read = rings.load::<B>(&id).unwrap().ring;
    let user = read.unlock_with_device_key("user", &device).unwrap();
    let entries: Vec<_> = read.entries(&user).unwrap().collect();
    let expected = [("notes", 1), ("notes", 2), ("photos", 1), ("photos", 2)];
    assert_eq!(entries, expected);
}

#[test]
fn another_ring_in_its_place_is_refused() {
    let (store, rng) = (Memory::new(), &mut rng());
    let rings = KeyRings::new(&store);
    let [one, other] = [(); 2].map(|()| {
        let (ring, _) = one_scope::<B>("user", &secret());
        let id = *ring.id();
        rings.insert(ring, rng).unwrap();
        id
    });
    let id = |id| RecordId::new(RecordKind::KeyRing, id).unwrap();
    let found = store.load(&[id(&one), id(&other)]).unwrap();
    let [first, second] = [&found[0], &found[1]].map(|it| it.clone().unwrap());
    let exchange = Change {
        id: id(&one),
        expected: Some(first.revision),
        new: Some(sprag::store::Record {
            revision: first.revision + 1,
            blob: second.blob,
        }),
    };
    store.commit(&[exchange]).unwrap();
    let refused = rings.load::<B>(&one).err();
    assert_eq!(refused, Some(KeyRingError::ForeignRing));
}

#[test]
fn a_recipients_generation_stays_as_long_as_a_ring_needs_it() {
    let (store, rng, mut recipient) = (Memory::new(), &mut rng(), kek::<B>(1));
    let rings = KeyRings::new(&store);
    let (mut ring, user) = one_scope::<B>("user", &secret());
    ring.set_recipient(&user, "admin", &recipient.current(), rng)
        .unwrap();
    let mut stored = rings.insert(ring, rng).unwrap();
    recipient
        .rotate(PrivateKey::generate(rng).unwrap())
        .unwrap();
    let refused = recipient.destroy(1, &store);
    assert_eq!(refused, Err(WrapError::Referenced(1)));

    let user = stored.ring.unlock_with_kek("user", &recipient).unwrap();
    let anew = recipient.current();
    stored
        .ring
        .set_recipient(&user, "admin", &anew, rng)
        .unwrap();
    rings.save(&mut stored, rng).unwrap();
    let counts = references(&store, &[1; 16]).unwrap();
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), [(2, 1)]);
    recipient.destroy(1, &store).unwrap();
    stored.ring.unlock_with_kek("user", &recipient).unwrap();
}
