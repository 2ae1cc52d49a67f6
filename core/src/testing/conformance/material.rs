//! Inputs and comparisons shared by the checks.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{Debug, Write};

use super::Outcome;

/// `N` bytes that differ from their neighbours and by `seed`: byte `i` is
/// `31 i + 17 seed + i / 256`.
pub(super) fn array<const N: usize>(seed: u8) -> [u8; N] {
    core::array::from_fn(|i| byte(seed, i))
}

/// `len` bytes of the same pattern.
pub(super) fn bytes(seed: u8, len: usize) -> Vec<u8> {
    (0..len).map(|i| byte(seed, i)).collect()
}

#[allow(clippy::cast_possible_truncation)]
fn byte(seed: u8, i: usize) -> u8 {
    (i * 31 + usize::from(seed) * 17 + (i >> 8)) as u8
}

/// Decodes hexadecimal digits; the checks hold only well-formed ones.
pub(super) fn hex(digits: &str) -> Vec<u8> {
    let digit = |i: usize| (digits.as_bytes()[i] as char).to_digit(16).unwrap_or(0) as u8;
    (0..digits.len() / 2)
        .map(|i| digit(2 * i) << 4 | digit(2 * i + 1))
        .collect()
}

/// Decodes exactly `N` bytes.
pub(super) fn hex_array<const N: usize>(digits: &str) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&hex(digits));
    array
}

/// Compares bytes with what they should be, under a name for the message.
pub(super) fn same(what: &str, found: &[u8], expected: &[u8]) -> Outcome {
    if found == expected {
        return Ok(());
    }
    Err(format!(
        "{what} is {}, should be {}",
        shown(found),
        shown(expected)
    ))
}

/// Compares an outcome with what it should be.
pub(super) fn gives<T: Debug + PartialEq>(what: &str, found: &T, expected: &T) -> Outcome {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what} gives {found:?}, should give {expected:?}"))
}

/// Requires all zeros.
pub(super) fn zeros(what: &str, found: &[u8]) -> Outcome {
    if found.iter().all(|byte| *byte == 0) {
        return Ok(());
    }
    Err(format!("{what} is not all zeros: {}", shown(found)))
}

/// Turns a refusal into what was found.
pub(super) fn works<T, E: Debug>(what: &str, result: Result<T, E>) -> Result<T, String> {
    result.map_err(|error| format!("{what} is refused: {error:?}"))
}

fn shown(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes.iter().take(64) {
        let _ = write!(text, "{byte:02x}");
    }
    if bytes.len() > 64 {
        let _ = write!(text, "... ({} bytes)", bytes.len());
    }
    text
}
