//! Files and password slots that open under two keys are refused by the one they don't commit to.

use sprag::Secret;
use sprag::history::backup::{Backup, BackupBuilder, BackupError, Bytes, Password, PasswordLimits};
use sprag::history::chunked::{ChunkedError, Opener};
use sprag::sprag_core::FileBackend;
use sprag::sprag_core::primitives::{ExpandSha512, Hmac, PasswordCost, PasswordHash};

use crate::support::on_every_backend;
use crate::two_keys::opens_under_both;

#[test]
fn a_chunked_file_for_two_keys_opens_for_one() {
    on_every_backend!(chunked_file);
}

fn chunked_file<B: FileBackend>() {
    let rng = &mut sprag::entropy::system();
    let [one, other] = [(); 2].map(|()| Secret::random(rng).unwrap());
    let (salt, context) = ([5; 24], b"context");
    let [first, second] = [&one, &other].map(|key| {
        let label = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0";
        let mut derived = [0; 76];
        B::Sha512::hkdf_expand(key.expose(), &[label, &salt, context], &mut derived).unwrap();
        derived
    });
    let [(a, b), (c, d)] = [&first, &second].map(|derived: &[u8; 76]| {
        let key: [u8; 32] = derived[..32].try_into().unwrap();
        let nonce: [u8; 12] = derived[32..44].try_into().unwrap();
        (key, nonce)
    });
    let (text, tag) = opens_under_both::<B>((&a, &b), (&c, &d), b"");
    let header: [u8; 56] = [&salt[..], &first[44..]].concat().try_into().unwrap();

    let mut opener = Opener::<B>::new(&one, context, &header).unwrap();
    let mut opened = Vec::new();
    opener
        .update(&[&text[..], &tag].concat(), &mut opened)
        .unwrap();
    opener.finish(&mut opened).unwrap();
    assert_eq!(opened.len(), 32);
    let refused = Opener::<B>::new(&other, context, &header).err();
    assert_eq!(refused, Some(ChunkedError::WrongKey));
}

#[test]
fn a_password_slot_for_two_passwords_opens_for_one() {
    on_every_backend!(password_slot);
}

fn password_slot<B: FileBackend>() {
    let rng = &mut sprag::entropy::system();
    let cost = PasswordCost {
        memory: 64,
        passes: 1,
        lanes: 1,
    };
    let [one, other] = ["hunter2", "letmein"];
    let mut file = Vec::new();
    let builder = BackupBuilder::<B>::new(rng).unwrap();
    let builder = builder
        .password(&Password::from_nfkc(one), cost, rng)
        .unwrap();
    let writer = builder.begin(sprag::UnixTime(0), rng, &mut file).unwrap();
    file.extend(writer.finish().flat_map(Result::unwrap));

    // The slot's data: cost, salt, commitment, wrapped file key.
    let (front, salt) = (15..43, 27..43);
    let ad = [b"SKB1 pw", &file[front]].concat();
    let salt = file[salt].try_into().unwrap();
    let [first, second] = [one, other].map(|password| {
        let (mut root, mut derived) = ([0; 32], [0; 64]);
        B::Argon2id::argon2id(password.as_bytes(), &salt, &cost, &mut root).unwrap();
        B::HmacSha256::hkdf_expand(&root, &ad, &mut derived).unwrap();
        derived
    });
    assert_eq!(file[43..75], first[32..]);
    let [a, b] = [&first, &second].map(|derived: &[u8; 64]| *derived.first_chunk().unwrap());
    let (text, tag) = opens_under_both::<B>((&a, &[0; 12]), (&b, &[0; 12]), &ad);
    file[75..107].copy_from_slice(&text);
    file[107..123].copy_from_slice(&tag);

    let backup = Backup::open(Bytes::new(&file)).unwrap();
    let limits = PasswordLimits::default();
    let unlock = |password| {
        let password = Password::from_nfkc(password);
        backup.unlock_with_password::<B>(&password, &limits).err()
    };
    // The first password unwraps a key, but not the one that the header was made with.
    assert_eq!(unlock(one), Some(BackupError::HeaderForged));
    assert_eq!(unlock(other), Some(BackupError::WrongPassword));
}
