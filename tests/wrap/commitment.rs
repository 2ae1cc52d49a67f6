//! An envelope that opens for two recipients is refused by the one it does not commit to.

use sprag::Secret;
use sprag::sprag_core::CryptoBackend;
use sprag::sprag_core::primitives::Hmac;
use sprag::wrap::hpke::{Aead, DhKem, HpkeKem, PrivateKey, Setup};
use sprag::wrap::{Binding, Envelope, Purpose, WrapError};

use crate::support::on_every_backend;
use crate::two_keys::opens_under_both;

const BINDING: Binding<'_> = Binding {
    purpose: Purpose::Session,
    key_id: &[7; 16],
    context: b"",
};

#[test]
fn an_envelope_for_two_keys_opens_for_one() {
    on_every_backend!(two_keys);
}

fn two_keys<B: CryptoBackend>() {
    let rng = &mut sprag::entropy::system();
    let [one, other] = [(); 2].map(|()| PrivateKey::<B>::generate(rng).unwrap());
    let digest = B::HmacSha256::sha256(&[BINDING.context]);
    let info = [b"SPRAG1 wrap\x01", &BINDING.key_id[..], &digest].concat();
    // The sender knows the shared secrets of both.
    let (enc, _) = <DhKem as HpkeKem<B>>::encapsulate(&one.public(), rng).unwrap();
    let [first, second] = [&one, &other].map(|key| {
        let shared = DhKem::decapsulate(key, &enc).unwrap();
        key_and_nonce::<B>(&shared, &info)
    });

    let head = [&[1; 16][..], &[0, 0, 0, 1], &[0, 2]].concat();
    let (text, tag) = opens_under_both::<B>((&first.0, &first.1), (&second.0, &second.1), &head);
    let setup = Setup::new(Aead::Aes256Gcm, &info);
    let mut commitment = [0; 32];
    let receiver = setup.receiver::<B, DhKem>(&one, &enc).unwrap();
    receiver
        .export(b"SPRAG1 wrap commit", &mut commitment)
        .unwrap();
    let bytes = [&head[..], &enc, &commitment, &text, &tag].concat();
    let envelope = Envelope::decode(&bytes).unwrap();

    assert!(envelope.open::<B, DhKem>(&one, &BINDING).is_ok());
    let refused = envelope.open::<B, DhKem>(&other, &BINDING).err();
    assert_eq!(refused, Some(WrapError::AuthenticationFailed));
}

/// HPKE's key schedule (RFC 9180 section 5.1) once more: Base mode, AES-256-GCM.
fn key_and_nonce<B: CryptoBackend>(shared: &Secret<32>, info: &[u8]) -> ([u8; 32], [u8; 12]) {
    let suite = b"HPKE\x00\x20\x00\x01\x00\x02";
    let extract = |salt: &[u8], label: &[u8], ikm: &[u8]| {
        let mut prk = [0; 32];
        let ikm = [b"HPKE-v1", &suite[..], label, ikm].concat();
        B::HmacSha256::hkdf_extract(salt, &[&ikm], &mut prk);
        prk
    };
    let id_hash = extract(b"", b"psk_id_hash", b"");
    let info_hash = extract(b"", b"info_hash", info);
    let context = [&[0][..], &id_hash, &info_hash].concat();
    let secret = extract(shared.expose(), b"secret", b"");
    let expand = |label: &[u8], okm: &mut [u8]| {
        let len = (okm.len() as u16).to_be_bytes();
        let info = [&len[..], b"HPKE-v1", suite, label, &context].concat();
        B::HmacSha256::hkdf_expand(&secret, &info, okm).unwrap();
    };
    let (mut key, mut nonce) = ([0; 32], [0; 12]);
    expand(b"key", &mut key);
    expand(b"base_nonce", &mut nonce);
    (key, nonce)
}
