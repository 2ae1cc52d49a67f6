//! The one place where randomness enters.
//!
//! Every call that needs randomness takes a generator of [`rand_core`]; both infallible ones
//! (`CryptoRng`) and fallible ones (`TryCryptoRng`, such as the operating system's) will do. A
//! generator that fails, or that gives only zeros where a key was asked for, is a typed error:
//! there is no fall-back.

use core::fmt;

use rand_core::TryCryptoRng;

/// The random number generator failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntropyError;

impl fmt::Display for EntropyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the random number generator failed")
    }
}

impl core::error::Error for EntropyError {}

/// Fills `bytes` with randomness.
///
/// # Errors
/// [`EntropyError`] if the generator failed, or if it gave 32 or more bytes that are all zero,
/// which a working generator never does.
#[inline]
pub fn fill<R: TryCryptoRng + ?Sized>(rng: &mut R, bytes: &mut [u8]) -> Result<(), EntropyError> {
    rng.try_fill_bytes(bytes).map_err(|_| EntropyError)?;
    if bytes.len() >= 32 && bytes.iter().fold(0, |any, byte| any | byte) == 0 {
        return Err(EntropyError);
    }
    Ok(())
}
