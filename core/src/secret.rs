//! Secret bytes as a type: wiped on drop, never printed, never cloned, compared in constant time.

use core::fmt;

use rand_core::TryCryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::entropy::{self, EntropyError};

/// `N` secret bytes, held in place and wiped on drop.
///
/// There is no `Clone`, `Copy`, `PartialEq` or revealing `Debug`; a duplicate is made in plain
/// sight with [`duplicate`](Self::duplicate).
pub struct Secret<const N: usize>([u8; N]);

impl<const N: usize> Secret<N> {
    /// Takes over a copy of `bytes`; the caller's own copy stays the caller's to wipe.
    #[inline]
    #[must_use]
    pub const fn new(bytes: [u8; N]) -> Self {
        Self(bytes)
    }

    /// All zeros, to be written through [`expose_mut`](Self::expose_mut).
    #[inline]
    #[must_use]
    pub const fn zeroed() -> Self {
        Self([0; N])
    }

    /// Fresh random bytes.
    ///
    /// # Errors
    /// [`EntropyError`] if the generator failed or gave all zeros.
    pub fn random<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, EntropyError> {
        let mut secret = Self::zeroed();
        entropy::fill(rng, &mut secret.0)?;
        Ok(secret)
    }

    /// The bytes, for handing to a primitive or an encoder.
    #[inline]
    #[must_use]
    pub const fn expose(&self) -> &[u8; N] {
        &self.0
    }

    /// The bytes, for a primitive to write its result into.
    #[inline]
    pub const fn expose_mut(&mut self) -> &mut [u8; N] {
        &mut self.0
    }

    /// A second copy of the same secret.
    #[inline]
    #[must_use]
    pub const fn duplicate(&self) -> Self {
        Self(self.0)
    }
}

impl<const N: usize> ConstantTimeEq for Secret<N> {
    fn ct_eq(&self, other: &Self) -> subtle::Choice {
        self.0.as_slice().ct_eq(other.0.as_slice())
    }
}

impl<const N: usize> Drop for Secret<N> {
    #[inline]
    fn drop(&mut self) {
        // As a slice: an array is wiped element by element, which is slower.
        self.0.as_mut_slice().zeroize();
    }
}

impl<const N: usize> zeroize::ZeroizeOnDrop for Secret<N> {}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret<{N}>(..)")
    }
}
