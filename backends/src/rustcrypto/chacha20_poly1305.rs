//! ChaCha20-Poly1305 over `chacha20poly1305`.

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use sprag_core::primitives::{Aead, PrimitiveError};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::aead_limit;

/// ChaCha20-Poly1305 (RFC 8439) from `chacha20poly1305`.
#[derive(Clone, Copy, Debug)]
pub struct ChaCha20Poly1305;

/// A prepared ChaCha20-Poly1305 key. Wiped on drop.
pub struct ChaCha20Poly1305Key(chacha20poly1305::ChaCha20Poly1305);

impl Aead for ChaCha20Poly1305 {
    type Key = ChaCha20Poly1305Key;

    fn key(bytes: &[u8; 32]) -> Result<ChaCha20Poly1305Key, PrimitiveError> {
        Ok(ChaCha20Poly1305Key(
            chacha20poly1305::ChaCha20Poly1305::new(bytes.into()),
        ))
    }

    fn seal(
        key: &ChaCha20Poly1305Key,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], PrimitiveError> {
        aead_limit::check(buffer.len(), aead_limit::CHACHA20_POLY1305)?;
        key.0
            .encrypt_inout_detached(nonce.into(), aad, buffer.into())
            .map(Into::into)
            .map_err(|_| PrimitiveError::InvalidLength)
    }

    fn open(
        key: &ChaCha20Poly1305Key,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        key.0
            .decrypt_inout_detached(nonce.into(), aad, (&mut *buffer).into(), tag.into())
            .map_err(|_| {
                buffer.zeroize();
                PrimitiveError::AuthenticationFailed
            })
    }
}

const fn assert_wipes<T: ZeroizeOnDrop>() {}
const _: () = assert_wipes::<chacha20poly1305::ChaCha20Poly1305>();
