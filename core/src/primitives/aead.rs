//! Authenticated encryption, one message at a time and many.

use super::PrimitiveError;

/// An AEAD with a 32-byte key, a 12-byte nonce and a 16-byte tag.
pub trait Aead {
    /// A key prepared for many messages. Wiped on drop.
    type Key: Send + Sync;

    /// Prepares a key that will be used many times.
    ///
    /// # Errors
    /// [`PrimitiveError::Library`] if the library could not hold the key.
    fn key(bytes: &[u8; 32]) -> Result<Self::Key, PrimitiveError>;

    /// Encrypts `buffer` in place under a prepared key and returns the tag.
    ///
    /// # Errors
    /// [`PrimitiveError::InvalidLength`] if the buffer exceeds the cipher's limit; the buffer is
    /// then untouched.
    fn seal(
        key: &Self::Key,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], PrimitiveError>;

    /// Decrypts `buffer` in place under a prepared key. A failed open leaves zeros.
    ///
    /// # Errors
    /// [`PrimitiveError::AuthenticationFailed`] if the tag does not match.
    fn open(
        key: &Self::Key,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError>;

    /// [`seal`](Self::seal) of `text` into a buffer of its length, whatever stood there.
    ///
    /// # Errors
    /// As [`seal`](Self::seal); [`PrimitiveError::InvalidLength`] for a buffer of another length, which
    /// is then untouched.
    fn seal_into(
        key: &Self::Key,
        nonce: &[u8; 12],
        aad: &[u8],
        text: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], PrimitiveError> {
        copy(text, buffer)?;
        Self::seal(key, nonce, aad, buffer)
    }

    /// [`open`](Self::open) of `sealed` into a buffer of its length, whatever stood there. A failed
    /// open leaves zeros.
    ///
    /// # Errors
    /// As [`open`](Self::open); [`PrimitiveError::InvalidLength`] for a buffer of another length, which
    /// is then untouched.
    fn open_into(
        key: &Self::Key,
        nonce: &[u8; 12],
        aad: &[u8],
        sealed: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        copy(sealed, buffer)?;
        Self::open(key, nonce, aad, buffer, tag)
    }

    /// [`seal`](Self::seal) under a key that is used this once, as a ratchet's message key is.
    ///
    /// # Errors
    /// As [`key`](Self::key) and [`seal`](Self::seal).
    fn seal_once(
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], PrimitiveError> {
        Self::seal(&Self::key(key)?, nonce, aad, buffer)
    }

    /// [`open`](Self::open) under a key that is used this once.
    ///
    /// # Errors
    /// As [`key`](Self::key) and [`open`](Self::open).
    fn open_once(
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        Self::open(&Self::key(key)?, nonce, aad, buffer, tag)
    }

    /// Seals many messages, each under its own single-use key; ≡ a loop over
    /// [`seal_once`](Self::seal_once).
    fn seal_batch(jobs: &mut [SealJob<'_>]) {
        for job in jobs {
            job.outcome = Self::seal_once(job.key, job.nonce, job.aad, job.buffer);
        }
    }

    /// Opens many messages, each under its own single-use key; ≡ a loop over
    /// [`open_once`](Self::open_once).
    fn open_batch(jobs: &mut [OpenJob<'_>]) {
        for job in jobs {
            job.outcome = Self::open_once(job.key, job.nonce, job.aad, job.buffer, job.tag);
        }
    }
}

fn copy(from: &[u8], to: &mut [u8]) -> Result<(), PrimitiveError> {
    if from.len() != to.len() {
        return Err(PrimitiveError::InvalidLength);
    }
    to.copy_from_slice(from);
    Ok(())
}

/// One message to seal in a batch.
pub struct SealJob<'a> {
    /// The single-use key.
    pub key: &'a [u8; 32],
    /// The nonce.
    pub nonce: &'a [u8; 12],
    /// The associated data.
    pub aad: &'a [u8],
    /// The plaintext, replaced by the ciphertext.
    pub buffer: &'a mut [u8],
    /// The tag, or why there is none.
    pub outcome: Result<[u8; 16], PrimitiveError>,
}

/// One message to open in a batch.
pub struct OpenJob<'a> {
    /// The single-use key.
    pub key: &'a [u8; 32],
    /// The nonce.
    pub nonce: &'a [u8; 12],
    /// The associated data.
    pub aad: &'a [u8],
    /// The ciphertext, replaced by the plaintext, or by zeros on failure.
    pub buffer: &'a mut [u8],
    /// The tag to check.
    pub tag: &'a [u8; 16],
    /// How it went.
    pub outcome: Result<(), PrimitiveError>,
}
