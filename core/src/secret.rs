//! Secret bytes as a type: wiped on drop, never printed, never cloned, compared in constant time.

use alloc::vec::Vec;
use core::fmt;
use core::ops::{Deref, DerefMut};

use rand_core::TryCryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::codec::Writer;
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

/// Secret bytes of any number, wiped on drop: an encoded state, or a text that was opened.
///
/// As [`Secret`] they are never cloned or printed, and compared in constant time; what they dereference
/// to is a slice as any other.
#[derive(Default)]
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    /// Without bytes, and with room for so many: they need not grow up to these.
    #[must_use]
    pub fn with_capacity(len: usize) -> Self {
        Self(Vec::with_capacity(len))
    }

    /// For how many bytes there is room where they stand.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.0.capacity()
    }

    /// Appends a copy of these bytes. Where there is no room for them all move to where there is, and
    /// their old place is wiped.
    pub fn extend_from_slice(&mut self, bytes: &[u8]) {
        let len = self.len().saturating_add(bytes.len());
        if len > self.0.capacity() {
            let mut grown = Self::with_capacity(len.saturating_mul(2));
            grown.0.extend_from_slice(self);
            *self = grown;
        }
        self.0.extend_from_slice(bytes);
    }
}

impl From<Vec<u8>> for SecretBytes {
    /// Takes the bytes over. Where the vector stood before it grew, copies may be left.
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<&[u8]> for SecretBytes {
    /// Takes over a copy; the caller's own bytes stay the caller's to wipe.
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl Writer for SecretBytes {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

impl Deref for SecretBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for SecretBytes {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl ConstantTimeEq for SecretBytes {
    fn ct_eq(&self, other: &Self) -> subtle::Choice {
        (**self).ct_eq(&**other)
    }
}

impl PartialEq for SecretBytes {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for SecretBytes {}

impl AsRef<[u8]> for SecretBytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Drop for SecretBytes {
    fn drop(&mut self) {
        // What a vector has room for is wiped as a slice, what is in it byte by byte, which is slower.
        self.0.clear();
        self.0.zeroize();
    }
}

impl zeroize::ZeroizeOnDrop for SecretBytes {}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretBytes")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::vec;

    use super::*;

    #[test]
    fn bytes_that_grow_are_those_that_were_written() {
        let (mut secret, mut plain) = (SecretBytes::with_capacity(3), Vec::new());
        for len in 0..40 {
            secret.extend_from_slice(&vec![len; usize::from(len)]);
            plain.extend_from_slice(&vec![len; usize::from(len)]);
            assert_eq!(*secret, *plain);
        }
    }

    #[test]
    fn nothing_secret_is_printed() {
        let bytes = SecretBytes::from(vec![77; 3]);
        assert!(!format!("{bytes:?} {:?}", Secret::new([77; 3])).contains("77"));
    }
}
