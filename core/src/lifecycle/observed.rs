//! The backend that tells.

use core::marker::PhantomData;

use crate::backend::{CryptoBackend, FileBackend, HybridBackend, PqBackend};
use crate::lifecycle::{KeyEvent, KeyObserver};

/// The backend `B`, whose engine tells `O` of every key.
#[derive(Clone, Copy, Debug)]
pub struct Observed<B, O>(PhantomData<(B, O)>);

impl<B: CryptoBackend, O: KeyObserver> CryptoBackend for Observed<B, O> {
    const NAME: &'static str = B::NAME;
    type X25519 = B::X25519;
    type HmacSha256 = B::HmacSha256;
    type Aes256Gcm = B::Aes256Gcm;
    type ChaCha20Poly1305 = B::ChaCha20Poly1305;
    type Ed25519 = B::Ed25519;

    #[inline]
    fn observe(event: KeyEvent) {
        O::key(event);
        B::observe(event);
    }
}

impl<B: PqBackend, O: KeyObserver> PqBackend for Observed<B, O> {
    type MlKem768 = B::MlKem768;
    type MlKem1024 = B::MlKem1024;
}

impl<B: HybridBackend, O: KeyObserver> HybridBackend for Observed<B, O> {
    type Sha3 = B::Sha3;
}

impl<B: FileBackend, O: KeyObserver> FileBackend for Observed<B, O> {
    type Sha512 = B::Sha512;
    type Argon2id = B::Argon2id;
}
