//! A backend whose AEADs write down what they were used with, before they are.
//!
//! Each use is 17 bytes in a file that outlives the process: SHA-256 of key and nonce, its first 16
//! bytes, and what it was for. A line that was written and whose message was not is no harm.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::OnceLock;

use sprag::rustcrypto::RustCrypto;
use sprag_core::backend::{CryptoBackend, PqBackend};
use sprag_core::primitives::{Aead, Hmac, PrimitiveError};

/// Length of an entry in bytes.
pub(crate) const ENTRY: usize = 17;

static LOG: OnceLock<File> = OnceLock::new();

/// Writes down all uses from now on.
pub(crate) fn start(path: &Path) -> std::io::Result<()> {
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    LOG.get_or_init(|| file);
    Ok(())
}

fn write_down(key: &[u8; 32], nonce: &[u8; 12], aad: &[u8]) -> Result<(), PrimitiveError> {
    let Some(mut log) = LOG.get() else {
        return Ok(());
    };
    let digest = <RustCrypto as CryptoBackend>::HmacSha256::sha256(&[key, nonce]);
    let mut entry = [0; ENTRY];
    entry[..16].copy_from_slice(&digest[..16]);
    entry[16] = u8::from(aad.starts_with(b"SPRAG1 rest"));
    log.write_all(&entry).map_err(|_| PrimitiveError::Library)
}

/// RustCrypto, with AEADs that write down.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recording;

impl CryptoBackend for Recording {
    const NAME: &'static str = "recording";
    type X25519 = <RustCrypto as CryptoBackend>::X25519;
    type HmacSha256 = <RustCrypto as CryptoBackend>::HmacSha256;
    type Aes256Gcm = Recorded<<RustCrypto as CryptoBackend>::Aes256Gcm>;
    type ChaCha20Poly1305 = Recorded<<RustCrypto as CryptoBackend>::ChaCha20Poly1305>;
    type Ed25519 = <RustCrypto as CryptoBackend>::Ed25519;
}

impl PqBackend for Recording {
    type MlKem768 = <RustCrypto as PqBackend>::MlKem768;
    type MlKem1024 = <RustCrypto as PqBackend>::MlKem1024;
}

/// An AEAD that writes down.
pub(crate) struct Recorded<A>(PhantomData<A>);

impl<A: Aead> Aead for Recorded<A> {
    type Key = [u8; 32];

    fn key(bytes: &[u8; 32]) -> Result<Self::Key, PrimitiveError> {
        Ok(*bytes)
    }

    fn seal(
        key: &Self::Key,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], PrimitiveError> {
        write_down(key, nonce, aad)?;
        A::seal_once(key, nonce, aad, buffer)
    }

    fn open(
        key: &Self::Key,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        A::open_once(key, nonce, aad, buffer, tag)
    }
}
