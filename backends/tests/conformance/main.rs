//! Every backend passes the conformance suite, and the suite can fail: backends with one deliberate
//! fault each are caught, by the check that names the fault.

#![cfg(feature = "rustcrypto")]

mod faulty;

use sprag_backends::rustcrypto::RustCrypto;
use sprag_core::backend::PqBackend;
use sprag_core::testing::conformance;

use faulty::*;

#[test]
fn every_backend_conforms() {
    conforms::<RustCrypto>();
    #[cfg(feature = "ring")]
    conforms::<sprag_backends::ring::Ring>();
    #[cfg(feature = "aws-lc-rs")]
    conforms::<sprag_backends::aws_lc::AwsLc>();
    #[cfg(all(
        feature = "graviola",
        any(target_arch = "aarch64", target_arch = "x86_64")
    ))]
    if sprag_backends::graviola::is_supported() {
        conforms::<sprag_backends::graviola::Graviola>();
    } else {
        println!("NOT RUN on graviola: this processor lacks what it needs");
    }
    #[cfg(feature = "mixed")]
    conforms::<sprag_backends::mixed::Mixed>();
}

fn conforms<B: PqBackend>() {
    match conformance::check::<B>() {
        Ok(report) => print!("{report}"),
        Err(failure) => panic!("{failure}"),
    }
}

#[test]
fn the_classical_suite_is_a_prefix_of_the_whole() {
    let classical = conformance::check_classical::<RustCrypto>().expect("conforms");
    let whole = conformance::check::<RustCrypto>().expect("conforms");
    assert!(whole.checks.starts_with(&classical.checks));
    assert!(whole.checks.len() > classical.checks.len());
    assert!(
        !classical
            .checks
            .iter()
            .any(|(primitive, _)| primitive.contains("KEM"))
    );
}

#[test]
fn faulty_backends_are_caught_by_the_check_of_the_fault() {
    caught::<ShortAdvance>(
        "HMAC-SHA-256",
        "advancing a chain is stepping it repeatedly",
    );
    caught::<UnlimitedExpand>(
        "HMAC-SHA-256",
        "HKDF-Expand gives 0 to 8160 bytes and refuses 8161",
    );
    caught::<PanickingHash>("HMAC-SHA-256", "FIPS 180-4 examples are met");
    caught::<AcceptsZero>("X25519", "an all-zero result is an error that leaves zeros");
    caught::<StoresClamped>(
        "X25519",
        "any 32 bytes are a private key and come back as they were",
    );
    caught::<LeavesOldSecret>("X25519", "an all-zero result is an error that leaves zeros");
    caught::<SkipsAnAgreement>("X25519", "a batch is a loop, failing items included");
    for caught in [caught::<SkipsAKey>, caught::<DropsOtherKeys>] {
        caught(
            "X25519",
            "a batch of private keys is a loop and leaves other keys alone",
        );
    }
    caught::<LeavesPlaintext>("AES-256-GCM", "every changed bit of the tag is refused");
    caught::<TruncatedTag>("AES-256-GCM", "every changed bit of the tag is refused");
    caught::<StopsAtFailure>("AES-256-GCM", "a batch is a loop, failing items included");
    caught::<AddsToBuffer>(
        "AES-256-GCM",
        "from one buffer into another is a copy and in place",
    );
    caught::<LaxKeys>("Ed25519", "a public key of small order is refused");
    caught::<SkipsVerification>("Ed25519", "a batch is a loop, failing items included");
    caught::<NoModulusCheck>(
        "ML-KEM-768",
        "an encapsulation key beyond the modulus is refused",
    );
    caught::<HalfASeed>(
        "ML-KEM-768",
        "the known answers are met, with implicit rejection",
    );
}

fn caught<F: Fault>(primitive: &str, check: &str) {
    let failure = conformance::check::<Faulty<F>>().expect_err("the fault went unnoticed");
    assert_eq!(
        (failure.primitive, failure.check),
        (primitive, check),
        "{failure}"
    );
}
