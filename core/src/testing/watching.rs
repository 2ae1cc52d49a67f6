//! A backend that forwards to another one and shows a watcher every AEAD key that it uses.
//!
//! What lives here: [`Watching`] and [`Watch`], for tests that must know the keys of a run: that no
//! key and nonce are used twice, that a server's memory holds none, that none is left in memory that
//! was given back. It hands out secrets and is for nothing else. What does not: what the watcher does
//! with them.

use core::marker::PhantomData;

use zeroize::Zeroizing;

use crate::backend::{CryptoBackend, FileBackend, HybridBackend, PqBackend};
use crate::lifecycle::KeyEvent;
use crate::primitives::{Aead, PrimitiveError};

/// What a watcher is told, before it happens. A type without values, as a backend is: what it
/// remembers is in a place of its own.
pub trait Watch: Copy + core::fmt::Debug + Send + Sync + 'static {
    /// This key is about to seal.
    ///
    /// # Errors
    /// [`PrimitiveError`], which the engine is then given in place of the sealed text.
    fn seal(key: &[u8; 32], nonce: &[u8; 12], aad: &[u8]) -> Result<(), PrimitiveError>;

    /// This key is about to open. Ignored unless the watcher says otherwise.
    ///
    /// # Errors
    /// [`PrimitiveError`], which the engine is then given in place of the opened text.
    fn open(_key: &[u8; 32], _nonce: &[u8; 12], _aad: &[u8]) -> Result<(), PrimitiveError> {
        Ok(())
    }
}

/// The backend `B`, its AEADs watched by `W`.
#[derive(Clone, Copy, Debug)]
pub struct Watching<B, W>(PhantomData<(B, W)>);

impl<B: CryptoBackend, W: Watch> CryptoBackend for Watching<B, W> {
    const NAME: &'static str = B::NAME;
    type X25519 = B::X25519;
    type HmacSha256 = B::HmacSha256;
    type Aes256Gcm = Watched<B::Aes256Gcm, W>;
    type ChaCha20Poly1305 = Watched<B::ChaCha20Poly1305, W>;
    type Ed25519 = B::Ed25519;

    fn observe(event: KeyEvent) {
        B::observe(event);
    }
}

impl<B: PqBackend, W: Watch> PqBackend for Watching<B, W> {
    type MlKem768 = B::MlKem768;
    type MlKem1024 = B::MlKem1024;
}

impl<B: HybridBackend, W: Watch> HybridBackend for Watching<B, W> {
    type Sha3 = B::Sha3;
}

impl<B: FileBackend, W: Watch> FileBackend for Watching<B, W> {
    type Sha512 = B::Sha512;
    type Argon2id = B::Argon2id;
}

/// The AEAD `A`, watched by `W`.
pub struct Watched<A, W>(PhantomData<(A, W)>);

/// A prepared key, and its bytes for the watcher.
pub struct WatchedKey<K> {
    prepared: K,
    bytes: Zeroizing<[u8; 32]>,
    /// Where a gap would be behind a key that is aligned to 64 bytes. Nobody writes or wipes a gap.
    _gap: [u8; 32],
}

impl<A: Aead, W: Watch> Aead for Watched<A, W> {
    type Key = WatchedKey<A::Key>;

    fn key(bytes: &[u8; 32]) -> Result<Self::Key, PrimitiveError> {
        Ok(WatchedKey {
            prepared: A::key(bytes)?,
            bytes: Zeroizing::new(*bytes),
            _gap: [0; 32],
        })
    }

    fn seal(
        key: &Self::Key,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], PrimitiveError> {
        W::seal(&key.bytes, nonce, aad)?;
        A::seal(&key.prepared, nonce, aad, buffer)
    }

    fn open(
        key: &Self::Key,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        W::open(&key.bytes, nonce, aad)?;
        A::open(&key.prepared, nonce, aad, buffer, tag)
    }

    fn seal_once(
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], PrimitiveError> {
        W::seal(key, nonce, aad)?;
        A::seal_once(key, nonce, aad, buffer)
    }

    fn open_once(
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        W::open(key, nonce, aad)?;
        A::open_once(key, nonce, aad, buffer, tag)
    }
}
