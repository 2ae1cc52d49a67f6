//! The primitives of section 2 as plain functions; HKDF is written out from HMAC.

use sprag::sprag_core::primitives::{Aead, Hmac, Kem, KeyAgreement, Signature};
use sprag::sprag_core::suite::{AeadAlgorithm, KemAlgorithm};
use sprag_backends::rustcrypto as library;

pub(crate) type Bytes = Vec<u8>;

pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    library::HmacSha256::sha256(&[&parts.concat()])
}

pub(crate) fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut tag = [0; 32];
    library::HmacSha256::hmac(key, &[message], &mut tag);
    tag
}

/// RFC 5869 section 2.3.
pub(crate) fn hkdf_expand(prk: &[u8; 32], info: &[u8], len: usize) -> Bytes {
    let (mut okm, mut block) = (Vec::new(), Vec::new());
    let mut counter = 1;
    while okm.len() < len {
        block = hmac(prk, &[&block, info, &[counter][..]].concat()).to_vec();
        okm.extend_from_slice(&block);
        counter += 1;
    }
    okm.truncate(len);
    okm
}

pub(crate) fn x25519_public(private: &[u8; 32]) -> [u8; 32] {
    *library::X25519::public_key(&library::X25519::private_key(private).expect("any 32 bytes"))
}

pub(crate) fn x25519(private: &[u8; 32], public: &[u8; 32]) -> [u8; 32] {
    let private = library::X25519::private_key(private).expect("any 32 bytes");
    let mut shared = [0; 32];
    library::X25519::agree(&private, public, &mut shared).expect("a contributory key");
    shared
}

pub(crate) fn ed25519_public(seed: &[u8; 32]) -> [u8; 32] {
    *library::Ed25519::public_key(&library::Ed25519::signing_key(seed).expect("any seed"))
}

pub(crate) fn ed25519_sign(seed: &[u8; 32], message: &[u8]) -> [u8; 64] {
    library::Ed25519::sign(
        &library::Ed25519::signing_key(seed).expect("any seed"),
        message,
    )
}

pub(crate) fn kem_public(algorithm: KemAlgorithm, seed: &[u8; 64]) -> Bytes {
    fn of<K: Kem>(seed: &[u8; 64]) -> Bytes {
        let mut public = vec![0; K::PUBLIC_LEN];
        K::public_key(&K::decapsulation_key(seed).expect("any seed"), &mut public).expect("length");
        public
    }
    match algorithm {
        KemAlgorithm::MlKem768 => of::<library::MlKem768>(seed),
        KemAlgorithm::MlKem1024 => of::<library::MlKem1024>(seed),
    }
}

/// Ciphertext and shared secret.
pub(crate) fn kem_encapsulate(
    algorithm: KemAlgorithm,
    public: &[u8],
    m: &[u8; 32],
) -> (Bytes, [u8; 32]) {
    fn of<K: Kem>(public: &[u8], m: &[u8; 32]) -> (Bytes, [u8; 32]) {
        let (mut ciphertext, mut shared) = (vec![0; K::CIPHERTEXT_LEN], [0; 32]);
        K::encapsulate(public, m, &mut ciphertext, &mut shared).expect("a valid key");
        (ciphertext, shared)
    }
    match algorithm {
        KemAlgorithm::MlKem768 => of::<library::MlKem768>(public, m),
        KemAlgorithm::MlKem1024 => of::<library::MlKem1024>(public, m),
    }
}

/// Ciphertext and tag.
pub(crate) fn aead_seal(
    algorithm: AeadAlgorithm,
    key: &[u8; 32],
    nonce: &[u8; 12],
    ad: &[u8],
    plaintext: &[u8],
) -> Bytes {
    let mut body = plaintext.to_vec();
    let tag = match algorithm {
        AeadAlgorithm::Aes256Gcm => library::Aes256Gcm::seal_once(key, nonce, ad, &mut body),
        AeadAlgorithm::ChaCha20Poly1305 => {
            library::ChaCha20Poly1305::seal_once(key, nonce, ad, &mut body)
        }
    };
    body.extend_from_slice(&tag.expect("a short message"));
    body
}
