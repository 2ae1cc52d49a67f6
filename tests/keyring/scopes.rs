//! Scopes share nothing but the file.

use sprag::Secret;
use sprag::keyring::{KeyRing, KeyRingError};
use sprag::sprag_core::FileBackend;

use crate::support::on_every_backend;
use crate::{add_scope, one_scope, read_again, rng, secret};

#[test]
fn a_scope_opens_no_other_one() {
    on_every_backend!(apart);
}

fn apart<B: FileBackend>() {
    let [phone, chat] = [secret(), secret()];
    let (mut ring, user) = one_scope::<B>("user", &phone);
    let app = add_scope(&mut ring, "app/chat", &chat);
    let of_user = ring.current(&user, "notes").unwrap().1;
    let of_app = ring.current(&app, "notes").unwrap().1;
    assert_ne!(of_user.expose(), of_app.expose());
    let ring = read_again(&ring);
    assert_eq!(ring.scopes().collect::<Vec<_>>(), ["app/chat", "user"]);
    let refused = ring.unlock_with_device_key("user", &chat).err();
    assert_eq!(refused, Some(KeyRingError::WrongKey));
    let app = ring.unlock_with_device_key("app/chat", &chat).unwrap();
    assert_eq!(
        ring.current(&app, "notes").unwrap().1.expose(),
        of_app.expose()
    );
}

/// Where the second of two scopes begins that differ in nothing but the second letter of their name.
const LEN: usize = 3 + 12 + 1 + (6 + 3 + 96) + 2 + (6 + 4 + 12 + 48) + 32;

fn two<B: FileBackend>(device: &Secret<32>) -> (KeyRing<B>, Vec<u8>) {
    let (mut ring, _) = one_scope::<B>("s1", device);
    add_scope(&mut ring, "s2", device);
    let file = ring.encode().unwrap();
    assert_eq!(file.len(), 26 + 2 * LEN);
    (ring, file)
}

fn unlock<B: FileBackend>(file: &[u8], scope: &str, device: &Secret<32>) -> Option<KeyRingError> {
    let ring = KeyRing::<B>::decode(file).unwrap();
    ring.unlock_with_device_key(scope, device).err()
}

#[test]
fn what_belongs_to_a_scope_is_of_no_use_in_another_one() {
    on_every_backend!(exchanged);
}

fn exchanged<B: FileBackend>() {
    let device = secret();
    let (_, file) = two::<B>(&device);
    let (front, one, two) = (&file[..26], &file[26..26 + LEN], &file[26 + LEN..]);
    assert_eq!(unlock::<B>(&file, "s1", &device), None);
    // Under each other's names: even the same device opens neither.
    let renamed = [front, &one[..3], &two[3..], &two[..3], &one[3..]].concat();
    for scope in ["s1", "s2"] {
        let opened = unlock::<B>(&renamed, scope, &device);
        assert_eq!(opened, Some(KeyRingError::WrongKey));
    }
    // A slot of the other; a key of the other.
    let (slot, key) = (16..16 + 105, 16 + 105 + 2..LEN - 32);
    for (part, error) in [(slot, KeyRingError::WrongKey), (key, KeyRingError::Damaged)] {
        let mut mixed = one.to_vec();
        mixed[part.clone()].copy_from_slice(&two[part]);
        let mixed = [front, &mixed, two].concat();
        assert_eq!(unlock::<B>(&mixed, "s1", &device), Some(error));
        assert_eq!(unlock::<B>(&mixed, "s2", &device), None);
    }
    // In another order; one twice.
    for scopes in [[two, one], [one, one]] {
        let file = [front, &scopes.concat()].concat();
        let refused = KeyRing::<B>::decode(&file).err();
        assert_eq!(refused, Some(KeyRingError::Malformed));
    }
}

#[test]
fn what_belongs_to_a_ring_is_of_no_use_in_another_one() {
    on_every_backend!(foreign);
}

fn foreign<B: FileBackend>() {
    let device = secret();
    let (mut ring, file) = two::<B>(&device);
    let (mut other, other_file) = two::<B>(&device);
    let mixed = [&file[..26 + LEN], &other_file[26 + LEN..]].concat();
    assert_eq!(unlock::<B>(&mixed, "s1", &device), None);
    let opened = unlock::<B>(&mixed, "s2", &device);
    assert_eq!(opened, Some(KeyRingError::WrongKey));

    let key = ring.unlock_with_device_key("s1", &device).unwrap();
    let before = other.encode().unwrap();
    for refused in [
        other.revision(&key).map(drop),
        other.current(&key, "notes").map(drop),
        other.generate(&key, "new", &mut rng()),
        other.remove_slot(&key, "phone"),
        other.rotate_scope(&key, &mut rng()).map(drop),
        other.remove_scope(&key),
    ] {
        assert_eq!(refused, Err(KeyRingError::ForeignRing));
    }
    assert_eq!(other.encode().unwrap(), before);
    ring.remove_scope(&key).unwrap();
    let refused = ring.current(&key, "notes").err();
    assert_eq!(refused, Some(KeyRingError::UnknownScope));
}

#[test]
fn a_key_is_no_leave_to_change_what_somebody_else_has_changed() {
    on_every_backend!(damaged);
}

fn damaged<B: FileBackend>() {
    let device = secret();
    let (ring, key) = one_scope::<B>("user", &device);
    let mut file = ring.encode().unwrap();
    let last = file.len() - 1;
    file[last] ^= 1;
    let mut ring = KeyRing::<B>::decode(&file).unwrap();
    for refused in [
        ring.current(&key, "notes").map(drop),
        ring.rotate(&key, "notes", &mut rng()).map(drop),
        ring.set_device_key(&key, "phone", &device, &mut rng()),
        ring.rotate_scope(&key, &mut rng()).map(drop),
        ring.remove_scope(&key),
    ] {
        assert_eq!(refused, Err(KeyRingError::Damaged));
    }
    assert_eq!(ring.encode().unwrap(), file);
}
