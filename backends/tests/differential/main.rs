//! Every backend against RustCrypto on random inputs: same bytes, same refusals, batch calls and
//! damaged inputs included.
//!
//! Each property is checked for each pair, so any two backends agree with each other.

#![cfg(all(feature = "rustcrypto", any(feature = "ring", feature = "aws-lc-rs")))]

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
    ($($module:ident $feature:literal $backend:path;)*) => {
        $(
            #[cfg(feature = $feature)]
            mod $module {
                use super::*;
                use $backend as Other;

                #[test]
                fn x25519() {
                    key_agreement::agreements::<
                        <RustCrypto as CryptoBackend>::X25519,
                        <Other as CryptoBackend>::X25519,
                    >();
                }

                #[test]
                fn hmac_sha256() {
                    hmac::hashes::<
                        <RustCrypto as CryptoBackend>::HmacSha256,
                        <Other as CryptoBackend>::HmacSha256,
                    >();
                }

                #[test]
                fn aes_256_gcm() {
                    aead::messages::<
                        <RustCrypto as CryptoBackend>::Aes256Gcm,
                        <Other as CryptoBackend>::Aes256Gcm,
                    >();
                }

                #[test]
                fn chacha20_poly1305() {
                    aead::messages::<
                        <RustCrypto as CryptoBackend>::ChaCha20Poly1305,
                        <Other as CryptoBackend>::ChaCha20Poly1305,
                    >();
                }

                #[test]
                fn ed25519() {
                    signature::signatures::<
                        <RustCrypto as CryptoBackend>::Ed25519,
                        <Other as CryptoBackend>::Ed25519,
                    >();
                }

                #[test]
                fn ml_kem_768() {
                    kem::encapsulations::<
                        <RustCrypto as PqBackend>::MlKem768,
                        <Other as PqBackend>::MlKem768,
                    >();
                }

                #[test]
                fn ml_kem_1024() {
                    kem::encapsulations::<
                        <RustCrypto as PqBackend>::MlKem1024,
                        <Other as PqBackend>::MlKem1024,
                    >();
                }
            }
        )*
    };
}

pairs! {
    ring "ring" sprag_backends::ring::Ring;
    aws_lc "aws-lc-rs" sprag_backends::aws_lc::AwsLc;
    mixed "mixed" sprag_backends::mixed::Mixed;
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
