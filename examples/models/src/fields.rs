//! A list of byte strings as one: what goes over the network and into records.
//!
//! Each behind its length as a big-endian `u32`; at most [`MOST`]. Lengths are checked against what is
//! there before anything is taken.

use std::fmt;

use sprag::SecretBytes;

/// The most fields of a list.
pub const MOST: usize = 4096;

/// Joins fields. Wiped on drop, as what it was made of may have to be gone.
#[must_use]
pub fn join(fields: &[&[u8]]) -> SecretBytes {
    let length = fields.iter().map(|field| field.len() + 4).sum();
    let mut joined = SecretBytes::with_capacity(length);
    for field in fields {
        // A longer field does not fit into a frame either.
        let length = u32::try_from(field.len()).unwrap_or(u32::MAX);
        joined.extend_from_slice(&length.to_be_bytes());
        joined.extend_from_slice(field);
    }
    joined
}

/// The fields that were joined.
///
/// # Errors
/// [`Malformed`] if a length is more than there is, or there are more than [`MOST`].
pub fn split(mut joined: &[u8]) -> Result<Vec<&[u8]>, Malformed> {
    let mut fields = Vec::new();
    while !joined.is_empty() {
        let (length, rest) = joined.split_first_chunk().ok_or(Malformed)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| Malformed)?;
        let (field, rest) = rest.split_at_checked(length).ok_or(Malformed)?;
        if fields.len() == MOST {
            return Err(Malformed);
        }
        fields.push(field);
        joined = rest;
    }
    Ok(fields)
}

/// The bytes are no list of fields, or not of those that were expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("malformed fields")
    }
}

impl std::error::Error for Malformed {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back_and_cut_ones_are_refused() {
        let joined = join(&[b"one", b"", b"three"]);
        let fields: [&[u8]; 3] = [b"one", b"", b"three"];
        assert_eq!(split(&joined), Ok(fields.to_vec()));
        for end in [1, 3, 5, 9, joined.len() - 1] {
            assert_eq!(split(&joined[..end]), Err(Malformed), "{end}");
        }
        assert_eq!(split(&[0xff; 8]), Err(Malformed));
        assert_eq!(split(&[0; 4 * (MOST + 1)]), Err(Malformed));
    }
}
