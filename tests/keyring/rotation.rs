//! New generations of keys and of scopes, new passwords, removed recipients.

use sprag::keyring::KeyRingError;
use sprag::password;
use sprag::sprag_core::FileBackend;

use crate::support::on_every_backend;
use crate::{CHEAP, LIMITS, kek, one_scope, open_all, read_again, rng, secret};

#[test]
fn old_generations_of_a_key_are_there_until_they_are_destroyed() {
    on_every_backend!(of_a_key);
}

fn of_a_key<B: FileBackend>() {
    let (device, rng) = (secret(), &mut rng());
    let (mut ring, user) = one_scope::<B>("user", &device);
    let (_, first) = ring.current(&user, "notes").unwrap();
    assert_eq!(ring.rotate(&user, "notes", rng), Ok(2));
    let (generation, second) = ring.current(&user, "notes").unwrap();
    assert_eq!(generation, 2);
    assert_ne!(first.expose(), second.expose());

    let mut ring = read_again(&ring);
    let user = ring.unlock_with_device_key("user", &device).unwrap();
    let entries: Vec<_> = ring.entries(&user).unwrap().collect();
    assert_eq!(entries, [("notes", 1), ("notes", 2)]);
    let read = ring.get(&user, "notes", 1).unwrap();
    assert_eq!(read.expose(), first.expose());
    ring.destroy(&user, "notes", 1).unwrap();
    let ring = read_again(&ring);
    let gone = ring.get(&user, "notes", 1).err();
    assert_eq!(gone, Some(KeyRingError::UnknownGeneration(1)));
    let kept = ring.get(&user, "notes", 2).unwrap();
    assert_eq!(kept.expose(), second.expose());
}

#[test]
fn the_revision_rises_with_each_change() {
    on_every_backend!(revisions);
}

fn revisions<B: FileBackend>() {
    let (device, rng) = (secret(), &mut rng());
    let (mut ring, user) = one_scope::<B>("user", &device);
    let other = crate::add_scope(&mut ring, "app", &device);
    let others = ring.revision(&other).unwrap();
    let mut last = ring.revision(&user).unwrap();
    let mut rises = |ring: &sprag::keyring::KeyRing<B>, key| {
        let revision = ring.revision(key).unwrap();
        assert!(revision > last);
        last = revision;
    };
    ring.rotate(&user, "notes", rng).unwrap();
    rises(&ring, &user);
    ring.destroy(&user, "notes", 1).unwrap();
    rises(&ring, &user);
    ring.set_device_key(&user, "phone", &device, rng).unwrap();
    rises(&ring, &user);
    let user = ring.rotate_scope(&user, rng).unwrap();
    rises(&ring, &user);
    assert_eq!(ring.revision(&other), Ok(others));
}

#[test]
fn a_new_password_leaves_the_keys_as_they_are() {
    on_every_backend!(of_a_password);
}

fn of_a_password<B: FileBackend>() {
    let (device, rng) = (secret(), &mut rng());
    let (mut ring, user) = one_scope::<B>("user", &device);
    ring.set_password(&user, "typed", &password("old"), CHEAP, rng)
        .unwrap();
    let before = ring.encode().unwrap();
    ring.set_password(&user, "typed", &password("new"), CHEAP, rng)
        .unwrap();
    let after = ring.encode().unwrap();
    let keys = before.len() - 32 - 70..before.len() - 32;
    assert_eq!(after[keys.clone()], before[keys]);
    let ring = read_again(&ring);
    let old = ring.unlock_with_password("user", "typed", &password("old"), &LIMITS);
    assert_eq!(old.err(), Some(KeyRingError::WrongPassword));
    let new = ring.unlock_with_password("user", "typed", &password("new"), &LIMITS);
    let (_, key) = ring.current(&new.unwrap(), "notes").unwrap();
    assert_eq!(
        key.expose(),
        ring.current(&user, "notes").unwrap().1.expose()
    );
}

#[test]
fn after_a_rotation_of_the_scope_only_the_slots_given_anew_open_it() {
    on_every_backend!(of_a_scope);
}

fn of_a_scope<B: FileBackend>() {
    let ([phone, lost], leaves, stays) = ([secret(), secret()], kek::<B>(1), kek::<B>(2));
    let rng = &mut rng();
    let (mut ring, old) = one_scope::<B>("user", &phone);
    ring.set_device_key(&old, "lost", &lost, rng).unwrap();
    ring.set_recipient(&old, "leaves", &leaves.current(), rng)
        .unwrap();
    ring.set_recipient(&old, "stays", &stays.current(), rng)
        .unwrap();
    ring.rotate(&old, "notes", rng).unwrap();
    let before = ring.encode().unwrap();
    let [first, second] = [1, 2].map(|n| ring.get(&old, "notes", n).unwrap());

    let new = ring.rotate_scope(&old, rng).unwrap();
    assert_eq!((new.scope(), new.generation()), ("user", 2));
    assert_eq!(ring.encode().err(), Some(KeyRingError::NoSlot));
    ring.set_device_key(&new, "phone", &phone, rng).unwrap();
    ring.set_recipient(&new, "stays", &stays.current(), rng)
        .unwrap();
    let file = ring.encode().unwrap();
    assert_eq!(open_all::<B>(&file, &phone), Ok(2));
    let mut ring = read_again(&ring);
    for opened in [
        ring.unlock_with_device_key("user", &phone).unwrap(),
        ring.unlock_with_kek("user", &stays).unwrap(),
    ] {
        for (generation, key) in [(1, &first), (2, &second)] {
            let read = ring.get(&opened, "notes", generation).unwrap();
            assert_eq!(read.expose(), key.expose());
        }
    }
    let refused = ring.unlock_with_device_key("user", &lost).err();
    assert_eq!(refused, Some(KeyRingError::WrongKey));
    let refused = ring.unlock_with_kek("user", &leaves).err();
    assert_eq!(refused, Some(KeyRingError::WrongKey));

    // Neither the scope key that was kept, nor a slot that was, does any more than they.
    for refused in [
        ring.current(&old, "notes").map(drop),
        ring.rotate_scope(&old, rng).map(drop),
        ring.set_device_key(&old, "lost", &lost, rng),
    ] {
        assert_eq!(refused, Err(KeyRingError::Rotated));
    }
    // Front, name, generation, revision, count; "leaves" stands first of the old slots, "lost" next.
    let slots = 26 + 5 + 12 + 1;
    let (kept, at) = (slots + 7 + 3 + 134, slots);
    let slot = &before[kept..kept + 5 + 3 + 96];
    assert_eq!(&slot[..5], b"\x04lost");
    let mut forged = file.clone();
    forged[at - 1] += 1;
    forged.splice(at..at, slot.iter().copied());
    assert_eq!(open_all::<B>(&forged, &lost), Err(KeyRingError::WrongKey));
    assert_eq!(open_all::<B>(&forged, &phone), Err(KeyRingError::Damaged));
    // The older copy opens still: that is what an external counter is for.
    assert_eq!(open_all::<B>(&before, &lost), Ok(2));
}
