//! The whole life of a ring, and the wrong secret for every kind of slot.

use sprag::keyring::{KeyRing, KeyRingError, SlotKind};
use sprag::password;
use sprag::sprag_core::{FileBackend, HybridBackend};
use sprag::wrap::hpke::{XWing, XWingPrivateKey};
use sprag::wrap::{KekRing, WrapAlgorithm};

use crate::support::on_every_backend;
use crate::{CHEAP, LIMITS, kek, read_again, rng, secret};

#[test]
fn every_slot_opens_its_scope_and_every_other_secret_does_not() {
    on_every_backend!(slots);
}

fn slots<B: FileBackend + HybridBackend>() {
    let (rng, device, kek_ring) = (&mut rng(), secret(), kek::<B>(1));
    let hybrid = XWingPrivateKey::<B>::generate(rng).unwrap();
    let algorithm = WrapAlgorithm::XWingChaCha20Poly1305;
    let hybrid = KekRing::<B, XWing>::new([2; 16], algorithm, hybrid).unwrap();

    let mut ring = KeyRing::<B>::new(rng).unwrap();
    let user = ring.create_scope("user", rng).unwrap();
    ring.set_password(&user, "typed", &password("päss"), CHEAP, rng)
        .unwrap();
    ring.set_password(&user, "other", &password("word"), CHEAP, rng)
        .unwrap();
    ring.set_device_key(&user, "tablet", &secret(), rng)
        .unwrap();
    ring.set_device_key(&user, "watch", &device, rng).unwrap();
    ring.set_recipient(&user, "admin", &kek_ring.current(), rng)
        .unwrap();
    ring.set_recipient(&user, "later", &hybrid.current(), rng)
        .unwrap();
    let key = secret();
    ring.insert(&user, "notes", &key, rng).unwrap();

    // As the documentation says: front, scope, slots of each kind, the key, and the names.
    let names = "user".len() + "typed other tablet watch admin later".len() - 5 + "notes".len();
    let len = 26 + 48 + 2 * 112 + 2 * 100 + 138 + 1226 + 65 + names;
    assert_eq!(ring.encode().unwrap().len(), len);

    let ring = read_again(&ring);
    let kinds: Vec<_> = ring.slots("user").unwrap().collect();
    let expected = [
        ("admin", SlotKind::Recipient(kek_ring.current_name())),
        ("later", SlotKind::Recipient(hybrid.current_name())),
        ("other", SlotKind::Password),
        ("tablet", SlotKind::DeviceKey),
        ("typed", SlotKind::Password),
        ("watch", SlotKind::DeviceKey),
    ];
    assert_eq!(kinds, expected);
    for opened in [
        ring.unlock_with_password("user", "typed", &password("pa\u{308}ss"), &LIMITS),
        ring.unlock_with_password("user", "other", &password("word"), &LIMITS),
        ring.unlock_with_device_key("user", &device),
        ring.unlock_with_kek("user", &kek_ring),
        ring.unlock_with_kek("user", &hybrid),
    ] {
        let opened = opened.unwrap();
        assert_eq!((opened.scope(), opened.generation()), ("user", 1));
        let (generation, read) = ring.current(&opened, "notes").unwrap();
        assert_eq!((generation, read.expose()), (1, key.expose()));
    }

    let typed = |slot, text| ring.unlock_with_password("user", slot, &password(text), &LIMITS);
    for (refused, error) in [
        (typed("typed", "pass"), KeyRingError::WrongPassword),
        (typed("typed", "word"), KeyRingError::WrongPassword),
        (typed("watch", "word"), KeyRingError::UnknownSlot),
        (typed("none", "word"), KeyRingError::UnknownSlot),
        (
            ring.unlock_with_device_key("user", &secret()),
            KeyRingError::WrongKey,
        ),
        (
            ring.unlock_with_kek("user", &kek::<B>(1)),
            KeyRingError::WrongKey,
        ),
        (
            ring.unlock_with_kek("user", &kek::<B>(9)),
            KeyRingError::WrongKey,
        ),
        (
            ring.unlock_with_device_key("device", &device),
            KeyRingError::UnknownScope,
        ),
    ] {
        assert_eq!(refused.err(), Some(error));
    }
}

#[test]
fn a_ring_says_what_it_has_not() {
    on_every_backend!(unknown);
}

fn unknown<B: FileBackend>() {
    let (rng, device) = (&mut rng(), secret());
    let (mut ring, user) = crate::one_scope::<B>("user", &device);
    let slots = ring.unlock_with_kek("user", &kek::<B>(1)).err();
    assert_eq!(slots, Some(KeyRingError::UnknownSlot));
    let before = ring.encode().unwrap();
    for (refused, error) in [
        (
            ring.current(&user, "none").map(drop),
            KeyRingError::UnknownEntry,
        ),
        (
            ring.get(&user, "none", 1).map(drop),
            KeyRingError::UnknownEntry,
        ),
        (
            ring.get(&user, "notes", 2).map(drop),
            KeyRingError::UnknownGeneration(2),
        ),
        (
            ring.rotate(&user, "none", rng).map(drop),
            KeyRingError::UnknownEntry,
        ),
        (ring.remove(&user, "none"), KeyRingError::UnknownEntry),
        (ring.destroy(&user, "none", 1), KeyRingError::UnknownEntry),
        (
            ring.destroy(&user, "notes", 7),
            KeyRingError::UnknownGeneration(7),
        ),
        (
            ring.destroy(&user, "notes", 1),
            KeyRingError::CurrentGeneration,
        ),
        (ring.generate(&user, "notes", rng), KeyRingError::Exists),
        (
            ring.create_scope("user", rng).map(drop),
            KeyRingError::Exists,
        ),
        (ring.remove_slot(&user, "none"), KeyRingError::UnknownSlot),
    ] {
        assert_eq!(refused, Err(error));
    }
    assert_eq!(ring.encode().unwrap(), before);
}

#[test]
fn a_ring_that_nobody_could_open_again_is_not_written() {
    on_every_backend!(no_slot);
}

fn no_slot<B: FileBackend>() {
    let device = secret();
    let (mut ring, user) = crate::one_scope::<B>("user", &device);
    ring.remove_slot(&user, "phone").unwrap();
    assert_eq!(ring.encode().err(), Some(KeyRingError::NoSlot));
    ring.set_device_key(&user, "phone", &device, &mut rng())
        .unwrap();
    assert!(ring.encode().is_ok());
    ring.remove_scope(&user).unwrap();
    let empty = read_again(&ring);
    assert_eq!(empty.scopes().count(), 0);
    let refused = ring.revision(&user).err();
    assert_eq!(refused, Some(KeyRingError::UnknownScope));
}

#[test]
fn nothing_secret_is_printed() {
    on_every_backend!(printed);
}

fn printed<B: FileBackend>() {
    let (ring, user) = crate::one_scope::<B>("user", &secret());
    let printed = format!("{ring:?} {user:?}");
    assert_eq!(
        printed,
        "KeyRing { scopes: 1, .. } ScopeKey { scope: \"user\", generation: 1, .. }"
    );
}
