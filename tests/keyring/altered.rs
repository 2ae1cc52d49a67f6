//! A ring that somebody without its keys has changed.

use sprag::Secret;
use sprag::keyring::{KeyRing, KeyRingError};
use sprag::password;
use sprag::sprag_core::FileBackend;

use crate::altered_files::{altered, cases};
use crate::support::on_every_backend;
use crate::{CHEAP, LIMITS, add_scope, kek, one_scope, open_all, rng, secret};

/// Two scopes that one device opens, one of them with every kind of slot, and three keys.
fn file<B: FileBackend>(device: &Secret<32>) -> Vec<u8> {
    let rng = &mut rng();
    let (mut ring, user) = one_scope::<B>("user", device);
    ring.set_password(&user, "typed", &password("päss"), CHEAP, rng)
        .unwrap();
    ring.set_recipient(&user, "admin", &kek::<B>(1).current(), rng)
        .unwrap();
    ring.rotate(&user, "notes", rng).unwrap();
    add_scope(&mut ring, "app", device);
    ring.encode().unwrap()
}

#[test]
fn every_flipped_bit_is_refused() {
    on_every_backend!(flips);
}

fn flips<B: FileBackend>() {
    let device = secret();
    let file = file::<B>(&device);
    assert_eq!(open_all::<B>(&file, &device), Ok(3));
    for at in 0..file.len() {
        for bit in 0..8 {
            let mut changed = file.clone();
            changed[at] ^= 1 << bit;
            let opened = open_all::<B>(&changed, &device);
            let expected = match at {
                0..8 => Some(KeyRingError::Foreign),
                8 => Some(KeyRingError::UnsupportedVersion(1 ^ (1 << bit))),
                9..25 => Some(KeyRingError::WrongKey),
                25.. => None,
            };
            let error = opened.expect_err("refused");
            assert!(
                expected.is_none_or(|expected| expected == error),
                "byte {at}, bit {bit}: {error}"
            );
        }
    }
}

#[test]
fn a_changed_password_slot_does_not_open() {
    on_every_backend!(password_flips);
}

fn password_flips<B: FileBackend>() {
    let (rng, mut ring) = (&mut rng(), KeyRing::<B>::new(&mut rng()).unwrap());
    let user = ring.create_scope("user", rng).unwrap();
    ring.set_password(&user, "typed", &password("päss"), CHEAP, rng)
        .unwrap();
    let file = ring.encode().unwrap();
    let open = |file: &[u8]| {
        let ring = KeyRing::<B>::decode(file)?;
        let opened = ring.unlock_with_password("user", "typed", &password("päss"), &LIMITS);
        opened.map(drop)
    };
    assert_eq!(open(&file), Ok(()));
    // Front, scope's name, generation, revision, count; slot's name, type, length.
    let data = 26 + 5 + 12 + 1 + 6 + 3;
    for at in data..data + 108 {
        for bit in 0..8 {
            let mut changed = file.clone();
            changed[at] ^= 1 << bit;
            let error = open(&changed).expect_err("refused");
            match error {
                KeyRingError::WrongPassword => {}
                KeyRingError::CostRefused(_) => assert!(at < data + 12),
                other => panic!("byte {at}: {other}"),
            }
        }
    }
}

#[test]
fn a_ring_that_was_cut_or_prolonged_is_refused() {
    on_every_backend!(cuts);
}

fn cuts<B: FileBackend>() {
    let device = secret();
    let file = file::<B>(&device);
    for end in 0..file.len() {
        let expected = match end {
            0..8 => KeyRingError::Foreign,
            _ => KeyRingError::Malformed,
        };
        let refused = KeyRing::<B>::decode(&file[..end]).err();
        assert_eq!(refused, Some(expected), "cut off at {end}");
    }
    let longer = [&file[..], b"x"].concat();
    let refused = KeyRing::<B>::decode(&longer).err();
    assert_eq!(refused, Some(KeyRingError::Malformed));
}

#[test]
fn keys_and_slots_are_neither_left_out_nor_exchanged_nor_set_back() {
    on_every_backend!(parts);
}

fn parts<B: FileBackend>() {
    const SLOT: usize = 6 + 3 + 96;
    const KEY: usize = 6 + 4 + 12 + 48;
    let (device, rng) = (secret(), &mut rng());
    let (mut ring, user) = one_scope::<B>("user", &device);
    ring.set_device_key(&user, "piano", &device, rng).unwrap();
    ring.generate(&user, "photo", rng).unwrap();
    let file = ring.encode().unwrap();
    let (slots, keys) = (26 + 5 + 12 + 1, 26 + 5 + 12 + 1 + 2 * SLOT + 2);
    assert_eq!(file.len(), keys + 2 * KEY + 32);
    assert_eq!(open_all::<B>(&file, &device), Ok(2));
    let refused = |file: &[u8], expected: KeyRingError| {
        assert_eq!(open_all::<B>(file, &device), Err(expected));
    };

    let mut without_slot = file.clone();
    without_slot.drain(slots..slots + SLOT);
    without_slot[slots - 1] = 1;
    refused(&without_slot, KeyRingError::Damaged);
    let mut without_key = file.clone();
    without_key.drain(keys..keys + KEY);
    without_key[keys - 1] = 1;
    refused(&without_key, KeyRingError::Damaged);
    // In another order, and under each other's names.
    let (front, [one, two], behind) = (
        &file[..keys],
        [&file[keys..keys + KEY], &file[keys + KEY..keys + 2 * KEY]],
        &file[keys + 2 * KEY..],
    );
    refused(&[front, two, one, behind].concat(), KeyRingError::Malformed);
    let renamed = [front, &one[..6], &two[6..], &two[..6], &one[6..], behind];
    refused(&renamed.concat(), KeyRingError::Damaged);
    refused(&[front, one, one, behind].concat(), KeyRingError::Malformed);
    let (front, [one, two], behind) = (
        &file[..slots],
        [&file[slots..slots + SLOT], &file[slots + SLOT..keys - 2]],
        &file[keys - 2..],
    );
    refused(&[front, two, one, behind].concat(), KeyRingError::Malformed);
    let renamed = [front, &one[..6], &two[6..], &two[..6], &one[6..], behind];
    refused(&renamed.concat(), KeyRingError::Damaged);

    // An older version of a key, of a slot, of the numbers in front.
    ring.remove(&user, "photo").unwrap();
    ring.generate(&user, "photo", rng).unwrap();
    ring.set_device_key(&user, "phone", &device, rng).unwrap();
    let newer = ring.encode().unwrap();
    assert_eq!(open_all::<B>(&newer, &device), Ok(2));
    for part in [31..43, slots..slots + SLOT, keys + KEY..keys + 2 * KEY] {
        let mut older = newer.clone();
        older[part.clone()].copy_from_slice(&file[part]);
        refused(&older, KeyRingError::Damaged);
    }
}

#[test]
fn bytes_that_were_never_written_open_nothing_and_have_one_spelling() {
    use proptest::prelude::*;
    use sprag::default::Backend as B;

    let device = secret();
    let file = file::<B>(&device);
    proptest!(cases(4_000), |(files in altered(&file, file.len()))| {
        for bytes in files {
            prop_assert_eq!(open_all::<B>(&bytes, &device).is_ok(), bytes == file);
            if let Ok(ring) = KeyRing::<B>::decode(&bytes) {
                prop_assert_eq!(ring.encode(), Ok(bytes));
            }
        }
    });
}
