//! AES-256-GCM made for keys that are used once, as a ratchet's message keys are.
//!
//! What a library prepares per key (the key schedule, the hash key and its powers) costs more than
//! sealing a short message. Here it is part of the message: the first blocks of key stream ride
//! along with the key schedule, and powers of the hash key are made only as far as the message
//! needs. Each kind of processor has a module with a `Path` that is the same to this one.
//! Everything on other processors, and prepared keys everywhere, is
//! [`rustcrypto`](crate::rustcrypto)'s.

use sprag_core::primitives::{Aead, OpenJob, PrimitiveError, SealJob};

use crate::rustcrypto::Aes256Gcm as Portable;

/// AES-256-GCM (NIST SP 800-38D), with single-use keys in code of our own where the processor has
/// AES instructions.
///
/// Keys prepared for many messages, and everything on other processors, are
/// [`crate::rustcrypto::Aes256Gcm`].
#[derive(Clone, Copy, Debug)]
pub struct Aes256Gcm;

impl Aead for Aes256Gcm {
    type Key = <Portable as Aead>::Key;

    fn key(bytes: &[u8; 32]) -> Result<Self::Key, PrimitiveError> {
        Portable::key(bytes)
    }

    fn seal(
        key: &Self::Key,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], PrimitiveError> {
        Portable::seal(key, nonce, aad, buffer)
    }

    fn open(
        key: &Self::Key,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        Portable::open(key, nonce, aad, buffer, tag)
    }

    #[inline]
    fn seal_once(
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], PrimitiveError> {
        Portable::seal_once(key, nonce, aad, buffer)
    }

    #[inline]
    fn open_once(
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        Portable::open_once(key, nonce, aad, buffer, tag)
    }

    fn seal_batch(jobs: &mut [SealJob<'_>]) {
        Portable::seal_batch(jobs);
    }

    fn open_batch(jobs: &mut [OpenJob<'_>]) {
        Portable::open_batch(jobs);
    }
}

#[cfg(test)]
mod tests;
