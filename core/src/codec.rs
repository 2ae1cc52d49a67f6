//! Canonical big-endian encoding: a bounded reader and an appending writer.
//!
//! Every layout of this crate is hand-written over these two. The reader borrows from its input,
//! so no length field can cause an allocation; trailing bytes are refused by
//! [`finish`](Reader::finish).

use alloc::vec::Vec;
use core::fmt;

/// The bytes are not a canonical encoding of what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("malformed encoding")
    }
}

impl core::error::Error for Malformed {}

/// Reads fixed-size fields off the front of a byte slice.
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads from the start of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    /// [`Malformed`] if fewer are left; so for every method below.
    pub fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], Malformed> {
        let (head, rest) = self.rest.split_first_chunk().ok_or(Malformed)?;
        self.rest = rest;
        Ok(head)
    }

    /// The next `len` bytes.
    #[allow(clippy::missing_errors_doc)]
    pub fn bytes(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let (head, rest) = self.rest.split_at_checked(len).ok_or(Malformed)?;
        self.rest = rest;
        Ok(head)
    }

    /// A byte string behind its `u16` length (`lp` in the protocol's notation).
    #[allow(clippy::missing_errors_doc)]
    pub fn prefixed(&mut self) -> Result<&'a [u8], Malformed> {
        let len = self.u16()?;
        self.bytes(len.into())
    }

    /// The next byte.
    #[allow(clippy::missing_errors_doc)]
    pub fn u8(&mut self) -> Result<u8, Malformed> {
        self.array().copied().map(u8::from_be_bytes)
    }

    /// The next two bytes as an integer.
    #[allow(clippy::missing_errors_doc)]
    pub fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().copied().map(u16::from_be_bytes)
    }

    /// The next four bytes as an integer.
    #[allow(clippy::missing_errors_doc)]
    pub fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().copied().map(u32::from_be_bytes)
    }

    /// The next eight bytes as an integer.
    #[allow(clippy::missing_errors_doc)]
    pub fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().copied().map(u64::from_be_bytes)
    }

    /// A byte that must be 0 or 1.
    #[allow(clippy::missing_errors_doc)]
    pub fn flag(&mut self) -> Result<bool, Malformed> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed),
        }
    }

    /// How many bytes are left.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Ends the reading; nothing may be left over.
    #[allow(clippy::missing_errors_doc)]
    pub const fn finish(self) -> Result<(), Malformed> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Malformed)
        }
    }
}

/// Appends fields to bytes.
///
/// A vector that grows leaves its old bytes behind: where fields are secret, write to
/// [`SecretBytes`](crate::SecretBytes).
pub trait Writer {
    /// Appends bytes as they are.
    fn put(&mut self, bytes: &[u8]);

    /// Appends a big-endian `u16`.
    fn put_u16(&mut self, value: u16) {
        self.put(&value.to_be_bytes());
    }

    /// Appends a big-endian `u32`.
    fn put_u32(&mut self, value: u32) {
        self.put(&value.to_be_bytes());
    }

    /// Appends a big-endian `u64`.
    fn put_u64(&mut self, value: u64) {
        self.put(&value.to_be_bytes());
    }
}

impl Writer for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}
