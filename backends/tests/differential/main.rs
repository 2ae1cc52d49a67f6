//! Every backend against RustCrypto on random inputs: same bytes, same refusals, batch calls and
//! damaged inputs included.
//!
//! Each property is checked for each pair, so any two backends agree with each other.

#![cfg(all(
    feature = "rustcrypto",
    any(
        feature = "ring",
        feature = "aws-lc-rs",
        all(
            feature = "graviola",
            any(target_arch = "aarch64", target_arch = "x86_64")
        )
    )
))]

mod aead;
mod hmac;
mod inputs;
mod kem;
mod key_agreement;
mod signature;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use sprag_backends::rustcrypto::RustCrypto;
use sprag_core::backend::{CryptoBackend, PqBackend};

macro_rules! pairs {
    ($(#[$condition:meta] $module:ident $backend:path;)*) => {
        $(
            #[$condition]
            mod $module {
                use super::*;
                use $backend as Other;

                #[test]
                fn x25519() {
                    on::<Other>(key_agreement::agreements::<
                        <RustCrypto as CryptoBackend>::X25519,
                        <Other as CryptoBackend>::X25519,
                    >);
                }

                #[test]
                fn hmac_sha256() {
                    on::<Other>(hmac::hashes::<
                        <RustCrypto as CryptoBackend>::HmacSha256,
                        <Other as CryptoBackend>::HmacSha256,
                    >);
                }

                #[test]
                fn aes_256_gcm() {
                    on::<Other>(aead::messages::<
                        <RustCrypto as CryptoBackend>::Aes256Gcm,
                        <Other as CryptoBackend>::Aes256Gcm,
                    >);
                }

                #[test]
                fn chacha20_poly1305() {
                    on::<Other>(aead::messages::<
                        <RustCrypto as CryptoBackend>::ChaCha20Poly1305,
                        <Other as CryptoBackend>::ChaCha20Poly1305,
                    >);
                }

                #[test]
                fn ed25519() {
                    on::<Other>(signature::signatures::<
                        <RustCrypto as CryptoBackend>::Ed25519,
                        <Other as CryptoBackend>::Ed25519,
                    >);
                }

                #[test]
                fn ml_kem_768() {
                    on::<Other>(kem::encapsulations::<
                        <RustCrypto as PqBackend>::MlKem768,
                        <Other as PqBackend>::MlKem768,
                    >);
                }

                #[test]
                fn ml_kem_1024() {
                    on::<Other>(kem::encapsulations::<
                        <RustCrypto as PqBackend>::MlKem1024,
                        <Other as PqBackend>::MlKem1024,
                    >);
                }
            }
        )*
    };
}

pairs! {
    #[cfg(feature = "ring")]
    ring sprag_backends::ring::Ring;
    #[cfg(feature = "aws-lc-rs")]
    aws_lc sprag_backends::aws_lc::AwsLc;
    #[cfg(all(feature = "graviola", any(target_arch = "aarch64", target_arch = "x86_64")))]
    graviola sprag_backends::graviola::Graviola;
    #[cfg(feature = "mixed")]
    mixed sprag_backends::mixed::Mixed;
}

/// Runs `property` if the backend runs on this processor.
fn on<B: CryptoBackend>(property: fn()) {
    #[cfg(all(
        feature = "graviola",
        any(target_arch = "aarch64", target_arch = "x86_64")
    ))]
    if B::NAME == sprag_backends::graviola::Graviola::NAME
        && !sprag_backends::graviola::is_supported()
    {
        println!("NOT RUN on graviola: this processor lacks what it needs");
        return;
    }
    property();
}

fn holds<S: Strategy>(cases: u32, strategy: S, property: impl Fn(S::Value)) {
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let property = |input| {
        property(input);
        Ok(())
    };
    if let Err(failure) = TestRunner::new(config).run(&strategy, property) {
        panic!("{failure}");
    }
}
