//! X-Wing: its vectors, and whole messages.

use serde_json::Value;
use sprag::sprag_core::{HybridBackend, Secret};
use sprag::wrap::hpke::{Aead, HpkeError, HpkeKem, Setup, XWing, XWingPrivateKey, XWingPublicKey};

use crate::given::Given;
use crate::hex::{fixed, unhex};
use crate::support::on_every_backend;

#[test]
fn the_vectors_of_x_wing_are_met() {
    on_every_backend!(vectors);
}

fn vectors<B: HybridBackend>() {
    let file = include_str!("../../core/vectors/hpke/hybrid_mlkem768_x25519_kem.json");
    let file: Value = serde_json::from_str(file).unwrap();
    let vectors = file["mlkem768_x25519"].as_array().unwrap();
    for vector in vectors {
        let hex = |field: &str| vector[field].as_str().expect("hexadecimal digits");
        let key = XWingPrivateKey::<B>::from_seed(Secret::new(fixed(hex("seed")))).unwrap();
        assert_eq!(key.public().to_bytes(), unhex(hex("encapsulation_key")));

        let mut rng = Given(unhex(hex("randomness")));
        let public = XWingPublicKey::from_bytes(&unhex(hex("encapsulation_key"))).unwrap();
        let (enc, shared) = <XWing as HpkeKem<B>>::encapsulate(&public, &mut rng).unwrap();
        assert_eq!(enc, unhex(hex("ciphertext")));
        assert_eq!(shared.expose()[..], unhex(hex("shared_secret")));
        let opened = XWing::decapsulate(&key, &enc).unwrap();
        assert_eq!(opened.expose(), shared.expose());
    }
    println!("{}: {} vectors of X-Wing met", B::NAME, vectors.len());
    assert_eq!(vectors.len(), 10);
}

#[test]
fn what_x_wing_sealed_opens_and_nothing_else_does() {
    on_every_backend!(round_trip);
}

fn round_trip<B: HybridBackend>() {
    let rng = &mut sprag::entropy::system();
    let key = XWingPrivateKey::<B>::generate(rng).unwrap();
    let setup = Setup::new(Aead::Aes256Gcm, b"round trip");
    let (enc, sealed) = setup
        .seal::<B, XWing, _>(key.public(), b"ad", b"text", rng)
        .unwrap();
    let again = XWingPrivateKey::<B>::from_seed(key.seed().duplicate()).unwrap();
    let open = |enc: &[u8]| setup.open::<B, XWing>(&again, enc, b"ad", &sealed);
    assert_eq!(*open(&enc).unwrap(), *b"text");

    let mut public = key.public().to_bytes();
    public[1215] |= 0x80;
    for bytes in [&public[..], &public[..1215], &[&public[..], &[0]].concat()] {
        let refused = XWingPublicKey::from_bytes(bytes).err();
        assert_eq!(refused, Some(HpkeError::InvalidKey));
    }

    // Either half of the encapsulated key, its length, and the point's spelling.
    for at in [0, 1087, 1088] {
        let mut other = enc.clone();
        other[at] ^= 1;
        assert_eq!(open(&other), Err(HpkeError::AuthenticationFailed), "{at}");
    }
    let mut other = enc.clone();
    other[1119] |= 0x80;
    assert_eq!(open(&other), Err(HpkeError::InvalidKey));
    assert_eq!(open(&enc[..1119]), Err(HpkeError::InvalidKey));
    assert_eq!(open(&[&enc[..], &[0]].concat()), Err(HpkeError::InvalidKey));
    let mut zero = enc;
    zero[1088..].fill(0);
    assert_eq!(open(&zero), Err(HpkeError::NonContributory));
}
