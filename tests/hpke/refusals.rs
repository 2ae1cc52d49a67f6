//! What HPKE refuses, on every backend.

use sprag::sprag_core::CryptoBackend;
use sprag::wrap::hpke::{Aead, DhKem, HpkeError, PrivateKey, Psk, PublicKey, Receiver, Setup};

use crate::hex::{fixed, unhex};
use crate::hostile_points::{NOT_CANONICAL, SMALL_ORDER};
use crate::support::on_every_backend;

#[test]
fn hostile_keys_are_refused_wherever_they_come_from() {
    on_every_backend!(hostile_keys);
}

fn hostile_keys<B: CryptoBackend>() {
    let rng = &mut sprag::entropy::system();
    let key = PrivateKey::<B>::generate(rng).unwrap();
    let setup = Setup::new(Aead::ChaCha20Poly1305, b"");
    let genuine = PrivateKey::<B>::generate(rng).unwrap().public();
    for hex in SMALL_ORDER {
        let hostile = PublicKey::from_bytes(&fixed(hex)).unwrap();
        let refused = Some(HpkeError::NonContributory);
        assert_eq!(setup.sender::<B, DhKem, _>(&hostile, rng).err(), refused);
        assert_eq!(setup.sender_from(&key, &hostile, rng).err(), refused);
        assert_eq!(setup.receiver::<B, DhKem>(&key, &unhex(hex)).err(), refused);
        let from = setup.receiver_from(&genuine, &key, hostile.as_bytes());
        assert_eq!(from.err(), refused);
        let from = setup.receiver_from(&hostile, &key, genuine.as_bytes());
        assert_eq!(from.err(), refused);
    }
    for hex in NOT_CANONICAL {
        let refused = Some(HpkeError::InvalidKey);
        assert_eq!(PublicKey::from_bytes(&fixed(hex)).err(), refused);
        assert_eq!(setup.receiver::<B, DhKem>(&key, &unhex(hex)).err(), refused);
    }
    for enc in [&[][..], &[9; 31], &[9; 33]] {
        let refused = setup.receiver::<B, DhKem>(&key, enc);
        assert_eq!(refused.err(), Some(HpkeError::InvalidKey));
    }
}

#[test]
fn garbage_between_messages_changes_nothing() {
    on_every_backend!(garbage);
}

fn garbage<B: CryptoBackend>() {
    let rng = &mut sprag::entropy::system();
    let key = PrivateKey::<B>::generate(rng).unwrap();
    for aead in [Aead::Aes256Gcm, Aead::ChaCha20Poly1305] {
        let setup = Setup::new(aead, b"info");
        let (enc, mut sender) = setup.sender::<B, DhKem, _>(&key.public(), rng).unwrap();
        let mut receiver: Receiver<B> = setup.receiver::<B, DhKem>(&key, &enc).unwrap();
        for number in 0..4_u8 {
            let sealed = sender.seal(b"ad", &[number]).unwrap();
            for at in 0..sealed.len() {
                let mut forged = sealed.clone();
                forged[at] ^= 0x40;
                let refused = receiver.open(b"ad", &forged);
                assert_eq!(refused, Err(HpkeError::AuthenticationFailed));
            }
            for len in 0..16 {
                let refused = receiver.open(b"ad", &sealed[..len]);
                assert_eq!(refused, Err(HpkeError::Truncated));
            }
            let refused = receiver.open(b"other", &sealed);
            assert_eq!(refused, Err(HpkeError::AuthenticationFailed));
            assert_eq!(*receiver.open(b"ad", &sealed).unwrap(), [number]);
            let replayed = receiver.open(b"ad", &sealed);
            assert_eq!(replayed, Err(HpkeError::AuthenticationFailed));
        }
    }
}

#[test]
fn both_sides_must_say_the_same() {
    on_every_backend!(other_setups);
}

fn other_setups<B: CryptoBackend>() {
    let rng = &mut sprag::entropy::system();
    let (key, other) = (
        PrivateKey::<B>::generate(rng),
        PrivateKey::<B>::generate(rng),
    );
    let (key, other) = (key.unwrap(), other.unwrap());
    let psk = Psk::new(&[1; 32], b"name").unwrap();
    let setup = Setup::new(Aead::Aes256Gcm, b"info");
    let (enc, sealed) = setup
        .seal::<B, DhKem, _>(&key.public(), b"", b"text", rng)
        .unwrap();
    let refused = Err(HpkeError::AuthenticationFailed);
    let others = [
        Setup::new(Aead::Aes256Gcm, b"Info"),
        Setup::new(Aead::ChaCha20Poly1305, b"info"),
        setup.with_psk(psk),
    ];
    for setup in others {
        assert_eq!(setup.open::<B, DhKem>(&key, &enc, b"", &sealed), refused);
    }
    assert_eq!(setup.open::<B, DhKem>(&other, &enc, b"", &sealed), refused);

    let (enc, mut sender) = setup.sender_from(&other, &key.public(), rng).unwrap();
    let sealed = sender.seal(b"", b"text").unwrap();
    assert_eq!(setup.open::<B, DhKem>(&key, &enc, b"", &sealed), refused);
    let mut receiver = setup.receiver_from(&key.public(), &key, &enc).unwrap();
    assert_eq!(receiver.open(b"", &sealed), refused);
    let mut receiver = setup.receiver_from(&other.public(), &key, &enc).unwrap();
    assert_eq!(*receiver.open(b"", &sealed).unwrap(), *b"text");
}

#[test]
fn a_context_that_only_exports_says_so() {
    on_every_backend!(export_only);
}

fn export_only<B: CryptoBackend>() {
    let rng = &mut sprag::entropy::system();
    let key = PrivateKey::<B>::generate(rng).unwrap();
    let setup = Setup::new(Aead::ExportOnly, b"");
    let (enc, mut sender) = setup.sender::<B, DhKem, _>(&key.public(), rng).unwrap();
    let mut receiver = setup.receiver::<B, DhKem>(&key, &enc).unwrap();
    assert_eq!(sender.seal(b"", b"text"), Err(HpkeError::ExportOnly));
    assert_eq!(receiver.open(b"", &[0; 40]), Err(HpkeError::ExportOnly));
    for (len, outcome) in [
        (0, Ok(())),
        (8160, Ok(())),
        (8161, Err(HpkeError::ExportTooLong)),
        (65536, Err(HpkeError::ExportTooLong)),
    ] {
        assert_eq!(sender.export(b"", &mut vec![0; len]), outcome, "{len}");
    }
}

#[test]
fn a_weak_pre_shared_key_is_refused() {
    assert_eq!(Psk::new(&[1; 31], b"x").err(), Some(HpkeError::InvalidPsk));
    assert_eq!(Psk::new(&[1; 32], b"").err(), Some(HpkeError::InvalidPsk));
}
