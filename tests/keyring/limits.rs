//! Names, numbers and costs beyond what a ring takes.

use sprag::keyring::{KeyRing, KeyRingError, MAX_NAME};
use sprag::password;
use sprag::sprag_core::FileBackend;
use sprag::sprag_core::primitives::PasswordCost;

use crate::support::on_every_backend;
use crate::{CHEAP, LIMITS, add_scope, one_scope, open_all, read_again, rng, secret};

#[test]
fn names_are_short_and_plain() {
    on_every_backend!(names);
}

fn names<B: FileBackend>() {
    let (device, rng) = (secret(), &mut rng());
    let (mut ring, user) = one_scope::<B>("user", &device);
    let (longest, longer) = ("n".repeat(MAX_NAME), "n".repeat(MAX_NAME + 1));
    for name in [&longest[..], "app/chat", "a.b-c_D/9"] {
        let scope = add_scope(&mut ring, name, &device);
        ring.generate(&scope, name, rng).unwrap();
        ring.set_device_key(&scope, name, &device, rng).unwrap();
    }
    let file = ring.encode().unwrap();
    assert_eq!(open_all::<B>(&file, &device), Ok(7));
    for (name, error) in [
        (&longer[..], KeyRingError::NameTooLong),
        ("", KeyRingError::InvalidName),
        ("a b", KeyRingError::InvalidName),
        ("ä", KeyRingError::InvalidName),
        ("/a", KeyRingError::InvalidName),
        ("a/", KeyRingError::InvalidName),
        ("a//b", KeyRingError::InvalidName),
        ("a\0", KeyRingError::InvalidName),
    ] {
        for refused in [
            ring.create_scope(name, rng).map(drop),
            ring.generate(&user, name, rng),
            ring.set_device_key(&user, name, &device, rng),
        ] {
            assert_eq!(refused.as_ref(), Err(&error), "{name:?}");
        }
    }
    assert_eq!(ring.encode().unwrap(), file);
    // So it is in a stranger's file: the name's length is at 26.
    let (ring, _) = one_scope::<B>("user", &device);
    for changed in [&b"\x04us r"[..], b"\x04/ser", b"\x04user\0", b"\0user"] {
        let mut hostile = ring.encode().unwrap();
        hostile.splice(26..31, changed.iter().copied());
        let refused = KeyRing::<B>::decode(&hostile).err();
        assert_eq!(refused, Some(KeyRingError::Malformed));
    }
}

#[test]
fn a_ring_and_a_scope_can_be_full() {
    on_every_backend!(full);
}

fn full<B: FileBackend>() {
    let (device, rng) = (secret(), &mut rng());
    let (mut ring, user) = one_scope::<B>("user", &device);
    for n in 1..64 {
        ring.set_device_key(&user, &format!("d{n}"), &device, rng)
            .unwrap();
        add_scope(&mut ring, &format!("s{n}"), &device);
    }
    assert_eq!(
        ring.create_scope("one-more", rng).err(),
        Some(KeyRingError::Full)
    );
    assert_eq!(
        ring.set_device_key(&user, "one-more", &device, rng),
        Err(KeyRingError::Full)
    );
    // In place of another one there is room.
    ring.set_device_key(&user, "d1", &device, rng).unwrap();
    let mut ring = read_again(&ring);
    for scope in 1..64 {
        let key = ring
            .unlock_with_device_key(&format!("s{scope}"), &device)
            .unwrap();
        ring.remove_scope(&key).unwrap();
    }
    for _ in 1..1024 {
        ring.rotate(&user, "notes", rng).unwrap();
    }
    assert_eq!(ring.rotate(&user, "notes", rng), Err(KeyRingError::Full));
    let file = ring.encode().unwrap();
    assert_eq!(open_all::<B>(&file, &device), Ok(1024));
}

#[test]
fn counts_beyond_the_limits_are_refused() {
    on_every_backend!(counts);
}

fn counts<B: FileBackend>() {
    let (ring, _) = one_scope::<B>("user", &secret());
    let file = ring.encode().unwrap();
    // Scopes; slots; keys. None at all are too few slots, and no generation is the 0th.
    let keys = 26 + 5 + 12 + 1 + 105;
    for (at, bytes) in [
        (25, &[65][..]),
        (25, &[255]),
        (43, &[0]),
        (43, &[65]),
        (keys, &[4, 1]),
        (keys, &[255, 255]),
        (31, &[0, 0, 0, 0]),
        (35, &[0; 8]),
        (keys + 2 + 6, &[0, 0, 0, 0]),
    ] {
        let mut hostile = file.clone();
        hostile[at..at + bytes.len()].copy_from_slice(bytes);
        let refused = KeyRing::<B>::decode(&hostile).err();
        assert_eq!(refused, Some(KeyRingError::Malformed), "at {at}");
    }
}

#[test]
fn a_file_that_holds_more_than_a_ring_takes_is_refused() {
    on_every_backend!(too_much);
}

/// Another scope behind the last one.
fn with_scope(file: &[u8], scope: &[u8]) -> Vec<u8> {
    let mut longer = [file, scope].concat();
    longer[25] += 1;
    longer
}

/// Another generation of the last key of a ring of one scope with this many keys.
fn with_key(file: &[u8], keys: u16, count_at: usize) -> Vec<u8> {
    let end = file.len() - 32;
    let mut key = file[end - 70..end].to_vec();
    key[6..10].copy_from_slice(&u32::from(keys + 1).to_be_bytes());
    let mut longer = [&file[..end], &key, &file[end..]].concat();
    longer[count_at..count_at + 2].copy_from_slice(&(keys + 1).to_be_bytes());
    longer
}

fn too_much<B: FileBackend>() {
    let (device, rng) = (secret(), &mut rng());
    let other = one_scope::<B>("z", &device).0.encode().unwrap();
    let (mut ring, user) = one_scope::<B>("user", &device);
    let keys_at = 26 + 5 + 12 + 1 + 105;
    let few = ring.encode().unwrap();
    for allowed in [with_scope(&few, &other[26..]), with_key(&few, 1, keys_at)] {
        assert!(KeyRing::<B>::decode(&allowed).is_ok());
    }
    for _ in 1..1024 {
        ring.rotate(&user, "notes", rng).unwrap();
    }
    let many = with_key(&ring.encode().unwrap(), 1024, keys_at);
    ring.remove(&user, "notes").unwrap();
    for n in 1..64 {
        add_scope(&mut ring, &format!("s{n}"), &device);
    }
    for refused in [many, with_scope(&ring.encode().unwrap(), &other[26..])] {
        let refused = KeyRing::<B>::decode(&refused).err();
        assert_eq!(refused, Some(KeyRingError::Malformed));
    }
}

#[test]
fn absurd_costs_are_refused_before_memory_is_reserved() {
    on_every_backend!(costs);
}

fn costs<B: FileBackend>() {
    let (rng, mut ring) = (&mut rng(), KeyRing::<B>::new(&mut rng()).unwrap());
    let user = ring.create_scope("user", rng).unwrap();
    ring.set_password(&user, "typed", &password("x"), CHEAP, rng)
        .unwrap();
    let file = ring.encode().unwrap();
    let data = 26 + 5 + 12 + 1 + 6 + 3;
    for (memory, passes, lanes) in [
        (u32::MAX, 1, 1),
        (64, u32::MAX, 1),
        (u32::MAX, 3, 1 << 24),
        (64, 0, 1),
        (64, 1, 0),
        (7, 1, 1),
        (65, 1, 1),
    ] {
        let cost = PasswordCost {
            memory,
            passes,
            lanes,
        };
        let mut hostile = file.clone();
        let fields = [memory, passes, lanes].map(u32::to_be_bytes);
        hostile[data..data + 12].copy_from_slice(&fields.concat());
        let hostile = KeyRing::<B>::decode(&hostile).unwrap();
        let refused = hostile.unlock_with_password("user", "typed", &password("x"), &LIMITS);
        assert_eq!(refused.err(), Some(KeyRingError::CostRefused(cost)));
    }
    let too_little = PasswordCost { memory: 7, ..CHEAP };
    let refused = ring.set_password(&user, "typed", &password("x"), too_little, rng);
    assert_eq!(refused, Err(KeyRingError::CostRefused(too_little)));
    assert_eq!(ring.encode().unwrap(), file);
}
