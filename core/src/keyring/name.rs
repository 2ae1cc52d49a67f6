//! Names of scopes, slots and keys.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::KeyRingError;
use crate::codec::{Malformed, Reader, Writer};

/// The longest name in bytes.
pub const MAX_NAME: usize = 64;

/// A name: 1 to [`MAX_NAME`] of `A-Z a-z 0-9 - _ .`, in parts that `/` joins and none of which is
/// empty. Names are compared byte by byte.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name(Box<str>);

impl Name {
    pub(super) fn new(text: &str) -> Result<Self, KeyRingError> {
        if text.len() > MAX_NAME {
            return Err(KeyRingError::NameTooLong);
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let part = |part: &str| !part.is_empty() && part.chars().all(allowed);
        if !text.split('/').all(part) {
            return Err(KeyRingError::InvalidName);
        }
        Ok(Self(text.into()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let len = reader.u8()?;
        let text = core::str::from_utf8(reader.bytes(len.into())?).map_err(|_| Malformed)?;
        Self::new(text).map_err(|_| Malformed)
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.put(&[self.0.len() as u8]);
        out.put(self.0.as_bytes());
    }
}
