//! The recovery key: 32 random bytes that a person writes down.
//!
//! ```text
//! text   8 groups of 8 characters of Crockford's base 32, joined by "-":
//!        key(32) || first 8 bytes of SHA-256("SPRAG1 recovery key" || key)
//! ```
//! Read in either case, with `O` for `0` and `I`, `L` for `1`; `-` and blanks are passed over. No
//! branch and no index depends on a character's value, only on whether it is one.

use alloc::string::String;
use core::fmt;

use rand_core::TryCryptoRng;
use subtle::{ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::backend::CryptoBackend;
use crate::entropy::EntropyError;
use crate::primitives::Hmac;
use crate::secret::Secret;

const LABEL: &[u8] = b"SPRAG1 recovery key";
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHARACTERS: usize = 64;
const GROUP: usize = 8;

/// A recovery key. Wiped on drop.
#[derive(Debug)]
pub struct RecoveryKey(Secret<32>);

/// Why a text is no recovery key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoveryKeyError {
    /// There are not 64 characters, but so many.
    Length(usize),
    /// The character of this number, from 1, is none of base 32.
    Character(usize),
    /// The checksum is wrong: a character was misread or two were swapped.
    Checksum,
}

impl fmt::Display for RecoveryKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(found) => {
                write!(f, "a recovery key has {CHARACTERS} characters, not {found}")
            }
            Self::Character(number) => write!(f, "character {number} is not one of base 32"),
            Self::Checksum => f.write_str("the checksum is wrong: a character was misread"),
        }
    }
}

impl core::error::Error for RecoveryKeyError {}

impl RecoveryKey {
    /// Draws a key.
    ///
    /// # Errors
    /// [`EntropyError`].
    pub fn generate<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, EntropyError> {
        Secret::random(rng).map(Self)
    }

    /// The recovery key of these bytes, which are random: of one that nobody writes down, as it is kept
    /// in a [key ring](crate::keyring).
    #[must_use]
    pub const fn new(key: Secret<32>) -> Self {
        Self(key)
    }

    /// The key as a person writes it down: 71 characters.
    #[must_use]
    pub fn to_text<B: CryptoBackend>(&self) -> Zeroizing<String> {
        let checksum = checksum::<B>(&self.0);
        let mut bytes = self.0.expose().iter().chain(&checksum).copied();
        let mut text = Zeroizing::new(String::with_capacity(CHARACTERS.saturating_add(GROUP)));
        let mut group = 0_usize;
        // Five bytes are eight characters, which are one group.
        while let Some(first) = bytes.next() {
            let rest = [0; 4].map(|_: u8| bytes.next().unwrap_or(0));
            let [b, c, d, e] = rest;
            let bits = u64::from_be_bytes([0, 0, 0, first, b, c, d, e]);
            if group > 0 {
                text.push('-');
            }
            group = group.saturating_add(1);
            for shift in [35, 30, 25, 20, 15, 10, 5, 0] {
                text.push(symbol((bits >> shift) as u8 & 31).into());
            }
        }
        text
    }

    /// Reads what a person wrote down.
    ///
    /// # Errors
    /// [`RecoveryKeyError`].
    pub fn from_text<B: CryptoBackend>(text: &str) -> Result<Self, RecoveryKeyError> {
        let written = text.chars().filter(|c| *c != '-' && !c.is_whitespace());
        let count = written.clone().count();
        if count != CHARACTERS {
            return Err(RecoveryKeyError::Length(count));
        }
        let mut bytes = Secret::<40>::zeroed();
        let mut written = (1..).zip(written);
        for five in bytes.expose_mut().chunks_mut(5) {
            let mut bits = 0_u64;
            for (number, character) in written.by_ref().take(GROUP) {
                let value = u8::try_from(character).ok().and_then(value);
                let value = value.ok_or(RecoveryKeyError::Character(number))?;
                bits = (bits << 5) | u64::from(value);
            }
            let [_, _, _, read @ ..] = bits.to_be_bytes();
            five.copy_from_slice(&read);
        }
        let (Some(key), Some(read)) = (
            bytes.expose().first_chunk::<32>(),
            bytes.expose().last_chunk::<8>(),
        ) else {
            return Err(RecoveryKeyError::Checksum);
        };
        let key = Secret::new(*key);
        if !bool::from(checksum::<B>(&key)[..].ct_eq(&read[..])) {
            return Err(RecoveryKeyError::Checksum);
        }
        Ok(Self(key))
    }

    pub(super) const fn secret(&self) -> &Secret<32> {
        &self.0
    }
}

fn checksum<B: CryptoBackend>(key: &Secret<32>) -> [u8; 8] {
    let digest = B::HmacSha256::sha256(&[LABEL, key.expose()]);
    let mut checksum = [0; 8];
    checksum
        .iter_mut()
        .zip(digest)
        .for_each(|(to, from)| *to = from);
    checksum
}

/// The character of a value below 32.
fn symbol(value: u8) -> u8 {
    let mut symbol = 0;
    for (index, candidate) in (0_u8..).zip(ALPHABET) {
        symbol.conditional_assign(candidate, index.ct_eq(&value));
    }
    symbol
}

/// The value of a character, if it is one.
fn value(character: u8) -> Option<u8> {
    let mut upper = character.to_ascii_uppercase();
    for (read, meant) in [(b'O', b'0'), (b'I', b'1'), (b'L', b'1')] {
        upper.conditional_assign(&meant, upper.ct_eq(&read));
    }
    let mut found = 0xff;
    for (index, candidate) in (0_u8..).zip(ALPHABET) {
        found.conditional_assign(&index, candidate.ct_eq(&upper));
    }
    (found != 0xff).then_some(found)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::testing::null::Null;

    fn key() -> RecoveryKey {
        RecoveryKey(Secret::new(core::array::from_fn(|at| {
            (at as u8).wrapping_mul(37)
        })))
    }

    #[test]
    fn what_was_written_down_is_read_again_however_it_is_spelled() {
        let text = key().to_text::<Null>();
        assert_eq!(text.len(), 71);
        assert!(text.split('-').all(|group| group.len() == 8));
        let sloppy = text
            .to_lowercase()
            .replace('-', " ")
            .replace('0', "o")
            .replace('1', "l");
        for spelled in [&*text, &sloppy] {
            let read = RecoveryKey::from_text::<Null>(spelled).unwrap();
            assert_eq!(read.0.expose(), key().0.expose());
        }
    }

    #[test]
    fn every_misread_character_is_found() {
        let text = key().to_text::<Null>();
        let read = |text: &str| RecoveryKey::from_text::<Null>(text).map(drop);
        for at in (0..text.len()).filter(|at| at % 9 != 8) {
            let other = if &text[at..=at] == "7" { "8" } else { "7" };
            let mut wrong = text.to_string();
            wrong.replace_range(at..=at, other);
            assert_eq!(read(&wrong), Err(RecoveryKeyError::Checksum), "{at}");
            wrong.replace_range(at..=at, "U");
            let number = at - at / 9 + 1;
            assert_eq!(read(&wrong), Err(RecoveryKeyError::Character(number)));
        }
        assert_eq!(read(&text[1..]), Err(RecoveryKeyError::Length(63)));
        assert_eq!(read(""), Err(RecoveryKeyError::Length(0)));
    }

    #[test]
    fn the_alphabet_is_crockfords() {
        for (index, character) in (0..).zip(ALPHABET) {
            assert_eq!(symbol(index), *character);
            assert_eq!(value(*character), Some(index));
        }
        for none in [b'U', b'u', b'!', b'@', b'[', 0, 0xff] {
            assert_eq!(value(none), None);
        }
    }

    extern crate std;
    use std::string::ToString;
}
