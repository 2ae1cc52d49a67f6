//! Primitives that cost next to nothing and protect nothing, for measuring the engine itself.
//!
//! What lives here: [`Null`], whose primitives keep the shape the engine relies on and no more.
//! Agreement commutes; an AEAD's tag is a checksum, so that a round trip opens and a corrupted
//! message is refused; signatures verify; a KEM gives both sides the same secret. The sizes are
//! the real ones. **Never use it for anything but measuring**: keys can be read off their public
//! halves.

mod checksum;

use zeroize::Zeroize;

use crate::backend::{CryptoBackend, FileBackend, HybridBackend, PqBackend};
use crate::primitives::{
    Aead, ExpandSha512, Hmac, Kem, KeyAgreement, PasswordCost, PasswordHash, PrimitiveError, Sha3,
    Signature,
};
use crate::secret::Secret;

use checksum::Checksum;

/// The backend without cryptography.
#[derive(Clone, Copy, Debug)]
pub struct Null;

impl CryptoBackend for Null {
    const NAME: &'static str = "null";
    type X25519 = Self;
    type HmacSha256 = Self;
    type Aes256Gcm = Self;
    type ChaCha20Poly1305 = Self;
    type Ed25519 = Self;
}

impl PqBackend for Null {
    type MlKem768 = NullKem<1184, 1088>;
    type MlKem1024 = NullKem<1568, 1568>;
}

impl HybridBackend for Null {
    type Sha3 = Self;
}

impl FileBackend for Null {
    type Sha512 = Self;
    type Argon2id = Self;
}

impl ExpandSha512 for Null {
    fn hkdf_expand(prk: &[u8; 32], info: &[&[u8]], okm: &mut [u8]) -> Result<(), PrimitiveError> {
        let mut sum = Checksum::of(&[prk]);
        info.iter().for_each(|part| sum.absorb(part));
        sum.expand(okm);
        Ok(())
    }
}

impl Sha3 for Null {
    fn sha3_256(parts: &[&[u8]], digest: &mut [u8; 32]) {
        Checksum::of(parts).expand(digest);
    }

    fn shake256(input: &[u8], output: &mut [u8]) {
        Checksum::of(&[input]).expand(output);
    }
}

impl PasswordHash for Null {
    fn argon2id(
        password: &[u8],
        salt: &[u8; 16],
        _cost: &PasswordCost,
        hash: &mut [u8; 32],
    ) -> Result<(), PrimitiveError> {
        Checksum::of(&[password, salt]).expand(hash);
        Ok(())
    }
}

/// A private key of [`Null`] with its public half.
pub struct NullKey {
    private: Secret<32>,
    public: [u8; 32],
}

impl NullKey {
    fn new(bytes: &[u8; 32]) -> Self {
        let mut public = *bytes;
        for byte in &mut public {
            *byte ^= 0x5a;
        }
        // The engine takes canonical public keys only: below 2^255 - 19.
        if let Some(last) = public.last_mut() {
            *last &= 0x3f;
        }
        Self {
            private: Secret::new(*bytes),
            public,
        }
    }
}

impl KeyAgreement for Null {
    type PrivateKey = NullKey;

    fn private_key(bytes: &[u8; 32]) -> Result<Self::PrivateKey, PrimitiveError> {
        Ok(NullKey::new(bytes))
    }

    fn public_key(private: &Self::PrivateKey) -> &[u8; 32] {
        &private.public
    }

    fn private_bytes(private: &Self::PrivateKey) -> &[u8; 32] {
        private.private.expose()
    }

    fn agree(
        private: &Self::PrivateKey,
        peer: &[u8; 32],
        shared: &mut [u8; 32],
    ) -> Result<(), PrimitiveError> {
        if *peer == [0; 32] {
            shared.fill(0);
            return Err(PrimitiveError::NonContributory);
        }
        for ((out, ours), theirs) in shared.iter_mut().zip(&private.public).zip(peer) {
            *out = ours.wrapping_add(*theirs) | 1;
        }
        Ok(())
    }
}

impl Hmac for Null {
    fn sha256(parts: &[&[u8]]) -> [u8; 32] {
        let mut digest = [0; 32];
        Checksum::of(parts).expand(&mut digest);
        digest
    }

    fn hmac(key: &[u8], parts: &[&[u8]], tag: &mut [u8; 32]) {
        let mut sum = Checksum::of(&[key]);
        sum.absorb(&[0xff]);
        for part in parts {
            sum.absorb(part);
        }
        sum.expand(tag);
    }

    fn hkdf_expand(prk: &[u8; 32], info: &[u8], okm: &mut [u8]) -> Result<(), PrimitiveError> {
        if okm.len() > 255 * 32 {
            return Err(PrimitiveError::InvalidLength);
        }
        Checksum::of(&[prk, info]).expand(okm);
        Ok(())
    }
}

impl Aead for Null {
    type Key = Secret<32>;

    fn key(bytes: &[u8; 32]) -> Result<Self::Key, PrimitiveError> {
        Ok(Secret::new(*bytes))
    }

    fn seal(
        key: &Self::Key,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], PrimitiveError> {
        mask(key, buffer);
        Ok(tag_of(key, nonce, aad, buffer))
    }

    fn open(
        key: &Self::Key,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        if tag_of(key, nonce, aad, buffer) != *tag {
            buffer.zeroize();
            return Err(PrimitiveError::AuthenticationFailed);
        }
        mask(key, buffer);
        Ok(())
    }
}

/// Adds a key byte to every byte of the buffer: visibly another text, and its own inverse.
fn mask(key: &Secret<32>, buffer: &mut [u8]) {
    let [first, ..] = *key.expose();
    for byte in buffer {
        *byte ^= first | 0x80;
    }
}

fn tag_of(key: &Secret<32>, nonce: &[u8; 12], aad: &[u8], buffer: &[u8]) -> [u8; 16] {
    let mut tag = [0; 16];
    Checksum::of(&[key.expose(), nonce, aad, buffer]).expand(&mut tag);
    tag
}

impl Signature for Null {
    type SigningKey = NullKey;

    fn signing_key(seed: &[u8; 32]) -> Result<Self::SigningKey, PrimitiveError> {
        Ok(NullKey::new(seed))
    }

    fn public_key(key: &Self::SigningKey) -> &[u8; 32] {
        &key.public
    }

    fn seed(key: &Self::SigningKey) -> &[u8; 32] {
        key.private.expose()
    }

    fn sign(key: &Self::SigningKey, message: &[u8]) -> [u8; 64] {
        let mut signature = [0; 64];
        Checksum::of(&[&key.public, message]).expand(&mut signature);
        signature
    }

    fn verify(
        public: &[u8; 32],
        message: &[u8],
        signature: &[u8; 64],
    ) -> Result<(), PrimitiveError> {
        let mut expected = [0; 64];
        Checksum::of(&[public, message]).expand(&mut expected);
        if expected == *signature {
            Ok(())
        } else {
            Err(PrimitiveError::InvalidSignature)
        }
    }
}

/// A KEM of the given sizes without cryptography.
#[derive(Clone, Copy, Debug)]
pub struct NullKem<const PUBLIC: usize, const CIPHERTEXT: usize>;

impl<const PUBLIC: usize, const CIPHERTEXT: usize> Kem for NullKem<PUBLIC, CIPHERTEXT> {
    const PUBLIC_LEN: usize = PUBLIC;
    const CIPHERTEXT_LEN: usize = CIPHERTEXT;
    type DecapsulationKey = Secret<64>;

    fn decapsulation_key(seed: &[u8; 64]) -> Result<Self::DecapsulationKey, PrimitiveError> {
        Ok(Secret::new(*seed))
    }

    fn public_key(key: &Self::DecapsulationKey, public: &mut [u8]) -> Result<(), PrimitiveError> {
        if public.len() != PUBLIC {
            return Err(PrimitiveError::InvalidLength);
        }
        Checksum::of(&[key.expose()]).expand(public);
        Ok(())
    }

    fn encapsulate(
        public: &[u8],
        m: &[u8; 32],
        ciphertext: &mut [u8],
        shared: &mut [u8; 32],
    ) -> Result<(), PrimitiveError> {
        if public.len() != PUBLIC || ciphertext.len() != CIPHERTEXT {
            shared.fill(0);
            return Err(PrimitiveError::InvalidLength);
        }
        Checksum::of(&[m]).expand(ciphertext);
        Checksum::of(&[public, ciphertext]).expand(shared);
        Ok(())
    }

    fn decapsulate(
        key: &Self::DecapsulationKey,
        ciphertext: &[u8],
        shared: &mut [u8; 32],
    ) -> Result<(), PrimitiveError> {
        if ciphertext.len() != CIPHERTEXT {
            shared.fill(0);
            return Err(PrimitiveError::InvalidLength);
        }
        let mut public = [0; PUBLIC];
        Self::public_key(key, &mut public)?;
        Checksum::of(&[&public, ciphertext]).expand(shared);
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn agreement_commutes_and_refuses_the_zero_key() {
        let a = Null::private_key(&[1; 32]).unwrap();
        let b = Null::private_key(&[2; 32]).unwrap();
        let (mut ab, mut ba) = ([0; 32], [0; 32]);
        Null::agree(&a, <Null as KeyAgreement>::public_key(&b), &mut ab).unwrap();
        Null::agree(&b, <Null as KeyAgreement>::public_key(&a), &mut ba).unwrap();
        assert_eq!(ab, ba);
        assert_eq!(
            Null::agree(&a, &[0; 32], &mut ab),
            Err(PrimitiveError::NonContributory)
        );
        assert_eq!(ab, [0; 32]);
    }

    #[test]
    fn a_sealed_message_opens_once_whole_and_a_corrupted_one_leaves_zeros() {
        let mut sealed = *b"a message of some length";
        let tag = Null::seal_once(&[5; 32], &[1; 12], b"header", &mut sealed).unwrap();
        let mut opened = sealed;
        Null::open_once(&[5; 32], &[1; 12], b"header", &mut opened, &tag).unwrap();
        assert_eq!(&opened, b"a message of some length");
        for at in 0..sealed.len() {
            let mut forged = sealed;
            forged[at] ^= 1;
            Null::open_once(&[5; 32], &[1; 12], b"header", &mut forged, &tag).unwrap_err();
            assert_eq!(forged, [0; 24]);
        }
        Null::open_once(&[5; 32], &[2; 12], b"header", &mut sealed.clone(), &tag).unwrap_err();
        Null::open_once(&[5; 32], &[1; 12], b"hEader", &mut sealed.clone(), &tag).unwrap_err();
    }

    #[test]
    fn a_digest_does_not_depend_on_the_cut_and_depends_on_every_byte() {
        let whole = Null::sha256(&[b"0123456789abcdefghij"]);
        assert_eq!(
            whole,
            Null::sha256(&[b"012", b"", b"3456789abcdefg", b"hij"])
        );
        assert_ne!(whole, Null::sha256(&[b"0123456789abcdefghiJ"]));
    }

    #[test]
    fn signatures_and_encapsulations_are_understood_by_the_other_side() {
        let key = Null::signing_key(&[3; 32]).unwrap();
        let signature = Null::sign(&key, b"text");
        let public = <Null as Signature>::public_key(&key);
        Null::verify(public, b"text", &signature).unwrap();
        Null::verify(public, b"test", &signature).unwrap_err();

        type K = <Null as PqBackend>::MlKem768;
        let key = K::decapsulation_key(&[4; 64]).unwrap();
        let mut public = [0; K::PUBLIC_LEN];
        K::public_key(&key, &mut public).unwrap();
        let (mut ciphertext, mut ours, mut theirs) = ([0; K::CIPHERTEXT_LEN], [0; 32], [0; 32]);
        K::encapsulate(&public, &[6; 32], &mut ciphertext, &mut ours).unwrap();
        K::decapsulate(&key, &ciphertext, &mut theirs).unwrap();
        assert_eq!(ours, theirs);
        ciphertext[0] ^= 1;
        K::decapsulate(&key, &ciphertext, &mut theirs).unwrap();
        assert_ne!(ours, theirs);
    }
}
