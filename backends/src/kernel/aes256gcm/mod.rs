//! AES-256-GCM made for keys that are used once, as a ratchet's message keys are.
//!
//! What a library prepares per key (the key schedule, the hash key and its powers) costs more than
//! sealing a short message. Here it is part of the message: the first blocks of key stream ride
//! along with the key schedule, and powers of the hash key are made only as far as the message
//! needs. Each kind of processor has a module with a `Path` that is the same to this one.
//! Everything on other processors, and prepared keys everywhere, is
//! [`rustcrypto`](crate::rustcrypto)'s.

#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
mod aarch64;
#[cfg(not(any(
    all(target_arch = "aarch64", target_feature = "neon"),
    all(target_arch = "x86_64", target_feature = "sse2"),
)))]
mod absent;
#[cfg(feature = "forced-paths")]
pub mod forced;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod x86;

use sprag_core::primitives::{Aead, OpenJob, PrimitiveError, SealJob};

use crate::aead_limit;
use crate::rustcrypto::Aes256Gcm as Portable;

#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
use aarch64::Path;
#[cfg(not(any(
    all(target_arch = "aarch64", target_feature = "neon"),
    all(target_arch = "x86_64", target_feature = "sse2"),
)))]
use absent::Path;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
use x86::Path;

/// AES-256-GCM (NIST SP 800-38D), with single-use keys in code of our own where the processor has
/// AES instructions.
///
/// Keys prepared for many messages, and everything on other processors, are
/// [`crate::rustcrypto::Aes256Gcm`].
#[derive(Clone, Copy, Debug)]
pub struct Aes256Gcm;

impl Aes256Gcm {
    /// The instructions that single-use keys take on this processor.
    #[must_use]
    pub fn path() -> &'static str {
        Path::detect().map_or("portable", Path::name)
    }

    /// The longest message in bytes that is sealed here under a single-use key faster than by
    /// ring, which is the fastest library for long ones. Measured on x86-64; an estimate on ARMv8.
    /// `None` on the portable path.
    #[must_use]
    #[inline]
    pub fn fastest_up_to() -> Option<usize> {
        Path::detect().map(Path::fastest_up_to)
    }

    /// Whether a long message goes from one buffer into another faster by
    /// [`seal_once_into`](Self::seal_once_into) than by a copy and ring.
    #[must_use]
    #[inline]
    pub fn is_fastest_between_buffers() -> bool {
        Path::detect().is_some_and(Path::is_fastest_between_buffers)
    }

    /// [`seal_once`](Aead::seal_once) of `text` into a buffer of its length, whatever stood there.
    ///
    /// # Errors
    /// [`PrimitiveError::InvalidLength`] beyond the cipher's limit, or for a buffer of another length;
    /// it is then untouched.
    pub fn seal_once_into(
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        text: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], PrimitiveError> {
        let Some(path) = Path::detect() else {
            return Portable::seal_into(&Portable::key(key)?, nonce, aad, text, buffer);
        };
        aead_limit::check(text.len(), aead_limit::AES_GCM)?;
        same_length(text, buffer)?;
        Ok(path.seal(key, nonce, aad, Some(text), buffer))
    }

    /// [`open_once`](Aead::open_once) of `sealed` into a buffer of its length, whatever stood there.
    /// A failed open leaves zeros.
    ///
    /// # Errors
    /// [`PrimitiveError::AuthenticationFailed`] if the tag does not match;
    /// [`PrimitiveError::InvalidLength`] for a buffer of another length, which is then untouched.
    pub fn open_once_into(
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        sealed: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        let Some(path) = Path::detect() else {
            return Portable::open_into(&Portable::key(key)?, nonce, aad, sealed, buffer, tag);
        };
        same_length(sealed, buffer)?;
        path.open(key, nonce, aad, Some(sealed), buffer, tag)
    }
}

const fn same_length(one: &[u8], other: &[u8]) -> Result<(), PrimitiveError> {
    if one.len() == other.len() {
        Ok(())
    } else {
        Err(PrimitiveError::InvalidLength)
    }
}

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
        match Path::detect() {
            Some(path) => {
                aead_limit::check(buffer.len(), aead_limit::AES_GCM)?;
                Ok(path.seal(key, nonce, aad, None, buffer))
            }
            None => Portable::seal_once(key, nonce, aad, buffer),
        }
    }

    #[inline]
    fn open_once(
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        match Path::detect() {
            Some(path) => path.open(key, nonce, aad, None, buffer, tag),
            None => Portable::open_once(key, nonce, aad, buffer, tag),
        }
    }

    fn seal_batch(jobs: &mut [SealJob<'_>]) {
        match Path::detect() {
            Some(path) => path.seal_batch(jobs),
            None => Portable::seal_batch(jobs),
        }
    }

    fn open_batch(jobs: &mut [OpenJob<'_>]) {
        match Path::detect() {
            Some(path) => path.open_batch(jobs),
            None => Portable::open_batch(jobs),
        }
    }
}

/// A message before it is sealed or opened.
// Where there is no path, nobody reads it.
#[allow(dead_code)]
struct Message<'a> {
    key: &'a [u8; 32],
    nonce: &'a [u8; 12],
    aad: &'a [u8],
    buffer: &'a mut [u8],
}

/// A way to seal and open under single-use keys, and proof that the processor has its instructions.
trait SingleUse: Copy {
    /// Seals a message and writes `tag`, or opens it and says whether `tag` is right; if not, the buffer
    /// is all zeros. Its text stands in the buffer, or in `text` of the buffer's length.
    fn run<const SEAL: bool>(
        self,
        text: Option<&[u8]>,
        message: &mut [Message<'_>; 1],
        tag: &mut [u8; 16],
    ) -> bool;

    #[inline]
    fn seal(
        self,
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        text: Option<&[u8]>,
        buffer: &mut [u8],
    ) -> [u8; 16] {
        let mut tag = [0; 16];
        self.run::<true>(
            text,
            &mut [Message {
                key,
                nonce,
                aad,
                buffer,
            }],
            &mut tag,
        );
        tag
    }

    #[inline]
    fn open(
        self,
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        sealed: Option<&[u8]>,
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), PrimitiveError> {
        opened(self.run::<false>(
            sealed,
            &mut [Message {
                key,
                nonce,
                aad,
                buffer,
            }],
            &mut { *tag },
        ))
    }

    /// Seals each of the messages; one beyond GCM's limit is refused.
    fn seal_batch(self, jobs: &mut [SealJob<'_>]) {
        for job in jobs {
            job.outcome = aead_limit::check(job.buffer.len(), aead_limit::AES_GCM)
                .map(|()| self.seal(job.key, job.nonce, job.aad, None, job.buffer));
        }
    }

    /// Opens each of the messages.
    fn open_batch(self, jobs: &mut [OpenJob<'_>]) {
        for job in jobs {
            job.outcome = self.open(job.key, job.nonce, job.aad, None, job.buffer, job.tag);
        }
    }
}

fn opened(tag_is_right: bool) -> Result<(), PrimitiveError> {
    if tag_is_right {
        Ok(())
    } else {
        Err(PrimitiveError::AuthenticationFailed)
    }
}

#[cfg(test)]
mod tests;
