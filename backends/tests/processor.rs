//! On a processor that graviola does not support its backend says so: keys are refused, what cannot
//! fail by its type panics, and no instruction runs that the processor lacks.
//!
//! Any other processor can stand in for one, as graviola's debug assertions let the environment hide
//! instructions; `scripts/test` does this:
//!
//! ```text
//! GRAVIOLA_CPU_DISABLE_aes=1 cargo test -p sprag-backends --features graviola --test processor \
//!     --config profile.dev.package.graviola.debug-assertions=true
//! ```

#![cfg(all(
    feature = "graviola",
    any(target_arch = "aarch64", target_arch = "x86_64")
))]

use std::panic::catch_unwind;

use sprag_backends::graviola::{
    Aes256Gcm, ChaCha20Poly1305, Ed25519, HmacSha256, X25519, is_supported,
};
use sprag_core::primitives::{Aead, Hmac, KeyAgreement, PrimitiveError, Signature};

#[test]
fn hidden_instructions_are_missed() {
    let mut names = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    let hidden = names.any(|name| name.starts_with("GRAVIOLA_CPU_DISABLE_"));
    assert!(
        !(hidden && is_supported()),
        "built without debug assertions?"
    );
    println!("this processor is supported: {}", is_supported());
}

#[test]
fn keys_are_refused_where_they_could_not_be_used() {
    let expected = (!is_supported()).then_some(PrimitiveError::Library);
    assert_eq!(X25519::private_key(&[1; 32]).err(), expected);
    assert_eq!(Ed25519::signing_key(&[1; 32]).err(), expected);
    assert_eq!(Aes256Gcm::key(&[1; 32]).err(), expected);
    assert_eq!(ChaCha20Poly1305::key(&[1; 32]).err(), expected);
    let sealed = Aes256Gcm::seal_once(&[1; 32], &[0; 12], b"", &mut [0; 16]);
    assert_eq!(sealed.err(), expected);
}

#[test]
fn what_cannot_fail_panics() {
    fn check(name: &str, call: fn()) {
        assert_eq!(catch_unwind(call).is_ok(), is_supported(), "{name}");
    }
    check("sha256", || {
        HmacSha256::sha256(&[b"abc"]);
    });
    check("hmac", || {
        HmacSha256::hmac(b"key", &[b"abc"], &mut [0; 32]);
    });
    check("hkdf_expand", || {
        HmacSha256::hkdf_expand(&[1; 32], b"", &mut [0; 64]).expect("a short output");
    });
    check("chain_step", || {
        HmacSha256::chain_step(&[1; 32], &mut [0; 32], &mut [0; 32]);
    });
    check("verify", || {
        // Not of small order, so that graviola is asked.
        let (public, signature) = ([3; 32], [3; 64]);
        Ed25519::verify(&public, b"abc", &signature).expect_err("not a signature");
    });
}
