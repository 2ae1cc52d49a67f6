//! Envelopes: who opens them, and what they are bound to.

use sprag::Secret;
use sprag::sprag_core::{CryptoBackend, HybridBackend};
use sprag::wrap::hpke::{DhKem, HpkeKem, PrivateKey, XWing, XWingPrivateKey};
use sprag::wrap::{Binding, Envelope, KekName, KekRing, Purpose, WrapAlgorithm, WrapError};

use crate::support::on_every_backend;

const BINDING: Binding<'_> = Binding {
    purpose: Purpose::Session,
    key_id: &[7; 16],
    context: b"call 42",
};

#[test]
fn every_algorithm_wraps_and_is_bound_to_everything() {
    on_every_backend!(every_algorithm);
}

fn every_algorithm<B: HybridBackend>() {
    let rng = &mut sprag::entropy::system();
    for algorithm in [
        WrapAlgorithm::DhKemAes256Gcm,
        WrapAlgorithm::DhKemChaCha20Poly1305,
    ] {
        let keys = [(); 2].map(|()| PrivateKey::<B>::generate(rng).unwrap());
        binds::<B, DhKem>(algorithm, keys, 134);
    }
    for algorithm in [
        WrapAlgorithm::XWingAes256Gcm,
        WrapAlgorithm::XWingChaCha20Poly1305,
    ] {
        let keys = [(); 2].map(|()| XWingPrivateKey::<B>::generate(rng).unwrap());
        binds::<B, XWing>(algorithm, keys, 1222);
    }
}

fn binds<B: CryptoBackend, K: HpkeKem<B>>(
    algorithm: WrapAlgorithm,
    [key, other]: [K::PrivateKey; 2],
    len: usize,
) {
    let rng = &mut sprag::entropy::system();
    let ring = KekRing::<B, K>::new([1; 16], algorithm, key).unwrap();
    let session = Secret::random(rng).unwrap();
    let envelope = Envelope::seal(&session, &ring.current(), &BINDING, rng).unwrap();
    let bytes = envelope.encode();
    assert_eq!(bytes.len(), len);
    assert_eq!(Envelope::decode(&bytes).unwrap(), envelope);
    assert_eq!(
        ring.open(&envelope, &BINDING).unwrap().expose(),
        session.expose()
    );

    let others = [
        Binding {
            purpose: Purpose::Object,
            ..BINDING
        },
        Binding {
            key_id: &[8; 16],
            ..BINDING
        },
        Binding {
            context: b"call 43",
            ..BINDING
        },
    ];
    for other in &others {
        let refused = ring.open(&envelope, other).err();
        assert_eq!(refused, Some(WrapError::AuthenticationFailed));
    }
    let another = KekRing::<B, K>::new([1; 16], algorithm, other).unwrap();
    let refused = another.open(&envelope, &BINDING).err();
    assert_eq!(refused, Some(WrapError::AuthenticationFailed));

    // Every byte counts, those of the ML-KEM ciphertext by sample.
    for at in (0..bytes.len()).filter(|at| !(40..1100).contains(at) || at % 97 == 0) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let opened = Envelope::decode(&changed).and_then(|it| ring.open(&it, &BINDING));
        assert!(opened.is_err(), "byte {at}");
    }
    for end in 0..bytes.len() {
        assert!(Envelope::decode(&bytes[..end]).is_err());
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(Envelope::decode(&longer), Err(WrapError::Malformed));
    let mut unknown = bytes;
    unknown[21] = 0x77;
    assert_eq!(
        Envelope::decode(&unknown),
        Err(WrapError::UnknownAlgorithm(0x77))
    );
}

#[test]
fn one_key_reaches_many_recipients() {
    on_every_backend!(many_recipients);
}

fn many_recipients<B: CryptoBackend>() {
    let rng = &mut sprag::entropy::system();
    let algorithm = WrapAlgorithm::DhKemChaCha20Poly1305;
    let rings: Vec<_> = (0..5)
        .map(|n| {
            let key = PrivateKey::generate(&mut sprag::entropy::system()).unwrap();
            KekRing::<B, DhKem>::new([n; 16], algorithm, key).unwrap()
        })
        .collect();
    let recipients: Vec<_> = rings.iter().map(KekRing::current).collect();
    let key = Secret::random(rng).unwrap();
    let envelopes = Envelope::seal_for_each(&key, &recipients, &BINDING, rng).unwrap();
    for (at, envelope) in envelopes.iter().enumerate() {
        for (to, ring) in rings.iter().enumerate() {
            match ring.open(envelope, &BINDING) {
                Ok(opened) => assert_eq!((at, opened.expose()), (to, key.expose())),
                Err(error) => {
                    assert_ne!(at, to);
                    assert_eq!(error, WrapError::WrongKek);
                }
            }
        }
    }
}

#[test]
fn generations_open_until_they_are_destroyed() {
    on_every_backend!(generations);
}

fn generations<B: CryptoBackend>() {
    let rng = &mut sprag::entropy::system();
    let algorithm = WrapAlgorithm::DhKemAes256Gcm;
    let fresh = |rng: &mut _| PrivateKey::<B>::generate(rng).unwrap();
    let first = fresh(rng);
    let stored = first.to_bytes();
    let mut ring = KekRing::<B, DhKem>::new([1; 16], algorithm, first).unwrap();
    let key = Secret::random(rng).unwrap();
    let old = Envelope::seal(&key, &ring.current(), &BINDING, rng).unwrap();
    assert_eq!(ring.rotate(fresh(rng)), Ok(2));
    assert_eq!(ring.open(&old, &BINDING).unwrap().expose(), key.expose());
    let new = ring.rewrap(&old, &BINDING, rng).unwrap().unwrap();
    assert_eq!(
        new.kek(),
        KekName {
            id: [1; 16],
            generation: 2
        }
    );
    assert_eq!(ring.rewrap(&new, &BINDING, rng), Ok(None));

    let store = sprag::stores::Memory::new();
    assert_eq!(ring.destroy(2, &store), Err(WrapError::CurrentGeneration));
    assert_eq!(ring.destroy(1, &store), Ok(()));
    assert_eq!(
        ring.destroy(1, &store),
        Err(WrapError::UnknownGeneration(1))
    );
    let refused = ring.open(&old, &BINDING).err();
    assert_eq!(refused, Some(WrapError::UnknownGeneration(1)));
    assert_eq!(ring.open(&new, &BINDING).unwrap().expose(), key.expose());

    let back = PrivateKey::from_bytes(&stored).unwrap();
    ring.add_older(1, back).unwrap();
    assert_eq!(ring.open(&old, &BINDING).unwrap().expose(), key.expose());
    assert_eq!(
        ring.add_older(2, fresh(rng)),
        Err(WrapError::CurrentGeneration)
    );
    let last = KekName {
        id: [1; 16],
        generation: u32::MAX,
    };
    let mut ring = KekRing::<B, DhKem>::at(last, algorithm, fresh(rng)).unwrap();
    assert_eq!(ring.rotate(fresh(rng)), Err(WrapError::GenerationsUsedUp));
}

#[test]
fn bytes_that_were_never_encoded_are_refused_or_come_back_the_same() {
    use proptest::prelude::*;

    let noise = prop::collection::vec(any::<u8>(), 0..1300);
    let algorithm = prop::sample::select(vec![1, 2, 0x11, 0x12, 0x20]);
    proptest!(|(mut noise in noise, algorithm in algorithm, whole: bool)| {
        if noise.len() > 22 {
            noise[20..22].copy_from_slice(&[0, algorithm]);
        }
        if whole {
            noise.resize(if algorithm < 0x10 { 134 } else { 1222 }, 7);
        }
        if let Ok(envelope) = Envelope::decode(&noise) {
            prop_assert_eq!(envelope.encode(), noise);
        }
    });
}
