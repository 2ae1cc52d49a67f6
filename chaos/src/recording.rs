//! A backend whose AEADs write down what they were used with, before they are.
//!
//! Each use is 17 bytes in a file that outlives the process: SHA-256 of key and nonce, its first 16
//! bytes, and what it was for. A line that was written and whose message was not is no harm.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::OnceLock;

use sprag::rustcrypto::RustCrypto;
use sprag::testing::watching::{Watch, Watching};
use sprag_core::backend::CryptoBackend;
use sprag_core::primitives::{Hmac, PrimitiveError};

/// Length of an entry in bytes.
pub(crate) const ENTRY: usize = 17;

static LOG: OnceLock<File> = OnceLock::new();

/// Writes down all uses from now on.
pub(crate) fn start(path: &Path) -> std::io::Result<()> {
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    LOG.get_or_init(|| file);
    Ok(())
}

/// RustCrypto, with AEADs that write down what they seal with.
pub(crate) type Recording = Watching<RustCrypto, WriteDown>;

#[derive(Clone, Copy, Debug)]
pub(crate) enum WriteDown {}

impl Watch for WriteDown {
    fn seal(key: &[u8; 32], nonce: &[u8; 12], aad: &[u8]) -> Result<(), PrimitiveError> {
        let Some(mut log) = LOG.get() else {
            return Ok(());
        };
        let digest = <RustCrypto as CryptoBackend>::HmacSha256::sha256(&[key, nonce]);
        let mut entry = [0; ENTRY];
        entry[..16].copy_from_slice(&digest[..16]);
        entry[16] = u8::from(aad.starts_with(b"SPRAG1 rest"));
        log.write_all(&entry).map_err(|_| PrimitiveError::Library)
    }
}
