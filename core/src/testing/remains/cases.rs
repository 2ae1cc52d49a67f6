//! The primitives of a backend, one by one: used once with planted secrets, and given back.

use std::boxed::Box;
use std::io;
use std::vec::Vec;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use super::canary::Planted;
use super::{Canary, Remains, Search};
use crate::backend::{CryptoBackend, FileBackend, PqBackend};
use crate::primitives::{
    Aead, AgreeJob, ExpandSha512, Hmac, Kem, KeyAgreement, PasswordCost, PasswordHash,
    PrimitiveError, Signature,
};

type Case<R> = (
    &'static str,
    fn(&mut R) -> Result<Vec<Canary>, PrimitiveError>,
);

/// Measures what the primitives of messages leave.
///
/// # Errors
/// What reading the memory gave, and a primitive or generator that fails.
pub fn primitives<B: PqBackend, R: TryCryptoRng + ?Sized>(rng: &mut R) -> io::Result<Vec<Remains>> {
    let cases: [Case<R>; 14] = [
        ("X25519", agreement::<B::X25519, R>),
        ("X25519, batches", agreements::<B::X25519, R>),
        ("HMAC-SHA-256", hmac::<B, R>),
        ("HKDF-SHA-256", hkdf::<B, R>),
        ("chain step", chain::<B, R>),
        ("AES-256-GCM, one use", aead_once::<B::Aes256Gcm, R>),
        ("AES-256-GCM, prepared", aead_prepared::<B::Aes256Gcm, R>),
        (
            "ChaCha20-Poly1305, one use",
            aead_once::<B::ChaCha20Poly1305, R>,
        ),
        (
            "ChaCha20-Poly1305, prepared",
            aead_prepared::<B::ChaCha20Poly1305, R>,
        ),
        ("Ed25519", signature::<B::Ed25519, R>),
        ("ML-KEM-768, private", kem_private::<B::MlKem768, R>),
        ("ML-KEM-768, public", kem_public::<B::MlKem768, R>),
        ("ML-KEM-1024, private", kem_private::<B::MlKem1024, R>),
        ("ML-KEM-1024, public", kem_public::<B::MlKem1024, R>),
    ];
    measure(&cases, rng)
}

/// Measures what the primitives of files leave.
///
/// # Errors
/// As [`primitives`].
pub fn files<B: FileBackend, R: TryCryptoRng + ?Sized>(rng: &mut R) -> io::Result<Vec<Remains>> {
    let cases: [Case<R>; 2] = [
        ("HKDF-SHA-512", hkdf_sha512::<B::Sha512, R>),
        ("Argon2id", password::<B::Argon2id, R>),
    ];
    measure(&cases, rng)
}

fn measure<R: ?Sized>(cases: &[Case<R>], rng: &mut R) -> io::Result<Vec<Remains>> {
    let mut search = Search::new();
    let mut measured = Vec::with_capacity(cases.len());
    for (case, work) in cases {
        let canaries = work(rng).map_err(io::Error::other)?;
        measured.push(search.remains(case, &canaries)?);
    }
    Ok(measured)
}

fn plant<const N: usize, R: TryCryptoRng + ?Sized>(
    rng: &mut R,
) -> Result<Planted<N>, PrimitiveError> {
    Canary::plant(rng).map_err(|_| PrimitiveError::Library)
}

/// A place for a result, on the heap.
fn place<const N: usize>() -> Box<Zeroizing<[u8; N]>> {
    Box::new(Zeroizing::new([0; N]))
}

fn agreement<K: KeyAgreement, R: TryCryptoRng + ?Sized>(
    rng: &mut R,
) -> Result<Vec<Canary>, PrimitiveError> {
    let ((ours, first), (theirs, second)) = (plant(rng)?, plant(rng)?);
    let (ours, theirs) = (K::private_key(&ours)?, K::private_key(&theirs)?);
    let mut shared = place();
    K::agree(&ours, K::public_key(&theirs), &mut shared)?;
    let third = Canary::of(&shared[..]);
    Ok(Vec::from([first, second, third]))
}

fn agreements<K: KeyAgreement, R: TryCryptoRng + ?Sized>(
    rng: &mut R,
) -> Result<Vec<Canary>, PrimitiveError> {
    const COUNT: usize = 8;
    let planted: Vec<Planted<32>> = (0..COUNT).map(|_| plant(rng)).collect::<Result<_, _>>()?;
    let bytes: Vec<&[u8; 32]> = planted.iter().map(|(secret, _)| &***secret).collect();
    let mut keys = Vec::with_capacity(COUNT);
    K::private_key_batch(&bytes, &mut keys)?;
    let publics: Vec<[u8; 32]> = keys.iter().map(|key| *K::public_key(key)).collect();
    let mut shared: Vec<_> = (0..COUNT).map(|_| place::<32>()).collect();
    let mut jobs: Vec<_> = (keys.iter().zip(publics.iter().rev()).zip(&mut shared))
        .map(|((private, peer), shared)| AgreeJob::<K> {
            private,
            peer,
            shared,
            outcome: Ok(()),
        })
        .collect();
    K::agree_batch(&mut jobs);
    drop(jobs);
    let results = shared.iter().map(|shared| Canary::of(&shared[..]));
    let secrets = planted.iter().map(|(_, canary)| canary.clone());
    Ok(secrets.chain(results).collect())
}

fn hmac<B: CryptoBackend, R: TryCryptoRng + ?Sized>(
    rng: &mut R,
) -> Result<Vec<Canary>, PrimitiveError> {
    let (key, first) = plant::<32, R>(rng)?;
    let mut tag = place();
    B::HmacSha256::hmac(&key[..], &[b"a part", b"another"], &mut tag);
    Ok(Vec::from([first, Canary::of(&tag[..])]))
}

fn hkdf<B: CryptoBackend, R: TryCryptoRng + ?Sized>(
    rng: &mut R,
) -> Result<Vec<Canary>, PrimitiveError> {
    let ((salt, first), (ikm, second)) = (plant(rng)?, plant(rng)?);
    let (mut prk, mut okm) = (place(), place());
    B::HmacSha256::hkdf_extract(&salt[..], &[&ikm[..]], &mut prk);
    B::HmacSha256::hkdf_expand(&prk, b"info", &mut okm[..])?;
    let mut root = place();
    B::HmacSha256::hkdf64(&salt, &ikm, b"info", &mut root)?;
    let made: [&[u8]; 3] = [&prk[..], &okm[..32], &root[..]];
    let made = made.into_iter().map(Canary::of);
    let okm: &Zeroizing<[u8; 64]> = &okm;
    let tail = Canary::of(&okm[32..]);
    Ok([first, second, tail].into_iter().chain(made).collect())
}

fn chain<B: CryptoBackend, R: TryCryptoRng + ?Sized>(
    rng: &mut R,
) -> Result<Vec<Canary>, PrimitiveError> {
    let (mut key, first) = plant::<32, R>(rng)?;
    let (mut message, mut next) = (place(), place());
    B::HmacSha256::chain_step(&key, &mut message, &mut next);
    B::HmacSha256::chain_advance(&mut key, 3);
    let made = [&message[..], &next[..], &key[..]].map(Canary::of);
    Ok([first].into_iter().chain(made).collect())
}

fn aead_once<A: Aead, R: TryCryptoRng + ?Sized>(
    rng: &mut R,
) -> Result<Vec<Canary>, PrimitiveError> {
    let (key, canary) = plant(rng)?;
    for len in [64, 40_000] {
        let mut text = std::vec![0; len];
        let tag = A::seal_once(&key, &[0; 12], b"ad", &mut text)?;
        A::open_once(&key, &[0; 12], b"ad", &mut text, &tag)?;
    }
    Ok(Vec::from([canary]))
}

fn aead_prepared<A: Aead, R: TryCryptoRng + ?Sized>(
    rng: &mut R,
) -> Result<Vec<Canary>, PrimitiveError> {
    let (bytes, canary) = plant(rng)?;
    // Where engines keep it: a key that lies on the heap.
    let key = Box::new(A::key(&bytes)?);
    let mut text = [0; 64];
    let tag = A::seal(&key, &[0; 12], b"ad", &mut text)?;
    A::open(&key, &[0; 12], b"ad", &mut text, &tag)?;
    Ok(Vec::from([canary]))
}

fn signature<S: Signature, R: TryCryptoRng + ?Sized>(
    rng: &mut R,
) -> Result<Vec<Canary>, PrimitiveError> {
    let (seed, canary) = plant(rng)?;
    let key = Box::new(S::signing_key(&seed)?);
    let signed = S::sign(&key, b"a statement");
    S::verify(S::public_key(&key), b"a statement", &signed)?;
    Ok(Vec::from([canary]))
}

fn kem_private<K: Kem, R: TryCryptoRng + ?Sized>(
    rng: &mut R,
) -> Result<Vec<Canary>, PrimitiveError> {
    let (seed, first) = plant(rng)?;
    let key = Box::new(K::decapsulation_key(&seed)?);
    let mut public = std::vec![0; K::PUBLIC_LEN];
    K::public_key(&key, &mut public)?;
    let (mut ciphertext, mut shared) = (std::vec![0; K::CIPHERTEXT_LEN], place());
    K::encapsulate(&public, &[7; 32], &mut ciphertext, &mut shared)?;
    K::decapsulate(&key, &ciphertext, &mut shared)?;
    Ok(Vec::from([first, Canary::of(&shared[..])]))
}

fn kem_public<K: Kem, R: TryCryptoRng + ?Sized>(
    rng: &mut R,
) -> Result<Vec<Canary>, PrimitiveError> {
    let (seed, _) = plant(rng)?;
    let (randomness, first) = plant(rng)?;
    let key = K::decapsulation_key(&seed)?;
    let mut public = std::vec![0; K::PUBLIC_LEN];
    K::public_key(&key, &mut public)?;
    let (mut ciphertext, mut shared) = (std::vec![0; K::CIPHERTEXT_LEN], place());
    K::encapsulate(&public, &randomness, &mut ciphertext, &mut shared)?;
    Ok(Vec::from([first, Canary::of(&shared[..])]))
}

fn hkdf_sha512<S: ExpandSha512, R: TryCryptoRng + ?Sized>(
    rng: &mut R,
) -> Result<Vec<Canary>, PrimitiveError> {
    let (prk, first) = plant::<32, R>(rng)?;
    let mut okm = place::<76>();
    S::hkdf_expand(&prk, &[b"info"], &mut okm[..])?;
    Ok(Vec::from([first, Canary::of(&okm[..])]))
}

fn password<P: PasswordHash, R: TryCryptoRng + ?Sized>(
    rng: &mut R,
) -> Result<Vec<Canary>, PrimitiveError> {
    let (password, first) = plant::<32, R>(rng)?;
    let cost = PasswordCost {
        memory: 64,
        passes: 1,
        lanes: 1,
    };
    let mut root = place();
    P::argon2id(&password[..], &[3; 16], &cost, &mut root)?;
    Ok(Vec::from([first, Canary::of(&root[..])]))
}
