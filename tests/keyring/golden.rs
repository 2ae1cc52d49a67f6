//! Bytes of version 1: every backend makes the same, opens those that were kept, and they are laid out
//! as PROTOCOL.md says.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use sprag::Secret;
use sprag::keyring::{KeyRing, Password};
use sprag::sprag_core::FileBackend;
use sprag::sprag_core::primitives::{Aead, Hmac};
use sprag::wrap::hpke::{DhKem, PrivateKey};
use sprag::wrap::{KekRing, WrapAlgorithm};

use crate::hex::{fixed, unhex};
use crate::support::on_every_backend;
use crate::{CHEAP, LIMITS, vectors};

const PASSWORD: &str = "correct horse";

#[test]
fn rings_of_version_1_are_made_and_opened_by_every_backend() {
    let kept = vectors::kept("keyring-v1.txt", made::<sprag::rustcrypto::Backend>);
    on_every_backend!(same(&kept));
}

fn same<B: FileBackend>(kept: &str) {
    assert!(made::<B>() == kept, "{} makes other bytes", B::NAME);
    let [device, kek, old, new, file] = vectors::digits(kept);
    let file = unhex(file);
    let ring = KeyRing::<B>::decode(&file).unwrap();
    let device = Secret::new(fixed(device));
    let password = Password::from_nfkc(PASSWORD);
    let kek = PrivateKey::<B>::from_bytes(&Secret::new(fixed(kek))).unwrap();
    let kek = KekRing::<B, DhKem>::new([1; 16], WrapAlgorithm::DhKemAes256Gcm, kek).unwrap();
    for opened in [
        ring.unlock_with_device_key("user", &device),
        ring.unlock_with_password("user", "password", &password, &LIMITS),
        ring.unlock_with_kek("user", &kek),
    ] {
        let opened = opened.unwrap();
        for (generation, key) in [(1, old), (2, new)] {
            let read = ring.get(&opened, "notes", generation).unwrap();
            assert_eq!(read.expose(), &fixed(key));
        }
    }
    documented::<B>(&file, &device, &fixed(old));
}

fn made<B: FileBackend>() -> String {
    let rng = &mut ChaCha20Rng::seed_from_u64(7);
    let kek = PrivateKey::<B>::generate(rng).unwrap();
    let kek_bytes = kek.to_bytes();
    let kek = KekRing::<B, DhKem>::new([1; 16], WrapAlgorithm::DhKemAes256Gcm, kek).unwrap();
    let device = Secret::<32>::random(rng).unwrap();
    let mut ring = KeyRing::<B>::new(rng).unwrap();
    let user = ring.create_scope("user", rng).unwrap();
    ring.set_password(
        &user,
        "password",
        &Password::from_nfkc(PASSWORD),
        CHEAP,
        rng,
    )
    .unwrap();
    ring.set_device_key(&user, "a-phone", &device, rng).unwrap();
    ring.set_recipient(&user, "recipient", &kek.current(), rng)
        .unwrap();
    ring.generate(&user, "notes", rng).unwrap();
    ring.rotate(&user, "notes", rng).unwrap();
    let [old, new] = [1, 2].map(|n| ring.get(&user, "notes", n).unwrap());

    vectors::lines([
        ("device-key", device.expose()),
        ("kek", kek_bytes.expose()),
        ("old-key", old.expose()),
        ("new-key", new.expose()),
        ("ring", &ring.encode().unwrap()),
    ])
}

/// From the document alone: the device's slot, which stands first, the MAC, and the first key.
fn documented<B: FileBackend>(file: &[u8], device: &Secret<32>, key: &[u8; 32]) {
    let expand = |prk: &[u8; 32], info: &[u8], okm: &mut [u8]| {
        B::HmacSha256::hkdf_expand(prk, info, okm).unwrap();
    };
    assert_eq!(&file[..9], b"SPRAGSKR\x01");
    assert_eq!(&file[25..31], b"\x01\x04user");
    let place = [&file[9..25], &file[26..35]].concat();
    assert_eq!(&file[44..55], b"\x07a-phone\x02\x00\x60");
    let (salt, commitment, wrapped) = (&file[55..71], &file[71..103], &file[103..151]);
    let (mut root, mut derived) = ([0; 32], [0; 64]);
    B::HmacSha256::hkdf_extract(salt, &[device.expose()], &mut root);
    let ad = [b"SPRAG1 kr dk", &place[..], salt].concat();
    expand(&root, &ad, &mut derived);
    assert_eq!(commitment, &derived[32..]);
    let scope_key: [u8; 32] = open::<B>(&derived[..32], &[0; 12], &ad, wrapped);

    let (body, mac) = file.split_at(file.len() - 32);
    let (mut mac_key, mut expected) = ([0; 32], [0; 32]);
    expand(&scope_key, b"SPRAG1 kr mac", &mut mac_key);
    B::HmacSha256::hmac(&mac_key, &[&body[..25], &body[26..]], &mut expected);
    assert_eq!(mac, expected);

    let entry = &body[body.len() - 140..body.len() - 70];
    let ad = [b"SPRAG1 kr key", &place[..], &entry[..10]].concat();
    let mut under = [0; 32];
    expand(&scope_key, &ad, &mut under);
    let nonce = entry[10..22].try_into().unwrap();
    assert_eq!(open::<B>(&under, nonce, &ad, &entry[22..]), *key);
}

fn open<B: FileBackend>(key: &[u8], nonce: &[u8; 12], ad: &[u8], sealed: &[u8]) -> [u8; 32] {
    let (text, tag) = sealed.split_at(32);
    let (mut text, tag): ([u8; 32], [u8; 16]) = (text.try_into().unwrap(), tag.try_into().unwrap());
    let key = key.try_into().unwrap();
    B::Aes256Gcm::open_once(key, nonce, ad, &mut text, &tag).expect("it opens");
    text
}
