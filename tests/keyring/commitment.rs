//! Slots that open under two secrets are refused to the one they don't commit to.

use sprag::keyring::{KeyRing, KeyRingError, Password};
use sprag::sprag_core::FileBackend;
use sprag::sprag_core::primitives::{Hmac, PasswordHash};

use crate::support::on_every_backend;
use crate::two_keys::opens_under_both;
use crate::{CHEAP, LIMITS, rng};

#[test]
fn a_password_slot_for_two_passwords_opens_for_one() {
    on_every_backend!(password_slot);
}

fn password_slot<B: FileBackend>() {
    let (rng, [one, other]) = (&mut rng(), ["hunter2", "letmein"]);
    let mut ring = KeyRing::<B>::new(rng).unwrap();
    let user = ring.create_scope("user", rng).unwrap();
    let password = Password::from_nfkc(one);
    ring.set_password(&user, "typed", &password, CHEAP, rng)
        .unwrap();
    let mut file = ring.encode().unwrap();

    // Cost, salt; commitment; wrapped scope key.
    let data = 26 + 5 + 12 + 1 + 6 + 3;
    let place = [&file[9..25], &file[26..35]].concat();
    let ad = [b"SPRAG1 kr pw", &place[..], &file[data..data + 28]].concat();
    let salt = file[data + 12..data + 28].try_into().unwrap();
    let [first, second] = [one, other].map(|password| {
        let (mut root, mut derived) = ([0; 32], [0; 64]);
        B::Argon2id::argon2id(password.as_bytes(), &salt, &CHEAP, &mut root).unwrap();
        B::HmacSha256::hkdf_expand(&root, &ad, &mut derived).unwrap();
        derived
    });
    assert_eq!(file[data + 28..data + 60], first[32..]);
    let [a, b] = [&first, &second].map(|derived: &[u8; 64]| *derived.first_chunk().unwrap());
    let (text, tag) = opens_under_both::<B>((&a, &[0; 12]), (&b, &[0; 12]), &ad);
    file[data + 60..data + 92].copy_from_slice(&text);
    file[data + 92..data + 108].copy_from_slice(&tag);

    let ring = KeyRing::<B>::decode(&file).unwrap();
    let unlock = |password| {
        let password = Password::from_nfkc(password);
        let opened = ring.unlock_with_password("user", "typed", &password, &LIMITS);
        opened.err()
    };
    // The first password unwraps a key, but not the one that the scope was made with.
    assert_eq!(unlock(one), Some(KeyRingError::Damaged));
    assert_eq!(unlock(other), Some(KeyRingError::WrongPassword));
}
