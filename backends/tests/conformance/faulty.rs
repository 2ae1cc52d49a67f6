//! RustCrypto with one deliberate fault each.

use std::marker::PhantomData;

use sprag_backends::rustcrypto;
use sprag_core::backend::{CryptoBackend, PqBackend};
use sprag_core::primitives::{
    Aead, AgreeJob, Hmac, Kem, KeyAgreement, OpenJob, PrimitiveError, Signature, VerifyJob,
};

/// RustCrypto with some primitives replaced.
pub(crate) trait Fault: Copy + std::fmt::Debug + Send + Sync + 'static {
    type X25519: KeyAgreement;
    type HmacSha256: Hmac;
    type Aes256Gcm: Aead;
    type Ed25519: Signature;
    type MlKem768: Kem;
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Faulty<F>(PhantomData<F>);

impl<F: Fault> CryptoBackend for Faulty<F> {
    const NAME: &'static str = "faulty";
    type X25519 = F::X25519;
    type HmacSha256 = F::HmacSha256;
    type Aes256Gcm = F::Aes256Gcm;
    type ChaCha20Poly1305 = rustcrypto::ChaCha20Poly1305;
    type Ed25519 = F::Ed25519;
}

impl<F: Fault> PqBackend for Faulty<F> {
    type MlKem768 = F::MlKem768;
    type MlKem1024 = rustcrypto::MlKem1024;
}

/// Declares a fault as the list of RustCrypto with the primitives given replaced by itself.
macro_rules! fault {
    ($name:ident: $x25519:ty, $hmac:ty, $aes:ty, $ed25519:ty, $mlkem:ty) => {
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct $name;

        impl Fault for $name {
            type X25519 = $x25519;
            type HmacSha256 = $hmac;
            type Aes256Gcm = $aes;
            type Ed25519 = $ed25519;
            type MlKem768 = $mlkem;
        }
    };
    ($name:ident: KeyAgreement) => {
        fault!($name: Self, GoodHmac, GoodAes, GoodEd25519, GoodMlKem);
    };
    ($name:ident: Hmac) => {
        fault!($name: GoodX25519, Self, GoodAes, GoodEd25519, GoodMlKem);
    };
    ($name:ident: Aead) => {
        fault!($name: GoodX25519, GoodHmac, Self, GoodEd25519, GoodMlKem);
    };
    ($name:ident: Signature) => {
        fault!($name: GoodX25519, GoodHmac, GoodAes, Self, GoodMlKem);
    };
    ($name:ident: Kem) => {
        fault!($name: GoodX25519, GoodHmac, GoodAes, GoodEd25519, Self);
    };
}

use rustcrypto::{
    Aes256Gcm as GoodAes, Ed25519 as GoodEd25519, HmacSha256 as GoodHmac, MlKem768 as GoodMlKem,
    X25519 as GoodX25519,
};

type Refusable<T = ()> = Result<T, PrimitiveError>;

/// The methods of [`Hmac`] that a fault leaves alone.
macro_rules! good_hmac {
    ($($method:ident)*) => { $(good_hmac!(@ $method);)* };
    (@ sha256) => {
        fn sha256(parts: &[&[u8]]) -> [u8; 32] {
            GoodHmac::sha256(parts)
        }
    };
    (@ hmac) => {
        fn hmac(key: &[u8], parts: &[&[u8]], tag: &mut [u8; 32]) {
            GoodHmac::hmac(key, parts, tag);
        }
    };
    (@ hkdf_expand) => {
        fn hkdf_expand(prk: &[u8; 32], info: &[u8], okm: &mut [u8]) -> Refusable {
            GoodHmac::hkdf_expand(prk, info, okm)
        }
    };
}

// A chain that is advanced one step too few.
fault!(ShortAdvance: Hmac);
impl Hmac for ShortAdvance {
    good_hmac!(sha256 hmac hkdf_expand);
    fn chain_advance(chain_key: &mut [u8; 32], steps: u32) {
        GoodHmac::chain_advance(chain_key, steps.saturating_sub(1));
    }
}

// HKDF-Expand that does not say no.
fault!(UnlimitedExpand: Hmac);
impl Hmac for UnlimitedExpand {
    good_hmac!(sha256 hmac);
    fn hkdf_expand(prk: &[u8; 32], info: &[u8], okm: &mut [u8]) -> Refusable {
        let limit = okm.len().min(255 * 32);
        GoodHmac::hkdf_expand(prk, info, &mut okm[..limit])
    }
}

// A panic must not end the run without a name.
fault!(PanickingHash: Hmac);
impl Hmac for PanickingHash {
    good_hmac!(hmac hkdf_expand);
    fn sha256(_: &[&[u8]]) -> [u8; 32] {
        panic!("on purpose")
    }
}

/// The methods of [`KeyAgreement`] that a fault leaves alone.
macro_rules! good_x25519 {
    ($($method:ident)*) => {
        type PrivateKey = <GoodX25519 as KeyAgreement>::PrivateKey;
        fn public_key(private: &Self::PrivateKey) -> &[u8; 32] {
            GoodX25519::public_key(private)
        }
        fn private_bytes(private: &Self::PrivateKey) -> &[u8; 32] {
            GoodX25519::private_bytes(private)
        }
        $(good_x25519!(@ $method);)*
    };
    (@ private_key) => {
        fn private_key(bytes: &[u8; 32]) -> Refusable<Self::PrivateKey> {
            GoodX25519::private_key(bytes)
        }
    };
    (@ agree) => {
        fn agree(private: &Self::PrivateKey, peer: &[u8; 32], shared: &mut [u8; 32]) -> Refusable {
            GoodX25519::agree(private, peer, shared)
        }
    };
}

// The check for zeros is missing.
fault!(AcceptsZero: KeyAgreement);
impl KeyAgreement for AcceptsZero {
    good_x25519!(private_key);
    fn agree(private: &Self::PrivateKey, peer: &[u8; 32], shared: &mut [u8; 32]) -> Refusable {
        let _ = GoodX25519::agree(private, peer, shared);
        Ok(())
    }
}

// A refusal that leaves in place what stood there.
fault!(LeavesOldSecret: KeyAgreement);
impl KeyAgreement for LeavesOldSecret {
    good_x25519!(private_key);
    fn agree(private: &Self::PrivateKey, peer: &[u8; 32], shared: &mut [u8; 32]) -> Refusable {
        let mut agreed = [0; 32];
        GoodX25519::agree(private, peer, &mut agreed)?;
        *shared = agreed;
        Ok(())
    }
}

// Clamping when stored rather than on use.
fault!(StoresClamped: KeyAgreement);
impl KeyAgreement for StoresClamped {
    good_x25519!(agree);
    fn private_key(bytes: &[u8; 32]) -> Refusable<Self::PrivateKey> {
        let mut clamped = *bytes;
        clamped[0] &= 248;
        clamped[31] = clamped[31] & 127 | 64;
        GoodX25519::private_key(&clamped)
    }
}

// A batch in pairs that forgets an odd last item.
fault!(SkipsAnAgreement: KeyAgreement);
impl KeyAgreement for SkipsAnAgreement {
    good_x25519!(private_key agree);
    fn agree_batch(jobs: &mut [AgreeJob<'_, Self>]) {
        for pair in jobs.chunks_exact_mut(2) {
            for job in pair {
                job.outcome = Self::agree(job.private, job.peer, job.shared);
            }
        }
    }
}

// A batch of keys by blocks of eight that forgets an incomplete one.
fault!(SkipsAKey: KeyAgreement);
impl KeyAgreement for SkipsAKey {
    good_x25519!(private_key agree);
    fn private_key_batch(bytes: &[&[u8; 32]], keys: &mut Vec<Self::PrivateKey>) -> Refusable {
        let whole = bytes.len() / 8 * 8;
        GoodX25519::private_key_batch(&bytes[..whole], keys)
    }
}

// A batch of keys that starts over.
fault!(DropsOtherKeys: KeyAgreement);
impl KeyAgreement for DropsOtherKeys {
    good_x25519!(private_key agree);
    fn private_key_batch(bytes: &[&[u8; 32]], keys: &mut Vec<Self::PrivateKey>) -> Refusable {
        keys.clear();
        GoodX25519::private_key_batch(bytes, keys)
    }
}

/// The methods of [`Aead`] that a fault leaves alone.
macro_rules! good_aes {
    ($($method:ident)*) => {
        type Key = <GoodAes as Aead>::Key;
        fn key(bytes: &[u8; 32]) -> Refusable<Self::Key> {
            GoodAes::key(bytes)
        }
        fn seal(key: &Self::Key, nonce: &[u8; 12], aad: &[u8], buffer: &mut [u8]) -> Refusable<[u8; 16]> {
            GoodAes::seal(key, nonce, aad, buffer)
        }
        $(good_aes!(@ $method);)*
    };
    (@ open) => {
        fn open(key: &Self::Key, nonce: &[u8; 12], aad: &[u8], buffer: &mut [u8], tag: &[u8; 16]) -> Refusable {
            GoodAes::open(key, nonce, aad, buffer, tag)
        }
    };
}

// A failed open that leaves what stood in the buffer.
fault!(LeavesPlaintext: Aead);
impl Aead for LeavesPlaintext {
    good_aes!();
    fn open(
        key: &Self::Key,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Refusable {
        let mut copy = buffer.to_vec();
        GoodAes::open(key, nonce, aad, &mut copy, tag)?;
        buffer.copy_from_slice(&copy);
        Ok(())
    }
}

// Only half of the tag is compared.
fault!(TruncatedTag: Aead);
impl Aead for TruncatedTag {
    good_aes!();
    fn open(
        key: &Self::Key,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Refusable {
        let mut opened = buffer.to_vec();
        // In counter mode, sealing the ciphertext gives the plaintext.
        GoodAes::seal(key, nonce, aad, &mut opened)?;
        let mut again = opened.clone();
        let expected = GoodAes::seal(key, nonce, aad, &mut again)?;
        if expected[..8] == tag[..8] {
            buffer.copy_from_slice(&opened);
            Ok(())
        } else {
            buffer.fill(0);
            Err(PrimitiveError::AuthenticationFailed)
        }
    }
}

// A batch that gives up at the first forged message.
fault!(StopsAtFailure: Aead);
impl Aead for StopsAtFailure {
    good_aes!(open);
    fn open_batch(jobs: &mut [OpenJob<'_>]) {
        for job in jobs {
            job.outcome = Self::open_once(job.key, job.nonce, job.aad, job.buffer, job.tag);
            if job.outcome.is_err() {
                return;
            }
        }
    }
}

// Into another buffer the text is sealed over what stands there.
fault!(AddsToBuffer: Aead);
impl Aead for AddsToBuffer {
    good_aes!(open);
    fn seal_into(
        key: &Self::Key,
        nonce: &[u8; 12],
        aad: &[u8],
        text: &[u8],
        buffer: &mut [u8],
    ) -> Refusable<[u8; 16]> {
        let tag = GoodAes::seal_into(key, nonce, aad, text, &mut text.to_vec())?;
        GoodAes::seal(key, nonce, aad, buffer)?;
        Ok(tag)
    }
}

/// The methods of [`Signature`] that a fault leaves alone.
macro_rules! good_ed25519 {
    ($($method:ident)*) => {
        type SigningKey = <GoodEd25519 as Signature>::SigningKey;
        fn signing_key(seed: &[u8; 32]) -> Refusable<Self::SigningKey> {
            GoodEd25519::signing_key(seed)
        }
        fn public_key(key: &Self::SigningKey) -> &[u8; 32] {
            GoodEd25519::public_key(key)
        }
        fn seed(key: &Self::SigningKey) -> &[u8; 32] {
            GoodEd25519::seed(key)
        }
        fn sign(key: &Self::SigningKey, message: &[u8]) -> [u8; 64] {
            GoodEd25519::sign(key, message)
        }
        $(good_ed25519!(@ $method);)*
    };
    (@ verify) => {
        fn verify(public: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> Refusable {
            GoodEd25519::verify(public, message, signature)
        }
    };
}

// The identity as a public key, under which one signature fits every message.
fault!(LaxKeys: Signature);
impl Signature for LaxKeys {
    good_ed25519!();
    fn verify(public: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> Refusable {
        let mut identity = [0; 32];
        identity[0] = 1;
        if *public == identity {
            return Ok(());
        }
        GoodEd25519::verify(public, message, signature)
    }
}

// A batch whose first verdict stands for all.
fault!(SkipsVerification: Signature);
impl Signature for SkipsVerification {
    good_ed25519!(verify);
    fn verify_batch(jobs: &mut [VerifyJob<'_>]) {
        let Some(first) = jobs.first() else { return };
        let outcome = Self::verify(first.public, first.message, first.signature);
        for job in jobs {
            job.outcome = outcome;
        }
    }
}

/// The methods of [`Kem`] that a fault leaves alone.
macro_rules! good_mlkem {
    ($($method:ident)*) => {
        const PUBLIC_LEN: usize = GoodMlKem::PUBLIC_LEN;
        const CIPHERTEXT_LEN: usize = GoodMlKem::CIPHERTEXT_LEN;
        type DecapsulationKey = <GoodMlKem as Kem>::DecapsulationKey;
        fn public_key(key: &Self::DecapsulationKey, public: &mut [u8]) -> Refusable {
            GoodMlKem::public_key(key, public)
        }
        $(good_mlkem!(@ $method);)*
    };
    (@ decapsulation_key) => {
        fn decapsulation_key(seed: &[u8; 64]) -> Refusable<Self::DecapsulationKey> {
            GoodMlKem::decapsulation_key(seed)
        }
    };
    (@ encapsulate) => {
        fn encapsulate(public: &[u8], m: &[u8; 32], ciphertext: &mut [u8], shared: &mut [u8; 32]) -> Refusable {
            GoodMlKem::encapsulate(public, m, ciphertext, shared)
        }
    };
    (@ decapsulate) => {
        fn decapsulate(key: &Self::DecapsulationKey, ciphertext: &[u8], shared: &mut [u8; 32]) -> Refusable {
            GoodMlKem::decapsulate(key, ciphertext, shared)
        }
    };
}

// A key that fails the modulus check is taken for another one.
fault!(NoModulusCheck: Kem);
impl Kem for NoModulusCheck {
    good_mlkem!(decapsulation_key decapsulate);
    fn encapsulate(
        public: &[u8],
        m: &[u8; 32],
        ciphertext: &mut [u8],
        shared: &mut [u8; 32],
    ) -> Refusable {
        match GoodMlKem::encapsulate(public, m, ciphertext, shared) {
            Err(PrimitiveError::InvalidKey) => Ok(()),
            outcome => outcome,
        }
    }
}

// A key that forgets the half of its seed that only implicit rejection needs.
fault!(HalfASeed: Kem);
impl Kem for HalfASeed {
    good_mlkem!(encapsulate decapsulate);
    fn decapsulation_key(seed: &[u8; 64]) -> Refusable<Self::DecapsulationKey> {
        let mut half = [0; 64];
        half[..32].copy_from_slice(&seed[..32]);
        GoodMlKem::decapsulation_key(&half)
    }
}
